import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "#testing/random.ts";
import { assignPlaces, type Keeper, likelyKeepers, mayLeave, prefixOf, rankedFor } from "./placement.ts";

const gibibyte = 2 ** 30;

const keepersOf = (count: number, parts: Partial<Keeper> = {}): Keeper[] =>
  Array.from({ length: count }, (_, i) => ({ id: `peer-${i}`, offeredBytes: gibibyte, prefix: null, ...parts }));

const stripe = (n: number): Uint8Array => new Random(n).bytes(32);

const places = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const countsOf = (values: Iterable<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

describe("placement", () => {
  it("gives no keeper two shards of a piece while another has fewer, whoever has some already", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 14 }),
        fc.nat(13),
        fc.nat(),
        (keepers, shards, kept, seed) => {
          const all = keepersOf(keepers);
          const held = assignPlaces(stripe(seed), places(Math.min(kept, shards)), all);
          const rest = places(shards).filter((place) => !held.has(place));
          const whole = new Map([...held, ...assignPlaces(stripe(seed), rest, all, held)]);
          const counts = all.map(({ id }) => countsOf(whole.values()).get(id) ?? 0);
          expect(whole.size).toBe(shards);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it("prefers other networks: one shard each before a second one in any", () => {
    const near = keepersOf(8, { prefix: "10.0.0" });
    const far = [1, 2, 3].map((n) => ({ id: `far-${n}`, offeredBytes: 1, prefix: `10.0.${n}` }));
    for (let seed = 0; seed < 50; seed++) {
      const chosen = [...assignPlaces(stripe(seed), places(4), [...near, ...far]).values()];
      expect(chosen.filter((id) => id.startsWith("peer"))).toHaveLength(1);
      expect(new Set(chosen).size).toBe(4);
    }
  });

  it("gives who offers four times as much four times as often", () => {
    const keepers = [...keepersOf(4), { id: "large", offeredBytes: 4 * gibibyte, prefix: null }];
    const runs = 4_000;
    const first = Array.from({ length: runs }, (_, i) => rankedFor(stripe(i), keepers)[0]?.id ?? "");
    // The mean is a half; four standard deviations of a fair draw of 4 000 are 0.032.
    expect(Math.abs((countsOf(first).get("large") ?? 0) / runs - 0.5)).toBeLessThan(0.032);
  });

  it("asks those who should have shards, and those who should have had them while every third was away", () => {
    const keepers = keepersOf(200);
    for (let seed = 0; seed < 50; seed++) {
      const there = keepers.filter((_, i) => (i + seed) % 3 !== 0);
      const had = [...assignPlaces(stripe(seed), places(12), there).values()];
      const asked = likelyKeepers(stripe(seed), 12, keepers).map(({ id }) => id);
      expect(asked).toHaveLength(28);
      expect(had.filter((id) => !asked.includes(id)).length).toBeLessThanOrEqual(2);
    }
    expect(likelyKeepers(stripe(1), 12, keepers.slice(0, 28))).toHaveLength(28);
  });

  it("moves only what one had when that one goes", () => {
    const keepers = keepersOf(9);
    for (let seed = 0; seed < 50; seed++) {
      const before = rankedFor(stripe(seed), keepers);
      const without = keepers.filter(({ id }) => id !== "peer-3");
      const after = rankedFor(stripe(seed), without);
      expect(after).toEqual(before.filter(({ id }) => id !== "peer-3"));
    }
  });

  it("says how many keepers may go, whichever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 9 }), fc.integer({ min: 1, max: 6 }), (owners, data) => {
        const held = new Map(owners.map((owner, place) => [place, `peer-${owner}`]));
        const counts = [...countsOf(held.values()).values()];
        // All subsets, by brute force.
        let most = -1;
        for (let gone = 0; gone <= counts.length; gone++) {
          const subsets = Array.from({ length: 2 ** counts.length }, (_, set) => set).filter(
            (set) => counts.filter((_, i) => (set >> i) & 1).length === gone,
          );
          const survives = subsets.every(
            (set) => counts.reduce((left, count, i) => left + ((set >> i) & 1 ? 0 : count), 0) >= data,
          );
          if (!survives) break;
          most = gone;
        }
        expect(mayLeave(data, held)).toBe(most);
      }),
    );
  });

  it.each([
    ["/ip4/10.1.2.3/tcp/80/ws", "10.1.2"],
    ["/ip6/2001:db8:1:2::5/udp/9", "2001:db8:1"],
    ["/ip6/2001:0db8::7/udp/9", "2001:db8:0"],
    ["/ip6/::1/udp/9", "0:0:0"],
    ["/ip6/1:2:3/udp/9", null],
    ["/dns4/example.org/tcp/443", null],
    ["/memory/a", null],
  ])("takes the network of %s for %s", (address, prefix) => {
    expect(prefixOf(address)).toBe(prefix);
  });
});
