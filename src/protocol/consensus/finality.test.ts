import { describe, expect, it } from "vitest";
import { toHex } from "../codec/bytes.ts";
import { dev, limits, type NetworkParameters } from "../parameters.ts";
import type { ValueSource } from "../programs/proof-queue.ts";
import { readVoters, type SeatedVoter, voterWrites } from "../programs/stake.ts";
import { type Certificate, signersOf, type VoteAggregate } from "./certificate.ts";
import { certifiableBlocks, readFinality, stepFinality } from "./finality.ts";
import { firstEpochOf, type Link, secondRoundOf } from "./votes.ts";

const networkId = new Uint8Array(32).fill(1);
const stakeNano = 20n * 1_000_000_000n;

function hashAt(height: number): Uint8Array {
  return height === 0 ? networkId : new Uint8Array(32).fill(height);
}

/** A branch whose blocks hold nothing but votes. Signatures are not looked at here. */
class Branch implements ValueSource {
  height = 0;
  private readonly parameters: NetworkParameters;
  private readonly values = new Map<string, Uint8Array>();

  constructor(parameters: NetworkParameters = dev) {
    this.parameters = parameters;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.values.get(toHex(key));
  }

  get voters(): readonly SeatedVoter[] {
    return readVoters(this);
  }

  seat(...voters: readonly SeatedVoter[]): void {
    this.write(voterWrites(this, voters));
  }

  /** Names of what the state holds. */
  get size(): number {
    return this.values.size;
  }

  /** One more block; these slots sign both rounds of the one before, or of an older one. */
  grow(slots: readonly number[], votedHeight = this.height): void {
    const link = this.firstRound(votedHeight);
    this.show(slots.length === 0 ? null : [signedBy(link, slots), signedBy(secondRoundOf(link.target), slots)]);
  }

  /** What voters sign first for a block, the newest unless another is named. */
  firstRound(height = this.height): Link {
    const { justified } = readFinality(this, networkId);
    return { source: justified, target: { epoch: firstEpochOf(height), hash: hashAt(height) } };
  }

  /** One more block, which shows this. */
  show(certificate: Certificate | null): void {
    const place = { height: this.height + 1, parent: hashAt(this.height) };
    const context = { parameters: this.parameters, networkId };
    const step = stepFinality(this, place, certificate, 0n, context);
    if (!step.ok) throw new Error(step.message);
    this.write(step.value.writes);
    this.height++;
  }

  private write(writes: ReturnType<typeof voterWrites>): void {
    for (const { key, value } of writes) {
      if (value === null) this.values.delete(toHex(key));
      else this.values.set(toHex(key), value);
    }
  }
}

function signedBy(link: Link, slots: readonly number[]): VoteAggregate {
  return { link, signers: signersOf(slots), signature: new Uint8Array(96) };
}

function voter(slot: number, part: Partial<SeatedVoter> = {}): SeatedVoter {
  const weights = { balanceNano: stakeNano, activeNano: 0n, previousNano: 0n, formerNano: 0n, pendingNano: 0n };
  const standing = { ...weights, seenHeight: 1, exitHeight: null, slashed: 0 };
  return {
    slot,
    key: new Uint8Array(48).fill(slot + 1),
    owner: new Uint8Array(32),
    beaconKey: new Uint8Array(32),
    ...standing,
    ...part,
  };
}

/** Without this rule models/electorates.pml finds an honest voter that is bound for ever by what no block can show. */
describe("what has been decided can be shown", () => {
  it("though a block has shown another electorate since: who voted when a block was new judges it", () => {
    const branch = new Branch();
    branch.grow([]);
    branch.seat(voter(0), voter(1), voter(2), voter(3));
    branch.grow([]);
    const [a, b, ...staying] = branch.voters as [SeatedVoter, SeatedVoter];
    branch.seat({ ...a, exitHeight: branch.height }, { ...b, exitHeight: branch.height }, ...staying);
    branch.grow([0, 1, 2, 3]);
    const drawn = branch.firstRound();
    branch.show([signedBy(drawn, [0, 1, 2, 3])]);
    const old = branch.firstRound();
    branch.show([signedBy(secondRoundOf(drawn.target), [0, 1, 2, 3])]);
    expect(branch.voters.map(({ activeNano }) => activeNano > 0n)).toEqual([false, false, true, true]);
    const fresh = branch.firstRound();
    branch.show([signedBy(old, [0, 1, 2])]);
    expect(readFinality(branch, networkId).justified).toEqual(old.target);
    // Of a block after the change the new ones judge, together with the old.
    expect(() => branch.show([signedBy(fresh, [0, 1, 2]), signedBy(secondRoundOf(fresh.target), [0, 1, 2])])).toThrow(
      "no two thirds",
    );
  });
});

describe("an electorate whose last voter has left and been set free", () => {
  it("does not hold up for ever who followed it", () => {
    const branch = new Branch();
    branch.grow([]);
    branch.seat(voter(0));
    branch.grow([]);
    branch.grow([0]);
    branch.seat(...branch.voters, voter(1));
    branch.grow([0]);
    const [old, follower] = branch.voters as [SeatedVoter, SeatedVoter];
    const freeHeight = branch.height + dev.finality.unbondingBlocks;
    branch.seat({ ...old, exitHeight: branch.height }, follower);
    branch.grow([0]);
    // The electorate before is the one that has left: it is gone now, and only the other one is there.
    expect(branch.voters.map(({ previousNano }) => previousNano > 0n)).toEqual([true, false]);
    while (branch.height < freeHeight) {
      expect(() => branch.grow([1])).toThrow("no two thirds");
      branch.show([signedBy(branch.firstRound(), [1])]);
    }
    expect(branch.voters[0]).toMatchObject({ activeNano: 0n, previousNano: 0n, formerNano: 0n });
    for (let i = 0; i < 3; i++) branch.grow([1]);
    expect(readFinality(branch, networkId).finalised.height).toBe(branch.height - 1);
    expect(branch.voters[1]?.previousNano).toBeGreaterThan(0n);
  });
});

describe("the last voter", () => {
  function leaving(): Branch {
    const branch = new Branch();
    branch.grow([]);
    branch.seat(voter(0));
    branch.grow([]);
    for (let i = 0; i < 3; i++) branch.grow([0]);
    const [only] = branch.voters as [SeatedVoter];
    expect(only.activeNano).toBeGreaterThan(0n);
    branch.seat({ ...only, exitHeight: branch.height });
    return branch;
  }

  it("stays in office after it has left until somebody follows, and hands over", () => {
    const branch = leaving();
    for (let i = 0; i < 5; i++) branch.grow([0]);
    expect(readFinality(branch, networkId).finalised.height).toBe(branch.height - 1);
    branch.seat(...branch.voters, voter(1));
    for (let i = 0; i < 3; i++) branch.grow([0, 1]);
    for (let i = 0; i < 3; i++) branch.grow([1]);
    const [old, follower] = branch.voters as [SeatedVoter, SeatedVoter];
    expect([old.activeNano, old.previousNano, old.pendingNano]).toEqual([0n, 0n, 0n]);
    expect(follower.activeNano).toBeGreaterThan(0n);
  });

  it("is free once its time is over though nobody follows, and whoever comes then begins at once", () => {
    const branch = leaving();
    for (let i = 0; i < dev.finality.unbondingBlocks; i++) branch.grow([0]);
    const [old] = branch.voters as [SeatedVoter];
    expect([old.activeNano, old.previousNano, old.pendingNano]).toEqual([0n, 0n, 0n]);
    branch.seat(old, voter(1));
    branch.grow([]);
    expect(branch.voters[1]?.activeNano).toBe(stakeNano);
  });
});

it("a full list of voters, each with all it can have, fits its values", () => {
  const most = (1n << 64n) - 1n;
  const weights = { balanceNano: most / 512n, activeNano: most, previousNano: most, pendingNano: most };
  const all = Array.from({ length: limits.voters }, (_, slot) =>
    voter(slot, {
      ...weights,
      key: new Uint8Array(48).fill(slot),
      seenHeight: 2 ** 52,
      exitHeight: 2 ** 52,
      slashed: 1,
    }),
  );
  const branch = new Branch();
  branch.seat(...all);
  expect(branch.voters).toEqual(all);
});

describe("a block that was justified unseen", () => {
  /** A branch with two voters and something final, where the weight of the absent stays as good as whole. */
  function voting(): Branch {
    const branch = new Branch({ ...dev, finality: { ...dev.finality, leakQuotient: 1n << 60n } });
    branch.grow([]);
    branch.seat(voter(0), voter(1));
    branch.grow([]);
    for (let i = 0; i < 3; i++) branch.grow([0, 1]);
    return branch;
  }

  it("may be shown long after, or who signed its second round could vote no more", () => {
    const branch = voting();
    const unseen = branch.height;
    for (let i = 0; i < 500; i++) branch.grow([]);
    branch.grow([0, 1], unseen);
    expect(readFinality(branch, networkId).finalised.height).toBe(unseen);
  });

  it("cannot be shown for ever: what is kept for it has a bound", () => {
    const branch = voting();
    const unseen = branch.height;
    const before = branch.size;
    for (let i = 0; i < certifiableBlocks; i++) branch.grow([]);
    expect(branch.size).toBe(before + certifiableBlocks);
    for (let i = 0; i < 3; i++) branch.grow([]);
    expect(branch.size).toBe(before + certifiableBlocks);
    expect(() => branch.grow([0, 1], unseen)).toThrow(/about no block of its branch/);
  });

  it("costs the state nothing where blocks become final, and nothing where nobody votes", () => {
    const branch = voting();
    const before = branch.size;
    for (let i = 0; i < 20; i++) branch.grow([]);
    expect(branch.size).toBe(before + 20);
    branch.grow([0, 1]);
    branch.grow([0, 1]);
    expect(branch.size).toBe(before);
    const silent = new Branch();
    for (let i = 0; i < 5; i++) silent.grow([]);
    expect(silent.size).toBe(0);
  });
});
