/**
 * The installed app, against real seeds: it starts without a network, a newer build waits until the person agrees while
 * tabs keep their own, an older one is refused, programs run offline, and what a link or a file brings stands at the prompt
 * without being run.
 */
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { AppState } from "../src/sdk/installed-app.ts";
import { contentSecurityPolicy } from "../src/seed/security-headers.ts";
import { loadStaticFiles } from "../src/seed/static-files.ts";
import { violations } from "./accessibility.ts";
import {
  atEnd,
  endAll,
  freePort,
  noBlocks,
  openProfile,
  type Profile,
  phone,
  type Seed,
  startSeed,
  type Tab,
} from "./harness.ts";
import { ownBuild, seedOfBuild } from "./other-builds.ts";
import { spinning } from "./small-programs.ts";
import { makeIdentity, takeIn, until } from "./steps.ts";

afterEach(endAll);

const isReady = ({ offlineStart }: AppState): boolean => offlineStart === "ready";

/** Opens the app and waits until it would start without a network. */
async function openReady(profile: Profile, seed: Seed): Promise<Tab> {
  const tab = await profile.open(seed.url);
  await until<AppState>(tab, "update", isReady);
  return tab;
}

/** Serves the app's files as a host does that knows their types and nothing else; gives its address. */
async function startPlainHost(): Promise<string> {
  const files = loadStaticFiles(fileURLToPath(new URL("../dist/app", import.meta.url)));
  const server = createServer(({ url = "/" }, response) => {
    const file = files.get(new URL(url, "http://host").pathname);
    response.writeHead(file === undefined ? 404 : 200, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.body);
  });
  atEnd(() => void server.close());
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${port}/`;
}

/** Waits until the transcript of a page that was just loaded greets. */
const greets = (tab: Tab): Promise<string> => tab.waitFor(/This tab is a node now/);

/** What the close button of the activity pane says: that chunk is loaded when the pane is opened. */
async function closeButton(tab: Tab): Promise<string> {
  await tab.page.getByRole("button", { name: "Activity" }).click();
  return tab.page
    .getByRole("region", { name: "Activity" })
    .getByRole("button", { name: /^Close/ })
    .innerText();
}

describe("without a network", () => {
  it("starts, keeps its policy, and knows the keys and coins it had", async () => {
    const seed = await startSeed({ flags: noBlocks });
    const profile = await openProfile({ isKept: true });
    const tab = await openReady(profile, seed);
    const { did } = await makeIdentity(tab);
    await seed.stop("SIGKILL");
    await profile.context.setOffline(true);
    const headers = (await tab.page.reload())?.headers() ?? {};
    await greets(tab);
    await tab.command("help", /Tab completes/);
    await tab.command("balance", /0 AETH|unlock|coins/i);
    await tab.command("id show", new RegExp(did));
    expect(headers["content-security-policy"]).toBe(contentSecurityPolicy);
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    // A tab that was never open in this life of the browser starts, too.
    const second = await profile.open(seed.url);
    await greets(second);
    expect(second.errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(error))).toEqual([]);
  });
});

/** Runs programs; gives what each printed, up to a mark that no program prints. */
async function runPrograms(tab: Tab): Promise<string[]> {
  const outputs: string[] = [];
  const lines = ["primes 1 30 | sort -r", "echo one two three | wc", "echo hello | sha256"];
  for (const [i, line] of lines.entries())
    outputs.push(await tab.command(`${line}; echo end-${i}`, new RegExp(`^end-${i}$`, "m")));
  return outputs;
}

/** What the frame of programs may do and see. */
async function askFrame(tab: Tab): Promise<unknown> {
  const frame = tab.page.frames().find((one) => one.url().includes("/veil.html"));
  return frame?.evaluate(() => {
    const canRead = (): boolean => {
      try {
        return parent.document !== null;
      } catch {
        return false;
      }
    };
    return { origin, canRead: canRead(), fetch: typeof fetch };
  });
}
const shutIn = { origin: "null", canRead: false, fetch: "undefined" };

describe("programs", () => {
  it("run without a network and a server as they did with them, in an opaque origin", async () => {
    const seed = await startSeed({ flags: noBlocks });
    const profile = await openProfile({ isKept: true });
    const tab = await openReady(profile, seed);
    await tab.page.reload();
    await greets(tab);
    const before = await runPrograms(tab);
    expect(before[2]).toMatch(/5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03/);
    await seed.stop("SIGKILL");
    await profile.context.setOffline(true);
    await tab.page.reload();
    await greets(tab);
    expect(await runPrograms(tab)).toEqual(before);
    expect(await askFrame(tab)).toEqual(shutIn);
  });

  it("run on a host that sends no security headers, before and after the service worker answers", async () => {
    const url = await startPlainHost();
    const profile = await openProfile({ isKept: true });
    const tab = await profile.open(url);
    // What is compared is what programs print, not what comes in between.
    await greets(tab);
    const before = await runPrograms(tab);
    expect(await askFrame(tab)).toEqual(shutIn);
    await until<AppState>(tab, "update", isReady);
    const headers = (await tab.page.reload())?.headers() ?? {};
    await greets(tab);
    expect(headers["content-security-policy"]).toBeUndefined();
    expect(await runPrograms(tab)).toEqual(before);
    expect(await askFrame(tab)).toEqual(shutIn);
  });
});

describe("a newer build", () => {
  it("waits while tabs keep their own, takes over when agreed to, and is never undone", async () => {
    const own = ownBuild();
    const [newer, older] = [own + 1_000, own - 1_000];
    const newerScript = await seedOfBuild(newer, "Close the newer");
    const olderScript = await seedOfBuild(older, "Close the older");
    const first = await startSeed({ flags: noBlocks });
    const { port, dataDirectory } = first;
    const profile = await openProfile({ isKept: true });
    const tab = await openReady(profile, first);
    const other = await profile.open(first.url);
    await greets(other);
    await first.stop("SIGKILL");

    const second = await startSeed({ port, dataDirectory, script: newerScript, flags: noBlocks });
    // A third tab: the browser asks for a newer worker at each navigation. It is of the old build all the same.
    const third = await profile.open(second.url);
    const seen = await until<AppState>(third, "update", ({ waiting }) => waiting !== null);
    expect(seen).toMatchObject({ build: own, waiting: newer, elsewhere: null, refused: null });
    await other.page.getByText(/A newer build of this app/).waitFor();
    expect(await violations(third.page)).toEqual([]);
    expect(await closeButton(third)).toBe("Close");

    await takeIn(tab, spinning, "spin.wasm");
    await tab.command("run --fuel 9000G spin.wasm &", /\[1\] runs behind the prompt/);
    await tab.page.getByRole("button", { name: "Update" }).click();
    await tab.waitFor(/The line that runs behind the prompt would end\. Switch now\?/);
    await tab.picture("update-while-a-job-runs");
    await tab.command("n", /Not switched\. It waits/);
    await tab.command("ps", /^\[1\] .*spin\.wasm$/m);
    await tab.page.getByRole("button", { name: "Update" }).click();
    await tab.waitFor(
      /The line that runs behind the prompt would end[\s\S]*The line that runs behind the prompt would end/,
    );
    await tab.type("y");
    await tab.page.waitForFunction(
      (number) => document.querySelector<HTMLMetaElement>('meta[name="aether-build"]')?.content === String(number),
      newer,
    );
    await greets(tab);
    expect(await closeButton(tab)).toBe("Close the newer");
    // The node is with a tab of the older build now: the two do not talk past each other.
    await tab.command("status", /Another tab has the node and runs an older build/);
    // The other tab goes on with its own files, which the seed does not have any more.
    await other.page.getByText(/Another tab has switched/).waitFor();
    expect(await closeButton(other)).toBe("Close");
    await other.command("help", /Tab completes/);
    await other.page.getByRole("button", { name: "Update" }).click();
    await other.page.waitForFunction(
      (number) => document.querySelector<HTMLMetaElement>('meta[name="aether-build"]')?.content === String(number),
      newer,
    );
    await third.page.close();
    // Another tab leads only when the browser has given up the closed one's locks: asked before, it says so and no more.
    await expect.poll(() => tab.command("status", /[Hh]eight|older build/)).toMatch(/[Hh]eight/);
    // At once, while a page is being loaded: a server that fails.
    await second.stop("SIGKILL");

    await startSeed({ port, dataDirectory, script: olderScript, flags: noBlocks });
    await tab.page.reload();
    await greets(tab);
    // The worker tells of what it refused at once; the page asks about itself only when it is at rest.
    const refused = await until<AppState>(
      tab,
      "update",
      (state) => state.refused !== null && state.offlineStart === "ready",
    );
    expect(refused).toMatchObject({ build: newer, waiting: null, refused: older });
    await tab.page.getByText(/The server offers an older build/).waitFor();
    expect(await tab.command("doctor", /offline start/)).toMatch(/the server offers an older one/);
    // Two builds of the whole app are part of it.
  });

  it("asks on a phone as well before it ends a job, and takes over when agreed to", async () => {
    const newer = ownBuild() + 2_000;
    const newerScript = await seedOfBuild(newer, "Close the newer");
    const first = await startSeed({ flags: noBlocks });
    const { port, dataDirectory } = first;
    const profile = await openProfile({ isKept: true, viewport: phone, touch: true });
    const tab = await openReady(profile, first);
    await first.stop("SIGKILL");
    await startSeed({ port, dataDirectory, script: newerScript, flags: noBlocks });
    await until<AppState>(tab, "update", ({ waiting }) => waiting === newer);
    await takeIn(tab, spinning, "spin.wasm");
    await tab.command("run --fuel 9000G spin.wasm &", /\[1\] runs behind the prompt/);
    await tab.page.getByRole("button", { name: "Update" }).click();
    await tab.waitFor(/The line that runs behind the prompt would end\. Switch now\?/);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("update-while-a-job-runs-phone");
    await tab.command("n", /Not switched\. It waits/);
    await tab.command("ps", /^\[1\] .*spin\.wasm$/m);
    await tab.command("update", /would end\. Switch now\?/);
    await tab.type("y");
    await tab.page.waitForFunction(
      (number) => document.querySelector<HTMLMetaElement>('meta[name="aether-build"]')?.content === String(number),
      newer,
    );
    await greets(tab);
  });
});

describe("without service workers", () => {
  it("works as ever, and doctor says what is missing", async () => {
    const seed = await startSeed({ flags: noBlocks });
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    await until<AppState>(tab, "update", ({ offlineStart }) => offlineStart === "unavailable");
    await tab.command("doctor", /needs the network to start: no service worker here/);
    expect(tab.errors).toEqual([]);
  });
});

describe("what a link brings", () => {
  it.each([
    ["#line=pay%20did:key:zAlice%205", "pay did:key:zAlice 5", /opened with the line below\. Nothing has run/],
    ["?text=x%27%3B%20id%20new%0Aid%20new%0D", "'x'\\''; id new id new'", /one quoted word\. Nothing has run/],
    ["#link=web%2Baether%3Afile%3Fx%3D1", "'web+aether:file?x=1'", /one quoted word\. Nothing has run/],
  ])("is explained, stands at the prompt and does not run: %s", async (address, typed, explained) => {
    const seed = await startSeed({ flags: noBlocks });
    const profile = await openProfile();
    const tab = await profile.open(`${seed.url}${address}`);
    await tab.page.waitForFunction(
      (line) =>
        [...document.querySelectorAll(".xterm-rows > div")].some((row) => row.textContent?.trimEnd() === `› ${line}`),
      typed,
    );
    expect(await tab.transcript()).not.toMatch(/›/);
    expect(await tab.transcript()).toMatch(explained);
    expect(tab.page.url()).toBe(seed.url);
  });
});

describe("a file that the system opens", () => {
  it("is kept and told, its command waits at the prompt, and nothing has run", async () => {
    const seed = await startSeed({ flags: noBlocks });
    const profile = await openProfile({ isKept: true });
    // No browser under test is started by a system; the handle is a real one, of the page's own file system.
    const guests = readdirSync(new URL("../dist/app/guests", import.meta.url));
    const program = guests.find((name) => /^primes\..*wasm$/.test(name));
    await profile.context.addInitScript((path) => {
      const open = async (consumer: (launch: object) => void): Promise<void> => {
        const folder = await navigator.storage.getDirectory();
        const handle = await folder.getFileHandle("hello.wasm", { create: true });
        const writing = await handle.createWritable();
        await writing.write(await (await fetch(path)).arrayBuffer());
        await writing.close();
        consumer({ files: [handle] });
      };
      Object.defineProperty(window, "launchQueue", {
        value: { setConsumer: (consumer: never) => void open(consumer) },
      });
    }, `/guests/${program}`);
    const tab = await profile.open(seed.url);
    const told = await tab.waitFor(/hello\.wasm is among your files now.*nothing has run.*It is a program/);
    expect(told).not.toMatch(/›/);
    await tab.page.waitForFunction(() =>
      [...document.querySelectorAll(".xterm-rows > div")].some(
        (row) => row.textContent?.trimEnd() === "› run hello.wasm",
      ),
    );
    // The person goes on typing and presses Enter.
    await tab.command(" 1 30", /^29$/m);
  });
});

describe("the manifest", () => {
  it("is what browsers ask for: Chromium finds nothing that keeps it from being installed", async () => {
    const seed = await startSeed({ flags: noBlocks });
    const profile = await openProfile({ isKept: true });
    const tab = await openReady(profile, seed);
    const session = await profile.context.newCDPSession(tab.page);
    const { errors, url } = await session.send("Page.getAppManifest");
    expect([errors, url]).toEqual([[], `${seed.url}app.webmanifest`]);
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    // Playwright's profiles are private windows, which install nothing.
    expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);
    const pictures = await tab.page.evaluate(async () => {
      const manifest = await (await fetch("/app.webmanifest")).json();
      const sizeOf = async ({ src }: { src: string }) => {
        const bitmap = await createImageBitmap(await (await fetch(src)).blob());
        return `${bitmap.width}x${bitmap.height}`;
      };
      const listed = [...manifest.icons, ...manifest.screenshots].filter(({ type }) => type === "image/png");
      return Promise.all(listed.map(async (one) => [one.src, one.sizes, await sizeOf(one)]));
    });
    for (const [src, said, real] of pictures) expect(`${src} ${real}`).toBe(`${src} ${said}`);
    expect(pictures.length).toBeGreaterThanOrEqual(5);
  });
});
