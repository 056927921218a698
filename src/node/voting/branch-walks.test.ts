/** What a peer's word about another branch makes this node do. */
import { expect, it, vi } from "vitest";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../../testing/block-maker.ts";
import { feed, openChain } from "../../testing/chain-fixtures.ts";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { testKey } from "../../testing/ledger-fixtures.ts";
import { aggregateOf, firstRoundOn, votingParameters } from "../../testing/voting-fixtures.ts";
import type { HeaderEntry } from "../header-index.ts";
import { BranchWalks, walkLimits } from "./branch-walks.ts";
import { VoteBook } from "./vote-book.ts";

/** A chain of two blocks, and as many branches beside its second as are asked for. */
async function forked(branches: number) {
  const parameters = votingParameters(4, emulatedVotes);
  const networkId = networkIdOf(parameters);
  const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
  const first = maker.make(maker.genesis);
  const chain = await openChain(new MemoryStore(), undefined, null, parameters);
  await feed(chain, [first, maker.make(first), maker.make(maker.make(first))]);
  const tips = Array.from({ length: branches }, (_, i) => maker.make(first, [], testKey(2 + i)));
  await feed(chain, tips);
  const clock = { nowMs: () => clock.timeMs, timeMs: 1_000 };
  const walks = new BranchWalks({ chain, votes: emulatedVotes, clock }, new VoteBook());
  const applied = vi.spyOn(chain, "electorateAfter");
  const entryOf = (block: MadeBlock) => chain.index.get(block.hash) as HeaderEntry;
  const said = (block: MadeBlock, slots: readonly number[]) =>
    aggregateOf(networkId, firstRoundOn(block, networkId), slots);
  /** What a peer says with a signature that is none. */
  const ask = async (block: MadeBlock, peerId: string) => {
    const forged = { ...(await said(block, [0, 1, 2])), signature: new Uint8Array(96) };
    return walks.forDecision(forged, entryOf(block), peerId);
  };
  return { chain, tips, clock, walks, applied, entryOf, said, ask };
}

it("applies a branch on one peer's word once a minute, however many it names", async () => {
  const { chain, tips, clock, applied, entryOf, ask } = await forked(4);
  const [a, b, c, d] = tips as [MadeBlock, MadeBlock, MadeBlock, MadeBlock];
  expect(tips.map((tip) => chain.finality.electorateAt(entryOf(tip)))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect((await ask(a, "liar"))?.voters).toHaveLength(4);
  expect(await ask(b, "liar")).toBeNull();
  expect(applied).toHaveBeenCalledTimes(1);
  // What is known costs nothing, and others are not held up by a liar.
  expect((await ask(a, "liar"))?.voters).toHaveLength(4);
  expect((await ask(b, "other"))?.voters).toHaveLength(4);
  clock.timeMs += walkLimits.everyMs - 1;
  expect(await ask(c, "liar")).toBeNull();
  clock.timeMs += 1;
  expect((await ask(c, "liar"))?.voters).toHaveLength(4);
  expect(await ask(d, "liar")).toBeNull();
  expect(applied).toHaveBeenCalledTimes(3);
});

it("applies any branch that more than half of those have signed who vote by our head", async () => {
  const { tips, walks, applied, entryOf, said, ask } = await forked(4);
  const [a, b, c, d] = tips as [MadeBlock, MadeBlock, MadeBlock, MadeBlock];
  await ask(a, "peer");
  expect((await walks.forDecision(await said(b, [0, 1, 2]), entryOf(b), "peer"))?.voters).toHaveLength(4);
  expect((await walks.forDecision(await said(c, [1, 2, 3]), entryOf(c), "peer"))?.voters).toHaveLength(4);
  // Half is what two voters who break the rules can sign for whatever they like.
  expect(await walks.forDecision(await said(d, [0, 1]), entryOf(d), "peer")).toBeNull();
  expect(applied).toHaveBeenCalledTimes(3);
});

it("goes on where signatures cannot be checked: then a branch is applied on a peer's word alone", async () => {
  const { tips, chain, clock, entryOf, said } = await forked(2);
  const [a, b] = tips as [MadeBlock, MadeBlock];
  const votes = { verifyBatch: () => Promise.reject(new Error("the worker is gone")) };
  const walks = new BranchWalks({ chain, votes, clock }, new VoteBook());
  expect((await walks.forDecision(await said(a, [0, 1, 2]), entryOf(a), "peer"))?.voters).toHaveLength(4);
  expect(await walks.forDecision(await said(b, [0, 1, 2]), entryOf(b), "peer")).toBeNull();
});

it("spends nobody's turn on a branch that cannot be applied anyway", async () => {
  const { tips, entryOf, ask } = await forked(2);
  const [a, b] = tips as [MadeBlock, MadeBlock];
  entryOf(a).hasBody = false;
  expect(await ask(a, "peer")).toBeNull();
  expect((await ask(b, "peer"))?.voters).toHaveLength(4);
});
