/**
 * Repair of a damaged database: what is derived is thrown away, every block that is still readable is verified and
 * applied again, and peers supply the rest. Where old blocks were pruned there is nothing to apply the others to, so the
 * chain starts over from peers. Own transactions, the beacon key and the vault are not touched; a crash in the middle
 * only means that the repair is made again.
 * @module
 */
import type { Block } from "#protocol/ledger/block.ts";
import type { Chain } from "./chain.ts";
import { salvageBlocks } from "./chain-loading.ts";
import { finalityKey, headKey, keptKey, progressKey, records, repairKey, sideKey, tipsKey } from "./chain-records.ts";
import type { Store, Write } from "./ports.ts";

/** Blocks applied in one go. */
const batchBlocks = 64;

/** Tables whose content follows from the blocks. */
const derived = ["headers", "undo", "canonical", "state", "spare", "transactions"] as const;

/** Rebuilds an empty chain from what its store still holds; gives the report for the user. */
export async function rebuildChain(chain: Chain, store: Store, reason: string, networkTimeMs: number): Promise<string> {
  const pruned = (await store.get("meta", keptKey)) !== undefined;
  await store.commit([{ table: "meta", key: repairKey, value: new Uint8Array() }]);
  await store.clear(...derived, ...(pruned ? (["bodies"] as const) : []));
  // What was final stays final, even if its blocks have to come from peers again.
  const marked = await store.get("meta", finalityKey);
  const mark = marked === undefined ? null : records.finality.decode(marked);
  if (mark?.ok) chain.finality.mark = mark.value;
  const marks = [headKey, sideKey, tipsKey, progressKey, keptKey, ...(mark?.ok ? [] : [finalityKey])];
  await store.commit(marks.map((key): Write => ({ table: "meta", key, value: null })));
  let found = 0;
  const batch: Block[] = [];
  for await (const block of salvageBlocks(store)) {
    found++;
    batch.push(block);
    if (batch.length === batchBlocks) await applyAgain(chain, batch.splice(0), networkTimeMs);
  }
  await applyAgain(chain, batch, networkTimeMs);
  await store.commit([{ table: "meta", key: repairKey, value: null }]);
  const what = pruned
    ? "Old blocks were not kept on this device, so the chain is fetched from peers again."
    : `${chain.head.height} of ${found} blocks were verified again from it; peers supply the rest.`;
  return `The local database was damaged (${reason}). ${what} Keys are kept apart and were not touched.`;
}

async function applyAgain(chain: Chain, blocks: readonly Block[], networkTimeMs: number): Promise<void> {
  const headers = await chain.addHeaders(
    blocks.map((block) => block.header),
    networkTimeMs,
  );
  if (headers.ok && (await chain.addBodies(blocks)).ok) return;
  // One of them is bad, or its parent is missing: the others still count.
  for (const block of blocks) await chain.addBlock(block, networkTimeMs);
}
