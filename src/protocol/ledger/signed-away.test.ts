import fc from "fast-check";
import { expect, it } from "vitest";
import { bodyOf, coin, testKey } from "#testing/ledger-fixtures.ts";
import { signedAwayNano } from "./signed-away.ts";

const [own, other] = [testKey(1), testKey(2)];

it("is what others get, the fee, and what is locked; what comes back is not", () => {
  const outputs = [coin(30n, other.lock), coin(60n, own.lock)];
  const body = bodyOf({ outputs, feeNano: 10n });
  expect(signedAwayNano(body, 100n, own.keyHash)).toBe(40n);
  expect(signedAwayNano(body, 150n, own.keyHash)).toBe(90n);
});

it("is never less than what is seen to go, whatever is said of the inputs", () => {
  const amounts = fc.array(fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 1n << 60n })), { maxLength: 8 });
  const nano = fc.bigInt({ min: -(1n << 62n), max: 1n << 62n });
  fc.assert(
    fc.property(amounts, fc.bigInt({ min: 0n, max: 1n << 60n }), nano, (drawn, feeNano, inputsNano) => {
      const outputs = drawn.map(([isOwn, amount]) => coin(amount, (isOwn ? own : other).lock));
      const seen = drawn.reduce((sum, [isOwn, amount]) => (isOwn ? sum : sum + amount), feeNano);
      const away = signedAwayNano({ outputs, feeNano }, inputsNano, own.keyHash);
      expect(away >= seen).toBe(true);
      const ownNano = outputs.reduce((sum, { amount }) => sum + amount, 0n) - (seen - feeNano);
      expect(away >= inputsNano - ownNano).toBe(true);
    }),
  );
});
