/**
 * Spaces in a real browser: one phrase, three identities, two tabs that agree on which is used.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { violations } from "./accessibility.ts";
import { endAll, openProfile, phone, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, passphrase } from "./steps.ts";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

interface SpaceLine {
  readonly space: string;
  readonly chosen: boolean;
  readonly did: string;
  readonly balanceNano: string;
}

const balanceOf = async (tab: Tab, space: string): Promise<bigint> =>
  BigInt((await tab.json<readonly SpaceLine[]>("space")).find((line) => line.space === space)?.balanceNano ?? "-1");

const field = (tab: Tab) => tab.page.getByRole("combobox", { name: "Space" });

it("keeps three identities apart, pays from one to another, and stays where it was", async () => {
  const profile = await openProfile();
  const tab = await profile.open(seed.url);
  await tab.command("help", /`tour` shows you round/);
  await expect.poll(() => field(tab).count()).toBe(0);
  const { did } = await makeIdentity(tab);
  await field(tab).waitFor();
  expect(await field(tab).inputValue()).toBe("personal");
  await tab.command("faucet 5", /Paid\. You have 5 AETH/);

  // By the field beside the title: it runs the command.
  await field(tab).selectOption("work");
  await tab.waitFor(/You are in Work, as did:key:/);
  await tab.page.waitForFunction(() => document.documentElement.dataset["space"] === "work");
  const spaces = await tab.json<readonly SpaceLine[]>("space");
  expect(spaces.map(({ space, chosen }) => [space, chosen])).toEqual([
    ["personal", false],
    ["work", true],
    ["public", false],
  ]);
  expect(spaces[0]?.did).toBe(did);
  const work = spaces[1]?.did as string;
  expect(work).not.toBe(did);
  expect(await tab.command("balance", /AETH/)).toMatch(/\b0 AETH/);
  expect(await tab.transcript()).toMatch(/^work › balance/m);
  expect(await violations(tab.page)).toEqual([]);
  await tab.picture("spaces-work");

  // Another tab is there too, follows, and leads back.
  const other = await profile.open(seed.url);
  await field(other).waitFor();
  expect(await field(other).inputValue()).toBe("work");
  await other.command("space personal", /You are in Personal/);
  await tab.page.waitForFunction(() => document.documentElement.dataset["space"] === "personal");
  expect(await field(tab).inputValue()).toBe("personal");
  await tab.command(`pay ${work} 1 --yes`, /in block|Confirmed/i);
  expect(await balanceOf(tab, "work")).toBe(1_000_000_000n);

  // A payment that waits for its consent is not signed by another space.
  await tab.command(`pay ${work} 1`, /\[y\/N\]/);
  await other.command("space public", /You are in Public/);
  await tab.command("y", /Another space was chosen while this was being prepared; nothing was signed/);

  await other.page.close();
  await tab.page.reload();
  await tab.page.waitForFunction(() => document.documentElement.dataset["space"] === "public");
  await tab.command("space", /Passphrase to unlock/);
  await tab.command(passphrase, /you are here\s+public/);
});

it("fits a phone", async () => {
  const profile = await openProfile({ viewport: phone, touch: true });
  const tab = await profile.open(seed.url);
  await makeIdentity(tab);
  await tab.command("space work", /You are in Work/);
  expect(await violations(tab.page)).toEqual([]);
  const wider = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await tab.picture("spaces-phone");
});
