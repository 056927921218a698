/**
 * Rotations of a document's key: somebody is removed, and those who stay are given a new key. Each names the one before it,
 * is signed, and says how far it had read everybody else's chains. Of two histories of rotations all nodes prefer the same.
 * @module
 */
import { concatBytes, equalBytes, toHex } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import {
  byteString,
  bytes32,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  union,
  unsigned,
} from "../codec/schema.ts";
import { verifySignature } from "../crypto/signature.ts";
import { encapsulationBytes } from "../mail/envelope.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { documentLimits, rotationLimits } from "./limits.ts";
import type { ChainMark } from "./requests.ts";
import { chainOf, documentSealBytes, noLink, type UpdateHead } from "./update.ts";

/** The new key as one member alone unwraps it. */
export interface MemberWrap {
  readonly encapsulation: Uint8Array;
  readonly sealed: Uint8Array;
}

/** What a rotation says. */
export interface RotationBody {
  readonly document: Uint8Array;
  /** Number of the key that it brings, from 1. */
  readonly epoch: number;
  /** {@link rotationLink} of the one before it; zeros for the first. */
  readonly basis: Uint8Array;
  /** In the first alone: shows that its author began the document, see {@link foundedId}. */
  readonly salt: Uint8Array | null;
  readonly author: Uint8Array;
  /** By the author's clock. */
  readonly madeAtMs: number;
  /** Signing keys of all who stay, the eldest first. */
  readonly members: readonly Uint8Array[];
  readonly removed: readonly Uint8Array[];
  /** How far its author has read: what was written elsewhere, beyond this, by somebody who does not stay, does not count. */
  readonly marks: readonly ChainMark[];
  /** {@link keyCheck} of the key before and of the new one. */
  readonly formerCheck: Uint8Array;
  readonly check: Uint8Array;
  /** The key before, sealed with the new one, so that who is invited later reads the beginning. */
  readonly former: Uint8Array;
  /** The new key for each of the members, in their order. */
  readonly wraps: readonly MemberWrap[];
}

/** A signed rotation. */
export interface Rotation extends RotationBody {
  readonly type: "rotation";
  readonly signature: Uint8Array;
}

/** Tag of a wrapped key. */
const tagBytes = 16;

const key = byteString(33, 33);
const wrapBytes = documentLimits.keyBytes + tagBytes;
const formerBytes = documentLimits.keyBytes + documentSealBytes;

const fields = {
  document: bytes32,
  epoch: unsigned(documentLimits.epochs - 1),
  basis: bytes32,
  salt: nullable(bytes32),
  author: key,
  madeAtMs: unsigned(),
  members: list(key, rotationLimits.members, 1),
  removed: list(key, rotationLimits.members, 1),
  marks: list(
    record<ChainMark>({ chain: bytes32, next: unsigned(documentLimits.chainUpdates) }),
    documentLimits.chains,
  ),
  formerCheck: bytes32,
  check: bytes32,
  former: byteString(formerBytes, formerBytes),
  wraps: list(
    record<MemberWrap>({
      encapsulation: byteString(encapsulationBytes, encapsulationBytes),
      sealed: byteString(wrapBytes, wrapBytes),
    }),
    rotationLimits.members,
    1,
  ),
};

const bodySchema: Schema<RotationBody> = record<RotationBody>(fields);
const schema: Schema<Rotation> = union<Rotation>("unknown-version", {
  rotation: { number: 1, fields: { ...fields, signature: byteString(64, 64) } },
});

/** What its author signs: 32 bytes. */
export function rotationDigest(body: RotationBody): Uint8Array {
  const { document, epoch, basis, salt, author, madeAtMs, members, removed, marks } = body;
  const { formerCheck, check, former, wraps } = body;
  const said = { document, epoch, basis, salt, author, madeAtMs, members, removed, marks };
  return taggedHash("aether/document-rotation/1", encode(bodySchema, { ...said, formerCheck, check, former, wraps }));
}

/** Canonical bytes. */
export function encodeRotation(rotation: Rotation): Uint8Array {
  return encode(schema, rotation);
}

/** What the next rotation names: 32 bytes. */
export function rotationLink(bytes: Uint8Array): Uint8Array {
  return taggedHash("aether/document-rotation-link/1", bytes);
}

/** What tells a key from others without telling the key, from what nodes know of it (`documentAccess`). */
export function keyCheck(access: Uint8Array): Uint8Array {
  return taggedHash("aether/document-key-check/1", access);
}

/** What the id of a document is made of beside who began it: known to those who have its first key. */
export function foundingSalt(firstKey: Uint8Array): Uint8Array {
  return taggedHash("aether/document-salt/1", firstKey);
}

/** The id of a document that the owner of a signing key begins: once the salt is shown, nobody else has begun it. */
export function foundedId(signingKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return taggedHash("aether/document-founder/1", signingKey, salt);
}

/** What a wrapped key is bound to. */
export function memberWrapContext(
  { document, epoch, basis }: Pick<RotationBody, "document" | "epoch" | "basis">,
  member: Uint8Array,
  encapsulation: Uint8Array,
): Uint8Array {
  return taggedHash("aether/document-wrap/1", document, Uint8Array.of(epoch), basis, member, encapsulation);
}

/** What the former key's seal is bound to. */
export function formerContext({
  document,
  epoch,
  basis,
}: Pick<RotationBody, "document" | "epoch" | "basis">): Uint8Array {
  return taggedHash("aether/document-former/1", concatBytes(document, Uint8Array.of(epoch), basis));
}

/** Rotations of one document that follow each other and were made by who might. */
export interface Rotations {
  readonly all: readonly { readonly rotation: Rotation; readonly link: Uint8Array; readonly bytes: Uint8Array }[];
  /** How early who was ever a member became one, by signing key in hex: 0 for who began the document. */
  readonly seniority: ReadonlyMap<string, number>;
}

/** Those of a document that nobody was removed from. */
export const noRotations: Rotations = { all: [], seniority: new Map() };

/** The newest; null if there is none. */
export function newestRotation({ all }: Rotations): Rotation | null {
  return all.at(-1)?.rotation ?? null;
}

/** Link of the newest; zeros if there is none. */
export function newestLink({ all }: Rotations): Uint8Array {
  return all.at(-1)?.link ?? noLink;
}

/** What tells the keys of all epochs; none while the first is the only one. */
export function keyChecks({ all }: Rotations): readonly Uint8Array[] {
  const first = all[0]?.rotation.formerCheck;
  return first === undefined ? [] : [first, ...all.map(({ rotation }) => rotation.check)];
}

const mayNot = rejected(
  "wrong-holder",
  "Only who began a document, and after that those who were members before somebody, can remove that person.",
);

const malformed = rejected(
  "invalid-argument",
  "The removal does not say what one says: it leaves out or repeats somebody.",
);

/** Whether the author of a rotation may make it after others; what is wrong otherwise. */
function authority(known: Rotations, rotation: Rotation): Result<null> {
  const { author, members, removed, wraps, salt, document } = rotation;
  const names = [...members, ...removed].map(toHex);
  if (new Set(names).size !== names.length || wraps.length !== members.length) return malformed;
  const before = newestRotation(known);
  const self = toHex(author);
  if (before === null) {
    const isFounder = salt !== null && equalBytes(foundedId(author, salt), document);
    return isFounder && names[0] === self ? accepted(null) : mayNot;
  }
  if (salt !== null) return malformed;
  const gone = new Set(removed.map(toHex));
  const staying = before.members.map(toHex).filter((name) => !gone.has(name));
  if (!staying.includes(self)) return mayNot;
  // Nobody is left out in silence, and nobody overtakes.
  if (staying.some((name, at) => names[at] !== name)) return malformed;
  const own = known.seniority.get(self) as number;
  const elder = [...gone].some((name) => (known.seniority.get(name) ?? Number.MAX_SAFE_INTEGER) < own);
  return elder ? mayNot : accepted(null);
}

/** Reads one from anywhere that follows others: signed, in its place, and by who may. */
function followed(known: Rotations, bytes: Uint8Array, document: Uint8Array): Result<Rotations> {
  const read = decode(schema, bytes, rotationLimits.rotationBytes);
  if (!read.ok) return read;
  const rotation = read.value;
  if (!equalBytes(rotation.document, document))
    return rejected("invalid-argument", "This removal is from another document.");
  if (rotation.epoch !== known.all.length + 1 || !equalBytes(rotation.basis, newestLink(known)))
    return rejected("broken-chain", "This removal does not follow the one that stands before it.");
  const allowed = authority(known, rotation);
  if (!allowed.ok) return allowed;
  const check = { digest: rotationDigest(rotation), signature: rotation.signature, publicKey: rotation.author };
  if (!verifySignature(check))
    return rejected("bad-signature", "This removal was not signed by the key that it names.");
  const seniority = new Map(known.seniority);
  for (const member of rotation.members)
    if (!seniority.has(toHex(member))) seniority.set(toHex(member), seniority.size);
  return accepted({ all: [...known.all, { rotation, link: rotationLink(bytes), bytes }], seniority });
}

/** Reads a document's rotations from anywhere, the first first: all are good, or none is taken. */
export function readRotations(all: readonly Uint8Array[], document: Uint8Array): Result<Rotations> {
  const totalBytes = all.reduce((sum, { length }) => sum + length, 0);
  if (all.length >= documentLimits.epochs || totalBytes > rotationLimits.rotationsBytes)
    return rejected(
      "too-many",
      "From this document as many were removed as can be; copy its text into a new one and invite those whom you want.",
    );
  let known = noRotations;
  for (const bytes of all) {
    const next = followed(known, bytes, document);
    if (!next.ok) return next;
    known = next.value;
  }
  return accepted(known);
}

/** How early the eldest of those became a member who have made the rotations from a place on. */
function eldest({ all, seniority }: Rotations, from: number): number {
  const ranks = all.slice(from).map(({ rotation }) => seniority.get(toHex(rotation.author)) as number);
  return Math.min(Number.MAX_SAFE_INTEGER, ...ranks);
}

/**
 * Which of two histories counts. Where they part, that in which the eldest member acted: so nobody who was removed, which
 * only an elder can do, turns that back from an earlier place. Between equals the smaller link: the choice is the same
 * everywhere, in whatever order histories come.
 */
export function preferredRotations(a: Rotations, b: Rotations): Rotations {
  const shorter = Math.min(a.all.length, b.all.length);
  let at = 0;
  while (at < shorter && equalBytes(a.all[at]?.link as Uint8Array, b.all[at]?.link as Uint8Array)) at++;
  const [first, second] = [a.all[at], b.all[at]];
  if (second === undefined) return a;
  if (first === undefined) return b;
  const [ours, theirs] = [eldest(a, at), eldest(b, at)];
  if (ours !== theirs) return ours < theirs ? a : b;
  return toHex(first.link) < toHex(second.link) ? a : b;
}

/**
 * Whether an update counts: for each rotation its author stays, or wrote it before the rotation's author had read that far,
 * or, never removed, was let in with the new key. Who stays and had not heard of it yet goes on counting.
 */
export function permitted(
  { all }: Rotations,
  head: Pick<UpdateHead, "author" | "replica" | "sequence" | "epoch">,
): boolean {
  if (all.length === 0) return true;
  const chain = chainOf(head);
  const isAuthor = (one: Uint8Array): boolean => equalBytes(one, head.author);
  return all.every(({ rotation: { members, removed, marks, epoch } }) => {
    if (members.some(isAuthor)) return true;
    const mark = marks.find((one) => equalBytes(one.chain, chain));
    if (mark !== undefined && head.sequence < mark.next) return true;
    return head.epoch >= epoch && !removed.some(isAuthor);
  });
}
