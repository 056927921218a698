import { describe, expect, it } from "vitest";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { testKey, testNetworkId, testParameters } from "../../testing/ledger-fixtures.ts";
import { voterSecret, voterStakeNano } from "../../testing/voting-fixtures.ts";
import { emptyStateTree } from "../ledger/state-tree.ts";
import { newSeat, type SeatedVoter, standingsKey, votersKey, voterWrites } from "../programs/stake.ts";
import { signersOf, type VoteAggregate } from "./certificate.ts";
import { answersUntilMs, finalityCheck, proveElectorate, readElectorate } from "./light-finality.ts";
import { firstEpochOf, type Link, secondRoundOf, voteDigest } from "./votes.ts";

const hash = new Uint8Array(32).fill(7);
const link = secondRoundOf({ epoch: firstEpochOf(40), hash });

/** Voters with these numbers, by slot; null leaves a slot free. */
function electorate(...numbers: readonly (number | null)[]): readonly SeatedVoter[] {
  return numbers.flatMap((number, slot) => {
    if (number === null) return [];
    const key = emulatedVotes.keyOf(voterSecret(number, emulatedVotes));
    const seat = newSeat(
      { key, owner: testKey(number).keyHash, beaconKey: testKey(number).keyHash },
      slot,
      voterStakeNano,
      1,
    );
    return [{ ...seat, activeNano: voterStakeNano, previousNano: voterStakeNano, pendingNano: voterStakeNano }];
  });
}

const weightless = ({ slot, key, owner, beaconKey }: SeatedVoter): SeatedVoter =>
  newSeat({ key, owner, beaconKey }, slot, voterStakeNano, 1);

/** Votes of the voters in some slots. */
async function signedBy(
  voters: readonly SeatedVoter[],
  slots: readonly number[],
  of: Link = link,
): Promise<VoteAggregate> {
  const digest = voteDigest(testNetworkId, of);
  const keys = new Map(
    Array.from({ length: 12 }, (_, i) => voterSecret(i, emulatedVotes)).map((secret) => [
      String(emulatedVotes.keyOf(secret)),
      secret,
    ]),
  );
  const secrets = slots.map((slot) => keys.get(String(voters.find((voter) => voter.slot === slot)?.key)) as Uint8Array);
  const signatures = await Promise.all(secrets.map((secret) => emulatedVotes.sign(secret, digest)));
  return { link: of, signers: signersOf(slots), signature: await emulatedVotes.aggregate(signatures) };
}

async function outcome(
  aggregate: VoteAggregate,
  voters: readonly SeatedVoter[],
  trusted: readonly SeatedVoter[] | null,
) {
  const check = finalityCheck(testNetworkId, aggregate, voters, trusted);
  if (!check.ok) return check.code;
  return (await emulatedVotes.verifyBatch([check.value]))[0] ? "final" : "bad-signature";
}

describe("an electorate", () => {
  const state = emptyStateTree().update(voterWrites({ get: () => undefined }, electorate(0, null, 2)));

  it("is proved against a state root, and so is that there is none", () => {
    expect(readElectorate(state.root(), proveElectorate(state))).toEqual({ ok: true, value: electorate(0, null, 2) });
    const nobody = emptyStateTree().update([{ key: hash, value: Uint8Array.of(1) }]);
    expect(readElectorate(nobody.root(), proveElectorate(nobody))).toEqual({ ok: true, value: [] });
    expect(readElectorate(state.root(), proveElectorate(nobody))).toMatchObject({ ok: false, code: "bad-proof" });
    const { voters, standings } = proveElectorate(state);
    expect(readElectorate(state.root(), { voters: standings, standings: voters })).toMatchObject({ ok: false });
  });

  it("that no rules have written is refused, not thrown", () => {
    for (const key of [votersKey, standingsKey]) {
      const forged = state.update([{ key, value: Uint8Array.of(0xff, 1) }]);
      expect(readElectorate(forged.root(), proveElectorate(forged)).ok).toBe(false);
    }
  });
});

describe("votes shown to somebody who was not there", () => {
  const voters = electorate(0, 1, 2, 3);

  it("make a block final by more than two thirds of those who vote there", async () => {
    expect(await outcome(await signedBy(voters, [0, 1, 2]), voters, voters)).toBe("final");
    expect(await outcome(await signedBy(voters, [0, 1]), voters, voters)).toBe("wrong-certificate");
    expect(
      await outcome({ ...(await signedBy(voters, [0, 1, 2])), signers: signersOf([0, 1, 3]) }, voters, voters),
    ).toBe("bad-signature");
    expect(
      await outcome({ ...(await signedBy(voters, [0, 1, 2])), signers: signersOf([0, 1, 9]) }, voters, voters),
    ).toBe("wrong-certificate");
  });

  it("are second rounds", async () => {
    const first = { source: { epoch: firstEpochOf(39), hash }, target: { epoch: firstEpochOf(40), hash } };
    const other = { source: { epoch: firstEpochOf(39), hash }, target: link.target };
    for (const of of [first, other])
      expect(await outcome(await signedBy(voters, [0, 1, 2], of), voters, voters)).toBe("wrong-certificate");
  });

  it("count for nothing if those whom a checkpoint shows are not among them", async () => {
    const forgers = electorate(8, 9, 10);
    const forged = await signedBy(forgers, [0, 1, 2]);
    expect(await outcome(forged, forgers, null)).toBe("final");
    expect(await outcome(forged, forgers, voters)).toBe("unknown-voters");
  });

  it("count for nothing if one of the signers had no seat at the checkpoint: its key may cancel the others'", async () => {
    const mixed = electorate(0, 1, 2, 9);
    expect(await outcome(await signedBy(mixed, [0, 1, 2, 3]), mixed, voters)).toBe("unknown-voters");
    expect(await outcome(await signedBy(mixed, [0, 1, 2]), mixed, voters)).toBe("final");
  });

  it("need more than a third of the weight there was at the checkpoint, so that one of them is honest", async () => {
    const [a, b, c] = electorate(0, 1, 2) as [SeatedVoter, SeatedVoter, SeatedVoter];
    const left = [a, weightless(b), weightless(c)];
    const signed = await signedBy(left, [0]);
    expect(await outcome(signed, left, electorate(0, 1))).toBe("final");
    expect(await outcome(signed, left, electorate(0, 1, 2))).toBe("unknown-voters");
    // The weight there was, not what the state shown says of it.
    expect(await outcome(signed, left, [weightless(a), b, c])).toBe("unknown-voters");
  });
});

it("a checkpoint's voters answer for what they sign until the first of them can have its coins back", () => {
  const { blockIntervalMs, finality } = testParameters;
  expect(answersUntilMs(5_000, testParameters)).toBe(5_000 + blockIntervalMs * finality.unbondingBlocks);
});
