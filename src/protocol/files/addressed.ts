/**
 * Files that were shared with certain people. What their link opens is not the manifest but a block that holds the sealed
 * manifest and its key, wrapped for each of them. Everything in it is signed by who shared it; who that is, and for whom it
 * is, is seen by none but those whom it is for.
 * @module
 */
import { bigEndian, concatBytes, joinBytes } from "../codec/bytes.ts";
import { sha256, taggedHash } from "../codec/hash.ts";
import { byteString, decode, encode, list, record, type Schema, union, unsigned } from "../codec/schema.ts";
import { verifySignature } from "../crypto/signature.ts";
import { encapsulationBytes } from "../mail/envelope.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { fileLimits } from "./limits.ts";
import { decodeManifest, type FileManifest, manifestKinds } from "./manifest.ts";
import { seal, sealingKeyBytes, tagBytes, unseal } from "./sealing.ts";

/** A file's key as one person alone unwraps it: whose it is it does not say. */
export interface KeyWrap {
  readonly encapsulation: Uint8Array;
  readonly sealed: Uint8Array;
}

/** What is said beside the sealed manifest: for whom it opens, and who shared it. */
export interface FileAddress {
  /** By the clock of who shared it. */
  readonly madeAtMs: number;
  /** In the order of their bytes, so that places tell nothing. */
  readonly wraps: readonly KeyWrap[];
  /** Who shared it and their signature, sealed for those who have the file's key. */
  readonly proof: Uint8Array;
}

/** What the link of such a file opens. */
export interface AddressedManifest extends FileAddress {
  readonly type: "addressed";
  /** A manifest, sealed under the key that is wrapped. */
  readonly manifest: Uint8Array;
}

/** Compressed key and signature of who shared it. */
interface Proof {
  readonly from: Uint8Array;
  readonly signature: Uint8Array;
}

const proofSchema: Schema<Proof> = record<Proof>({ from: byteString(33, 33), signature: byteString(64, 64) });

/** Two byte strings with a head of two bytes each, in a tuple. */
const proofBytes = 1 + 2 + 33 + 2 + 64 + tagBytes;

const wrapBytes = sealingKeyBytes + tagBytes;

const wrapSchema: Schema<KeyWrap> = record<KeyWrap>({
  encapsulation: byteString(encapsulationBytes, encapsulationBytes),
  sealed: byteString(wrapBytes, wrapBytes),
});

/** Who shares it can open it as well. */
const mostWraps = fileLimits.receivers + 1;

/** What a link opens: a manifest, or one that is for certain people. */
export type LinkedManifest = FileManifest | AddressedManifest;

/** A number of its own beside those of manifests: an older tab says that it does not know it. */
const schema: Schema<LinkedManifest> = union<LinkedManifest>("unknown-version", {
  ...manifestKinds,
  addressed: {
    number: 4,
    fields: {
      madeAtMs: unsigned(),
      wraps: list(wrapSchema, mostWraps, 1),
      proof: byteString(proofBytes, proofBytes),
      manifest: byteString(tagBytes, fileLimits.manifestBytes + tagBytes),
    },
  },
});

/** Which of two wraps comes first. */
function compareWraps({ encapsulation: a }: KeyWrap, { encapsulation: b }: KeyWrap): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/** Canonical bytes. */
export function encodeAddressed(addressed: AddressedManifest): Uint8Array {
  return encode(schema, addressed);
}

/** Reads from anywhere what a link opens. */
export function decodeLinked(bytes: Uint8Array): Result<LinkedManifest> {
  const read = decode(schema, bytes, fileLimits.addressedBytes);
  if (!read.ok) return read;
  if (read.value.type !== "addressed") return decodeManifest(bytes);
  const { wraps } = read.value;
  const isSorted = wraps.every((wrap, at) => at === 0 || compareWraps(wraps[at - 1] as KeyWrap, wrap) < 0);
  return isSorted ? read : rejected("not-canonical", "The wrapped keys of the file are not in their order.");
}

/** What a wrapped key is bound to: the sealed manifest, by the digest that its CID names, when, and whom it is for. */
export function wrapContext(
  { digest, madeAtMs, to }: { readonly digest: Uint8Array; readonly madeAtMs: number; readonly to: Uint8Array },
  encapsulation: Uint8Array,
): Uint8Array {
  return taggedHash("aether/file-wrap/1", digest, bigEndian(madeAtMs, 8), to, encapsulation);
}

/** A file's key with the digest of the manifest that it seals. */
interface ManifestKey {
  readonly digest: Uint8Array;
  readonly key: Uint8Array;
}

type Said = Pick<FileAddress, "madeAtMs" | "wraps">;

/** What is signed: all wraps, so that nobody addresses it anew in another's name, and the key, so that all open one file. */
function sharingDigest({ digest, key }: ManifestKey, { madeAtMs, wraps }: Said, from: Uint8Array): Uint8Array {
  const all = sha256(joinBytes(wraps.map(({ encapsulation, sealed }) => concatBytes(encapsulation, sealed))));
  return taggedHash("aether/file-sharing/1", digest, key, bigEndian(madeAtMs, 8), all, from);
}

/** The proof's own key, so that no key seals twice. */
const proofKey = ({ digest, key }: ManifestKey): Uint8Array => taggedHash("aether/file-proof-key/1", key, digest);

/** Puts wraps in their order and signs them. */
export function signAddress(
  manifest: ManifestKey,
  { madeAtMs, wraps: unordered }: Said,
  { signingKey: from, sign }: { readonly signingKey: Uint8Array; sign(digest: Uint8Array): Uint8Array },
): FileAddress {
  const wraps = unordered.toSorted(compareWraps);
  const signature = sign(sharingDigest(manifest, { madeAtMs, wraps }, from));
  return { madeAtMs, wraps, proof: seal(encode(proofSchema, { from, signature }), proofKey(manifest)) };
}

const unproved = rejected(
  "bad-signature",
  "The signature in this link is not that of who is said to have shared the file: somebody altered it. Nothing was fetched. Ask for the link again, by a way that you trust.",
);

/** Who shared a file, for whoever has unwrapped its key: a compressed public key. */
export function provenSharer(manifest: ManifestKey, address: FileAddress): Result<Uint8Array> {
  const clear = unseal(address.proof, proofKey(manifest));
  const read = clear.ok ? decode(proofSchema, clear.value, proofBytes) : clear;
  if (!read.ok) return unproved;
  const { from, signature } = read.value;
  const digest = sharingDigest(manifest, address, from);
  return verifySignature({ digest, signature, publicKey: from }) ? accepted(from) : unproved;
}
