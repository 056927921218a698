/**
 * Files for everybody: published by one tab, read under `/ipfs/` by another browser, from the seed without the app and from a
 * tab through its service worker without the seed. What is in them runs nowhere.
 */
import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import type { AppState } from "../src/sdk/installed-app.ts";
import { endAll, noBlocks, openProfile, type Profile, startSeed, type Tab } from "./harness.ts";
import { takeIn, until } from "./steps.ts";

afterEach(endAll);

interface Peer {
  readonly seed: boolean;
  readonly direct: boolean;
}

const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** A page that would tell, by its title, that something of it ran. */
const page = Buffer.from(`<!doctype html><title>as it was</title><p id="words">Hello everybody</p>
<img id="own" src="dot.png" onload="document.title='ran'"><script>document.title = "ran"</script>
<a id="link" href="javascript:document.title='ran'">link</a><script src="/look.js"></script>`);

/** Publishes a folder with that page; gives its path. */
async function publishSite(tab: Tab): Promise<string> {
  await takeIn(tab, page, "site/index.html");
  await takeIn(tab, picture, "site/dot.png");
  const { link } = await tab.json<{ link: string }>("publish site/* --yes");
  return new URL(link).pathname;
}

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly isFromWorker: boolean;
  readonly shown: Page;
}

async function look(profile: Profile, url: string): Promise<Seen> {
  const shown = await profile.context.newPage();
  const response = await shown.goto(url);
  return {
    status: response?.status() ?? 0,
    headers: response?.headers() ?? {},
    isFromWorker: response?.fromServiceWorker() ?? false,
    shown,
  };
}

async function expectHarmless({ headers, shown }: Seen): Promise<void> {
  expect(headers["content-security-policy"]).toMatch(/^sandbox allow-downloads; default-src 'none'/);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(await shown.locator("#words").innerText()).toBe("Hello everybody");
  await shown.locator("#link").click();
  expect(await shown.title()).toBe("as it was");
  expect(await shown.evaluate(() => self.origin)).toBe("null");
}

describe("a published page", () => {
  it("is read at the seed by who does not run the app, when its owner has gone; nothing of it runs", async () => {
    const seed = await startSeed({ flags: [...noBlocks] });
    const owner = await openProfile();
    const tab = await owner.open(seed.url);
    const path = await publishSite(tab);
    const large = randomBytes(2_500_000);
    await takeIn(tab, large, "large.bin");
    const { link } = await tab.json<{ link: string }>("publish large.bin --yes");
    await owner.close();
    const fetched = await fetch(link);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(large)).toBe(true);
    const reader = await openProfile();
    const seen = await look(reader, new URL(path, seed.url).href);
    expect(seen).toMatchObject({ status: 200, isFromWorker: false });
    await expectHarmless(seen);
    // Pictures beside it are shown.
    await seen.shown.waitForFunction(() => document.querySelector<HTMLImageElement>("#own")?.naturalWidth === 1);
    const lost = await look(reader, new URL(`${path}none.txt`, seed.url).href);
    expect([lost.status, await lost.shown.locator("body").innerText()]).toEqual([
      404,
      expect.stringMatching(/^There is no "none\.txt" in that folder\./),
    ]);
  });

  it("is fetched from the seed by the service worker when no tab is open, under the same policy", async () => {
    const seed = await startSeed({ flags: [...noBlocks] });
    const reader = await openProfile({ isKept: true });
    const tab = await reader.open(seed.url);
    await until<AppState>(tab, "update", ({ offlineStart }) => offlineStart === "ready");
    const path = await publishSite(tab);
    await tab.page.close();
    const seen = await look(reader, new URL(path, seed.url).href);
    expect(seen).toMatchObject({ status: 200, isFromWorker: true });
    await expectHarmless(seen);
    await seen.shown.waitForFunction(() => document.querySelector<HTMLImageElement>("#own")?.naturalWidth === 1);
    // What leads to a folder is followed, and what leads nowhere is no page of the app.
    const moved = await look(reader, new URL(path.slice(0, -1), seed.url).href);
    expect([moved.status, moved.shown.url()]).toEqual([200, new URL(path, seed.url).href]);
    expect((await look(reader, new URL("/ipfs/nonsense", seed.url).href)).status).toBe(400);
  });

  it("is read through the service worker out of an open tab's node, without the seed; nothing of it runs", async () => {
    const seed = await startSeed({ flags: [...noBlocks, "--keep", "0"] });
    const owner = await openProfile();
    const ownersTab = await owner.open(seed.url);
    const path = await publishSite(ownersTab);
    const reader = await openProfile({ isKept: true });
    const tab = await reader.open(seed.url);
    await until<AppState>(tab, "update", ({ offlineStart }) => offlineStart === "ready");
    await until<Peer[]>(tab, "peers", (peers) => peers.some((peer) => peer.direct && !peer.seed));
    await seed.stop("SIGKILL");
    const seen = await look(reader, new URL(path, seed.url).href);
    expect(seen).toMatchObject({ status: 200, isFromWorker: true });
    await expectHarmless(seen);
    const part = await tab.page.evaluate(async (url) => {
      const answer = await fetch(url, { headers: { range: "bytes=1-3" } });
      return { status: answer.status, text: await answer.text(), type: answer.headers.get("content-type") };
    }, `${path}dot.png`);
    expect(part).toEqual({ status: 206, text: "PNG", type: "image/png" });
    expect(tab.errors.filter((error) => !/ERR_|WebSocket/.test(error))).toEqual([]);
    await seen.shown.close();
    // Without a tab nobody is left who could answer, and that is said.
    await tab.page.close();
    const none = await look(reader, new URL(path, seed.url).href);
    expect([none.status, await none.shown.locator("body").innerText()]).toEqual([
      503,
      expect.stringMatching(/^No tab of the app is open here/),
    ]);
  });
});
