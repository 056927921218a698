/**
 * Reading the chain beyond what is in memory: old headers by hash and height, bodies, and what is no longer kept. Old
 * headers that the rules need again are brought back into the index.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import type { Header } from "#protocol/consensus/header.ts";
import type { HeaderContext } from "#protocol/consensus/validate-header.ts";
import { encodeBlock } from "#protocol/ledger/block.ts";
import { syncLimits } from "#protocol/messages/sync.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { heightKey, type Kept, records, type Side, workOfBytes } from "./chain-records.ts";
import { type HeaderEntry, type HeaderIndex, headerEntry } from "./header-index.ts";
import type { Store } from "./ports.ts";

/** Reads of one chain. */
export class ChainReader {
  readonly index: HeaderIndex;
  readonly store: Store;
  /** Which half of the store is the chain; the chain's to change. */
  side: Side;
  /** What is still there of old blocks; the chain's to change. */
  kept: Kept;

  constructor(store: Store, index: HeaderIndex, side: Side, kept: Kept) {
    this.store = store;
    this.index = index;
    this.side = side;
    this.kept = kept;
  }

  /** A header by its hash, from memory or the store. */
  async find(hash: Uint8Array): Promise<HeaderEntry | undefined> {
    const known = this.index.get(hash);
    if (known !== undefined) return known;
    const bytes = await this.store.get("headers", hash);
    const entry = bytes === undefined ? undefined : this.entryOf(hash, bytes);
    if (entry !== undefined) entry.hasBody = entry.height >= this.kept.bodiesFrom && (await this.isOnChain(entry));
    return entry;
  }

  /** The canonical block at a height. */
  async at(height: number): Promise<HeaderEntry | undefined> {
    const known = this.index.at(height);
    if (known !== undefined || height > this.index.head.height) return known;
    const hash = await this.store.get("canonical", heightKey(height, this.side));
    return hash === undefined ? undefined : this.find(hash);
  }

  /**
   * Whether our chain holds another block in a place that is older than the headers in memory: so far back no head can move,
   * and it would look as if it stood on that block.
   */
  async leftBehind({ height, hash }: FinalisedBlock): Promise<boolean> {
    const ours = height < this.index.firstHeight ? await this.at(height) : undefined;
    return ours !== undefined && !equalBytes(ours.hash, hash);
  }

  /** Whether a block is on the canonical chain, however old. */
  async isOnChain(entry: HeaderEntry): Promise<boolean> {
    if (this.index.isCanonical(entry)) return true;
    if (entry.height === 0 || entry.height >= this.index.firstHeight) return false;
    const hash = await this.store.get("canonical", heightKey(entry.height, this.side));
    return hash !== undefined && equalBytes(hash, entry.hash);
  }

  /** A block's bytes; undefined if they are not (or no longer) here. */
  async body(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const { genesis } = this.index;
    if (equalBytes(hash, genesis.hash))
      return encodeBlock({ header: genesis.header, transactions: [], work: null, certificate: null });
    return this.store.get("bodies", hash);
  }

  /** A canonical block's bytes, or why they cannot be had. */
  async bodyOrWhy(entry: HeaderEntry): Promise<Result<Uint8Array>> {
    const bytes = await this.body(entry.hash);
    if (bytes !== undefined) return accepted(bytes);
    const { bodiesFrom } = this.kept;
    if (entry.height >= bodiesFrom) return rejected("not-found", "The body of this block is not here.");
    return rejected(
      "pruned",
      `Block ${entry.height} is known by its header only: this node keeps whole blocks from ${bodiesFrom} on. A node that keeps everything, such as a seed, has it.`,
      { height: entry.height, bodiesFrom },
    );
  }

  /** Hashes of canonical blocks, oldest first, `from` and `to` included; fewer where rows are missing. */
  async hashes(from: number, to: number): Promise<readonly Uint8Array[]> {
    const bounds = { from: heightKey(from, this.side), to: heightKey(to + 1, this.side) };
    const rows = await this.store.range("canonical", { ...bounds, limit: Math.max(0, to - from + 1) });
    return rows.map(([, hash]) => hash);
  }

  /** Hashes from the head back, dense at first and then ever sparser, genesis last: finds a fork in one round. */
  async locator(): Promise<readonly Uint8Array[]> {
    const { index } = this;
    const heights: number[] = [];
    let step = 1;
    for (let height = index.head.height; height > 0 && heights.length < syncLimits.locatorHashes - 1; height -= step) {
      heights.push(height);
      if (heights.length > 10) step *= 2;
    }
    const old = heights.filter((height) => height < index.firstHeight);
    const keys = old.map((height) => heightKey(height, this.side));
    const stored = old.length === 0 ? [] : await this.store.getMany("canonical", keys);
    const recent = heights.flatMap((height) => index.at(height)?.hash ?? []);
    return [...recent, ...stored.filter((hash) => hash !== undefined), index.genesis.hash];
  }

  /** Canonical headers after the newest hash of a locator that is canonical here. */
  async headersAfter(locator: readonly Uint8Array[], count: number): Promise<readonly Header[]> {
    const { index } = this;
    let from = 1;
    for (const hash of locator) {
      const entry = await this.find(hash);
      if (entry === undefined || !(await this.isOnChain(entry))) continue;
      from = entry.height + 1;
      break;
    }
    const to = Math.min(index.head.height, from + count - 1);
    const headers: Header[] = [];
    if (from < index.firstHeight) {
      const hashes = await this.hashes(from, Math.min(to, index.firstHeight - 1));
      for (const bytes of await this.store.getMany("headers", hashes)) {
        const record = bytes === undefined ? undefined : records.header.decode(bytes);
        if (!record?.ok) return headers;
        headers.push(record.value.header);
      }
    }
    for (let height = from + headers.length; height <= to; height++) {
      const entry = index.at(height);
      if (entry === undefined) break;
      headers.push(entry.header);
    }
    return headers;
  }

  /** What a child of `parent` is checked against; old ancestors come back into memory for it. */
  async contextAfter(parent: HeaderEntry, networkTimeMs: number): Promise<HeaderContext> {
    const ready = this.index.contextAfter(parent, networkTimeMs);
    if (ready !== null) return ready;
    this.index.put(parent);
    let at = parent;
    for (let left = this.index.ancestorsWanted(parent); left > 1; left--) {
      const next = await this.find(at.parent);
      if (next === undefined) throw new Error(`the header before ${at.name} is missing`);
      this.index.put(next);
      at = next;
    }
    return this.index.contextAfter(parent, networkTimeMs) as HeaderContext;
  }

  /** Reads stored headers that are not in memory back into it, and says which are known now. */
  async recall(hashes: readonly Uint8Array[]): Promise<void> {
    const unknown = hashes.filter((hash) => this.index.get(hash) === undefined);
    if (unknown.length === 0) return;
    const stored = await this.store.getMany("headers", unknown);
    for (const [i, bytes] of stored.entries()) {
      const entry = bytes === undefined ? undefined : this.entryOf(unknown[i] as Uint8Array, bytes);
      if (entry === undefined) continue;
      entry.hasBody = entry.height >= this.kept.bodiesFrom && (await this.isOnChain(entry));
      this.index.put(entry);
    }
  }

  private entryOf(hash: Uint8Array, bytes: Uint8Array): HeaderEntry | undefined {
    const record = records.header.decode(bytes);
    if (!record.ok) return undefined;
    const { header, totalWork, beaconValue } = record.value;
    return headerEntry(header, hash, { totalWork: workOfBytes(totalWork), beaconValue, hasBody: false });
  }
}
