/**
 * What a device remembers of being in step with the others: which change stands for each thing that its vault holds, all that
 * it has seen, and when it was last in step with whom. Kept beside the vault, sealed under a key of the identity. What changed in the
 * vault since is found by comparing, so nothing that changes the vault needs to know of it, and a book that is lost costs only this:
 * what was deleted elsewhere meanwhile comes back.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import {
  byteString,
  bytes32,
  decode,
  encode,
  list,
  record,
  type Schema,
  union,
  unsigned,
} from "#protocol/codec/schema.ts";
import { deviceSyncLimits } from "#protocol/device-sync/limits.ts";
import { dotSchema, seenSchema } from "#protocol/device-sync/messages.ts";
import { changed, collapsed, type Replica, type Version } from "#protocol/device-sync/replica.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { IdentityKeys } from "../keys.ts";
import { type BoxPurpose, openBox, sealBox } from "../sealed-box.ts";
import { nonceBytes } from "../vault-format.ts";
import { itemDigest, itemId, type SyncItem } from "./items.ts";

/** When this device was last in step with another. */
export interface SyncMeeting {
  /** Key of the other device. */
  readonly device: Uint8Array;
  readonly atMs: number;
}

/** The book in clear; what its versions hold are digests. */
export interface SyncBook extends Replica<Uint8Array> {
  /** This copy of the vault: random, and new with each new book. */
  readonly replica: Uint8Array;
  /** Newest first. */
  readonly meetings: readonly SyncMeeting[];
}

/** Bytes that name a copy. */
export const replicaBytes = 16;

interface BookFile {
  readonly type: "sealed";
  readonly owner: Uint8Array;
  readonly sealed: Uint8Array;
}

/** More than all things of the fullest vault in two versions. */
const mostVersions = 2 * deviceSyncLimits.differences;
const mostBookBytes = 131 * mostVersions;

const fileSchema: Schema<BookFile> = union<BookFile>("unknown-version", {
  sealed: { number: 1, fields: { owner: byteString(33, 33), sealed: byteString(16, mostBookBytes) } },
});

const bookSchema: Schema<SyncBook> = record<SyncBook>({
  replica: byteString(replicaBytes, replicaBytes),
  versions: list(record<Version<Uint8Array>>({ dot: dotSchema, id: bytes32, value: bytes32 }), mostVersions),
  seen: seenSchema,
  meetings: list(record<SyncMeeting>({ device: byteString(33, 33), atMs: unsigned() }), pairingLimits.devices),
});

const purpose: BoxPurpose = { key: "aether/sync-book-key/1", context: "aether/sync-book/1" };

type Random = (length: number) => Uint8Array;

/** A device that was never in step with any. */
export function newBook(random: Random): SyncBook {
  return { replica: random(replicaBytes), versions: [], seen: [], meetings: [] };
}

/** The book's file. */
export function writeSyncBook(book: SyncBook, keys: IdentityKeys, random: Random): Uint8Array {
  const sealed = sealBox(encode(bookSchema, book), keys, purpose, random(nonceBytes));
  return encode(fileSchema, { type: "sealed", owner: keys.signingKey, sealed });
}

/** Reads a file; null if it is another identity's or damaged: then it is begun anew. */
export function readSyncBook(file: Uint8Array, keys: IdentityKeys): Result<SyncBook | null> {
  const read = decode(fileSchema, file, mostBookBytes + 64);
  if (!read.ok) return read.code === "unknown-version" ? newer : accepted(null);
  if (!equalBytes(read.value.owner, keys.signingKey)) return accepted(null);
  const clear = openBox(read.value.sealed, keys, purpose);
  const book = clear === null ? null : decode(bookSchema, clear, mostBookBytes);
  return accepted(book?.ok === true ? book.value : null);
}

const newer = rejected(
  "unknown-version",
  "What is kept about being in step with your other devices was written by a newer version of AetherChain; reload the page.",
);

/** Whether two say the same of what is held and was seen; whom the device met changes nothing of it. */
export function isSameReplica(a: SyncBook, b: SyncBook): boolean {
  const encoded = (book: SyncBook): Uint8Array => encode(bookSchema, { ...book, meetings: [] });
  return equalBytes(encoded(a), encoded(b));
}

/** With what was changed in the vault since: what it holds now are `items`. */
export function refreshed(book: SyncBook, items: readonly SyncItem[]): Result<SyncBook> {
  let next: Replica<Uint8Array> = collapsed(book, equalBytes);
  const here = new Set<string>();
  for (const item of items) {
    const [id, value] = [itemId(item), itemDigest(item)];
    here.add(toHex(id));
    const versions = next.versions.filter((one) => equalBytes(one.id, id));
    const [version] = versions;
    if (versions.length === 1 && version !== undefined && equalBytes(version.value, value)) continue;
    const after = changed(next, book.replica, { id, value });
    if (!after.ok) return after;
    next = after.value;
  }
  const versions = next.versions.filter(({ id }) => here.has(toHex(id)));
  return accepted({ ...book, versions, seen: next.seen });
}

/** With a meeting that ended well. */
export function met(book: SyncBook, device: Uint8Array, atMs: number): SyncBook {
  const others = book.meetings.filter((one) => !equalBytes(one.device, device));
  return { ...book, meetings: [{ device, atMs }, ...others].slice(0, pairingLimits.devices) };
}
