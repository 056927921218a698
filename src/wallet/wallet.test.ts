import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signDigest } from "#protocol/crypto/signature.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted } from "#protocol/result.ts";
import { TestLedger, testKey, testNetworkId, testParameters } from "#testing/ledger-fixtures.ts";
import { formatAmount, parseAmount } from "./amount.ts";
import { type PaymentOrder, planPayment, planRequest, type Signer, signPlan } from "./build.ts";
import { selectCoins } from "./coin-selection.ts";

const alice = testKey(1);
const bob = testKey(2);
const nano = fc.bigInt({ min: 1n, max: (1n << 64n) - 1n });

describe("amounts", () => {
  it("survive being written and read", () => {
    fc.assert(
      fc.property(nano, (amount) => {
        expect(parseAmount(formatAmount(amount))).toEqual(accepted(amount));
      }),
    );
  });

  it.each([
    ["2.5", 2_500_000_000n],
    ["0.000000001", 1n],
    ["007", 7_000_000_000n],
    ["18446744073.709551615", (1n << 64n) - 1n],
  ])("reads %s", (text, amount) => expect(parseAmount(text)).toEqual(accepted(amount)));

  it.each([
    "",
    "0",
    "-1",
    "1e3",
    "1,5",
    ".5",
    "5.",
    "1.0000000001",
    "18446744073.709551616",
    "0x10",
    "NaN",
    "2.5 ",
    "９",
  ])("refuses %j", (text) => expect(parseAmount(text)).toMatchObject({ ok: false, code: "invalid-amount" }));
});

describe("coin selection", () => {
  it("covers the target with as few as allowed, or says what is missing", () => {
    const coins = fc.array(fc.bigInt({ min: 1n, max: 1_000_000n }), { maxLength: 120 });
    fc.assert(
      fc.property(coins, fc.bigInt({ min: 1n, max: 20_000_000n }), (amounts, target) => {
        const selected = selectCoins(
          amounts.map((amountNano) => ({ amountNano })),
          target,
          10n,
        );
        const total = amounts.reduce((sum, amount) => sum + amount, 0n);
        if (!selected.ok) {
          const largest = [...amounts].sort((a, b) => (a > b ? -1 : 1)).slice(0, limits.inputs);
          const reachable = largest.reduce((sum, amount) => sum + amount, 0n);
          expect(total < target || reachable < target).toBe(true);
          return;
        }
        expect(selected.value.reduce((sum, coin) => sum + coin.amountNano, 0n)).toBeGreaterThanOrEqual(target);
        expect(selected.value.length).toBeLessThanOrEqual(limits.inputs);
        expect(new Set(selected.value).size).toBe(selected.value.length);
      }),
    );
  });

  it("finds the exact match that leaves no change", () => {
    const coins = [70n, 50n, 30n, 20n, 7n].map((amountNano) => ({ amountNano }));
    const selected = selectCoins(coins, 57n, 0n);
    expect(selected.ok && selected.value.map((coin) => coin.amountNano)).toEqual([50n, 7n]);
  });
});

const signer: Signer = {
  publicKey: alice.publicKey,
  sign: (id) => Promise.resolve(accepted(signDigest(id, alice.secret))),
  stamp: (id) =>
    Promise.resolve(accepted(searchStamp(id, testParameters.freeLane.stampBits, 0, 1 << 20) ?? new Uint8Array(8))),
};

function funded(rewards: number) {
  const ledger = new TestLedger();
  const coins = Array.from({ length: rewards }, () => ledger.mine(alice)).map((outPoint) => ({
    ...outPoint,
    amountNano: outputFromState(ledger.state, outPoint)?.output.amount ?? 0n,
  }));
  const context = {
    parameters: testParameters,
    networkId: testNetworkId,
    height: ledger.height - 1,
    keyHash: alice.keyHash,
    nonce: 77n,
  };
  return { ledger, coins, context };
}

const order = (changes: Partial<PaymentOrder> = {}): PaymentOrder => ({
  recipientKeyHash: bob.keyHash,
  amountNano: 1_000_000_000n,
  memo: "",
  feeNano: null,
  free: false,
  ...changes,
});

describe("payments", () => {
  it("are accepted by the chain as planned, whatever the amount, memo and lane", async () => {
    const amounts = fc.bigInt({ min: 1n, max: 8_399_000_000n });
    await fc.assert(
      fc.asyncProperty(amounts, fc.string({ maxLength: 40 }), fc.boolean(), async (amountNano, memo, free) => {
        const { ledger, coins, context } = funded(3);
        const plan = planPayment(order({ amountNano, memo, free }), coins, context);
        if (!plan.ok) throw new Error(plan.message);
        const transaction = await signPlan(plan.value, signer);
        if (!transaction.ok) throw new Error(transaction.message);
        const { body } = ledger.build(bob, [prepareTransaction(transaction.value)]);
        expect(body.skipped).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it("refuse what cannot be, with the numbers", () => {
    const { coins, context } = funded(1);
    expect(planPayment(order({ amountNano: 2_800_000_000n }), coins, context)).toMatchObject({
      code: "insufficient-funds",
    });
    expect(planPayment(order({ feeNano: 1n }), coins, context)).toMatchObject({ code: "fee-too-low" });
    expect(planPayment(order({ memo: "é".repeat(129) }), coins, context)).toMatchObject({ code: "invalid-argument" });
    expect(planPayment(order(), [], context)).toMatchObject({
      code: "insufficient-funds",
      context: { availableNano: 0n },
    });
  });

  it("give away what would be dust", () => {
    const { coins, context } = funded(1);
    const held = coins[0]?.amountNano ?? 0n;
    const plan = planPayment(order({ amountNano: held - 12_000n }), coins, context);
    expect(plan.ok && plan.value.body.outputs.length).toBe(1);
    expect(plan.ok && plan.value.body.feeNano).toBe(12_000n);
  });
});

describe("requests", () => {
  it("get into a block without coins", async () => {
    const { ledger, context } = funded(0);
    const plan = planRequest(5n, "faucet", context);
    const transaction = plan.ok ? await signPlan(plan.value, signer) : plan;
    if (!transaction.ok) throw new Error(transaction.message);
    expect(ledger.build(bob, [prepareTransaction(transaction.value)]).body.skipped).toEqual([]);
  });
});
