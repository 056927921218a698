/**
 * A small file about a day, kept on the device for all tabs: read, changed, and put in the place of what was read; what
 * another tab wrote in between is not lost.
 * @module
 */
import { decode, encode, type Schema } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { VaultStore } from "./vault-store.ts";

const dayMs = 86_400_000;

/** Other tabs may be as quick; that they are so often in a row means that something is wrong. */
const mostTries = 64;

/** The file's bytes are our own writing; the bound only keeps a damaged length from being believed. */
const mostBytes = 1 << 20;

/** Something that says for which day it holds. */
interface Daily {
  readonly day: number;
}

/** The file. */
export class DailyFile<T extends Daily> {
  private readonly store: VaultStore;
  private readonly schema: Schema<T>;
  private readonly nowMs: () => number;
  private readonly begin: (day: number, before: T | null) => T;

  /** `begin` gives what a day starts with, from what stood on the day before. */
  constructor(store: VaultStore, schema: Schema<T>, nowMs: () => number, begin: (day: number, before: T | null) => T) {
    this.store = store;
    this.schema = schema;
    this.nowMs = nowMs;
    this.begin = begin;
  }

  /** How it stands today. */
  async read(): Promise<Result<T>> {
    return this.found(await this.store.read());
  }

  /** Changes it, durably, or refuses and changes nothing. `anew`: from a day's beginning if it is damaged. */
  async change(change: (now: T) => Result<T>, anew = false): Promise<Result<T>> {
    for (let tries = 0; tries < mostTries; tries++) {
      const bytes = await this.store.read();
      const read = this.found(bytes);
      const found = read.ok || !anew ? read : this.found(undefined);
      const changed = found.ok ? change(found.value) : found;
      if (!changed.ok) return changed;
      if (await this.store.replace(bytes, encode(this.schema, changed.value))) return changed;
    }
    return rejected("storage-unavailable", "Other tabs change the budget all the time; close some and try again.");
  }

  private found(bytes: Uint8Array | undefined): Result<T> {
    const today = Math.floor(this.nowMs() / dayMs);
    if (bytes === undefined) return accepted(this.begin(today, null));
    const read = decode(this.schema, bytes, mostBytes);
    // A budget that cannot be read must not become none.
    if (!read.ok)
      return rejected("storage-corrupt", "The budgets kept on this device are damaged. `budget set` sets them anew.");
    const { day } = read.value;
    if (day < today) return accepted(this.begin(today, read.value));
    // A clock that was set back does not give a day twice. What it wrote while it was wrong by more counts for today, once:
    // waiting for that day to be over could take years.
    return accepted(day > today + 1 ? { ...read.value, day: today } : read.value);
  }
}
