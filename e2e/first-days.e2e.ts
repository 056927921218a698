/**
 * What somebody does in the first days, on a laptop and on a phone: from the first visit to the first payment, the wrong
 * passphrase, a second tab, a second device; with the keyboard alone, and with the page at twice its size.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violations } from "./accessibility.ts";
import { desktop, endAll, openProfile, type Profile, phone, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, passphrase, until } from "./steps.ts";

let seed: Seed;
/** Somebody to pay. */
let friend: string;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
  const tab = await (await openProfile()).open(seed.url);
  friend = (await makeIdentity(tab)).did;
});
afterAll(endAll);

/** What a person had to answer until their first payment: two passphrases, the words on paper, three of them, the consent. */
const mostQuestions = 7;

const isQuestion = /^(Passphrase \(at least|Again:|Press Enter when|Word \d+ \(or|.*\[y\/N\])/;

/** Whether all of the page can be seen without scrolling sideways. */
async function expectFits(tab: Tab): Promise<void> {
  expect(await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

describe.each([
  ["a laptop", "laptop", desktop],
  ["a phone", "phone", phone],
] as const)("on %s", (_, kind, viewport) => {
  let profile: Profile;
  let tab: Tab;
  let phrase: string;

  beforeAll(async () => {
    profile = await openProfile({ viewport, touch: kind === "phone", isKept: true });
    tab = await profile.open(seed.url);
  });

  it("leads from the first visit to the first payment with few questions", async () => {
    await tab.waitFor(/This tab is a node now/);
    await tab.picture(`days-${kind}-1-first-visit`);
    await tab.command("help", /`tour` shows you round/);
    const questions = new Set<string>();
    const asked = async (): Promise<void> => {
      for (const line of (await tab.transcript()).split("\n")) if (isQuestion.test(line)) questions.add(line);
    };
    await tab.command("faucet 5", /This needs keys[\s\S]*Passphrase \(at least/);
    await asked();
    await tab.page.keyboard.press("Control+c");
    await tab.waitFor(/Cancelled; nothing was changed/);
    // The first command that needs keys makes them, and goes on.
    ({ phrase } = await makeIdentity(tab, "faucet 5"));
    await tab.waitFor(/Paid\. You have 5 AETH/);
    await asked();
    await tab.command(`contact add friend ${friend}`, /@friend is did:key/);
    await tab.command("pay @friend 1.25", /\[y\/N\]/);
    await asked();
    await tab.picture(`days-${kind}-2-consent`);
    await tab.command("y", /In block \d+/);
    await tab.picture(`days-${kind}-3-paid`);
    expect(questions.size).toBeGreaterThan(0);
    expect(questions.size).toBeLessThanOrEqual(mostQuestions);
    await expectFits(tab);
    expect(await violations(tab.page)).toEqual([]);
  });

  it("says five times that a passphrase is wrong, and opens for the right one", async () => {
    await tab.command("id lock", /^locked/m);
    for (const [at, expected] of [
      /not the passphrase/,
      /not the passphrase/,
      /stay locked/,
      /wrong 4 times in a row/,
      /wrong 5 times in a row/,
    ].entries()) {
      if (at % 3 === 0) await tab.command("id unlock", /Passphrase to unlock/);
      await tab.command(`wrong horse ${at}`, expected);
    }
    await tab.picture(`days-${kind}-4-wrong-passphrase`);
    await tab.command(passphrase, /unlocked, backup/);
  });

  it("has a second tab that shows the same, follows, and takes over when the first is closed", async () => {
    const second = await profile.open(seed.url);
    const { availableNano } = await tab.json<{ availableNano: string }>("balance");
    expect(await second.json<{ availableNano: string }>("balance")).toMatchObject({ availableNano });
    expect(await second.json<{ leader: boolean }>("status")).toMatchObject({ leader: false });
    await second.picture(`days-${kind}-5-second-tab`);
    await tab.page.close();
    tab = second;
    await tab.page.waitForFunction(() => navigator.locks.query().then(({ held }) => (held?.length ?? 0) > 0));
    expect(await tab.json<{ leader: boolean }>("status")).toMatchObject({ leader: true });
  });

  it("opens a file by a link of somebody who has gone", async () => {
    const sender = await openProfile();
    const from = await sender.open(seed.url);
    // So many numbers are more than one shard.
    await from.command("primes 1 300000 > primes.txt; sha256 < primes.txt", /^[0-9a-f]{64}\b/m);
    const digest = /^[0-9a-f]{64}\b/m.exec(await from.transcript())?.[0] ?? "";
    await until<{ seed: boolean }[]>(from, "peers", (found) => found.some((peer) => peer.seed));
    await from.command("share primes.txt", /Share it\? \[y\/N\]/);
    await from.command("y", /#file=\S+/);
    const link = /http\S+#file=\S+/.exec(await from.transcript())?.[0] ?? "";
    expect(await from.transcript()).toMatch(/A node keeps it for 30 days/);
    await from.picture(`days-${kind}-7-shared`);
    await sender.close();
    await tab.page.goto("about:blank");
    await tab.page.goto(link);
    const row = tab.page.locator(".xterm-rows > div", { hasText: /^› get b/ });
    await row.first().waitFor();
    expect(await tab.transcript()).toMatch(/Somebody shared a file with you .* Nothing has run\. Enter fetches it/);
    await tab.picture(`days-${kind}-8-offered`);
    await tab.type("");
    await tab.waitFor(/is among your files now\.\s+It is text: `cat primes\.txt` shows it/);
    await tab.command("sha256 < primes.txt", new RegExp(`^${digest}\\b`, "m"));
    await tab.picture(`days-${kind}-8-fetched`);
    expect(await tab.page.evaluate(() => location.hash)).toBe("");
  });

  it("brings keys and balance to a second device within a minute", async () => {
    const { availableNano } = await tab.json<{ availableNano: string }>("balance");
    const device = await (await openProfile({ viewport, touch: kind === "phone" })).open(seed.url);
    const before = performance.now();
    await device.command("id restore", /Your recovery words:/);
    await device.command(phrase, /Passphrase \(at least/);
    await device.command(passphrase, /Again:/);
    await device.command(passphrase, /Restored: did:key/);
    await until<{ availableNano: string }>(device, "balance", (balance) => balance.availableNano === availableNano);
    await device.command("balance", new RegExp(`^${Number(availableNano) / 1e9} AETH`, "m"));
    expect(performance.now() - before).toBeLessThan(60_000);
    await device.picture(`days-${kind}-6-restored`);
  });
});

describe("with the keyboard alone", () => {
  it.each([
    ["desktop", desktop],
    ["phone", phone],
  ])("pays by the wallet's form: %s", async (name, viewport) => {
    const tab = await (await openProfile({ viewport })).open(seed.url);
    await makeIdentity(tab);
    await tab.command("faucet 5", /Paid\. You have 5 AETH/);
    const press = (key: string): Promise<void> => tab.page.keyboard.press(key);
    /** Goes on by Tab until the focus is where it is to be. */
    const tabTo = async (what: string, isThere: (element: Element | null) => boolean): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        await press("Tab");
        if (await tab.page.evaluate(`(${isThere.toString()})(document.activeElement)`)) return;
      }
      throw new Error(`60 times Tab did not lead to ${what}`);
    };
    await press("Escape");
    await tabTo("the wallet's button", (element) => element?.id === "open-wallet");
    await press("Enter");
    await tab.page.getByRole("form", { name: "Pay" }).waitFor();
    await tabTo("the receiver", (element) => element?.closest("label")?.textContent?.startsWith("To (") === true);
    await tab.page.keyboard.type(friend);
    await press("Tab");
    await tab.page.keyboard.type("1");
    await tabTo("the button", (element) => element?.textContent?.startsWith("Review") === true);
    await tab.picture(`days-keyboard-form-${name}`);
    await press("Enter");
    // The question is in the terminal, and so is the focus.
    await tab.waitFor(/\[y\/N\]/);
    const isInTerminal = () => document.activeElement?.classList.contains("xterm-helper-textarea") === true;
    await tab.page.waitForFunction(isInTerminal);
    await tab.page.keyboard.type("y");
    await press("Enter");
    await tab.waitFor(/In block \d+/);
  });
});

describe("at twice its size", () => {
  // What a page sees of a zoom of 200 % is half the room, in sharper pixels.
  it("shows prompt and windows without scrolling sideways", async () => {
    const profile = await openProfile({ viewport: { width: desktop.width / 2, height: desktop.height / 2 } });
    const tab = await profile.open(seed.url);
    await tab.command("help", /`tour` shows you round/);
    await expectFits(tab);
    await tab.picture("days-zoom-terminal");
    for (const name of ["wallet", "explorer", "settings"]) {
      await tab.page.locator(`#open-${name}`).click();
      await tab.page.locator(`#place-${name}`).waitFor();
      await expectFits(tab);
      expect(await violations(tab.page)).toEqual([]);
      await tab.picture(`days-zoom-${name}`);
      await tab.page.locator(`#open-${name}`).click();
    }
    await tab.command("echo still here", /^still here/m);
  });
});
