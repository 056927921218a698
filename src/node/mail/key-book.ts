/**
 * Signed records of encryption keys, by key hash: a tab's memory of whom it wrote to, a keeper's answer to who wants to
 * write. The newest record of an identity counts; a bounded number is kept, the longest unused goes.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { type KeyRecord, readKeyRecord } from "#protocol/mail/credentials.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { Clock, Store } from "../ports.ts";
import { dropRow, putBytes, rowKey, rowsOf } from "./mail-rows.ts";

/** Where records are kept, and what time it is. */
interface KeyBookParts {
  readonly store: Store;
  readonly clock: Clock;
}

/** The book. */
export class KeyBook {
  private readonly parts: KeyBookParts;
  private readonly most: number;
  /** Whose records there are; the longest unused first. */
  private readonly keyHashes = new Map<string, Uint8Array>();

  private constructor(parts: KeyBookParts, most: number) {
    this.parts = parts;
    this.most = most;
  }

  /** Reads whose records there are. Their signatures are checked when they are wanted. */
  static async open(parts: KeyBookParts, most: number): Promise<KeyBook> {
    const book = new KeyBook(parts, most);
    for await (const [keyHash] of rowsOf(parts.store, "key")) book.note(keyHash);
    return book;
  }

  /** The record of an identity, if there is one that is good now. */
  async find(keyHash: Uint8Array): Promise<Uint8Array | null> {
    return (await this.read(keyHash))?.bytes ?? null;
  }

  /** Takes a record in from anybody, if it is good and not older than what is here. `wanted`: whose it must be. */
  async add(bytes: Uint8Array, wanted: Uint8Array | null = null): Promise<Result<KeyRecord>> {
    const record = readKeyRecord(bytes, this.parts.clock.nowMs());
    if (!record.ok) return record;
    const keyHash = keyHashOf(record.value.signingKey);
    if (wanted !== null && !equalBytes(wanted, keyHash)) {
      return rejected("bad-signature", "The encryption key is somebody else's.");
    }
    const known = await this.read(keyHash);
    if (known !== null && known.record.madeAtMs >= record.value.madeAtMs) return record;
    const isNew = !this.keyHashes.has(toHex(keyHash));
    const [unused] = isNew && this.keyHashes.size >= this.most ? this.keyHashes.values() : [];
    await this.parts.store.commit([
      putBytes("key", keyHash, bytes),
      ...(unused === undefined ? [] : [dropRow("key", unused)]),
    ]);
    if (unused !== undefined) this.keyHashes.delete(toHex(unused));
    this.note(keyHash);
    return record;
  }

  private async read(keyHash: Uint8Array): Promise<{ readonly bytes: Uint8Array; readonly record: KeyRecord } | null> {
    if (!this.keyHashes.has(toHex(keyHash))) return null;
    const bytes = await this.parts.store.get("mail", rowKey("key", keyHash));
    const record = bytes === undefined ? null : readKeyRecord(bytes, this.parts.clock.nowMs());
    if (bytes === undefined || !record?.ok) return null;
    this.note(keyHash);
    return { bytes, record: record.value };
  }

  private note(keyHash: Uint8Array): void {
    const name = toHex(keyHash);
    this.keyHashes.delete(name);
    this.keyHashes.set(name, keyHash);
  }
}
