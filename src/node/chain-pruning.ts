/**
 * What may be forgotten of old blocks, and the writes that forget it. Headers of the chain are kept for ever; bodies and
 * undo records go in batches, each in the transaction that says from where on they are still there.
 * @module
 */
import { decodeBlock } from "#protocol/ledger/block.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { unprovedWrites } from "./block-bodies.ts";
import type { ChainReader } from "./chain-reader.ts";
import { type Kept, keptKey, provedByKey, records } from "./chain-records.ts";
import type { Write } from "./ports.ts";
import { forgetTransactions } from "./transaction-rows.ts";

/** How many of the newest blocks are kept whole, and how many can be undone: the deepest reorganisation followed. */
export interface Retention {
  readonly bodies: number;
  readonly undo: number;
}

/** A tab's retention: undo reaches further back than the oldest snapshot offered to newcomers. */
export const defaultRetention: Retention = { bodies: 2_000, undo: 1_000 };

/**
 * What is left when the device has no more room: enough to follow the reorganisations that happen; a deeper one is
 * followed by a snapshot.
 */
export const tightRetention: Retention = { bodies: 32, undo: 32 };

/** Blocks forgotten in one transaction; more than enter in one, so that a backlog shrinks while the chain grows. */
export const prunedPerCommit = 128;

/** Writes that forget, and what is kept once they are done. */
export interface Pruning {
  /** Deletions, nothing else: a browser that is over its quota takes those alone. */
  readonly deletions: readonly Write[];
  readonly kept: Kept;
  /** Heights whose bodies go, `to` not included. */
  readonly pruned: { readonly from: number; readonly to: number };
}

/** The lower of both retentions. */
export function tighter(a: Retention | null, b: Retention): Retention {
  return a === null ? b : { bodies: Math.min(a.bodies, b.bodies), undo: Math.min(a.undo, b.undo) };
}

/**
 * The next batch of pruning for a head at this height; null when there is nothing to do. Blocks above `settled` are not
 * on the stored chain yet, or will not be on it any more.
 */
export async function planPruning(
  reader: ChainReader,
  retention: Retention,
  headHeight: number,
  settled: number,
): Promise<Pruning | null> {
  const { kept } = reader;
  const nextFrom = (from: number, keep: number): number =>
    Math.max(from, Math.min(headHeight - keep + 1, settled + 1, from + prunedPerCommit));
  const bodiesFrom = nextFrom(kept.bodiesFrom, retention.bodies);
  const undoFrom = nextFrom(kept.undoFrom, retention.undo);
  if (bodiesFrom === kept.bodiesFrom && undoFrom === kept.undoFrom) return null;
  const deletions: Write[] = [];
  for (const hash of await hashesBelow(reader, kept.bodiesFrom, bodiesFrom)) {
    const bytes = await reader.store.get("bodies", hash);
    const proved = await reader.store.get("transactions", provedByKey(hash));
    deletions.push(...forgetBody(hash, bytes), ...unprovedWrites(hash, proved));
  }
  for (const hash of await hashesBelow(reader, kept.undoFrom, undoFrom)) {
    deletions.push({ table: "undo", key: hash, value: null });
  }
  return { deletions, kept: { bodiesFrom, undoFrom }, pruned: { from: kept.bodiesFrom, to: bodiesFrom } };
}

/** The write that says from where on things are kept. */
export function keptWrite(kept: Kept): Write {
  return { table: "meta", key: keptKey, value: records.kept.encode(kept) };
}

async function hashesBelow(reader: ChainReader, from: number, to: number): Promise<readonly Uint8Array[]> {
  return from < to ? reader.hashes(from, to - 1) : [];
}

function forgetBody(hash: Uint8Array, bytes: Uint8Array | undefined): Write[] {
  const block = bytes === undefined ? undefined : decodeBlock(bytes);
  const body: Write = { table: "bodies", key: hash, value: null };
  if (!block?.ok) return [body];
  const { header, transactions } = block.value;
  const prepared = transactions.map((transaction) => prepareTransaction(transaction));
  return [body, ...forgetTransactions(prepared, header.height)];
}
