/** Who votes on another branch than ours: asked by peers' votes, answered only for blocks that could become ours. */
import { describe, expect, it } from "vitest";
import { signersOf } from "#protocol/consensus/certificate.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { firstEpochOf, secondRoundOf } from "#protocol/consensus/votes.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker } from "../testing/block-maker.ts";
import { emulatedProofs, feed, lateMs, openChain } from "../testing/chain-fixtures.ts";
import { emulatedVotes } from "../testing/emulated-votes.ts";
import { testKey, testParameters } from "../testing/ledger-fixtures.ts";
import { votingParameters } from "../testing/voting-fixtures.ts";

/** A chain of three blocks, and a lighter branch of one beside its newest two; `proved` says whether that one's proof is good. */
async function forked(parameters: NetworkParameters, proved: boolean) {
  const maker = new BlockMaker({ parameters, networkId: networkIdOf(parameters), signatures: new SignatureCache() });
  const first = maker.make(maker.genesis);
  const second = maker.make(first);
  const ours = [first, second, maker.make(second)];
  let looking = false;
  const segmentVerifier = {
    verifyBatch: async (claims: readonly unknown[]) => claims.map(() => !looking || proved),
  };
  const proofs = { ...emulatedProofs(), segmentVerifier };
  const chain = await openChain(new MemoryStore(), undefined, null, parameters, proofs);
  expect(await feed(chain, ours)).toEqual({ ok: true, value: null });
  const other = maker.make(first, [], testKey(2));
  const added = await chain.addBlock(other.block, lateMs);
  if (!added.ok) throw new Error(added.message);
  looking = true;
  return { chain, entry: added.value };
}

describe("the electorate of another branch", () => {
  it("is told where its blocks hold", async () => {
    const { chain, entry } = await forked(votingParameters(4, emulatedVotes), true);
    expect((await chain.electorateAfter(entry))?.voters).toHaveLength(4);
    expect(entry.invalid).toBeNull();
  });

  it("is told although ours is justified: what is justified later may lie there. Not where ours is final", async () => {
    const { chain, entry } = await forked(votingParameters(4, emulatedVotes), true);
    const source = { epoch: 0, hash: chain.index.genesis.hash };
    const first = { source, target: { epoch: firstEpochOf(3), hash: chain.head.hash } };
    const signed = { signers: signersOf([0, 1, 2]), signature: new Uint8Array(96) };
    await chain.decide({ link: first, ...signed });
    expect(chain.finality.agrees(entry)).toBe(false);
    expect((await chain.electorateAfter(entry))?.voters).toHaveLength(4);
    const { chain: settled, entry: late } = await forked(votingParameters(4, emulatedVotes), true);
    await settled.decide({ link: first, ...signed });
    await settled.decide({ link: secondRoundOf(first.target), ...signed });
    expect(await settled.electorateAfter(late)).toBeNull();
  });

  it("is nobody's where a block has no proof of compute, and the block is left for good", async () => {
    const { chain, entry } = await forked(votingParameters(4, emulatedVotes), false);
    expect(await chain.electorateAfter(entry)).toBeNull();
    expect(entry.invalid).toMatchObject({ code: "bad-proof" });
  });

  it("is nobody's where the branch left ours before anybody voted: it could name whom it likes", async () => {
    const { chain, entry } = await forked(testParameters, true);
    expect(await chain.electorateAfter(entry)).toBeNull();
    expect(entry.invalid).toBeNull();
  });
});
