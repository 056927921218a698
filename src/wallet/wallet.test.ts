import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gasOf, minimumFeeNano } from "#protocol/ledger/fee.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { encodeTransaction } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted } from "#protocol/result.ts";
import { signerOf, TestLedger, testKey, testNetworkId, testParameters } from "#testing/ledger-fixtures.ts";
import { formatAmount, parseAmount } from "./amount.ts";
import { type PaymentOrder, planPayment, planRequest, signPlan } from "./build.ts";
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
  it("bears tens of thousands of coins of one worth, as a producer has them", () => {
    const coins = Array.from({ length: 50_000 }, () => ({ amountNano: 2_800_000_000n }));
    const selected = selectCoins(coins, 100_000_000_001n, 10_000n);
    expect(selected.ok && selected.value.length).toBe(36);
    const odd = Array.from({ length: 50_000 }, (_, i) => ({ amountNano: 2_800_000_000n - BigInt(i) }));
    expect(selectCoins(odd, 100_000_000_001n, 0n).ok).toBe(true);
  });

  it("advises a payment to oneself that then works", () => {
    const coins = Array.from({ length: 100 }, (_, i) => ({
      txId: new Uint8Array(32),
      index: i,
      amountNano: 1_000_000n,
    }));
    const context = {
      parameters: testParameters,
      networkId: testNetworkId,
      height: 1,
      keyHash: alice.keyHash,
      nonce: 1n,
    };
    const refused = planPayment(order({ amountNano: 70_000_000n }), coins, context);
    expect(refused).toMatchObject({ code: "insufficient-funds", message: expect.stringContaining("to yourself") });
    const merged = planPayment(order({ amountNano: 30_000_000n, recipientKeyHash: alice.keyHash }), coins, context);
    expect(merged.ok && merged.value.coins.length).toBeLessThanOrEqual(limits.inputs);
  });

  it("finds an exact match whenever there is one among a few coins", () => {
    const amounts = fc.array(fc.bigInt({ min: 1n, max: 40n }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(amounts, fc.nat(), (held, mask) => {
        const picked = held.filter((_, i) => (mask >> i) & 1);
        const target = picked.reduce((sum, amount) => sum + amount, 0n);
        fc.pre(target > 0n);
        const selected = selectCoins(
          held.map((amountNano) => ({ amountNano })),
          target,
          0n,
        );
        expect(selected.ok && selected.value.reduce((sum, coin) => sum + coin.amountNano, 0n)).toBe(target);
      }),
    );
  });

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

const signer = signerOf(alice);

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

  it("pay the least fee to the unit, unless what is left would be dust", async () => {
    const amounts = fc.bigInt({ min: 1n, max: 8_399_000_000n });
    await fc.assert(
      fc.asyncProperty(amounts, fc.string({ maxLength: 40 }), async (amountNano, memo) => {
        const { coins, context } = funded(3);
        const plan = planPayment(order({ amountNano, memo }), coins, context);
        const transaction = plan.ok ? await signPlan(plan.value, signer) : plan;
        if (!plan.ok || !transaction.ok) throw new Error("no transaction");
        const gas = gasOf(transaction.value, encodeTransaction(transaction.value).length, testParameters);
        const leastNano = minimumFeeNano(gas, testParameters);
        const { feeNano } = plan.value.body;
        expect(feeNano).toBeGreaterThanOrEqual(leastNano);
        // A number that grows by a byte as another shrinks may leave one byte's gas that cannot be given back.
        const slackNano = plan.value.changeNano > 0n ? 4n * testParameters.gasPriceNano : 10_000n;
        expect(feeNano - leastNano).toBeLessThanOrEqual(slackNano);
        if (plan.value.changeNano > 0n) expect(plan.value.changeNano).toBeGreaterThan(10_000n);
      }),
      { numRuns: 60 },
    );
  });

  it("name a fee that is then accepted", () => {
    const { coins, context } = funded(2);
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 5_000_000_000n }),
        fc.bigInt({ min: 1n, max: 3_000n }),
        (amountNano, feeNano) => {
          const refused = planPayment(order({ amountNano, feeNano }), coins, context);
          fc.pre(!refused.ok);
          if (refused.ok) return;
          expect(refused.code).toBe("fee-too-low");
          const leastNano = BigInt(refused.context?.leastNano ?? 0);
          expect(refused.message).toContain(formatAmount(leastNano));
          expect(planPayment(order({ amountNano, feeNano: leastNano }), coins, context).ok).toBe(true);
        },
      ),
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
