/**
 * Blocks from before a state that was taken over: their bodies come later, newest first, are held against headers that are
 * our own chain, and are not executed (the state after them was vouched for). They make history readable and can be given
 * away; they can not be undone.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { checkCertificateName } from "#protocol/consensus/certificate.ts";
import { headerHash } from "#protocol/consensus/header.ts";
import { checkWorkNames } from "#protocol/consensus/proof-of-compute.ts";
import type { Block } from "#protocol/ledger/block.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { rootOfLeafHashes } from "#protocol/ledger/transaction-tree.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type Body, blockWrites } from "./block-bodies.ts";
import { keptWrite, type Retention } from "./chain-pruning.ts";
import type { ChainReader } from "./chain-reader.ts";
import type { Kept } from "./chain-records.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { Write } from "./ports.ts";
import { transactionWrites } from "./transaction-rows.ts";

/** What a block holds, if it is what its header names: anybody can put other contents under a good header. */
export function bodyOf({ header, transactions, work, certificate }: Block): Result<Body> {
  const prepared = transactions.map((transaction) => prepareTransaction(transaction));
  const txRoot = rootOfLeafHashes(prepared.map(({ leafHash }) => leafHash));
  if (!equalBytes(txRoot, header.txRoot))
    return rejected("wrong-transaction-root", "The transactions are not those the header names.");
  const foreign = checkWorkNames(header, work) ?? checkCertificateName(header, certificate);
  return foreign ?? accepted({ transactions: prepared, work, certificate });
}

/** The lowest block that is to be kept whole by a chain with this head. */
export function historyFrom(retention: Retention | null, headHeight: number): number {
  return retention === null ? 1 : Math.max(1, headHeight - retention.bodies + 1);
}

/** Writes for older bodies, and what is kept once they are done. */
export interface HistoryPage {
  readonly writes: readonly Write[];
  readonly kept: Kept;
  readonly entries: readonly HeaderEntry[];
}

/** Writes for the blocks before those that are kept whole, newest first; refuses the first that is another one. */
export async function historyPage(reader: ChainReader, blocks: readonly Block[]): Promise<Result<HistoryPage>> {
  const writes: Write[] = [];
  const entries: HeaderEntry[] = [];
  let { bodiesFrom } = reader.kept;
  for (const block of blocks) {
    const entry = await reader.at(bodiesFrom - 1);
    if (entry === undefined || entry.height === 0 || !equalBytes(headerHash(block.header), entry.hash))
      return rejected("bad-response", "That is not the block before those that are kept whole.");
    const body = bodyOf(block);
    if (!body.ok) return body;
    writes.push(...blockWrites(entry, body.value), ...transactionWrites(body.value.transactions, entry));
    entries.push(entry);
    bodiesFrom = entry.height;
  }
  const kept = { ...reader.kept, bodiesFrom };
  return accepted({ writes: [...writes, keptWrite(kept)], kept, entries });
}
