/**
 * A small file kept on the device for all tabs: read, changed, and put in the place of what was read; what another tab wrote
 * in between is not lost.
 * @module
 */
import { encode, type Schema } from "#protocol/codec/schema.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { VaultStore } from "./vault-store.ts";

/** Other tabs may be as quick; that they are so often in a row means that something is wrong. */
const mostTries = 64;

/** The file's bytes are our own writing; the bound only keeps a damaged length from being believed. */
export const mostKeptBytes = 1 << 20;

/** What a file is made of. */
export interface KeptFileParts<T> {
  readonly store: VaultStore;
  readonly schema: Schema<T>;
  /** How its bytes stand now; undefined: there are none yet. */
  read(bytes: Uint8Array | undefined): Result<T>;
  /** What it is about, for people: "the budget". */
  readonly subject: string;
}

/** The file. */
export class KeptFile<T> {
  private readonly parts: KeptFileParts<T>;

  constructor(parts: KeptFileParts<T>) {
    this.parts = parts;
  }

  /** How it stands. */
  async read(): Promise<Result<T>> {
    return this.parts.read(await this.parts.store.read());
  }

  /** Changes it, durably, or refuses and changes nothing. `anew`: from its beginning if it is damaged. */
  async change(change: (now: T) => Result<T>, anew = false): Promise<Result<T>> {
    const { store, schema, subject } = this.parts;
    for (let tries = 0; tries < mostTries; tries++) {
      const bytes = await store.read();
      const read = this.parts.read(bytes);
      const found = read.ok || !anew ? read : this.parts.read(undefined);
      const changed = found.ok ? change(found.value) : found;
      if (!changed.ok) return changed;
      if (await store.replace(bytes, encode(schema, changed.value))) return changed;
    }
    return rejected("storage-unavailable", `Other tabs change ${subject} all the time; close some and try again.`);
  }
}
