/**
 * A storage deal as a person meets it: the seed answers with a bond for what it keeps, a tab pays it to answer for a kept
 * file, sees that it does, and ends it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endAll, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, takeIn, until } from "./steps.ts";

interface Deal {
  readonly id: string;
  readonly name: string | null;
  readonly bytes: number;
  readonly accepted: boolean;
  readonly audits: number;
}

let seed: Seed;
let tab: Tab;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
  tab = await (await openProfile()).open(seed.url);
  await makeIdentity(tab);
  await tab.command("faucet", /Paid\. You have/);
});

afterAll(endAll);

describe("a deal", () => {
  it("is made with the seed over a kept file after consent to its price, and the seed accepts it", async () => {
    await until<readonly unknown[]>(tab, "deal offers", (all) => all.length === 1);
    await tab.command(
      "deal offers",
      /1\.0 GiB of 1\.0 GiB free {2}0\.001 AETH a MiB and audit {2}bond 4 AETH .* connected/,
    );
    await takeIn(tab, new TextEncoder().encode("minutes of the meeting\n".repeat(40)), "minutes.txt");
    await tab.command("deal make minutes.txt", /You keep no file minutes\.txt among peers/);
    await tab.command("put minutes.txt --yes", /is kept among peers/);
    await tab.command("deal make minutes.txt --audits 3", /Sign and send\?/);
    const made = await tab.command("y", /has 50 blocks to accept/);
    expect(made).toMatch(/In block \d+/);
    const deals = await until<readonly Deal[]>(tab, "deal list", ([deal]) => deal?.accepted === true);
    expect(deals).toMatchObject([{ name: "minutes.txt", audits: 3 }]);
    await tab.command("deal list", /minutes\.txt {2}.* 0 of 3 audits passed; 0\.048 AETH to earn, bond/);
    await tab.picture("deals-desktop");
  });

  it("ends with its running audit when its client says so", async () => {
    const [deal] = await tab.json<readonly Deal[]>("deal list");
    await tab.command(`deal end ${deal?.id.slice(0, 8)}`, /Its running audit is the last one.*Sign and send\?/s);
    await tab.command("y", /In block \d+/);
    await until<readonly Deal[]>(tab, "deal list", ([one]) => one?.audits === 1);
    await tab.command(`deal end ${deal?.id.slice(0, 8)}`, /ends with the audit that runs already/);
  });
});
