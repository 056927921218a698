/**
 * The first screen: strict policy, no accessibility violations, room on a phone, fast first paint, live and usable soon.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violations } from "./accessibility.ts";
import { endAll, openProfile, phone, type Seed, startSeed } from "./harness.ts";

let seed: Seed;
beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

describe("first screen", () => {
  it.each([
    ["desktop, light", { viewport: { width: 1280, height: 800 } }, "light"],
    ["desktop, dark", { viewport: { width: 1280, height: 800 } }, "dark"],
    ["phone", { viewport: phone, touch: true }, "light"],
  ] as const)("has no accessibility violations: %s", async (_name, options, colorScheme) => {
    const profile = await openProfile(options);
    const tab = await profile.open(seed.url);
    await tab.page.emulateMedia({ colorScheme });
    await tab.command("help", /all about one/);
    expect(await violations(tab.page)).toEqual([]);
    await profile.close();
  });

  it("fits 360 px without scrolling sideways, with buttons a thumb can hit", async () => {
    const profile = await openProfile({ viewport: phone });
    const tab = await profile.open(seed.url);
    const width = await tab.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(phone.width);
    await tab.page.getByRole("button", { name: "status" }).click();
    await tab.waitFor(/finality\s+(not yet|block)/);
    const box = await tab.page.getByRole("button", { name: "help" }).boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    await profile.close();
  });

  it("stands before its scripts are there, in the colours that were chosen, and nothing moves when they come", async () => {
    const profile = await openProfile();
    const first = await profile.open(seed.url);
    await first.command("appearance --theme dark", /dark/);
    const page = await profile.context.newPage();
    let letScriptsCome = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letScriptsCome = resolve;
    });
    await page.route("**/assets/*.js", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(seed.url, { waitUntil: "commit" });
    const places = () =>
      page.evaluate(() =>
        // Not the strip: it is as wide as its words.
        ["h1", ".lead", ".terminal-panel", ".chips"].map((selector) => {
          const { x, y, width, height } = document.querySelector(selector)?.getBoundingClientRect() ?? new DOMRect();
          return [selector, ...[x, y, width, height].map(Math.round)];
        }),
      );
    await page.getByRole("heading", { name: "AetherChain" }).waitFor();
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    const before = await places();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await expect.poll(() => page.getByRole("button", { disabled: false }).count()).toBe(0);
    letScriptsCome();
    await page.waitForSelector(".xterm-helper-textarea");
    expect(await places()).toEqual(before);
    await profile.close();
  });

  it("takes a line before the node has started, says what it waits for and then answers", async () => {
    const profile = await openProfile();
    let letNodeCome = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letNodeCome = resolve;
    });
    await profile.context.route("**/assets/node.worker-*.js", async (route) => {
      await held;
      await route.continue();
    });
    const tab = await profile.open(seed.url);
    await tab.command("help", /all about one/);
    await tab.type("status");
    await tab.page.waitForFunction(() =>
      document.querySelector(".xterm-rows")?.textContent?.includes("The node is still starting"),
    );
    letNodeCome();
    expect(await tab.waitFor(/height\s+\d+/)).toMatch(/network\s+dev/);
    await profile.close();
  });

  // How fast it is by the clock is `bench start`'s: a machine that gives half of itself away would fail here for nothing.
  it("is painted long before there is a prompt, and joined after it", async () => {
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    const promptMs = await tab.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const look = (): void => {
            if (document.querySelector(".xterm-helper-textarea") === null) requestAnimationFrame(look);
            else resolve(performance.now());
          };
          look();
        }),
    );
    const paintMs = await tab.page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.POSITIVE_INFINITY,
    );
    await tab.page.waitForFunction(
      () => /Peers\s*[1-9]/.test(document.querySelector("header")?.innerText ?? ""),
      null,
      { polling: 20 },
    );
    console.log(`first contentful paint ${Math.round(paintMs)} ms, prompt ${Math.round(promptMs)} ms`);
    expect(paintMs).toBeLessThan(0.8 * promptMs);
    expect(tab.errors).toEqual([]);
    await profile.close();
  });

  it("cannot be made to run foreign script", async () => {
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    const outcomes = await tab.page.evaluate(async () => {
      const tries: Record<string, () => unknown> = {
        eval: () => (window as unknown as { eval(code: string): unknown }).eval("1"),
        markup: () => {
          document.createElement("div").innerHTML = "<b>x</b>";
        },
        worker: () => new Worker("https://example.invalid/x.js"),
        inline: () => {
          const script = document.createElement("script");
          script.text = "window.injected = true";
          document.body.append(script);
          if (!(window as unknown as { injected?: boolean }).injected) throw new Error("did not run");
        },
      };
      // Chromium lets code that a debugger runs use eval; a timer's call-back is the page's own.
      await new Promise((resolve) => setTimeout(resolve, 0));
      return Object.fromEntries(
        Object.entries(tries).map(([name, attempt]) => {
          try {
            attempt();
            return [name, "ran"];
          } catch {
            return [name, "refused"];
          }
        }),
      );
    });
    expect(outcomes).toEqual({ eval: "refused", markup: "refused", worker: "refused", inline: "refused" });
    await profile.close();
  });
});
