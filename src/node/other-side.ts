/**
 * The half of the store that is not the chain: where a snapshot is fetched to, and where an abandoned chain is left. Rows
 * of headers by height go into `canonical` under the other side's byte, leaves into the other side's state table.
 * @module
 */
import { equalBytes, fromBigEndian } from "#protocol/codec/bytes.ts";
import type { SnapshotEntry } from "#protocol/ledger/snapshot.ts";
import type { ChainReader } from "./chain-reader.ts";
import {
  heightKey,
  progressKey,
  records,
  type Side,
  type SnapshotProgress,
  stateTable,
  workBytes,
} from "./chain-records.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { Entry, Write } from "./ports.ts";
import { pages } from "./store-pages.ts";

/** Rows deleted in one transaction. */
const rowsPerCommit = 1_000;

/** More blocks than any chain has. */
const highest = 2 ** 48;

/** The other side of one chain's store. */
export class OtherSide {
  private readonly reader: ChainReader;

  constructor(reader: ChainReader) {
    this.reader = reader;
  }

  private get side(): Side {
    return this.reader.side === 0 ? 1 : 0;
  }

  /** How far fetching has come; null if nothing is being fetched. */
  async progress(): Promise<SnapshotProgress | null> {
    const bytes = await this.reader.store.get("meta", progressKey);
    const progress = bytes === undefined ? undefined : records.progress.decode(bytes);
    return progress?.ok ? progress.value : null;
  }

  /** Notes how far fetching has come, together with what was fetched. */
  async advance(progress: SnapshotProgress, writes: readonly Write[] = []): Promise<void> {
    const mark: Write = { table: "meta", key: progressKey, value: records.progress.encode(progress) };
    await this.reader.store.commit([...writes, mark]);
  }

  /** Writes for headers that were verified; the rows below the first are made to be its ancestors. */
  async headerWrites(entries: readonly HeaderEntry[]): Promise<readonly Write[]> {
    const writes = entries.flatMap((entry): Write[] => {
      const { header, hash, totalWork, beaconValue } = entry;
      const value = records.header.encode({ header, totalWork: workBytes(totalWork), beaconValue });
      return [{ table: "headers", key: hash, value }, this.row(entry)];
    });
    const [first] = entries;
    let at = first === undefined ? undefined : await this.reader.find(first.parent);
    while (at !== undefined && at.height > 0 && !(await this.has(at))) {
      writes.push(this.row(at));
      at = await this.reader.find(at.parent);
    }
    return writes;
  }

  /** Whether a block stands on the branch of headers here. */
  async has(entry: { readonly hash: Uint8Array; readonly height: number }): Promise<boolean> {
    const row = await this.reader.store.get("canonical", heightKey(entry.height, this.side));
    return row !== undefined && equalBytes(row, entry.hash);
  }

  /** Writes for leaves of a snapshot. */
  leafWrites(part: readonly SnapshotEntry[]): readonly Write[] {
    const table = stateTable(this.side);
    return part.map(({ key, value }): Write => ({ table, key, value }));
  }

  /** Leaves that were stored, in pages. */
  async *leaves(): AsyncGenerator<readonly SnapshotEntry[]> {
    for await (const page of pages(this.reader.store, stateTable(this.side))) {
      yield page.map(([key, value]) => ({ key, value }));
    }
  }

  /** Forgets the leaves: a snapshot of another block is to come. */
  async clearLeaves(): Promise<void> {
    await this.reader.store.clear(stateTable(this.side));
  }

  /** Forgets everything here, with the bodies of an abandoned chain, in bounded steps that may be cut short. */
  async clear(): Promise<void> {
    const { store } = this.reader;
    await store.commit([{ table: "meta", key: progressKey, value: null }]);
    await this.clearLeaves();
    for (;;) {
      const range = { from: heightKey(0, this.side), to: heightKey(highest, this.side), limit: rowsPerCommit };
      const rows = await store.range("canonical", range);
      if (rows.length === 0) return;
      await store.commit(await this.forgetRows(rows));
    }
  }

  private async forgetRows(rows: readonly Entry[]): Promise<readonly Write[]> {
    const writes: Write[] = [];
    for (const [key, hash] of rows) {
      writes.push({ table: "canonical", key, value: null });
      const height = Number(fromBigEndian(key.subarray(1)));
      const ours = await this.reader.at(height);
      if (ours !== undefined && equalBytes(ours.hash, hash) && height >= this.reader.kept.bodiesFrom) continue;
      writes.push({ table: "bodies", key: hash, value: null }, { table: "undo", key: hash, value: null });
    }
    return writes;
  }

  private row(entry: HeaderEntry): Write {
    return { table: "canonical", key: heightKey(entry.height, this.side), value: entry.hash };
  }
}
