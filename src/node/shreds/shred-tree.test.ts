import fc from "fast-check";
import { expect, it } from "vitest";
import { placesBelow, shredFanOut, shredOrder } from "./shred-tree.ts";

const block = new Uint8Array(32).fill(3);

it("every place but the first is right below exactly one other, and nobody has more than the fan-out", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (count) => {
      const below = Array.from({ length: count }, (_, place) => placesBelow(place, count));
      expect(below.flat()).toEqual(Array.from({ length: count - 1 }, (_, i) => i + 1));
      expect(Math.max(...below.map(({ length }) => length))).toBeLessThanOrEqual(shredFanOut);
    }),
  );
});

it("the order is everybody's, whoever lists the peers, and another for each shred and block", () => {
  const ids = Array.from({ length: 12 }, (_, i) => `peer-${i}`);
  const order = shredOrder(block, 5, ids);
  expect(shredOrder(block, 5, ids.toReversed())).toEqual(order);
  expect(order.toSorted()).toEqual(ids.toSorted());
  const firsts = new Set(Array.from({ length: 64 }, (_, index) => shredOrder(block, index, ids)[0]));
  expect(firsts.size).toBeGreaterThan(8);
  expect(shredOrder(new Uint8Array(32), 5, ids)).not.toEqual(order);
  // Without one of them the others keep their order: who is not known to everybody moves few.
  expect(shredOrder(block, 5, ids.slice(1))).toEqual(order.filter((id) => id !== "peer-0"));
});
