/**
 * Finality as people meet it: a fresh seed begins to vote by itself, a payment becomes final, a tab bonds what the faucet
 * gave it and is seen to vote, then leaves.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endAll, openProfile, phone, type Seed, startSeed, type Tab, temporaryFolder } from "./harness.ts";
import { makeIdentity, until } from "./steps.ts";

interface Finality {
  readonly height: number;
  readonly finalised: { readonly height: number };
  readonly voting: boolean;
  readonly leaking: boolean;
}

interface Validator {
  readonly own: boolean;
  readonly share: number;
  readonly activeNano: string;
  readonly seenHeight: number;
  readonly exitHeight: number | null;
  readonly freeHeight: number | null;
}

interface Transaction {
  readonly standing: { readonly state: string; readonly height: number; readonly final: boolean };
}

const verifier = fileURLToPath(new URL("../dist/seed/verify-state.js", import.meta.url));

const bundle = fileURLToPath(new URL("../dist/conformance.js", import.meta.url));

let seed: Seed;
let tab: Tab;
let small: Tab;
let paid = "";

const ownSeat = (seats: readonly Validator[]): Validator | undefined => seats.find(({ own }) => own);

beforeAll(async () => {
  seed = await startSeed({ flags: ["--lend", "0"] });
  tab = await (await openProfile()).open(seed.url);
  small = await (await openProfile({ viewport: phone })).open(seed.url);
  await makeIdentity(tab);
});

afterAll(endAll);

describe("finality on a fresh network", () => {
  it("comes by itself: the seed bonds a stake, and blocks become final in a tab", async () => {
    const first = await until<Finality>(tab, "finality", ({ finalised }) => finalised.height > 0);
    expect(first).toMatchObject({ voting: true, leaking: false });
    await until<Finality>(tab, "finality", ({ finalised }) => finalised.height > first.finalised.height);
    await tab.waitFor(/"voting":true/);
    const [only, ...others] = await tab.json<readonly Validator[]>("validators");
    expect(only).toMatchObject({ own: false, share: 1, exitHeight: null });
    expect(others).toEqual([]);
    expect(await tab.page.locator(".strip").innerText()).toMatch(/Finality\s+block \d+/i);
  });

  it("is said of a transaction", async () => {
    const { id } = await tab.json<{ id: string }>("faucet 10");
    await until<{ availableNano: string }>(tab, "balance", ({ availableNano }) => BigInt(availableNano) > 0n);
    const { standing } = await until<Transaction>(tab, `tx ${id}`, (seen) => seen.standing.final);
    expect(standing.state).toBe("included");
    paid = id;
    await tab.command(`tx ${paid}`, /Final: no branch without it can be chosen any more/);
    await tab.command(`block ${standing.height}`, /confirmations\s+\d+, final/);
  });
});

describe("what the state holds", () => {
  it("is proved to somebody who has no node, only a final block", async () => {
    const { finalised: known } = await tab.json<{ finalised: { height: number; hash: string } }>("finality");
    await until<Finality>(tab, "finality", ({ finalised }) => finalised.height > known.height);
    const checkpoint = `${known.height}:${known.hash}`;
    const download = tab.page.waitForEvent("download");
    await tab.command(`proof state ${paid}:0 ${checkpoint}`, /Saved as aether-\w+-\d+\.state/);
    const file = join(temporaryFolder(), "coin.state");
    await (await download).saveAs(file);
    const check = (...given: string[]) => spawnSync(process.execPath, [verifier, file, ...given], { encoding: "utf8" });
    const good = check("--checkpoint", checkpoint);
    expect([good.stderr, good.status]).toEqual(["", 0]);
    expect(good.stdout).toMatch(/It is final by votes of those who voted at the checkpoint/);
    const sdk = await import(bundle);
    const given = { checkpoint: sdk.readCheckpoint(checkpoint).value, nowMs: Date.now() };
    expect(await sdk.verifyState(readFileSync(file), given)).toMatchObject({ value: { by: "votes" } });
    expect(check("--checkpoint", `${known.height}:${"ab".repeat(32)}`).stderr).toMatch(/do not lead to the checkpoint/);
    const bytes = readFileSync(file);
    const place = bytes.length >> 1;
    bytes[place] = (bytes[place] as number) ^ 1;
    writeFileSync(file, bytes);
    expect(check("--checkpoint", checkpoint).status).toBe(1);
  });
});

describe("a tab that stakes", () => {
  it("is told what it binds, and votes from the next final blocks on", async () => {
    const terms = await tab.command("stake 6", /Sign and send\?/);
    expect(terms).toMatch(/can lose 5 % and its place/);
    await tab.picture("finality-stake-1280");
    await tab.command("y", /`validators` shows it/);
    const joined = await until<readonly Validator[]>(tab, "validators", (seats) => ownSeat(seats) !== undefined);
    const before = ownSeat(joined)?.seenHeight ?? Number.POSITIVE_INFINITY;
    const seen = await until<readonly Validator[]>(
      tab,
      "validators",
      (seats) => BigInt(ownSeat(seats)?.activeNano ?? 0) > 0n && (ownSeat(seats)?.seenHeight ?? 0) > before + 1,
    );
    // A certificate in the chain shows its votes. It weighs 6 of 26 and of what the seed has earned since.
    expect(ownSeat(seen)?.share).toBeLessThan(0.24);
    expect(ownSeat(seen)?.share).toBeGreaterThan(0.05);
    await tab.command("finality", /this node votes with [1-9]\d?\.\d %/);
    await tab.command("validators", /votes, here, yours/);
    await tab.picture("finality-validators-1280");
  });

  it("is shown to others, on a phone too", async () => {
    await small.command("finality", /voters\s+2 with/);
    await small.command("validators", /seen at/);
    await small.picture("finality-validators-360");
    await small.command("stake 6", /This needs keys[\s\S]*Passphrase \(at least/);
    await small.page.keyboard.press("Control+c");
    await small.waitFor(/Cancelled; nothing was changed/);
    const width = await small.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(phone.width);
  });

  it("leaves, and is told from which block on it gets its coins back", async () => {
    await tab.command("unstake", /Sign and send\?/);
    const left = await tab.command("y", /From block \d+ on, `unstake` takes the coins back/);
    const freeHeight = Number(/From block (\d+) on/.exec(left)?.[1]);
    const seat = ownSeat(await tab.json<readonly Validator[]>("validators"));
    expect(seat?.freeHeight).toBe(freeHeight);
    expect(seat?.exitHeight).toBe(freeHeight - 100);
    await tab.command("unstake", new RegExp(`are bonded until block ${freeHeight}`));
    await tab.picture("finality-unstake-1280");
    expect([...tab.errors, ...small.errors]).toEqual([]);
  });

  it.each([
    ["stake 1", /A stake is at least 5 AETH, not 1 AETH/],
    ["stake all", /is not an amount/],
    ["stake 6", /have left and are bonded until block \d+/],
    ["unstake ffff", /Say which of your stakes/],
  ])("answers bad input clearly: %s", async (line, answer) => {
    await tab.command(line, answer);
  });
});
