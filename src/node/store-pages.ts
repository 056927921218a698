/**
 * Walking through a table of the store in pages, so that it is never in memory at once.
 * @module
 */
import { concatBytes } from "#protocol/codec/bytes.ts";
import type { Entry, Range, Store, Table } from "./ports.ts";

/** Entries read at once, unless the caller says otherwise (bodies are big). */
const pageEntries = 2_000;

/** All entries of a table, or of a range of its keys, in the order of their keys. */
export async function* pages(
  store: Store,
  table: Table,
  limit = pageEntries,
  range: Pick<Range, "from" | "to"> = {},
): AsyncGenerator<readonly Entry[]> {
  let from = range.from ?? new Uint8Array();
  for (;;) {
    const page = await store.range(table, { ...range, from, limit });
    if (page.length > 0) yield page;
    const last = page[page.length - 1];
    if (last === undefined || page.length < limit) return;
    from = concatBytes(last[0], Uint8Array.of(0));
  }
}
