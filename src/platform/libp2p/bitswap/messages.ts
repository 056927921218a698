/**
 * Messages of bitswap 1.2.0, as nodes of IPFS send them to each other: what is wanted, blocks, and which blocks are here or
 * not. Only blocks under SHA-256 are known; wants of others are read, so that they can be answered with no.
 * @module
 */
import { joinBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { bitswapLimits } from "./limits.ts";
import { bytesField, type Field, fieldsOf, numberField, varintAt } from "./protobuf.ts";

/** An entry of a list of wants. */
export interface Want {
  readonly cid: Uint8Array;
  /** SHA-256 of the block; null if its name is made by another function. */
  readonly digest: Uint8Array | null;
  /** Only whether it is there is asked. */
  readonly justWhether: boolean;
  readonly isCancelled: boolean;
  /** A no is to be said, too. */
  readonly wantsNo: boolean;
}

/** A block as it comes: its CID without the digest, and bytes that nobody has checked. */
export interface SentBlock {
  readonly prefix: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Whether a block is there. */
export interface Presence {
  readonly cid: Uint8Array;
  readonly isHere: boolean;
}

/** A message, as far as it is of use here. */
export interface BitswapMessage {
  readonly wants: readonly Want[];
  readonly blocks: readonly SentBlock[];
  readonly presences: readonly Presence[];
}

const digestBytes = 32;
/** SHA-256 of 32 bytes, as a multihash begins. */
const sha256Head = [0x12, digestBytes] as const;

const endsInSha256 = (bytes: Uint8Array): boolean => bytes.at(-2) === sha256Head[0] && bytes.at(-1) === sha256Head[1];

/** The SHA-256 that a CID of version 0 or 1 names; null if it names none. */
export function digestOfCid(cid: Uint8Array): Uint8Array | null {
  const head = cid.subarray(0, Math.max(0, cid.length - digestBytes));
  if (!endsInSha256(head)) return null;
  const codec = head[0] === 1 ? varintAt(head, 1) : null;
  const fits = head.length === 2 || (codec !== null && codec.end === head.length - 2);
  return fits ? cid.subarray(head.length) : null;
}

/** What of a CID goes before a block: version, codec, hash function and length. */
function prefixOf(cid: Uint8Array): Uint8Array {
  const head = cid.subarray(0, cid.length - digestBytes);
  // A CID of version 0 is its multihash alone, and is written out here.
  return head.length === 2 ? Uint8Array.of(0, 0x70, ...head) : head;
}

/** Whether a block that came is one of those that are read. */
export function isSha256Block({ prefix }: SentBlock): boolean {
  return endsInSha256(prefix);
}

const malformed = rejected("bad-response", "A message of bitswap cannot be read.");

/** The fields of a message as the numbers they have, the first of each; null if it cannot be read. */
function firstFields(bytes: Uint8Array): ReadonlyMap<number, Field["value"]> | null {
  const first = new Map<number, Field["value"]>();
  for (const field of fieldsOf(bytes)) {
    if (field === null) return null;
    if (!first.has(field.number)) first.set(field.number, field.value);
    if (first.size > 16) return null;
  }
  return first;
}

function readCid(value: Field["value"] | undefined): Uint8Array | null {
  return value instanceof Uint8Array && value.length >= 4 && value.length <= bitswapLimits.cidBytes ? value : null;
}

function readWant(bytes: Uint8Array): Want | null {
  const fields = firstFields(bytes);
  const cid = readCid(fields?.get(1));
  if (fields === null || cid === null) return null;
  return {
    cid,
    digest: digestOfCid(cid),
    isCancelled: fields.get(3) === 1,
    justWhether: fields.get(4) === 1,
    wantsNo: fields.get(5) === 1,
  };
}

function readBlock(bytes: Uint8Array): SentBlock | null {
  const fields = firstFields(bytes);
  const [prefix, data = new Uint8Array()] = [fields?.get(1), fields?.get(2)];
  return prefix instanceof Uint8Array && data instanceof Uint8Array ? { prefix, bytes: data } : null;
}

function readPresence(bytes: Uint8Array): Presence | null {
  const fields = firstFields(bytes);
  const cid = readCid(fields?.get(1));
  return cid === null ? null : { cid, isHere: (fields?.get(2) ?? 0) === 0 };
}

/** Adds what a field holds, unless there is enough; false if it cannot be read. */
function take<T>(all: T[], most: number, value: Field["value"], read: (bytes: Uint8Array) => T | null): boolean {
  if (all.length >= most) return true;
  const one = value instanceof Uint8Array ? read(value) : null;
  if (one !== null) all.push(one);
  return one !== null;
}

function readWants(all: Want[], value: Field["value"]): boolean {
  if (!(value instanceof Uint8Array)) return false;
  for (const entry of fieldsOf(value)) {
    if (entry === null) return false;
    if (entry.number !== 1) continue;
    // A list may be as long as a message: what is beyond the bound is not even gone through.
    if (all.length >= bitswapLimits.entries) return true;
    if (!take(all, bitswapLimits.entries, entry.value, readWant)) return false;
  }
  return true;
}

/** Reads a message of at most {@link bitswapLimits}.messageBytes; of lists as many entries as are looked at. */
export function decodeMessage(bytes: Uint8Array): Result<BitswapMessage> {
  const wants: Want[] = [];
  const blocks: SentBlock[] = [];
  const presences: Presence[] = [];
  const { blocks: mostBlocks, entries } = bitswapLimits;
  for (const field of fieldsOf(bytes)) {
    if (field === null) return malformed;
    const { number, value } = field;
    const isRead =
      number === 1
        ? readWants(wants, value)
        : number === 3
          ? take(blocks, mostBlocks, value, readBlock)
          : number !== 4 || take(presences, entries, value, readPresence);
    if (!isRead) return malformed;
  }
  return accepted({ wants, blocks, presences });
}

/** What is asked: a block, and a no if it is not there; or that it is wanted no more. */
export function encodeWant(cid: Uint8Array, isCancelled = false): Uint8Array {
  const entry = joinBytes([
    bytesField(1, cid),
    numberField(2, 1),
    numberField(3, isCancelled ? 1 : 0),
    numberField(5, isCancelled ? 0 : 1),
  ]);
  return bytesField(1, bytesField(1, entry));
}

/** A block under its CID. */
export function encodeBlock(cid: Uint8Array, bytes: Uint8Array): Uint8Array {
  return bytesField(3, joinBytes([bytesField(1, prefixOf(cid)), bytesField(2, bytes)]));
}

/** Which blocks are here and which not. */
export function encodePresences(presences: readonly Presence[]): Uint8Array {
  return joinBytes(
    presences.map(({ cid, isHere }) => bytesField(4, joinBytes([bytesField(1, cid), numberField(2, isHere ? 0 : 1)]))),
  );
}
