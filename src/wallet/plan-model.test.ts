import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gasOf, minimumFeeNano } from "#protocol/ledger/fee.ts";
import { encodeTransaction } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { testKey, testNetworkId, testParameters } from "#testing/ledger-fixtures.ts";
import { planPayment } from "./build.ts";

const alice = testKey(1);
const bob = testKey(2);
const context = {
  parameters: testParameters,
  networkId: testNetworkId,
  height: 70_000,
  keyHash: alice.keyHash,
  nonce: 1n,
};

/** Coins of all sizes around the ones that matter: dust, a fee, a reward, and the widths of their encodings. */
const amounts = fc.oneof(
  fc.bigInt({ min: 1n, max: 30_000n }),
  fc.constantFrom(23n, 24n, 255n, 256n, 65_535n, 65_536n, 4_294_967_295n, 4_294_967_296n, 2_800_000_000n),
  fc.bigInt({ min: 1n, max: 1n << 40n }),
);

describe("a plan, whatever coins there are", () => {
  it("balances, pays enough and not more than it must, or is refused because it cannot be paid", () => {
    fc.assert(
      fc.property(fc.array(amounts, { maxLength: 90 }), amounts, fc.boolean(), (held, amountNano, free) => {
        const coins = held.map((amount, index) => ({
          txId: new Uint8Array(32),
          index: index % 64,
          amountNano: amount,
        }));
        const order = { recipientKeyHash: bob.keyHash, amountNano, memo: "", feeNano: null, free };
        const plan = planPayment(order, coins, context);
        const largest = [...held].sort((a, b) => (a < b ? 1 : -1)).slice(0, limits.inputs);
        const most = largest.reduce((sum, amount) => sum + amount, 0n);
        if (!plan.ok) {
          expect(plan.code).toBe("insufficient-funds");
          // No more than the coins that fit could bear the amount and the fee of them all.
          const inputs = BigInt(Math.max(1, largest.length));
          if (most >= amountNano)
            expect(free ? 0n : most - amountNano).toBeLessThan(10n * (500n + 360n * inputs) + 10_001n);
          return;
        }
        const { body, changeNano } = plan.value;
        const inNano = plan.value.coins.reduce((sum, coin) => sum + coin.amountNano, 0n);
        const outNano = body.outputs.reduce((sum, output) => sum + output.amount, 0n);
        expect(inNano).toBe(outNano + body.feeNano);
        expect(body.outputs[0]?.amount).toBe(amountNano);
        expect(body.inputs.length).toBeLessThanOrEqual(limits.inputs);
        expect(new Set(plan.value.coins).size).toBe(plan.value.coins.length);
        const signature = { publicKey: new Uint8Array(33), signature: new Uint8Array(64) };
        const witnesses = body.inputs.map(() => ({ preimage: null, signatures: [signature] }));
        const signedBody = { ...body, stamp: null, witnesses };
        const sizeBytes = encodeTransaction(signedBody).length;
        const least = free ? 0n : minimumFeeNano(gasOf(signedBody, sizeBytes, testParameters), testParameters);
        expect(body.feeNano).toBeGreaterThanOrEqual(least);
        if (free) expect(body.feeNano).toBe(0n);
        else
          expect(body.feeNano - least).toBeLessThanOrEqual(
            changeNano > 0n ? 8n * testParameters.gasPriceNano : 20_000n,
          );
      }),
      { numRuns: 300 },
    );
  });
});
