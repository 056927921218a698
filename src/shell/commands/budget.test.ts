import { describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { rejected } from "#protocol/result.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { memoryVaultStore } from "#testing/memory-vault.ts";
import { shellOnFiles } from "#testing/shell-on-files.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { Simulation } from "#testing/simulator.ts";
import { bumpAllocator, textModule } from "#testing/veil/text-module.ts";
import { SpendingBudget } from "../../platform/browser/spending-budget.ts";

/** A shell whose vault counts in memory. */
function shellWithBudgets() {
  const spending = new SpendingBudget(memoryVaultStore(), () => 0);
  const world = shellOnFiles({
    spendingBudget: () => spending.view(),
    setSpendingBudget: async (limitNano, passphrase) =>
      passphrase === null || passphrase === "correct horse"
        ? spending.set(limitNano, passphrase !== null)
        : rejected("wrong-passphrase", "This passphrase does not open the vault."),
  });
  return { ...world, said: () => world.printed.join("\n") };
}

describe("budget", () => {
  it("shows what is gone and sets both kinds; who allows more is asked", async () => {
    const { shell, printed, said, answers } = shellWithBudgets();
    expect(await shell.run("budget")).toBe(0);
    expect(said()).toMatch(/wallet +0 AETH signed away today; no budget\neach program +no budget/);
    expect(await shell.run("budget set --spend 10 --fuel 200G")).toBe(0);
    expect(said()).toMatch(/wallet +0 of 10 AETH signed away today\neach program +200,000,000,000 units of fuel a day/);
    answers.push("n");
    expect(await shell.run("budget set --spend none")).toBe(130);
    expect(printed.at(-1)).toMatch(/Nothing was changed/);
    answers.push("y", "wrong horse", "correct horse");
    expect(await shell.run("budget set --spend 11")).toBe(0);
    expect(said()).toMatch(/does not open the vault/);
    // Consent given before spares nobody the passphrase; three wrong ones are enough.
    expect(await shell.run("budget set --spend none --yes")).toBe(130);
    answers.push("a", "b", "c");
    expect(await shell.run("budget set --spend none --yes")).toBe(1);
    expect(answers).toEqual([]);
    expect(await shell.run("budget set --spend 5")).toBe(0);
    expect(await shell.run("budget set --fuel none --dry-run")).toBe(0);
    expect(await shell.run("budget --json")).toBe(0);
    expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({
      spending: { limitNano: "5000000000", todayNano: "0" },
      programs: { each: 200e9, programs: [] },
    });
  });

  it.each([
    ["budget set", /Usage: budget/],
    ["budget --fuel 3G", /Usage: budget/],
    ["budget set --spend -1", /negative|not an amount/],
    ["budget set --fuel lots", /no count/],
    ["budget nothing.wasm --fuel 1G", /no program nothing\.wasm/],
    ["budget set --spend 1 --fuel 1x", /no count/],
  ])("refuses what makes no sense and changes nothing: %s", async (line, words) => {
    const { shell, printed, said } = shellWithBudgets();
    expect(await shell.run(line)).toBe(1);
    expect(said()).toMatch(words);
    await shell.run("budget --json");
    expect(JSON.parse(printed.at(-1) ?? "")).toEqual({
      spending: { limitNano: null, todayNano: "0" },
      programs: { each: null, programs: [] },
    });
  });
});

const program = (code: string): Uint8Array =>
  textModule(`(module ${bumpAllocator} (func (export "run") (result i32) ${code}))`);

describe("a program's budget", () => {
  it("bounds what it computes in a day, run after run, and says how to raise it; others go on", async () => {
    const { shell, printed, said, files } = shellWithBudgets();
    files.set("spin.wasm", program("(loop $forever (br $forever)) (i32.const 0)"));
    files.set("well.wasm", program("(i32.const 0)"));
    await shell.run("budget set --fuel 100G");
    await shell.run("budget spin.wasm --fuel 3M");
    expect(await shell.run("run --fuel 2M spin.wasm")).toBe(137);
    expect(await shell.run("run --fuel 2M spin.wasm")).toBe(137);
    expect(said()).toMatch(/spin\.wasm has [\d,]+ units of fuel left of today's budget; it runs with those/);
    expect(await shell.run("run --fuel 2M spin.wasm")).toBe(126);
    expect(printed.at(-1)).toMatch(/spin\.wasm has used 3,000,000 of today's budget of 3,000,000 .* Nothing of it ran/);
    expect(await shell.run("run well.wasm")).toBe(0);
    await shell.run("budget well.wasm --json");
    const { used, limit } = JSON.parse(printed.at(-1) ?? "") as { used: number; limit: number | null };
    // What it has not used was given back.
    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThan(10_000);
    expect(limit).toBeNull();
    await shell.run("budget spin.wasm --fuel 4M --yes");
    expect(await shell.run("run --fuel 2M spin.wasm")).toBe(137);
    await shell.run("budget");
    expect(said()).toMatch(/spin\.wasm +4,000,000 units of 4,000,000 units of fuel today/);
  });
});

describe("the wallet's budget", () => {
  it("stands in the consent, and what goes beyond is neither asked about nor signed", async () => {
    const world = new Simulation(32);
    const miner = await world.add({ produce: true });
    const { chain } = miner.node.running;
    await world.run(3_600_000, () => chain.coins.coinsOf(miner.key.keyHash).length > 3);
    const client = clientOf(miner, miner.key);
    const type = (line: string, answer: string | null) => typeLine(world, client, testEnvironment(), line, answer);
    const to = didOf(testKey(51).publicKey);
    expect((await type("budget set --spend 1", "y")).code).toBe(0);
    const paid = await type(`pay ${to} 0.4`, "y");
    expect(paid).toMatchObject({
      code: 0,
      text: expect.stringMatching(/budget +0 of 1 AETH today; with this it is 0\.4/),
    });
    const over = await type(`pay ${to} 0.7`, null);
    expect(over.code).toBe(1);
    expect(over.text).toMatch(/budget +0\.4\d* of 1 AETH today; with this it would be 1\.1/);
    expect(over.text).toMatch(/more than is left of today's budget\. Nothing was signed/);
    expect((await type(`pay ${to} 0.7 --yes`, null)).code).toBe(1);
    expect((await type(`pay ${to} 0.7 --dry-run`, null)).code).toBe(0);
    expect((await type("budget", null)).text).toMatch(/0\.4\d* of 1 AETH signed away today/);
    expect((await type("budget set --spend 2 --yes", "passphrase")).code).toBe(0);
    expect((await type(`pay ${to} 0.7 --yes`, null)).code).toBe(0);
  });
});
