/**
 * Weight as the chain judges it: who may do with less work, by whose state, and what it is worth. Owners of stakes are
 * `testKey(1_000 + n)`; one certificate of all makes what they bonded count.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { compareBytes } from "#protocol/codec/bytes.ts";
import { type Certificate, possessionDigest, signersOf, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { standingOf, weightedTarget, weightOf } from "#protocol/consensus/contribution.ts";
import { readFinality } from "#protocol/consensus/finality.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { workHash } from "#protocol/consensus/header.ts";
import { proposerKeyOf } from "#protocol/consensus/proof-of-compute.ts";
import { firstEpochOf, type Link, secondRoundOf, voteDigest } from "#protocol/consensus/votes.ts";
import { meetsTarget, workOfTarget } from "#protocol/consensus/work.ts";
import { vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { rewardId } from "#protocol/ledger/apply.ts";
import { type Command, commitCommand } from "#protocol/ledger/command.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { stakeOutput } from "#protocol/ledger/things.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { blocksOf, readRecentBlocks } from "#protocol/programs/recent-blocks.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../testing/block-maker.ts";
import { feed, lateMs, openChain } from "../testing/chain-fixtures.ts";
import { emulatedVotes } from "../testing/emulated-votes.ts";
import { bodyOf, coin, firstRewardNano, jobPost, signed, type TestKey, testKey } from "../testing/ledger-fixtures.ts";
import { voterSecret, votingParameters } from "../testing/voting-fixtures.ts";
import type { Chain } from "./chain.ts";

const voters = 3;
const parameters = votingParameters(voters, emulatedVotes);
const networkId = networkIdOf(parameters);
const context = { parameters, networkId, signatures: new SignatureCache() };
const { initialTarget } = parameters;
const maker = new BlockMaker(context);
/** Finds blocks that only weight makes enough: above the target, below three times it (a thousand AETH give 3.97). */
const lightMaker = new BlockMaker(context, (preimage, target) => {
  const enough = weightedTarget(target, 3_000);
  for (let nonce = 0n; ; nonce++) {
    const hash = workHash(preimage, nonce);
    if (!meetsTarget(hash, target) && meetsTarget(hash, enough)) return nonce;
  }
});
const [staked, stranger] = [testKey(1_000), testKey(7)];

async function aggregate(link: Link): Promise<VoteAggregate> {
  const slots = Array.from({ length: voters }, (_, slot) => slot);
  const digest = voteDigest(networkId, link);
  const signatures = slots.map((slot) => emulatedVotes.sign(voterSecret(slot, emulatedVotes), digest));
  return {
    link,
    signers: signersOf(slots),
    signature: await emulatedVotes.aggregate(await Promise.all(signatures)),
  };
}

/** A block that carries votes by which its parent is final. */
async function deciding(on: MadeBlock, by: TestKey = stranger): Promise<MadeBlock> {
  const source = readFinality(on.state, networkId).justified;
  const first = { source, target: { epoch: firstEpochOf(on.height), hash: on.hash } };
  const certificate: Certificate = [await aggregate(first), await aggregate(secondRoundOf(first.target))];
  return maker.make(on, [], by, {}, undefined, certificate);
}

const bondNano = parameters.finality.minimumStakeNano;

/** The stranger bonds two rewards behind a key of its own. */
async function bond(inputs: readonly OutPoint[]) {
  const secret = voterSecret(9, emulatedVotes);
  const key = emulatedVotes.keyOf(secret);
  const possession = await emulatedVotes.sign(secret, possessionDigest(networkId, key, stranger.keyHash));
  const beaconKey = vrfPublicKey(stranger.secret);
  const command: Command = { type: "stake.bond", key, beaconKey, possession, stakeNano: bondNano };
  const feeNano = 1_000_000n;
  const change = 2n * firstRewardNano - bondNano - feeNano;
  const outputs = [stakeOutput({ key }, stranger.lock), coin(change, stranger.lock)];
  const commitment = commitCommand(command);
  return signed(bodyOf({ network: networkId, command, commitment, inputs, outputs, feeNano }), stranger);
}

let chain: Chain;
let first: MadeBlock;
/** Carries the certificate: from here on stakes weigh. */
let decided: MadeBlock;

const add = async ({ block }: MadeBlock): Promise<string> => {
  const added = await chain.addBlock(block, lateMs);
  return added.ok ? "taken" : added.code;
};

beforeEach(async () => {
  chain = await openChain(new MemoryStore(), undefined, null, parameters);
  first = maker.make(maker.genesis, [], stranger);
  decided = await deciding(first);
  expect(await feed(chain, [first, decided])).toEqual({ ok: true, value: null });
});

describe("a block between its target and the weighted one", () => {
  it("is taken from whoever has contributed, and counts the work of its target, no more and no less", async () => {
    const light = lightMaker.make(decided, [], staked);
    expect(compareBytes(light.hash, initialTarget)).toBeGreaterThan(0);
    const before = chain.head.totalWork;
    expect(await add(light)).toBe("taken");
    expect(chain.head.hash).toEqual(light.hash);
    expect(chain.head.totalWork - before).toBe(workOfTarget(initialTarget));
    expect(await add(maker.make(light, [], stranger))).toBe("taken");
    expect(chain.head.totalWork - before).toBe(2n * workOfTarget(initialTarget));
  });

  it("is refused from somebody who has contributed nothing, though its header passed for a possible one", async () => {
    const light = lightMaker.make(decided, [], stranger);
    expect(await chain.addHeaders([light.block.header], lateMs)).toMatchObject({ ok: true });
    expect(await chain.addBodies([light.block])).toMatchObject({ ok: false, code: "insufficient-work" });
    expect(chain.head.hash).toEqual(decided.hash);
    expect(chain.index.get(light.hash)?.invalid?.code).toBe("insufficient-work");
  });

  it("is refused where the proposer names the owner of a stake, and another beacon key than the one bonded with it", async () => {
    const thief = lightMaker.make(decided, [], stranger, {
      proposer: { ...lightMaker.placeAfter(decided, stranger).proposer, keyHash: staked.keyHash },
    });
    expect(await add(thief)).toMatch(/insufficient-work|bad-sample|wrong/);
    expect(chain.head.hash).toEqual(decided.hash);
  });

  it("is refused before anything is final on its branch: genesis stakes begin on any branch by themselves", async () => {
    const fresh = await openChain(new MemoryStore(), undefined, null, parameters);
    expect(await feed(fresh, [first])).toMatchObject({ ok: true });
    expect(await feed(fresh, [lightMaker.make(first, [], staked)])).toMatchObject({ code: "insufficient-work" });
  });

  it("is not reorganised onto, however heavy its branch is", async () => {
    const own = maker.run(decided, 2, stranger);
    expect(await feed(chain, own)).toMatchObject({ ok: true });
    const root = chain.state.root();
    const good = maker.make(decided, [], testKey(8));
    const light = lightMaker.make(good, [], testKey(8));
    const rival = [good, light, ...maker.run(light, 3, testKey(8))];
    expect(
      await chain.addHeaders(
        rival.map(({ block }) => block.header),
        lateMs,
      ),
    ).toMatchObject({ ok: true });
    expect(await chain.addBodies(rival.map(({ block }) => block))).toMatchObject({ code: "insufficient-work" });
    expect(chain.head.hash).toEqual(own[1]?.hash);
    expect(chain.state.root()).toEqual(root);
    // The same branch with enough work is.
    const heavy = [good, ...maker.run(good, 3, testKey(8))];
    expect(await feed(chain, heavy.slice(1))).toMatchObject({ ok: true });
    expect(chain.head.hash).toEqual(heavy[3]?.hash);
  });
});

describe("weight on a branch", () => {
  it("is what its own ancestors give, whatever the chain this node follows says", async () => {
    // This node knows block 1 to be final; the branch beside it has not decided that yet.
    const beside = maker.run(first, 2, stranger);
    const light = lightMaker.make(beside[1] as MadeBlock, [], staked);
    const branch = [...beside, light, ...maker.run(light, 2, stranger)];
    expect(chain.finality.finalised.height).toBe(1);
    await chain.addHeaders(
      branch.map(({ block }) => block.header),
      lateMs,
    );
    expect(await chain.addBodies(branch.map(({ block }) => block))).toMatchObject({ code: "insufficient-work" });
    // And the other way: on the branch that has decided it the stake weighs, though this node follows another chain.
    const other = await openChain(new MemoryStore(), undefined, null, parameters);
    const heavier = maker.run(first, 3, stranger);
    expect(await feed(other, [first, ...heavier])).toMatchObject({ ok: true });
    const carried = lightMaker.make(decided, [], staked);
    const last = maker.run(carried, 2, stranger);
    expect(await feed(other, [decided, carried, ...last])).toMatchObject({ ok: true });
    expect(other.head.hash).toEqual(last[1]?.hash);
  });

  it("is not gained by what is bonded and proved there, nor any work, for as long as nobody else makes it final", async () => {
    const { beaconKey } = maker.placeAfter(decided, stranger).proposer;
    const [one, two, three] = maker.run(decided, 3, stranger) as [MadeBlock, MadeBlock, MadeBlock];
    const coinOf = ({ block: { header } }: MadeBlock): OutPoint => ({
      txId: rewardId(header.parent, header.height),
      index: 0,
    });
    const job = jobPost(stranger, coinOf(one), firstRewardNano, { segments: 6 }, { parameters, networkId });
    const bonded = await bond([coinOf(two), coinOf(three)]);
    const farmed = [one, two, three, maker.make(three, [job, bonded], stranger)];
    while (farmed.length < 16) farmed.push(maker.make(farmed.at(-1) as MadeBlock, [], stranger));
    const tip = farmed.at(-1) as MadeBlock;
    const place = { height: tip.height + 1, proposer: { keyHash: stranger.keyHash, beaconKey } };
    const proved = blocksOf(readRecentBlocks(tip.state, place.height, 200), proposerKeyOf(place.proposer));
    expect(proved.filter(({ provedJob }) => provedJob)).toHaveLength(6);
    expect(readVoters(tip.state).at(-1)).toMatchObject({ owner: stranger.keyHash, balanceNano: bondNano });
    expect(standingOf(tip.state, place, context)).toEqual({ stakeNano: 0n, segments: 0, ownBlocks: 18 });
    const before = chain.head.totalWork;
    expect(await feed(chain, farmed)).toMatchObject({ ok: true });
    expect(chain.head.totalWork - before).toBe(16n * workOfTarget(initialTarget));
    expect(await add(lightMaker.make(tip, [], stranger))).toBe("insufficient-work");
    // Once others have made it final all of it counts: first the proofs, then, with the next electorate, the stake.
    let at = await deciding(tip);
    expect(standingOf(at.state, { ...place, height: at.height + 1 }, context)).toMatchObject({ segments: 6 });
    for (let i = 0; i < 3; i++) at = await deciding(at);
    const standing = standingOf(at.state, { ...place, height: at.height + 1 }, context);
    expect(standing.segments).toBe(6);
    // Less the little that a voter loses for each final block it did not sign.
    expect(Number(standing.stakeNano) / Number(bondNano)).toBeCloseTo(1, 4);
    expect(weightOf(standing, parameters)).toBeGreaterThan(2_000);
  });
});
