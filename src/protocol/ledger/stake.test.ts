import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockMaker, type MadeBlock } from "#testing/block-maker.ts";
import { emulatedVotes } from "#testing/emulated-votes.ts";
import { bodyOf, coin, signed, stamped, type TestKey, testKey } from "#testing/ledger-fixtures.ts";
import { valueError } from "#testing/simulation/ledger-oracle.ts";
import {
  aggregateOf,
  finalisingBy,
  firstRoundOn,
  signedByVoters,
  voterSecret,
  voterStakeNano,
  votingParameters,
} from "#testing/voting-fixtures.ts";
import { type Certificate, possessionDigest, type SignedLink } from "../consensus/certificate.ts";
import { type FinalityRecord, readFinality } from "../consensus/finality.ts";
import { networkIdOf } from "../consensus/genesis.ts";
import { type Link, secondRoundOf } from "../consensus/votes.ts";
import { vrfPublicKey } from "../crypto/vrf.ts";
import { nanoPerAeth } from "../parameters.ts";
import { readVoters, type SeatedVoter } from "../programs/stake.ts";
import { applyBlock, readAmount, supplyKey } from "./apply.ts";
import { type Command, commitCommand } from "./command.ts";
import type { PreparedTransaction } from "./prepared.ts";
import { SignatureCache } from "./signature-cache.ts";
import { decodeStoredOutput, type StoredOutput } from "./state.ts";
import { namespace } from "./state-key.ts";
import { stakeOf, stakeOutput } from "./things.ts";
import { outputKind } from "./transaction.ts";

const voters = 4;
const parameters = {
  ...votingParameters(voters, emulatedVotes),
  finality: { ...votingParameters(voters, emulatedVotes).finality, unbondingBlocks: 6 },
};
const networkId = networkIdOf(parameters);
const context = { parameters, networkId, signatures: new SignatureCache() };
const maker = new BlockMaker(context);
const miner = testKey(1);
const beaconKey = vrfPublicKey(miner.secret);
const feeNano = 1_000_000n;

const recordOf = ({ state }: MadeBlock): FinalityRecord => readFinality(state, networkId);
const votersOf = ({ state }: MadeBlock): readonly SeatedVoter[] => readVoters(state);
const ownerOf = (slot: number): TestKey => testKey(1_000 + slot);

const signedBy = (link: Link, slots: readonly number[]) => signedByVoters(networkId, link, slots);
const aggregate = (link: Link, slots: readonly number[]) => aggregateOf(networkId, link, slots);
const firstRound = (on: MadeBlock) => firstRoundOn(on, networkId);
const finalising = (block: MadeBlock, slots: readonly number[]) => finalisingBy(networkId, block, slots);

/** Makes a block and applies it as a node would: with every signature checked and no value lost. */
async function next(
  parent: MadeBlock,
  transactions: readonly PreparedTransaction[] = [],
  certificate: Certificate | null = null,
): Promise<MadeBlock> {
  const made = maker.make(parent, transactions, miner, {}, undefined, certificate);
  const applied = applyBlock(parent.state, made.block, context);
  if (!applied.ok) throw new Error(`${applied.code}: ${applied.message}`);
  const { certificateChecks, unverified, changes } = applied.value;
  const checks = [...certificateChecks, ...unverified.flatMap(({ voteChecks }) => voteChecks)];
  expect(await emulatedVotes.verifyBatch(checks)).toEqual(checks.map(() => true));
  expect(valueError(applied.value.state)).toBeNull();
  expect(applied.value.state.undoChanges(changes).root()).toEqual(parent.state.root());
  return made;
}

async function run(from: MadeBlock, blocks: number, slots: readonly number[] | null = null): Promise<MadeBlock> {
  let at = from;
  for (let i = 0; i < blocks; i++)
    at = await next(at, [], slots === null || at.height === 0 ? null : await finalising(at, slots));
  return at;
}

function outputsOf({ state }: MadeBlock, kind: number, owner: TestKey): readonly StoredOutput[] {
  const found: StoredOutput[] = [];
  for (const [, value] of state.entries(Uint8Array.of(namespace.output))) {
    const stored = decodeStoredOutput(value);
    if (!stored.ok || stored.value.output.kind !== kind || stored.value.output.lock.type !== "key") continue;
    if (stored.value.output.lock.keyHash.every((byte, i) => byte === owner.keyHash[i])) found.push(stored.value);
  }
  return found;
}

function transact(
  command: Command,
  owner: TestKey,
  inputs: readonly StoredOutput[],
  outputs: Parameters<typeof bodyOf>[0]["outputs"],
  nonce = 1n,
) {
  const body = bodyOf({
    network: networkId,
    command,
    commitment: commitCommand(command),
    inputs: inputs.map(({ outPoint }) => outPoint),
    outputs: outputs ?? [],
    feeNano,
    nonce,
  });
  return signed(body, owner);
}

/** The miner bonds its newest coins behind a key. */
async function bond(on: MadeBlock, secret: Uint8Array, stakeNano: bigint): Promise<PreparedTransaction> {
  const coins = outputsOf(on, outputKind.coin, miner);
  const heldNano = coins.reduce((sum, { output }) => sum + output.amount, 0n);
  const key = emulatedVotes.keyOf(secret);
  const possession = await emulatedVotes.sign(secret, possessionDigest(networkId, key, miner.keyHash));
  const change = coin(heldNano - stakeNano - feeNano, miner.lock);
  return transact({ type: "stake.bond", key, beaconKey, possession, stakeNano }, miner, coins, [
    stakeOutput({ key }, miner.lock),
    change,
  ]);
}

/** Leaving or withdrawing, by the owner of a stake; the fee comes out of a coin or of what is withdrawn. */
function leave(on: MadeBlock, type: "stake.exit" | "stake.withdraw", balanceNano = 0n): PreparedTransaction {
  const [stake] = outputsOf(on, outputKind.stake, miner) as [StoredOutput];
  const [fee] = outputsOf(on, outputKind.coin, miner) as [StoredOutput];
  const change = coin(fee.output.amount + balanceNano - feeNano, miner.lock);
  const kept = type === "stake.exit" ? [stake.output, change] : [change];
  return transact({ type }, miner, [stake, fee], kept);
}

function slash(first: SignedLink, second: SignedLink, nonce = 1n): PreparedTransaction {
  const command: Command = { type: "stake.slash", first, second };
  return stamped(
    bodyOf({
      network: networkId,
      command,
      commitment: commitCommand(command),
      outputs: [],
      feeNano: 0n,
      nonce,
      expiry: 100,
    }),
  );
}

async function evidence(link: Link, slots: readonly number[]): Promise<SignedLink> {
  const keys = slots.map((slot) => emulatedVotes.keyOf(voterSecret(slot, emulatedVotes)));
  return { link, keys, signature: await signedBy(link, slots) };
}

/** Why a body is refused when it is built with this certificate by force. */
function refusalOf(parent: MadeBlock, certificate: Certificate): string {
  const made = maker.make(parent, [], miner, {}, undefined, certificate);
  return made.block.certificate === null ? "left out" : "taken";
}

describe("certificates in blocks", () => {
  it("finalise an ancestor, and the electorate is drawn anew", async () => {
    const first = await next(maker.genesis);
    expect(votersOf(first).map(({ activeNano }) => activeNano)).toEqual(Array(voters).fill(voterStakeNano));
    const second = await next(first, [], await finalising(first, [0, 1, 2]));
    expect(recordOf(second)).toMatchObject({ finalised: { height: 1 }, justified: { epoch: 2 }, drawnHeight: 2 });
    const silent = votersOf(second)[3] as SeatedVoter;
    expect(silent.balanceNano).toBe(voterStakeNano - voterStakeNano / parameters.finality.silentParts);
    expect((votersOf(second)[0] as SeatedVoter).balanceNano).toBeGreaterThan(voterStakeNano);
  });

  it("are refused when two thirds have not signed, when they start elsewhere, or are about nothing there", async () => {
    const first = await next(maker.genesis);
    const head = await next(first);
    const link = firstRound(first);
    const two = [await aggregate(link, [0, 1]), await aggregate(secondRoundOf(link.target), [0, 1])];
    expect(refusalOf(head, two)).toBe("left out");
    const elsewhere = { ...link, source: { epoch: 0, hash: new Uint8Array(32) } };
    expect(refusalOf(head, [await aggregate(elsewhere, [0, 1, 2])])).toBe("left out");
    const foreign = { ...link, target: { epoch: 2, hash: new Uint8Array(32).fill(9) } };
    expect(refusalOf(head, [await aggregate(foreign, [0, 1, 2])])).toBe("left out");
    const future = { ...link, target: { epoch: 2 * (head.height + 1), hash: head.hash } };
    expect(refusalOf(head, [await aggregate(future, [0, 1, 2])])).toBe("left out");
    const good = await aggregate(link, [0, 1, 2]);
    expect(refusalOf(head, [{ ...good, signers: Uint8Array.of(0b111, 0) }])).toBe("left out");
    expect(refusalOf(head, [{ ...good, signers: Uint8Array.of(0b1000_0111) }])).toBe("left out");
    expect(refusalOf(head, [await aggregate(secondRoundOf(link.target), [0, 1, 2])])).toBe("left out");
    expect(refusalOf(head, [good])).toBe("taken");
  });

  it("named by no header, or by another's, make the block a foreign body", async () => {
    const first = await next(maker.genesis);
    const made = await next(first, [], await finalising(first, [0, 1, 2]));
    expect(applyBlock(first.state, { ...made.block, certificate: null }, context)).toMatchObject({
      code: "wrong-certificate",
    });
    const other = await finalising(first, [1, 2, 3]);
    expect(applyBlock(first.state, { ...made.block, certificate: other }, context)).toMatchObject({
      code: "wrong-certificate",
    });
  });

  it("by fewer count as attendance: who is seen keeps its weight, who is not loses half in 0.69 of the quotient", async () => {
    let at = await next(maker.genesis);
    for (let i = 0; i < 60; i++) at = await next(at, [], [await aggregate(firstRound(at), [0, 1])]);
    const [here, , gone] = votersOf(at) as [SeatedVoter, SeatedVoter, SeatedVoter];
    expect(here.activeNano).toBe(voterStakeNano);
    expect(gone.activeNano).toBeLessThan(voterStakeNano / 2n);
    // What is left of them is less than a third by now: those who are there finalise again.
    const done = await next(at, [], await finalising(at, [0, 1]));
    expect(recordOf(done).finalised.height).toBe(at.height);
  });
});

describe("a stake", () => {
  it("counts once its block is final, stops counting after it has left, and comes back with what it earned", async () => {
    const secret = voterSecret(9, emulatedVotes);
    let at = await run(maker.genesis, 6, [0, 1, 2, 3]);
    at = await next(at, [await bond(at, secret, 6n * nanoPerAeth)], await finalising(at, [0, 1, 2, 3]));
    const seated = () => votersOf(at).find(({ slot }) => slot === voters);
    expect(seated()).toMatchObject({ activeNano: 0n, balanceNano: 6n * nanoPerAeth });
    at = await run(at, 2, [0, 1, 2, 3]);
    expect(seated()?.activeNano).toBe(6n * nanoPerAeth);
    expect(maker.make(at, [], miner).block.transactions).toEqual([]);
    at = await next(at, [leave(at, "stake.exit")], await finalising(at, [0, 1, 2, 3]));
    expect(seated()?.exitHeight).toBe(at.height);
    await expect(next(at, [leave(at, "stake.withdraw", 1n)])).rejects.toThrow("stake-locked");
    at = await run(at, 6, [0, 1, 2, 3]);
    const balanceNano = seated()?.balanceNano as bigint;
    at = await next(at, [leave(at, "stake.withdraw", balanceNano)], await finalising(at, [0, 1, 2, 3]));
    expect(seated()).toBeUndefined();
  });

  it("counts even after a whole electorate that has gone for good: its last dust holds up nobody", async () => {
    let at = await run(maker.genesis, 3);
    at = await next(at, [await bond(at, voterSecret(9, emulatedVotes), 6n * nanoPerAeth)]);
    at = await run(at, 320);
    const follower = () => votersOf(at)[voters] as SeatedVoter;
    expect(votersOf(at).map(({ activeNano }) => activeNano > 0n)).toEqual([false, false, false, false, true]);
    expect(follower().previousNano).toBe(follower().activeNano);
    expect(follower().activeNano).toBeGreaterThan(3n * nanoPerAeth);
  });

  it("is refused below the least, twice behind one key, and beyond what the inputs hold", async () => {
    const secret = voterSecret(9, emulatedVotes);
    const at = await run(maker.genesis, 8);
    await expect(next(at, [await bond(at, secret, nanoPerAeth)])).rejects.toThrow("rule-violated");
    await expect(next(at, [await bond(at, voterSecret(0, emulatedVotes), 5n * nanoPerAeth)])).rejects.toThrow(
      "voter-exists",
    );
    const [held] = outputsOf(at, outputKind.coin, miner) as [StoredOutput];
    const key = emulatedVotes.keyOf(secret);
    const command: Command = {
      type: "stake.bond",
      key,
      beaconKey,
      possession: new Uint8Array(96),
      stakeNano: 1n << 63n,
    };
    await expect(next(at, [transact(command, miner, [held], [stakeOutput({ key }, miner.lock)])])).rejects.toThrow(
      "not-balanced",
    );
  });

  it("is not made or taken by other commands", async () => {
    const at = await run(maker.genesis, 3);
    const coins = outputsOf(at, outputKind.coin, miner);
    const heldNano = coins.reduce((sum, { output }) => sum + output.amount, 0n);
    const key = emulatedVotes.keyOf(voterSecret(9, emulatedVotes));
    const pay: Command = { type: "coin.pay", memo: new Uint8Array() };
    const forged = transact(pay, miner, coins, [
      stakeOutput({ key }, miner.lock),
      coin(heldNano - feeNano, miner.lock),
    ]);
    await expect(next(at, [forged])).rejects.toThrow("rule-violated");
    const stake = outputsOf(at, outputKind.stake, ownerOf(0));
    expect(stake).toHaveLength(1);
    expect(stakeOf((stake[0] as StoredOutput).output)?.key).toEqual(emulatedVotes.keyOf(voterSecret(0, emulatedVotes)));
    const taken = transact(pay, ownerOf(0), stake, [coin(1n, miner.lock)]);
    await expect(next(at, [taken])).rejects.toThrow("rule-violated");
  });
});

describe("an offence", () => {
  const other = { epoch: 4, hash: new Uint8Array(32).fill(7) };

  it("shown by two certificates costs all who signed both five per cent and their place, once", async () => {
    const at = await run(maker.genesis, 3);
    const genesis = recordOf(at).justified;
    const left = await evidence({ source: genesis, target: { epoch: 4, hash: at.hash } }, [0, 1, 2]);
    const right = await evidence({ source: genesis, target: other }, [1, 2, 3]);
    const before = readAmount(at.state.get(supplyKey));
    const done = await next(at, [slash(left, right)]);
    const fine = (voterStakeNano * 5n) / 100n;
    expect(votersOf(done).map(({ balanceNano }) => voterStakeNano - balanceNano)).toEqual([0n, fine, fine, 0n]);
    expect(votersOf(done).map(({ exitHeight }) => exitHeight === null)).toEqual([true, false, false, true]);
    expect(readAmount(done.state.get(supplyKey))).toBe(before + parameters.subsidy.initialNano - 2n * fine);
    await expect(next(done, [slash(left, right, 2n)])).rejects.toThrow("no-such-voter");
  });

  it("is a vote around another too, and nothing else is one", async () => {
    const at = await run(maker.genesis, 3);
    const genesis = recordOf(at).justified;
    const inner = await evidence({ source: { epoch: 2, hash: at.hash }, target: other }, [0]);
    const outer = await evidence({ source: genesis, target: { epoch: 6, hash: at.hash } }, [0]);
    expect(votersOf(await next(at, [slash(outer, inner)]))[0]?.slashed).toBe(1);
    const later = await evidence({ source: { epoch: 2, hash: at.hash }, target: { epoch: 6, hash: at.hash } }, [0]);
    await expect(next(at, [slash(inner, later)])).rejects.toThrow("no-offence");
    await expect(next(at, [slash(inner, inner)])).rejects.toThrow("no-offence");
    const stranger = { ...outer, keys: [emulatedVotes.keyOf(voterSecret(3, emulatedVotes))] };
    await expect(next(at, [slash(stranger, inner)])).rejects.toThrow("no-such-voter");
  });

  it("is shown by keys of proved possession alone: any other may be made to cancel a voter's in the sum", async () => {
    const at = await run(maker.genesis, 3);
    const genesis = recordOf(at).justified;
    // With the real curve these two sets of keys could be signed for without the voter: its key and (own key − its key).
    const left = await evidence({ source: genesis, target: { epoch: 4, hash: at.hash } }, [0, 9]);
    const right = await evidence({ source: genesis, target: other }, [0, 9]);
    await expect(next(at, [slash(left, right)])).rejects.toThrow("no-such-voter");
  });
});

it("loses no value and undoes to the same root, whoever signs and whenever", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.subarray([0, 1, 2, 3], { minLength: 1 }), fc.boolean()), { minLength: 1, maxLength: 24 }),
      async (steps) => {
        let at = await next(maker.genesis);
        for (const [slots, votes] of steps) {
          const shown = votes
            ? slots.length > 2
              ? await finalising(at, slots)
              : [await aggregate(firstRound(at), slots)]
            : null;
          at = await next(at, [], shown);
        }
      },
    ),
    { numRuns: 25 },
  );
});
