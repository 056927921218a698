import fc from "fast-check";
import { expect, it } from "vitest";
import { bodyOf, coin, testKey } from "#testing/ledger-fixtures.ts";
import type { Command } from "./command.ts";
import { signedAwayNano } from "./signed-away.ts";

const [own, other] = [testKey(1), testKey(2)];

it("is what others get, the fee, and what is locked; what comes back is not", () => {
  const outputs = [coin(30n, other.lock), coin(60n, own.lock)];
  const body = bodyOf({ outputs, feeNano: 10n });
  expect(signedAwayNano(body, 100n, own.keyHash)).toBe(40n);
  expect(signedAwayNano(body, 150n, own.keyHash)).toBe(90n);
});

it.each<[string, Command]>([
  [
    "a bond",
    {
      type: "stake.bond",
      key: new Uint8Array(48),
      beaconKey: new Uint8Array(32),
      possession: new Uint8Array(96),
      stakeNano: 600n,
    },
  ],
  ["an offer's burn", { type: "memory.offer", bytes: 1, untilHeight: 9, priceNano: 5_000n, burnNano: 600n }],
  ["a job's segments", { type: "proof.post", program: [0], input: [], segments: 3, segmentFeeNano: 200n }],
])("counts %s from what is signed, though the inputs be said to be worth nothing", (_what, command) => {
  const body = bodyOf({ outputs: [coin(60n, own.lock)], feeNano: 10n, command });
  expect(signedAwayNano(body, 0n, own.keyHash)).toBe(610n);
  expect(signedAwayNano(body, 670n, own.keyHash)).toBe(610n);
});

it("is never less than what is seen to go, whatever is said of the inputs", () => {
  const amounts = fc.array(fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 1n << 60n })), { maxLength: 8 });
  const nano = fc.bigInt({ min: -(1n << 62n), max: 1n << 62n });
  fc.assert(
    fc.property(amounts, fc.bigInt({ min: 0n, max: 1n << 60n }), nano, (drawn, feeNano, inputsNano) => {
      const outputs = drawn.map(([isOwn, amount]) => coin(amount, (isOwn ? own : other).lock));
      const seen = drawn.reduce((sum, [isOwn, amount]) => (isOwn ? sum : sum + amount), feeNano);
      const away = signedAwayNano(bodyOf({ outputs, feeNano }), inputsNano, own.keyHash);
      expect(away >= seen).toBe(true);
      const ownNano = outputs.reduce((sum, { amount }) => sum + amount, 0n) - (seen - feeNano);
      expect(away >= inputsNano - ownNano).toBe(true);
    }),
  );
});
