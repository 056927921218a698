/**
 * The terminal under load and under a thumb: long outputs never hold up the page, and a phone can stop what runs.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textModule } from "../src/testing/veil/text-module.ts";
import { endAll, noBlocks, openProfile, phone, type Seed, startSeed, type Tab } from "./harness.ts";
import { taskTimes } from "./main-thread.ts";
import { passphrase, takeIn } from "./steps.ts";

/** A page that is kept for longer than this is felt to be stuck; of processor time, see {@link taskTimes}. */
const longestTaskMs = 200;

let seed: Seed;
beforeAll(async () => {
  seed = await startSeed({ flags: noBlocks });
});
afterAll(endAll);

const spinning = textModule(
  `(module (memory (export "memory") 1) (func (export "run") (result i32) (loop (br 0)) (i32.const 0)))`,
);

/** Writes 16 MiB, less a page, of one letter without a line end. */
const writing = textModule(`(module
  (import "aether:os/output@0.1.0" "write" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "run") (result i32) (local $i i32)
    (memory.fill (i32.const 0) (i32.const 97) (i32.const 65536))
    (loop (call $write (i32.const 0) (i32.const 65536))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 255)))) (i32.const 0)))`);

/** Runs a line and says `end` behind it, and gives what the page's longest task took from its Enter on. */
async function longestTask(tab: Tab, line: string, end: string): Promise<number> {
  const tasks = await taskTimes(tab.page, async () => {
    await tab.type(`${line}; echo '${end}'`);
    // Only the last line: looking at all of them would be a long task itself.
    await tab.page.waitForFunction(
      (words) => document.querySelector('[data-region="transcript"]')?.lastElementChild?.textContent === words,
      end,
      { polling: 50 },
    );
  });
  const longest = Math.max(...tasks);
  console.log(`${line}: longest task ${Math.round(longest)} ms, ${tasks.filter((ms) => ms > 50).length} over 50 ms`);
  return longest;
}

describe("what is long", () => {
  let tab: Tab;
  /** What a frame costs on this machine that is full of signs which are drawn one by one, however little is behind it. */
  let screenMs = 0;
  beforeAll(async () => {
    tab = await (await openProfile()).open(seed.url);
    await tab.waitFor(/This tab is a node/);
    const encoder = new TextEncoder();
    const words = "the quick brown fox jumps over the lazy dog";
    const lines = Array.from({ length: 5_000 }, (_, i) => `${i} ${words}\t\x1b[31m${i % 7}\x1b[0m`);
    await takeIn(tab, encoder.encode(`${lines.join("\n")}\n`), "lines.txt");
    await takeIn(tab, encoder.encode("😀\t\x07é".repeat(1_000)), "screen.txt");
    await takeIn(tab, encoder.encode("😀\t\x07é".repeat(2_000_000)), "wild.txt");
    screenMs = await longestTask(tab, "cat screen.txt", "end of a screen");
    await takeIn(tab, writing, "writing.wasm");
  });

  it.each([
    ["5 000 lines at once", "cat lines.txt", ""],
    ["5 000 lines of a program", "sort lines.txt", ""],
    ["16 MiB in one line", "cat wild.txt", "was cut"],
    ["16 MiB of a program", "run writing.wasm", "was cut"],
    ["16 MiB as JSON on the screen", "run --json writing.wasm", "was cut"],
    ["16 MiB as JSON in a file", "run --json writing.wasm > out.json", ""],
  ])("never holds up the page: %s", async (name, line, said) => {
    const end = `end of ${name}`;
    expect(await longestTask(tab, line, end)).toBeLessThan(Math.max(longestTaskMs, 2 * screenMs));
    expect((await tab.transcript()).split("\n").slice(-3).join("\n")).toMatch(new RegExp(`${said}.*\n${end}`));
  });

  it("is whole where it was kept, and the prompt answers", async () => {
    await tab.type("ls; cat lines.txt | wc");
    await tab.waitFor(/^out\.json +15\.9 MiB[\s\S]*^ *5000 +\d+/m);
    expect(tab.errors).toEqual([]);
  });
});

describe("on a phone", () => {
  it("a thumb stops what runs, and what asks", async () => {
    const profile = await openProfile({ viewport: phone, touch: true });
    const tab = await profile.open(seed.url);
    await tab.waitFor(/This tab is a node/);
    await takeIn(tab, spinning, "spin.wasm");
    const stop = tab.page.getByRole("button", { name: "Stop what runs (Ctrl-C)" });
    await expect.poll(() => stop.count()).toBe(0);
    const from = (await tab.transcript()).length;
    await tab.type("run --fuel 9000G spin.wasm");
    await stop.waitFor();
    const box = await stop.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(phone.width);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    await tab.page.screenshot({ path: `${profile.folder}/stop.png` });
    await stop.tap();
    await tab.waitFor(/spin\.wasm was stopped/, { from });
    await stop.waitFor({ state: "detached" });
    // The keyboard of the phone stays as it was.
    expect(await tab.page.evaluate(() => document.activeElement?.className)).toContain("xterm-helper-textarea");
    await tab.command("id new", /Passphrase \(at least/);
    await stop.tap();
    await tab.command("echo still here", /^still here$/m);
    expect(await tab.transcript()).not.toContain(passphrase);
    await profile.close();
  });

  it("the keyboard reaches it too, and comes back to the terminal", async () => {
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    await tab.waitFor(/This tab is a node/);
    await takeIn(tab, spinning, "spin.wasm");
    const from = (await tab.transcript()).length;
    await tab.type("run --fuel 9000G spin.wasm");
    await tab.page.getByRole("button", { name: "Stop what runs (Ctrl-C)" }).waitFor();
    await tab.page.keyboard.press("Tab");
    expect(await tab.page.evaluate(() => document.activeElement?.textContent)).toBe("Stop");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/spin\.wasm was stopped/, { from });
    await tab.page.keyboard.type("echo typed on");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^typed on$/m, { from });
    await profile.close();
  });
});
