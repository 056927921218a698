import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testKey } from "#testing/ledger-fixtures.ts";
import { fromBigEndian, toHex } from "../codec/bytes.ts";
import { main } from "../parameters.ts";
import { type RecentBlock, readRecentBlocks, recentBlockWrite } from "../programs/recent-blocks.ts";
import { newSeat } from "../programs/stake.ts";
import { leastWeight, mostWeight, standingIn, weightedTarget, weightOf } from "./contribution.ts";
import { proposerKeyOf } from "./proof-of-compute.ts";

const alice = { keyHash: testKey(1).keyHash, beaconKey: new Uint8Array(32).fill(7) };
const leastNano = main.finality.minimumStakeNano;
const weight = (stakeNano: bigint, segments = 0): number => weightOf({ stakeNano, segments }, main);
const stakes = fc.bigInt({ min: 0n, max: 1_000_000n * leastNano });

describe("the weight of a contribution", () => {
  it("is what the comment on its constants says", () => {
    expect([0n, 1n, 2n, 10n].map((least) => weight(least * leastNano))).toEqual([1_000, 2_000, 2_500, 3_500]);
    expect([0, 1, 8, 9, 200].map((segments) => weight(0n, segments))).toEqual([1_000, 1_090, 1_600, 1_600, 1_600]);
    expect(weight(2n ** 63n, 200)).toBeLessThan(mostWeight);
  });

  it("agrees with the formula in fractions", () => {
    fc.assert(
      fc.property(stakes, fc.nat(300), (stakeNano, segments) => {
        const least = Number(stakeNano) / Number(leastNano) + Math.min(segments, 8) / 16;
        const exact = 1_000 * (1 + (3 * least) / (least + 2));
        expect(Math.abs(weight(stakeNano, segments) - exact)).toBeLessThan(1.001);
      }),
    );
  });

  it("never falls with what is contributed, and returns less for each more", () => {
    fc.assert(
      fc.property(stakes, stakes, fc.nat(12), (a, more, segments) => {
        const [none, one, two] = [a, a + more, a + 2n * more].map((nano) => weight(nano, segments)) as [
          number,
          number,
          number,
        ];
        expect(one).toBeGreaterThanOrEqual(none);
        // One for each rounding.
        expect(two - one).toBeLessThanOrEqual(one - none + 2);
        expect(weight(a, segments + 1)).toBeGreaterThanOrEqual(weight(a, segments));
      }),
    );
  });

  it("is no more for a stake split over keys, however the hash power is split with it", () => {
    const parts = fc.array(fc.record({ stakeNano: stakes, hashes: fc.integer({ min: 1, max: 1_000 }) }), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(parts, (split) => {
        const hashes = split.reduce((sum, part) => sum + part.hashes, 0);
        const stakeNano = split.reduce((sum, part) => sum + part.stakeNano, 0n);
        const found = split.reduce((sum, part) => sum + part.hashes * weight(part.stakeNano), 0);
        expect(found).toBeLessThanOrEqual(hashes * weight(stakeNano));
      }),
    );
  });

  it("moves the bound for a hash, exactly and never past all hashes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: leastWeight, max: mostWeight }),
        (target, permille) => {
          const bound = fromBigEndian(weightedTarget(target, permille));
          const exact = (fromBigEndian(target) * BigInt(permille)) / 1_000n;
          expect(bound).toBe(exact < 2n ** 256n ? exact : 2n ** 256n - 1n);
        },
      ),
    );
    expect(weightedTarget(main.initialTarget, leastWeight)).toEqual(main.initialTarget);
  });
});

/** What standings are read from where Alice's voter weighs this much and she has proposed these blocks. */
function source(activeNano: bigint, finalisedHeight: number, recent: readonly Omit<RecentBlock, "proposer">[] = []) {
  const seat = newSeat({ key: new Uint8Array(48), owner: alice.keyHash, beaconKey: alice.beaconKey }, 0, activeNano, 1);
  const name = proposerKeyOf(alice);
  const blocks = recent.map((block) => ({ ...block, proposer: name }));
  return { voters: [{ ...seat, activeNano }], recent: blocks, finalisedHeight };
}

describe("where a proposer stands", () => {
  const nothing = { stakeNano: 0n, segments: 0, ownBlocks: 0 };

  it("is told by both its keys: nobody has a stake's weight without the secret of the beacon key bonded with it", () => {
    const read = source(9n, 5, [{ height: 3, provedJob: true, bonded: false }]);
    expect(standingIn(read, alice)).toEqual({ stakeNano: 9n, segments: 1, ownBlocks: 1 });
    expect(standingIn(read, { ...alice, beaconKey: new Uint8Array(32) })).toEqual(nothing);
    expect(standingIn(read, { ...alice, keyHash: testKey(2).keyHash })).toEqual(nothing);
  });

  it("counts what is final: no stake before a branch has decided anything, no proof above what it has", () => {
    const blocks = [3, 5, 6, 9].map((height) => ({ height, provedJob: height !== 3, bonded: false }));
    expect(standingIn(source(9n, 0, blocks), alice)).toEqual({ stakeNano: 0n, segments: 0, ownBlocks: 4 });
    expect(standingIn(source(9n, 6, blocks), alice)).toEqual({ stakeNano: 9n, segments: 2, ownBlocks: 4 });
  });

  it("adds up the stakes bonded with one pair of keys", () => {
    const read = source(9n, 5);
    expect(standingIn({ ...read, voters: [...read.voters, ...read.voters] }, alice)).toMatchObject({ stakeNano: 18n });
  });
});

describe("the memory of recent blocks", () => {
  it("holds the newest so many, whoever proposed them, and forgets each when its time is over", () => {
    const memoryBlocks = 7;
    const heights = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        heights,
        fc.array(fc.tuple(fc.nat(3), fc.boolean()), { minLength: 40, maxLength: 40 }),
        (head, made) => {
          const values = new Map<string, Uint8Array>();
          const all: RecentBlock[] = [];
          for (let height = 1; height <= head; height++) {
            const [who, provedJob] = made[height - 1] as [number, boolean];
            const block = { height, provedJob, bonded: who === 1, proposer: new Uint8Array(32).fill(who) };
            all.push(block);
            const { key, value } = recentBlockWrite(block, memoryBlocks);
            values.set(toHex(key), value as Uint8Array);
          }
          const read = readRecentBlocks({ get: (key) => values.get(toHex(key)) }, head + 1, memoryBlocks);
          expect(read).toEqual(all.slice(-memoryBlocks));
          expect(values.size).toBe(Math.min(head, memoryBlocks));
        },
      ),
    );
  });
});
