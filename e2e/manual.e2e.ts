/**
 * The manual's pages as people meet them: from the terminal by a click, from page to page, on a phone, in the dark, without
 * a network; and links in the terminal.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { violations } from "./accessibility.ts";
import { endAll, noBlocks, openProfile, phone, type Seed, startSeed, type Tab } from "./harness.ts";

let seed: Seed;
beforeAll(async () => {
  seed = await startSeed({ flags: noBlocks });
});
afterAll(endAll);

/** In the page: the middle of words in the last row that has them, once a prompt stands below. */
function placeOf(words: string): { x: number; y: number } | undefined {
  const rows = [...document.querySelectorAll(".xterm-rows > div")].filter((row) => row.textContent?.trim() !== "");
  const row = rows.findLast((one) => one.textContent?.includes(words));
  if (row === undefined || !rows.at(-1)?.textContent?.startsWith("›")) return undefined;
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const from = node.textContent?.indexOf(words) ?? -1;
    if (from < 0) continue;
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, from + words.length);
    const { x, y, width, height } = range.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  }
  return undefined;
}

/** Clicks on words that stand in one row of the terminal, once they move no more. */
async function clickInTerminal(tab: Tab, words: string): Promise<void> {
  // Rows are drawn anew in the same elements, so finding one and measuring it are one step.
  const place = async (): Promise<{ x: number; y: number }> => {
    const found = await (await tab.page.waitForFunction(placeOf, words)).jsonValue();
    if (found === undefined) throw new Error(`no ${words} in the terminal`);
    return found;
  };
  let spot = await place();
  for (let next = await place(); next.x !== spot.x || next.y !== spot.y; next = await place()) spot = next;
  // The terminal looks for links where the pointer comes to rest.
  await tab.page.mouse.move(spot.x - 3, spot.y);
  await tab.page.mouse.move(spot.x, spot.y);
  await tab.page.waitForFunction(() => document.querySelector(".xterm-cursor-pointer") !== null);
  await tab.page.mouse.click(spot.x, spot.y);
}

it("opens from the terminal by a click or an option, and leads on by links", async () => {
  const profile = await openProfile();
  const tab = await profile.open(seed.url);
  // What is clicked on must not be moved by the greeting.
  await tab.waitFor(/This tab is a node now/);
  await tab.command("man pay", /See also {2}.*[\s\S]*As a page {2}http\S+\/manual\/pay\.html/);
  const opened = tab.page.context().waitForEvent("page");
  await clickInTerminal(tab, "/manual/pay.html");
  const page = await opened;
  await page.waitForURL(`${seed.url}manual/pay.html`);
  expect(await page.title()).toBe("pay: sends coins to an address · AetherChain manual");
  expect(await page.evaluate(() => window.opener)).toBeNull();
  await page.getByRole("link", { name: "Manual", exact: true }).click();
  await page.getByRole("heading", { name: "This node" }).waitFor();
  await page.getByRole("link", { name: "peers", exact: true }).click();
  await page.getByRole("heading", { name: "peers" }).waitFor();
  await page.getByRole("link", { name: "AetherChain" }).click();
  await page.waitForSelector(".xterm-helper-textarea");
  await page.close();

  const byOption = tab.page.context().waitForEvent("page");
  await tab.type("man sh --page");
  await (await byOption).waitForURL(`${seed.url}manual/sh.html`);
  await (await byOption).close();

  // A place of this page opens in it; what pretends to be another address does not even look like a link.
  await tab.command(`echo ${seed.url}#open=explorer/block/0`, /^http\S+#open=explorer\/block\/0$/m);
  await clickInTerminal(tab, "#open=explorer/block/0");
  await tab.page.getByRole("heading", { name: "Block 0" }).waitFor();
  expect(
    tab.page
      .context()
      .pages()
      .filter((one) => one.url().startsWith(seed.url)),
  ).toHaveLength(1);
  expect(tab.errors).toEqual([]);
  await profile.close();
});

it("fits a phone on every page, and has no accessibility violations in light and dark", async () => {
  const profile = await openProfile({ viewport: phone, touch: true });
  const { page } = await profile.open(`${seed.url}manual/index.html`);
  const paths = await page.evaluate(() =>
    [...document.querySelectorAll("main a")].map((link) => (link as HTMLAnchorElement).pathname),
  );
  expect(paths.length).toBeGreaterThan(50);
  for (const path of ["/manual/index.html", ...paths]) {
    const colorScheme = path.length % 2 === 0 ? "light" : "dark";
    await page.emulateMedia({ colorScheme });
    const answer = await page.goto(new URL(path, seed.url).href);
    expect(answer?.headers()["content-security-policy"], path).toContain("script-src 'self'");
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(phone.width);
    expect(await violations(page), `${path}, ${colorScheme}`).toEqual([]);
  }
  await profile.close();
});

it("is there without a network", async () => {
  const own = await startSeed({ flags: noBlocks });
  const profile = await openProfile({ isKept: true });
  const { page } = await profile.open(own.url);
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === "activated") return;
    await new Promise((resolve) =>
      active?.addEventListener("statechange", () => active.state === "activated" && resolve(null)),
    );
  });
  await own.stop();
  await page.goto(`${own.url}manual/index.html`);
  await page.getByRole("link", { name: "finality", exact: true }).click();
  await page.getByRole("heading", { name: "finality", exact: true }).waitFor();
  expect(await page.evaluate(() => document.styleSheets[0]?.cssRules.length)).toBeGreaterThan(5);
  await profile.close();
});
