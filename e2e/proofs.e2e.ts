/**
 * Proof of Compute as users meet it: blocks of a real seed carry real proofs; a program is posted in a tab, proved by the
 * blocks to come, verified in the tab and, from its exported receipt, outside of it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endAll, openProfile, type Seed, startSeed, type Tab, temporaryFolder } from "./harness.ts";
import { makeIdentity, until } from "./steps.ts";

const verifier = fileURLToPath(new URL("../dist/seed/verify-receipt.js", import.meta.url));

interface Job {
  readonly segments: number;
  readonly proofs: readonly { readonly segment: number; readonly height: number }[];
  readonly output: readonly number[];
}

let seed: Seed;
let tab: Tab;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
  tab = await (await openProfile()).open(seed.url);
  await makeIdentity(tab);
  await tab.command("faucet 2", /Paid\. You have 2 AETH/);
});

afterAll(endAll);

describe("proof of compute", () => {
  let id = "";

  it("says what a program gives and costs, and signs nothing in a dry run", async () => {
    const plan = await tab.command("prove gcd 270 192 --dry-run", /Dry run: nothing was signed/);
    expect(plan).toMatch(/the memory ends as {2}270 192 6/);
    expect(plan).toMatch(/1 segment to prove/);
    expect(plan).toMatch(/lock +0\.001 AETH/);
  });

  it.each([
    ["prove nonsense 1", /There is no program nonsense with the app/],
    ["prove gcd one", /one is not a whole number/],
    ["prove collatz 27 --max-fee 0.000001", /more than the/],
    ["proof show 12", /64 hexadecimal digits/],
    [`proof show ${"0".repeat(64)}`, /No job 0{64} is known here/],
  ])("answers bad input clearly: %s", async (line, answer) => {
    await tab.command(line, answer);
  });

  it("queues a job of several segments, and blocks prove them all", async () => {
    const sent = await tab.command("prove collatz 27 --yes", /The blocks to come prove it: proof show [0-9a-f]{64}/);
    id = /proof show ([0-9a-f]{64})/.exec(sent)?.[1] as string;
    const job = await until<Job>(tab, `proof show ${id}`, (one) => one.proofs.length === one.segments);
    expect(job.segments).toBeGreaterThan(1);
    expect(new Set(job.proofs.map(({ segment }) => segment)).size).toBe(job.segments);
  });

  it("verifies every proof in the tab and names the trust they rest on", async () => {
    const verified = await tab.command(`proof verify ${id}`, /Proved: from 27 the program gives/);
    expect(verified).toMatch(/development setup: trust in one party/);
    expect(verified).toMatch(/Blocks of this chain carry them/);
  });

  it("exports a receipt that anyone can check, and that no change survives", async () => {
    const download = tab.page.waitForEvent("download");
    await tab.command(`proof export ${id}`, /Saved as aether-/);
    const file = join(temporaryFolder(), "job.receipt");
    await (await download).saveAs(file);
    const good = spawnSync(process.execPath, [verifier, file], { encoding: "utf8" });
    expect(good.stderr).toBe("");
    expect(good.stdout).toMatch(/proofs checked\.\nIt says of itself/);
    expect(good.status).toBe(0);
    const bytes = readFileSync(file);
    const place = bytes.length - 20;
    bytes[place] = (bytes[place] as number) ^ 1;
    writeFileSync(file, bytes);
    expect(spawnSync(process.execPath, [verifier, file]).status).toBe(1);
  });

  it("shows that each block carries a proof of its own", async () => {
    const status = await tab.json<{ height: number }>("status");
    const block = await tab.json<{ work: { proofBytes: number } | null }>(`block ${status.height}`);
    expect(block.work?.proofBytes).toBe(128);
  });

  it("reported no error in the page", () => {
    expect(tab.errors).toEqual([]);
  });
});
