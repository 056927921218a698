/** Who answers for saying that votes have decided something: only who cannot have been told so. */
import { expect, it } from "vitest";
import type { VoteAggregate } from "#protocol/consensus/certificate.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { firstEpochOf } from "#protocol/consensus/votes.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../../testing/block-maker.ts";
import { feed, lateMs, openChain } from "../../testing/chain-fixtures.ts";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { testKey } from "../../testing/ledger-fixtures.ts";
import { aggregateOf, voterStakeNano, votingParameters } from "../../testing/voting-fixtures.ts";
import type { Chain } from "../chain.ts";
import type { VoteSignatures } from "../ports.ts";
import { Voter } from "./voter.ts";
import { Voting } from "./voting.ts";

const base = votingParameters(4, emulatedVotes);

/** A network whose absent lose half of their weight with each block after two without a final one. */
function leaky(unbondingBlocks: number): NetworkParameters {
  const finality = { ...base.finality, stallBlocks: 2, leakQuotient: 2n, unbondingBlocks };
  return { ...base, finality: { ...finality, minimumStakeNano: voterStakeNano / 1_000n } };
}

async function votingOn(chain: Chain, votes: Partial<VoteSignatures> = {}): Promise<Voting> {
  const entropy = { bytes: (length: number) => new Uint8Array(length) };
  const all = { ...emulatedVotes, ...votes };
  const voter = await Voter.open({ store: new MemoryStore(), entropy, votes: all }, chain.context.networkId);
  const nothing = (): void => undefined;
  return new Voting({
    ...{ chain, voter, votes: all, startedAtMs: lateMs, networkTimeMs: () => lateMs },
    clock: { nowMs: () => 0, schedule: () => nothing },
    publish: async () => undefined,
    ...{ onOffence: nothing, onDouble: nothing, onDecided: nothing },
    onFailure: (error) => {
      throw error;
    },
  });
}

/** A chain of some blocks, whose first two voters alone are there: each block shows that they voted for the one before. */
async function stalled(blocks: number, parameters: NetworkParameters) {
  const networkId = networkIdOf(parameters);
  const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
  const aboutSlots = (block: MadeBlock, slots: readonly number[]): Promise<VoteAggregate> =>
    aggregateOf(
      networkId,
      { source: { epoch: 0, hash: networkId }, target: { epoch: firstEpochOf(block.height), hash: block.hash } },
      slots,
    );
  const made: MadeBlock[] = [maker.make(maker.genesis)];
  while (made.length < blocks) {
    const last = made.at(-1) as MadeBlock;
    made.push(maker.make(last, [], testKey(1), {}, undefined, [await aboutSlots(last, [0, 1])]));
  }
  const open = async (): Promise<Chain> => {
    const chain = await openChain(new MemoryStore(), undefined, null, parameters);
    expect(await feed(chain, made)).toEqual({ ok: true, value: null });
    return chain;
  };
  return { maker, made, open, aboutSlots };
}

it("nobody does who was told by a block that is not here yet, after the weight of the absent has leaked", async () => {
  const { maker, made, open, aboutSlots } = await stalled(5, leaky(10_000));
  const fourth = made[3] as MadeBlock;
  // Two of four: more than two thirds of what is left for the sixth block, not yet of what was left after the fourth.
  const honest = await aboutSlots(fourth, [0, 1]);
  const sixth = maker.make(made[4] as MadeBlock, [], testKey(1), {}, undefined, [honest]);
  const ahead = await open();
  expect(await feed(ahead, [sixth])).toEqual({ ok: true, value: null });
  expect(ahead.finality.mark.justifiedBy).toEqual(honest);
  const behind = await open();
  expect(await (await votingOn(behind)).takeDecision(honest, "honest", 6)).toBe(true);
  expect(behind.finality.justified.epoch).toBe(0);
  // The block itself tells.
  await feed(behind, [sixth]);
  expect(behind.finality.justified).toEqual(honest.link.target);
});

it.each([
  ["does", 10_000, 5, false],
  ["does not where seats change hands sooner than a stall may last", 100, 5, true],
  ["does not where its chain is so much longer that they may have", 10_000, 9_000, true],
])("who shows votes that nobody cast %s", async (_words, unbondingBlocks, knownHeight, blameless) => {
  const { made, open, aboutSlots } = await stalled(2, leaky(unbondingBlocks));
  const chain = await open();
  const voting = await votingOn(chain);
  const good = await aboutSlots(made[1] as MadeBlock, [0, 1, 2]);
  const forged = { ...good, signature: new Uint8Array(96).fill(1) };
  expect(await voting.takeDecision(forged, "peer", knownHeight)).toBe(blameless);
  expect(chain.finality.justified.epoch).toBe(0);
  expect(await voting.takeDecision(good, "peer", knownHeight)).toBe(true);
  expect(chain.finality.justified).toEqual(good.link.target);
});

it("nobody does while the verifier fails, and what was said counts when it works again", async () => {
  const { made, open, aboutSlots } = await stalled(2, leaky(10_000));
  const chain = await open();
  let works = false;
  const voting = await votingOn(chain, {
    verifyBatch: (checks) =>
      works ? emulatedVotes.verifyBatch(checks) : Promise.reject(new Error("the worker is gone")),
  });
  const good = await aboutSlots(made[1] as MadeBlock, [0, 1, 2]);
  expect(await voting.takeDecision(good, "peer", 2)).toBe(true);
  expect(chain.finality.justified.epoch).toBe(0);
  works = true;
  expect(await voting.takeDecision(good, "peer", 2)).toBe(true);
  expect(chain.finality.justified).toEqual(good.link.target);
});

it("who gives votes a form that no block takes does", async () => {
  const { made, open, aboutSlots } = await stalled(2, leaky(100));
  const chain = await open();
  const voting = await votingOn(chain);
  const good = await aboutSlots(made[1] as MadeBlock, [0, 1, 2]);
  expect(await voting.takeDecision({ ...good, signers: Uint8Array.of(7, 0) }, "peer", 2)).toBe(false);
  const { source, target } = good.link;
  const elsewhere = { source, target: { ...target, epoch: target.epoch + 2 } };
  expect(await voting.takeDecision({ ...good, link: elsewhere }, "peer", 2)).toBe(false);
});
