/**
 * What stands under headers: bodies that wait to be applied, bodies in the store, and how a block is written there.
 * @module
 */
import type { Certificate } from "#protocol/consensus/certificate.ts";
import { type Block, type BlockWork, decodeBlock, encodeBlock } from "#protocol/ledger/block.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import type { AssignedSegment } from "#protocol/proofs/segment-assignment.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { provedByKey, records, segmentPlaceKey, workBytes } from "./chain-records.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { Store, Write } from "./ports.ts";

/** A block's contents under its header. */
export interface Body {
  readonly transactions: readonly PreparedTransaction[];
  /** Null in the genesis block alone. */
  readonly work: BlockWork | null;
  readonly certificate: Certificate | null;
}

/** The bodies of a chain. Who lets one wait here bounds how many there are. */
export class BlockBodies {
  /** By the block's name, oldest first. */
  readonly waiting = new Map<string, Body>();
  private readonly store: Pick<Store, "get">;

  constructor(store: Pick<Store, "get">) {
    this.store = store;
  }

  /** A body that waits or is stored. */
  async of(entry: HeaderEntry): Promise<Result<Body>> {
    const waiting = this.waiting.get(entry.name);
    if (waiting !== undefined) return accepted(waiting);
    const bytes = await this.store.get("bodies", entry.hash);
    if (bytes === undefined) return rejected("not-found", "The block's body is not here.");
    const block = decodeBlock(bytes);
    if (!block.ok) return block;
    const { transactions, work, certificate } = block.value;
    const prepared = transactions.map((transaction) => prepareTransaction(transaction));
    return accepted({ transactions: prepared, work, certificate });
  }
}

/** The block that a header and its body make. */
export function blockOf({ header }: HeaderEntry, { transactions, work, certificate }: Body): Block {
  return { header, transactions: transactions.map(({ transaction }) => transaction), work, certificate };
}

/** Stores a header and its body. */
export function blockWrites(entry: HeaderEntry, body: Body): Write[] {
  const { header, hash, totalWork, beaconValue } = entry;
  const record = { header, totalWork: workBytes(totalWork), beaconValue };
  return [
    { table: "headers", key: hash, value: records.header.encode(record) },
    { table: "bodies", key: hash, value: encodeBlock(blockOf(entry, body)) },
  ];
}

/** Remembers which segment of a job a block proves, in both directions. */
export function provedWrites({ jobId, index }: AssignedSegment, entry: HeaderEntry): Write[] {
  if (jobId === null) return [];
  const place = records.place.encode({ blockHash: entry.hash, index });
  const proved = records.proved.encode({ jobId, segment: index });
  return [
    { table: "transactions", key: segmentPlaceKey(jobId, index), value: place },
    { table: "transactions", key: provedByKey(entry.hash), value: proved },
  ];
}

/** Forgets it; `bytes` is what stands under the block's `provedByKey`. */
export function unprovedWrites(blockHash: Uint8Array, bytes: Uint8Array | undefined): Write[] {
  const proved = bytes === undefined ? undefined : records.proved.decode(bytes);
  if (!proved?.ok) return [];
  const { jobId, segment } = proved.value;
  return [
    { table: "transactions", key: segmentPlaceKey(jobId, segment), value: null },
    { table: "transactions", key: provedByKey(blockHash), value: null },
  ];
}
