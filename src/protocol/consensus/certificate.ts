/**
 * Certificates: votes of many for one link under one aggregated BLS signature, with a bit for each slot of the electorate
 * that signed. A block carries at most one, of one round or of both rounds of a block; its hash stands in the header.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, encode, list, record, type Schema } from "../codec/schema.ts";
import { type BlsCheck, blsSizes } from "../crypto/bls-check.ts";
import { limits } from "../parameters.ts";
import { type Rejected, rejected } from "../result.ts";
import { type Link, linkSchema, voteDigest } from "./votes.ts";

/** Bytes of a voter's BLS12-381 public key (G1, compressed) and of a signature (G2, compressed). */
export const { publicKey: voteKeyBytes, signature: voteSignatureBytes } = blsSizes;

/** One voter's vote for a link. */
export interface Vote {
  readonly link: Link;
  /** The voter's public key, compressed. */
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
}

/** Votes for one link. */
export interface VoteAggregate {
  readonly link: Link;
  /** Bit `slot % 8` of byte `slot / 8` is set for each slot that signed; no trailing zero byte. */
  readonly signers: Uint8Array;
  readonly signature: Uint8Array;
}

/** What a block shows of votes: one aggregate, or those of a block's two rounds in order. */
export type Certificate = readonly VoteAggregate[];

/** Votes for one link with the keys of who signed it, whatever electorate they belonged to: evidence. */
export interface SignedLink {
  readonly link: Link;
  /** Compressed public keys, each once. */
  readonly keys: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

/** Wire form of {@link SignedLink}. */
export const signedLinkSchema: Schema<SignedLink> = record<SignedLink>({
  link: linkSchema,
  keys: list(byteString(voteKeyBytes, voteKeyBytes), limits.voters, 1),
  signature: byteString(voteSignatureBytes, voteSignatureBytes),
});

/** Wire form of {@link Vote}. */
export const voteSchema: Schema<Vote> = record<Vote>({
  link: linkSchema,
  key: byteString(voteKeyBytes, voteKeyBytes),
  signature: byteString(voteSignatureBytes, voteSignatureBytes),
});

/** Wire form of {@link VoteAggregate}. */
export const aggregateSchema: Schema<VoteAggregate> = record<VoteAggregate>({
  link: linkSchema,
  signers: byteString(1, limits.voters / 8),
  signature: byteString(voteSignatureBytes, voteSignatureBytes),
});

/** Wire form of {@link Certificate}. */
export const certificateSchema: Schema<Certificate> = list(aggregateSchema, 2, 1);

/** Canonical bytes of a certificate. */
export function encodeCertificate(certificate: Certificate): Uint8Array {
  return encode(certificateSchema, certificate);
}

/** What a header's `finality` holds: the hash of the certificate that the body carries. */
export function certificateHash(certificate: Certificate): Uint8Array {
  return taggedHash("aether/certificate/1", encodeCertificate(certificate));
}

/** One voter's vote, in the form that evidence and aggregates have. */
export function signedByOne({ link, key, signature }: Vote): SignedLink {
  return { link, keys: [key], signature };
}

/** What is to be verified of a signed link on a network. */
export function signedLinkCheck(networkId: Uint8Array, { link, keys, signature }: SignedLink): BlsCheck {
  return { message: voteDigest(networkId, link), publicKeys: keys, signature };
}

/** An aggregate with the keys of those that its bitmap names. */
export function signedBy(
  { link, signature }: VoteAggregate,
  signers: readonly { readonly key: Uint8Array }[],
): SignedLink {
  return { link, keys: signers.map(({ key }) => key), signature };
}

/** Checks that a body's certificate is the one its header names: anybody could exchange it without touching the header. */
export function checkCertificateName(
  { finality }: { readonly finality: Uint8Array | null },
  certificate: Certificate | null,
): Rejected | null {
  const hash = certificate === null ? null : certificateHash(certificate);
  const same = hash === null || finality === null ? hash === finality : equalBytes(hash, finality);
  return same ? null : rejected("wrong-certificate", "The block carries other votes than its header names.");
}

/** The slots that a bitmap names, ascending; null if it has a trailing zero byte. */
export function slotsOf(signers: Uint8Array): readonly number[] | null {
  if (signers.at(-1) === 0) return null;
  const slots: number[] = [];
  for (const [at, byte] of signers.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) slots.push(8 * at + bit);
  }
  return slots;
}

/** The bitmap of some slots. */
export function signersOf(slots: Iterable<number>): Uint8Array {
  const all = [...slots];
  const bytes = new Uint8Array(all.length === 0 ? 0 : (Math.max(...all) >> 3) + 1);
  for (const slot of all) bytes[slot >> 3] = (bytes[slot >> 3] as number) | (1 << (slot & 7));
  return bytes;
}

/** What a voter signs to show that it knows its key's secret, bound to whose stake it is: nobody can vote on its behalf. */
export function possessionDigest(networkId: Uint8Array, key: Uint8Array, owner: Uint8Array): Uint8Array {
  return taggedHash("aether/possession/1", networkId, key, owner);
}
