/**
 * A small file about a day, kept on the device for all tabs.
 * @module
 */
import { decode, type Schema } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { KeptFile, mostKeptBytes } from "./kept-file.ts";
import type { VaultStore } from "./vault-store.ts";

const dayMs = 86_400_000;

/** Something that says for which day it holds. */
interface Daily {
  readonly day: number;
}

/** Opens the file. `begin` gives what a day starts with, from what stood on the day before. */
export function openDailyFile<T extends Daily>(
  store: VaultStore,
  schema: Schema<T>,
  nowMs: () => number,
  begin: (day: number, before: T | null) => T,
): KeptFile<T> {
  const read = (bytes: Uint8Array | undefined): Result<T> => {
    const today = Math.floor(nowMs() / dayMs);
    if (bytes === undefined) return accepted(begin(today, null));
    const found = decode(schema, bytes, mostKeptBytes);
    // A budget that cannot be read must not become none.
    if (!found.ok)
      return rejected("storage-corrupt", "The budgets kept on this device are damaged. `budget set` sets them anew.");
    const { day } = found.value;
    if (day < today) return accepted(begin(today, found.value));
    // A clock that was set back does not give a day twice. What it wrote while it was wrong by more counts for today, once:
    // waiting for that day to be over could take years.
    return accepted(day > today + 1 ? { ...found.value, day: today } : found.value);
  };
  return new KeptFile({ store, schema, read, subject: "the budget" });
}
