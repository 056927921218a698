import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../testing/random.ts";
import { bigEndian, compareBytes } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { vrfPublicKey } from "../crypto/vrf.ts";
import { nextBeaconValue } from "./beacon.ts";
import {
  beaconDepthBlocks,
  type CommitteeDraw,
  committeeBeaconHeight,
  drawSeats,
  maximumClaims,
  maximumSeats,
  seatCommittee,
  seatsOf,
  verifySeats,
} from "./committee.ts";

const bytes = (value: number): Uint8Array => sha256(bigEndian(value, 8));
const draw: CommitteeDraw = {
  beacon: bytes(1),
  purpose: "job-verification",
  subject: bytes(2),
  seats: 4,
  totalStake: 1_000n,
};
/** Twelve candidates with stakes that add up to the draw's. */
const stakes = [10n, 20n, 30n, 40n, 50n, 60n, 70n, 80n, 90n, 100n, 150n, 300n];
const secrets = stakes.map((_, i) => bytes(100 + i));
const candidates = stakes.map((stake, i) => ({ publicKey: vrfPublicKey(secrets[i] as Uint8Array), stake }));
const draws = candidates.map((candidate, i) => {
  const { proof, seats } = drawSeats(draw, candidate.stake, secrets[i] as Uint8Array);
  return { candidate, proof, seats };
});
const claims = draws.filter(({ seats }) => seats > 0);
const [claim] = claims as [(typeof claims)[0]];

describe("claims of seats", () => {
  it("are good for who was drawn, and refused of who was not", () => {
    expect(claims.length).toBeGreaterThan(0);
    expect(claims.length).toBeLessThan(draws.length);
    for (const { candidate, proof, seats } of draws) {
      const answer = verifySeats(draw, candidate, proof);
      if (seats > 0) expect(answer).toEqual({ ok: true, value: { publicKey: candidate.publicKey, seats } });
      else expect(answer).toMatchObject({ ok: false, code: "not-drawn" });
    }
  });

  it("are good for one beacon, purpose, subject and key only", () => {
    const { candidate, proof } = claim;
    const others: readonly Partial<CommitteeDraw>[] = [
      { beacon: bytes(3) },
      { purpose: "storage-audit" },
      { subject: bytes(3) },
      { beacon: draw.subject, subject: draw.beacon },
    ];
    for (const other of others) {
      expect(verifySeats({ ...draw, ...other }, candidate, proof)).toMatchObject({ code: "bad-proof" });
    }
    for (const { publicKey } of candidates.filter((one) => one !== candidate)) {
      expect(verifySeats(draw, { ...candidate, publicKey }, proof)).toMatchObject({ code: "bad-proof" });
    }
  });

  it("are refused whatever else is shown in a proof's or key's place", () => {
    const { candidate, proof } = claim;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 40 }), (noise, key) => {
        expect(verifySeats(draw, candidate, noise)).toMatchObject({ code: "bad-proof" });
        expect(verifySeats(draw, { ...candidate, publicKey: key }, proof)).toMatchObject({ code: "bad-proof" });
      }),
      { numRuns: 30 },
    );
  });

  it("are refused with a stake of nothing or of more than there is", () => {
    for (const stake of [-1n, 0n, draw.totalStake + 1n]) {
      expect(verifySeats(draw, { ...claim.candidate, stake }, claim.proof)).toMatchObject({ code: "out-of-range" });
    }
  });

  it("make a committee in the order of keys, each key once", () => {
    const seated = seatCommittee(draw, claims.toReversed());
    expect(seated).toEqual(seatCommittee(draw, claims));
    expect(seated.ok && seated.value.reduce((sum, { seats }) => sum + seats, 0)).toBe(
      claims.reduce((sum, { seats }) => sum + seats, 0),
    );
    expect(seatCommittee(draw, [...claims, claim])).toMatchObject({ code: "duplicate-input" });
    expect(seatCommittee(draw, draws)).toMatchObject({ code: "not-drawn" });
    expect(seatCommittee(draw, new Array(maximumClaims + 1).fill(claim))).toMatchObject({ code: "too-many" });
    expect(seatCommittee(draw, [])).toEqual({ ok: true, value: [] });
  });
});

/** Outputs as a VRF's for whoever does not know the secret: hashes. The proofs have tests of their own. */
const random = new Random(7);
const lot = (): Uint8Array => random.bytes(32);

describe("seats", () => {
  const stakeOf = fc.bigInt({ min: 1n, max: 10n ** 18n });
  const lots = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const wanted = fc.integer({ min: 1, max: maximumSeats });

  it("are the share of the stake, rounded up or down", () => {
    fc.assert(
      fc.property(stakeOf, stakeOf, wanted, lots, (stake, others, seats, output) => {
        const totalStake = stake + others;
        const got = BigInt(seatsOf({ ...draw, seats, totalStake }, stake, output));
        const certain = (BigInt(seats) * stake) / totalStake;
        expect(got === certain || got === certain + 1n).toBe(true);
      }),
    );
  });

  it("are rounded at the exact threshold of the lot", () => {
    // 4 seats of 1 000, stake 30: a chance of 0.12.
    const threshold = (120n * 2n ** 256n) / 1_000n;
    const at = (value: bigint): number => seatsOf(draw, 30n, bigEndian(value, 32));
    expect([at(0n), at(threshold), at(threshold + 1n), at(2n ** 256n - 1n)]).toEqual([1, 1, 0, 0]);
    // All the stake: all the seats, whatever the lot.
    expect([0n, 2n ** 256n - 1n].map((value) => seatsOf(draw, 1_000n, bigEndian(value, 32)))).toEqual([4, 4]);
  });

  it("grow with the stake and never with the lot", () => {
    fc.assert(
      fc.property(stakeOf, stakeOf, wanted, lots, lots, (a, b, seats, one, two) => {
        const drawn = { ...draw, seats, totalStake: 2n * 10n ** 18n };
        const [less, more] = a < b ? [a, b] : [b, a];
        const [low, high] = compareBytes(one, two) < 0 ? [one, two] : [two, one];
        expect(seatsOf(drawn, less, one)).toBeLessThanOrEqual(seatsOf(drawn, more, one) + 1);
        expect(seatsOf(drawn, a, low)).toBeGreaterThanOrEqual(seatsOf(drawn, a, high));
      }),
    );
  });

  it("are never asked for in a number that is no number of seats", () => {
    for (const seats of [0, -1, 1.5, maximumSeats + 1, Number.NaN]) {
      expect(() => seatsOf({ ...draw, seats }, 1n, lot())).toThrow("so many seats");
    }
  });

  it("fall to stakes in proportion, and as many as are wanted on average", () => {
    const rounds = 6_000;
    const counts = stakes.map(() => 0);
    for (let round = 0; round < rounds; round++) {
      for (const [i, stake] of stakes.entries()) counts[i] = (counts[i] as number) + seatsOf(draw, stake, lot());
    }
    let squares = 0;
    for (const [i, stake] of stakes.entries()) {
      const expected = (rounds * draw.seats * Number(stake)) / Number(draw.totalStake);
      const chance = ((draw.seats * Number(stake)) / Number(draw.totalStake)) % 1;
      squares += ((counts[i] as number) - expected) ** 2 / (rounds * chance * (1 - chance));
    }
    // Chi square of 12 degrees: 32.9 is exceeded once in a thousand seeds.
    expect(squares).toBeLessThan(32.9);
    const total = counts.reduce((sum, count) => sum + count, 0);
    expect(Math.abs(total / rounds - draw.seats)).toBeLessThan(0.1);
  });

  it("are not more for stake that is split over identities", () => {
    const rounds = 20_000;
    let whole = 0;
    let split = 0;
    for (let round = 0; round < rounds; round++) {
      whole += seatsOf(draw, 300n, lot());
      for (const part of [1n, 9n, 40n, 50n, 50n, 150n]) split += seatsOf(draw, part, lot());
    }
    // 1.2 seats on average either way; five standard deviations are 0.03.
    expect(Math.abs(whole / rounds - 1.2)).toBeLessThan(0.03);
    expect(Math.abs(split / rounds - 1.2)).toBeLessThan(0.04);
  });
});

describe("the beacon of a committee", () => {
  it("is read below the newest final block", () => {
    expect(committeeBeaconHeight(100)).toBe(100 - beaconDepthBlocks);
    expect(committeeBeaconHeight(3)).toBe(0);
  });

  /** How often an attacker with a share of the blocks brings about what a fair draw has in one of eight cases. */
  function biased(share: number, rounds: number): { chance: number; blocks: number } {
    const source = new Random(11);
    let hits = 0;
    let withheld = 0;
    for (let round = 0; round < rounds; round++) {
      for (;;) {
        const attackers = source.fraction() < share;
        const beacon = nextBeaconValue(bytes(1), source.bytes(32));
        const hit = (beacon[0] as number) < 32;
        if (hit || !attackers) {
          hits += hit ? 1 : 0;
          break;
        }
        // The attacker's block would set a beacon that does not suit it: it withholds the block, and loses it.
        withheld++;
      }
    }
    return { chance: hits / rounds, blocks: withheld / rounds };
  }

  it.each([0.1, 1 / 3])("is bent by withholding no further than one bit for a block: share %f", (share) => {
    const { chance, blocks } = biased(share, 20_000);
    const fair = 1 / 8;
    // What stops the attacker is a hit or another's block: fair / (1 − share · (1 − fair)), which is below fair / (1 − share).
    const predicted = fair / (1 - share * (1 - fair));
    expect(Math.abs(chance - predicted)).toBeLessThan(0.01);
    expect(chance).toBeLessThan(fair / (1 - share) + 0.005);
    // The price: a block for every draw thrown away.
    expect(Math.abs(blocks - (share * (1 - fair)) / (1 - share * (1 - fair)))).toBeLessThan(0.03);
  });
});
