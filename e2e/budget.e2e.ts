/**
 * Daily budgets as users meet them, at both sizes: a program that asks for too much gets what it was allowed and no more,
 * though the tab is killed in the middle, and the wallet does not sign past its own.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { didOf } from "../src/identity/did.ts";
import type { ProgramBudgetView, SpendingView } from "../src/sdk/budgets.ts";
import { testKey } from "../src/testing/ledger-fixtures.ts";
import { textModule } from "../src/testing/veil/text-module.ts";
import { violations } from "./accessibility.ts";
import { endAll, openProfile, type Profile, phone, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, passphrase, takeIn, until } from "./steps.ts";

/** Ends only where its fuel does. */
const spinning = textModule(
  `(module (memory (export "memory") 1) (func (export "run") (result i32) (loop (br 0)) (i32.const 0)))`,
);

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

describe.each([
  ["1280", undefined],
  ["360", phone],
] as const)("a hostile program asks for too much, at %s px", (size, viewport) => {
  let profile: Profile;
  let tab: Tab;

  beforeAll(async () => {
    profile = await openProfile(viewport === undefined ? {} : { viewport });
    tab = await profile.open(seed.url);
  });

  it("it computes what it was allowed, and what it was not is not run", async () => {
    await takeIn(tab, spinning, "spin.wasm");
    await tab.command("budget spin.wasm --fuel 60M", /spin\.wasm +0 units of 60,000,000 units of fuel today/);
    await tab.command("run --fuel 40M spin.wasm", /used up its fuel, 40,000,000 units/);
    await tab.command("run --fuel 9000G spin.wasm", /20,000,000 units of fuel left[\s\S]*used up its fuel, 20,000,000/);
    await tab.command("run spin.wasm", /today's budget of 60,000,000 [\s\S]*Nothing of it ran, and your files/);
    await tab.picture(`budget-refused-${size}`);
    // Others go on.
    await tab.command("echo three | run wc", /\b1\b/);
  });

  it("is not evaded by killing the tab in the middle of a run; another tab counts with it", async () => {
    await tab.command("budget spin.wasm --fuel 9000G --yes", /of 9,000,000,000,000 units/);
    await tab.type("run --fuel 9000G spin.wasm");
    const other = await profile.open(seed.url);
    await until<ProgramBudgetView>(other, "budget spin.wasm", ({ used }) => used === 9_000e9);
    await tab.page.close();
    expect((await other.json<ProgramBudgetView>("budget spin.wasm")).used).toBe(9_000e9);
    await other.command("run spin.wasm", /Nothing of it ran/);
    tab = other;
  });

  it("shows in the Programs window what is gone, and asks before it allows more", async () => {
    await tab.command("budget wc --fuel 60M", /units of 60,000,000 units/);
    await tab.page.getByRole("button", { name: "Programs", exact: true }).click();
    const programs = tab.page.getByRole("region", { name: "Programs" });
    const shown = programs.getByText(/[1-9][\d,]* units of 60,000,000 units of fuel today/);
    await shown.waitFor();
    await shown.scrollIntoViewIfNeeded();
    await tab.picture(`budget-programs-${size}`);
    expect(await violations(tab.page)).toEqual([]);
    await programs.getByRole("button", { name: "Close" }).click();
    await tab.command("budget wc --fuel 70M", /Allow more a day than before\?/);
    await tab.command("n", /Nothing was changed/);
    expect((await tab.json<ProgramBudgetView>("budget wc")).limit).toBe(60_000_000);
    expect(tab.errors).toEqual([]);
    await profile.close();
  });
});

describe("the wallet's budget", () => {
  it("stands in the consent; past it nothing is signed, also after a reload", async () => {
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    await makeIdentity(tab);
    await tab.command("faucet", /Paid\. You have/);
    await tab.command("budget set --spend 0.5", /0 of 0\.5 AETH signed away today/);
    const to = didOf(testKey(9).publicKey);
    await tab.command(`pay ${to} 0.3`, /budget +0 of 0\.5 AETH today; with this it is 0\.3[\s\S]*Sign and send\?/);
    await tab.picture("budget-consent");
    await tab.command("y", /In block \d+/);
    await tab.command(`pay ${to} 0.3 --yes`, /more than is left of today's budget\. Nothing was signed/);
    await tab.page.reload();
    await tab.waitFor(/This tab is a node now/);
    const { spending } = await tab.json<{ spending: { limitNano: string; todayNano: string } }>("budget");
    expect(BigInt(spending.limitNano) satisfies SpendingView["limitNano"]).toBe(500_000_000n);
    expect(BigInt(spending.todayNano)).toBeGreaterThanOrEqual(300_000_000n);
    await tab.command("budget set --spend 1 --yes", /Passphrase, to let the wallet sign away more/);
    await tab.command("not the passphrase", /not the passphrase[\s\S]*Passphrase, to let the wallet sign away more/);
    await tab.command(passphrase, /of 1 AETH signed away today/);
    expect(tab.errors).toEqual([]);
    await profile.close();
  });
});
