import "fake-indexeddb/auto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StorageFailure } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { encodeBody, transactionId } from "#protocol/ledger/transaction.ts";
import type { Result } from "#protocol/result.ts";
import { bodyOf, coin, testKey } from "#testing/ledger-fixtures.ts";
import { memoryVaultParts, memoryVaultStore } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createProgramBudgets } from "./program-budgets.ts";
import { SpendingBudget } from "./spending-budget.ts";
import { createVaultService, type VaultParts } from "./vault-service.ts";
import { createVaultStore, type VaultStore } from "./vault-store.ts";

const dayMs = 86_400_000;
const spin = toHex(new Uint8Array(32).fill(1));
const sort = toHex(new Uint8Array(32).fill(2));
const other = testKey(9);

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** A payment to somebody, as it is signed. */
const payment = (nano: bigint, nonce = 1n): Uint8Array =>
  encodeBody({ ...bodyOf({ outputs: [coin(nano, other.lock)], feeNano: 10n }), nonce });

async function openVault(changes: Partial<VaultParts> = {}) {
  const clock = new VirtualClock(0);
  const parts = { ...memoryVaultParts(new Random(1), clock), ...changes };
  const vault = createVaultService(parts);
  answerOf(await vault.createVault("correct horse"));
  return { clock, parts, vault };
}

describe("what the wallet signs away in a day", () => {
  it("is counted without a budget, and bounded by one: what goes beyond is not signed", async () => {
    const { vault } = await openVault();
    expect(answerOf(await vault.spendingBudget())).toEqual({ limitNano: null, todayNano: 0n });
    expect((await vault.signTransaction(payment(90n), 100n)).ok).toBe(true);
    expect(answerOf(await vault.setSpendingBudget(300n, null))).toEqual({ limitNano: 300n, todayNano: 100n });
    expect((await vault.signTransaction(payment(190n, 2n), 200n)).ok).toBe(true);
    expect(await vault.signTransaction(payment(1n, 3n), 11n)).toMatchObject({
      code: "over-budget",
      message: expect.stringMatching(/Nothing was signed, .*`budget set --spend AMOUNT` raises it/),
    });
    expect(answerOf(await vault.spendingBudget()).todayNano).toBe(300n);
  });

  it("believes no window that says its inputs are worth nothing", async () => {
    const { vault } = await openVault();
    await vault.setSpendingBudget(100n, null);
    expect(await vault.signTransaction(payment(1_000n), 0n)).toMatchObject({ code: "over-budget" });
    expect(await vault.signTransaction(payment(1_000n), -5n)).toMatchObject({ ok: false });
  });

  it("counts a transaction that is asked for again once", async () => {
    const { vault } = await openVault();
    await vault.setSpendingBudget(150n, null);
    expect(await vault.signTransaction(payment(90n), 100n)).toEqual(await vault.signTransaction(payment(90n), 100n));
    expect(answerOf(await vault.spendingBudget()).todayNano).toBe(100n);
  });

  it("starts anew at midnight, not when the clock is set back, and keeps the budget", async () => {
    let nowMs = 100 * dayMs;
    const budget = new SpendingBudget(memoryVaultStore(), () => nowMs);
    await budget.set(100n, true);
    const take = (id: number, nano: bigint) => budget.take(new Uint8Array(32).fill(id), nano);
    expect((await take(1, 100n)).ok).toBe(true);
    nowMs -= 5 * dayMs;
    expect((await take(2, 1n)).ok).toBe(false);
    nowMs += 6 * dayMs;
    expect((await take(3, 100n)).ok).toBe(true);
    expect((await take(4, 1n)).ok).toBe(false);
  });

  it("counts what was written under a clock that was years ahead for one day, and goes on with the next", async () => {
    let nowMs = 5_000 * dayMs;
    const budget = new SpendingBudget(memoryVaultStore(), () => nowMs);
    await budget.set(100n, true);
    const take = (id: number, nano: bigint) => budget.take(new Uint8Array(32).fill(id), nano);
    expect((await take(1, 60n)).ok).toBe(true);
    nowMs = 100 * dayMs;
    expect((await take(2, 41n)).ok).toBe(false);
    expect((await take(3, 40n)).ok).toBe(true);
    nowMs += dayMs;
    expect((await take(4, 100n)).ok).toBe(true);
    expect((await take(5, 1n)).ok).toBe(false);
  });

  it("is not evaded by a crash between counting and signing, nor by many at once, nor after a restart", async () => {
    const spendingStore = createVaultStore("spending-crash");
    const { vault, parts } = await openVault({ spendingStore });
    await vault.setSpendingBudget(1_000n, null);
    // The tab dies after it was counted: the answer never comes, and what was counted stays.
    const dying: VaultStore = {
      read: spendingStore.read,
      replace: async (expected, file) => {
        await spendingStore.replace(expected, file);
        throw new StorageFailure("storage-unavailable", "The tab is gone.");
      },
    };
    const killed = createVaultService({ ...parts, spendingStore: dying });
    answerOf(await killed.unlockVault("correct horse"));
    expect(await killed.signTransaction(payment(390n, 5n), 400n)).toMatchObject({ code: "storage-unavailable" });
    const reopened = createVaultService(parts);
    answerOf(await reopened.unlockVault("correct horse"));
    expect(answerOf(await reopened.spendingBudget()).todayNano).toBe(400n);
    const many = await Promise.all(
      [vault, reopened].flatMap((one, tab) =>
        [0, 1, 2, 3].map((n) => one.signTransaction(payment(190n, BigInt(10 + 4 * tab + n)), 200n)),
      ),
    );
    expect(many.filter(({ ok }) => ok)).toHaveLength(3);
    expect(answerOf(await reopened.spendingBudget())).toEqual({ limitNano: 1_000n, todayNano: 1_000n });
  });

  it("is raised and lifted for the passphrase alone, lowered always; a damaged one lets nothing out", async () => {
    const { vault, parts, clock } = await openVault();
    answerOf(await vault.setSpendingBudget(100n, null));
    expect(await vault.setSpendingBudget(101n, null)).toMatchObject({ code: "wrong-passphrase" });
    expect(await vault.setSpendingBudget(null, null)).toMatchObject({ code: "wrong-passphrase" });
    expect(await vault.setSpendingBudget(null, "wrong horse")).toMatchObject({ code: "wrong-passphrase" });
    expect(answerOf(await vault.spendingBudget()).limitNano).toBe(100n);
    expect(answerOf(await vault.setSpendingBudget(50n, null)).limitNano).toBe(50n);
    const { spendingStore } = parts;
    expect(await spendingStore.replace(await spendingStore.read(), Uint8Array.of(1, 2, 3))).toBe(true);
    expect(await vault.setSpendingBudget(10n, null)).toMatchObject({ code: "storage-corrupt" });
    expect(await vault.signTransaction(payment(1n), 11n)).toMatchObject({ code: "storage-corrupt" });
    await clock.run(1);
    expect(answerOf(await vault.setSpendingBudget(70n, "correct horse"))).toEqual({ limitNano: 70n, todayNano: 0n });
    expect(answerOf(await vault.setSpendingBudget(null, "correct horse")).limitNano).toBeNull();
  });

  it("signs nothing that is no transaction", async () => {
    const { vault } = await openVault();
    const body = payment(1n);
    for (const bytes of [new Uint8Array(32), body.subarray(1), new Uint8Array([...body, 0]), new Uint8Array()])
      expect((await vault.signTransaction(bytes, 1n)).ok).toBe(false);
    expect(transactionId(bodyOf({})).length).toBe(32);
  });
});

describe("what programs compute in a day", () => {
  function budgets(store: VaultStore = memoryVaultStore()) {
    let nowMs = 100 * dayMs;
    const kept = createProgramBudgets(store, () => nowMs);
    const used = async (digest: string) =>
      answerOf(await kept.view()).programs.find((program) => program.digest === digest)?.used ?? 0;
    return {
      kept,
      used,
      pass: (ms: number) => {
        nowMs += ms;
      },
    };
  }

  it("is taken before a run and given back after it; each program has its own", async () => {
    const { kept, used } = budgets();
    await kept.setEach(100);
    const held = answerOf(await kept.hold(spin, "spin", 60, 1));
    expect(held.fuel).toBe(60);
    expect(answerOf(await kept.hold(spin, "spin", 60, 1)).fuel).toBe(40);
    expect(await kept.hold(spin, "spin", 60, 1)).toMatchObject({
      code: "over-budget",
      message: expect.stringMatching(/spin has used 100 of today's budget of 100 .* Nothing of it ran/),
    });
    expect(answerOf(await kept.hold(sort, "sort", 60, 60)).fuel).toBe(60);
    await kept.settle(held, 10);
    expect(await used(spin)).toBe(50);
    expect(await kept.hold(spin, "spin", 60, 60)).toMatchObject({ code: "over-budget" });
  });

  it("stays used when the tab dies in the middle of a run, through a restart and for every other tab", async () => {
    const first = budgets(createVaultStore("program-crash"));
    await first.kept.setProgram(spin, "spin", 100);
    answerOf(await first.kept.hold(spin, "spin", 100, 1));
    const second = budgets(createVaultStore("program-crash"));
    expect(await second.kept.hold(spin, "spin", 1, 1)).toMatchObject({ code: "over-budget" });
    second.pass(dayMs);
    expect(answerOf(await second.kept.hold(spin, "renamed", 100, 100)).fuel).toBe(100);
  });

  it("gives nothing of yesterday back to today", async () => {
    const { kept, used, pass } = budgets();
    await kept.setEach(100);
    const held = answerOf(await kept.hold(spin, "spin", 100, 1));
    pass(dayMs);
    answerOf(await kept.hold(spin, "spin", 80, 1));
    await kept.settle(held, 0);
    expect(await used(spin)).toBe(80);
  });

  it("is bounded for any runs at once of two tabs that end, die, or use what they have", async () => {
    const run = fc.record({ fuel: fc.integer({ min: 1, max: 80 }), uses: fc.nat(80), dies: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 20 }), async (runs) => {
        const store = memoryVaultStore();
        const tabs = [budgets(store), budgets(store)] as const;
        await tabs[0].kept.setEach(100);
        let burnt = 0;
        await Promise.all(
          runs.map(async ({ fuel, uses, dies }, n) => {
            const { kept } = tabs[n % 2] as (typeof tabs)[0];
            const held = await kept.hold(spin, "spin", fuel, 1);
            if (!held.ok) return;
            const burns = Math.min(uses, held.value.fuel);
            burnt += burns;
            if (!dies) await kept.settle(held.value, burns);
          }),
        );
        expect(burnt).toBeLessThanOrEqual(100);
        const used = await tabs[1].used(spin);
        expect(used).toBeGreaterThanOrEqual(burnt);
        expect(used).toBeLessThanOrEqual(100);
      }),
      { numRuns: 50 },
    );
  });

  it("lets programs without a budget run when as many are counted as can be", async () => {
    const { kept } = budgets();
    const digestOf = (n: number) => n.toString(16).padStart(64, "0");
    for (let n = 0; n < 1_024; n++) answerOf(await kept.hold(digestOf(n), `${n}`, 1, 1));
    const held = answerOf(await kept.hold(spin, "spin", 60, 1));
    expect(held.fuel).toBe(60);
    answerOf(await kept.settle(held, 10));
    const { programs } = answerOf(await kept.view());
    expect(programs).toHaveLength(1_024);
    expect(programs.some(({ digest }) => digest === spin)).toBe(false);
    // Whose fuel is bounded must be counted.
    expect(await kept.setProgram(spin, "spin", 5)).toMatchObject({ code: "over-budget" });
    await kept.setEach(100);
    expect(await kept.hold(spin, "spin", 1, 1)).toMatchObject({ code: "over-budget" });
  });

  it("refuses to run where it cannot be read, and is set anew by whom it belongs to", async () => {
    const store = memoryVaultStore();
    await store.replace(undefined, Uint8Array.of(9, 9));
    const { kept } = budgets(store);
    expect(await kept.hold(spin, "spin", 1, 1)).toMatchObject({ code: "storage-corrupt" });
    expect(answerOf(await kept.setEach(5))).toEqual({ each: 5, programs: [] });
  });
});
