/**
 * Memory as a newcomer meets it: the seed lends some of its own, a tab leases it without owning a coin,
 * in options and in the white paper's words, and gives it back.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endAll, lending, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, until } from "./steps.ts";

interface Offer {
  readonly bytes: number;
  readonly freeBytes: number;
  readonly priceNano: string;
}

interface Leases {
  readonly leases: readonly { readonly lease: { readonly name: string; readonly bytes: number } }[];
}

/** What seeds of a network that has begun lend. */
const lentBytes = 2_048 * 1_048_576;

let seed: Seed;
let tab: Tab;

beforeAll(async () => {
  seed = await startSeed({ begun: true, flags: lending });
  tab = await (await openProfile()).open(seed.url);
  await makeIdentity(tab);
});

afterAll(endAll);

describe("memory", () => {
  it("is offered by the seed, for nothing", async () => {
    const [offer, ...others] = await until<readonly Offer[]>(tab, "offer list", (all) => all.length > 0);
    expect(offer).toMatchObject({ bytes: lentBytes, freeBytes: lentBytes, priceNano: "0" });
    expect(others).toEqual([]);
  });

  it("is leased by a newcomer without a coin, shown, and given back", async () => {
    const dry = await tab.command("alloc 64MiB --process demo --dry-run", /Dry run: nothing was signed/);
    expect(dry).toMatch(/create {3}a lease of 64\.0 MiB for demo until block \d+/);
    expect(dry).toMatch(/fee {6}none/);
    await tab.command("alloc 64MiB --process demo", /Sign and send\?/);
    await tab.command("y", /64\.0 MiB leased for demo/);
    await tab.command("alloc", /64\.0 MiB for demo until block \d+: free to use/);
    await tab.command("offer list", /1\.9 GiB of 2\.0 GiB free/);
    await tab.command("alloc 1MiB --process demo", /You have 64\.0 MiB for demo until block \d+ already/);
    await tab.command("free demo --yes", /In block \d+/);
    await tab.command("alloc", /You have no memory leased/);
    expect((await tab.json<readonly Offer[]>("offer list"))[0]?.freeBytes).toBe(lentBytes);
  });

  it("is leased by the white paper's sentence", async () => {
    await tab.command("allocate 1GB memory for process P", /Sign and send\?/);
    await tab.command("y", /953\.7 MiB leased for P/);
    const { leases } = await tab.json<Leases>("alloc");
    expect(leases.map(({ lease }) => [lease.name, lease.bytes])).toEqual([["P", 15_259 * 65_536]]);
    await tab.command("free P --yes", /In block \d+/);
  });

  it.each([
    ["alloc 64", /Say what for: --process NAME/],
    ["alloc 64XB --process demo", /64XB is no size/],
    ["alloc 4GiB --process demo", /No offer has 4294967296 bytes left/],
    ["free nothing", /You have no memory for nothing/],
    ["receipts", /No process of yours is on the ledger/],
    [`receipts ${"0".repeat(64)}`, /No process 0{64} is known here/],
  ])("answers bad input clearly: %s", async (line, answer) => {
    await tab.command(line, answer);
  });
});
