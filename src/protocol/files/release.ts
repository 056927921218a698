/**
 * How who left a piece of a file among keepers tells them to let it go, and nobody else can. With the shards goes a mark, the
 * hash of a secret that is the piece's own; the secret itself is told only when the piece is to go. Keepers hand marks on
 * when they make shards anew, and the secret to keepers that were away: it proves itself.
 * @module
 */
import { taggedHash } from "../codec/hash.ts";
import { bytes32, record, type Schema } from "../codec/schema.ts";

/** Marks of one piece: it stays until each of those who left it has let it go. */
export const mostMarks = 4;

/** The secret of a piece, which goes by `id`, from the one that its owner keeps for the whole file: 32 bytes each. */
export function releaseSecret(fileSecret: Uint8Array, id: Uint8Array): Uint8Array {
  return taggedHash("aether/release-secret/1", fileSecret, id);
}

/** The mark of a piece's secret: it tells neither the secret nor which other pieces are of the file, and is no other piece's. */
export function releaseMark(id: Uint8Array, secret: Uint8Array): Uint8Array {
  return taggedHash("aether/release-mark/1", id, secret);
}

/** By which a node knows its own people's pieces of one file; it leaves the node never. */
export function releaseTag(fileSecret: Uint8Array): Uint8Array {
  return taggedHash("aether/release-tag/1", fileSecret);
}

/** What lets a piece go. */
export interface StripeRelease {
  /** What the piece goes by. */
  readonly id: Uint8Array;
  readonly secret: Uint8Array;
}

/** Codec of a release. */
export const stripeRelease: Schema<StripeRelease> = record<StripeRelease>({ id: bytes32, secret: bytes32 });
