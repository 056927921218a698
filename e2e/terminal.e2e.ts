/**
 * The shell's language, typed key by key into a real terminal: lines over several rows, completion, variables and files,
 * scripts, lines that go behind the prompt and come back.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textModule } from "../src/testing/veil/text-module.ts";
import { violations } from "./accessibility.ts";
import { desktop, endAll, noBlocks, openProfile, type Profile, phone, startSeed, type Tab } from "./harness.ts";
import { takeIn } from "./steps.ts";

let profile: Profile;
let tab: Tab;
beforeAll(async () => {
  const seed = await startSeed({ flags: noBlocks });
  profile = await openProfile();
  tab = await profile.open(seed.url);
  await tab.waitFor(/This tab is a node/);
});
afterAll(endAll);

/** Spins until it is stopped. */
const spinning = textModule(
  `(module (memory (export "memory") 1) (func (export "run") (result i32) (loop (br 0)) (i32.const 0)))`,
);

/** Waits until the last rows of the terminal are these. It draws them a frame later than it was told. */
async function shows(...rows: readonly string[]): Promise<void> {
  const last = (count: number): string[] =>
    [...document.querySelectorAll<HTMLElement>(".xterm-rows > div")]
      .map((row) => (row.textContent ?? "").replaceAll("\u00a0", " ").trimEnd())
      .filter((row) => row !== "")
      .slice(-count);
  await expect.poll(() => tab.page.evaluate(last, rows.length)).toEqual(rows);
}

/** Puts a text where Ctrl-V takes it from. */
const copy = (text: string): Promise<void> => tab.page.evaluate((words) => navigator.clipboard.writeText(words), text);

/** Types keys one after the other, Enter not among them. */
async function keys(...pressed: readonly string[]): Promise<void> {
  await tab.page.locator(".xterm-helper-textarea").focus();
  for (const key of pressed) {
    if (key.length > 1 && /^(Control\+|Alt\+|Arrow|Tab$|Home$|End$|Backspace$|Escape$|Shift\+)/.test(key))
      await tab.page.keyboard.press(key);
    else await tab.page.keyboard.type(key);
  }
}

describe("the page at rest", () => {
  it("has nothing drawn again and again: not even a cursor that blinks", async () => {
    await tab.page.locator(".xterm-helper-textarea").focus();
    await expect.poll(() => tab.page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

describe("the letters", () => {
  it("lays the page out for a few letters of each weight, and for none that came before", async () => {
    await tab.page.evaluate(() => {
      const measured: string[] = [];
      Object.assign(globalThis, { measured });
      new MutationObserver((changes) => {
        for (const { target } of changes) measured.push(target.textContent?.[0] ?? "");
      }).observe(document.querySelector(".xterm-width-cache-measure-container") as Element, {
        childList: true,
        subtree: true,
      });
    });
    await tab.command("appearance --text large", /^text +large/m);
    await tab.command("man balance", /balance \[--json\]/);
    await tab.command("appearance --text normal", /^text +normal/m);
    const measured = await tab.page.evaluate(() => (globalThis as unknown as { measured: string[] }).measured);
    const ascii = measured.filter((letter) => /[ -~]/.test(letter));
    expect(ascii).toContain("W");
    expect(new Set(ascii).size, ascii.join("")).toBeLessThanOrEqual(2);
  });
});

describe("the terminal", () => {
  it("takes a quote and a pipe over several rows, and recalls them as one line", async () => {
    const from = (await tab.transcript()).length;
    await tab.type("echo 'one");
    await tab.type("two' |");
    await tab.type("  wc");
    await tab.waitFor(/^ *2 +2 +8/m, { from });
    await keys("ArrowUp");
    const again = (await tab.transcript()).length;
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^ *2 +2 +8/m, { from: again });
  });

  it("completes files that need quotes, variables, and in the middle of a line", async () => {
    await tab.command("echo of a walk > 'my notes'; friend='Ada L'; echo made", /^made$/m);
    const from = (await tab.transcript()).length;
    await keys("cat my", "Tab");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^of a walk$/m, { from });
    const next = (await tab.transcript()).length;
    // The end of the line is there first; the variable is completed before it.
    await keys("echo  !", "ArrowLeft", "ArrowLeft", "$fr", "Tab", "Backspace");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^Ada L !$/m, { from: next });
  });

  it("tells a screen reader what keys have put at the prompt, and keeps lines for the next visit of all tabs", async () => {
    const atPrompt = tab.page.locator('[data-region="prompt"]');
    const from = (await tab.transcript()).length;
    await keys("stat", "Tab");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^network +dev/m, { from });
    expect(await atPrompt.innerText()).toMatch(/^status/);
    const other = await profile.open(tab.page.url());
    await other.command("echo of another tab", /^of another tab$/m);
    await tab.page.bringToFront();
    await tab.command("echo of this tab;  echo done", /^done$/m);
    await other.page.close();
    await tab.page.reload();
    await tab.waitFor(/This tab is a node/);
    await keys("Control+r", "another");
    await tab.page.keyboard.press("Enter");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^of another tab$/m);
    await keys("ArrowUp", "ArrowUp");
    await tab.page.waitForFunction(() =>
      document.querySelector('[data-region="prompt"]')?.textContent?.includes("of this"),
    );
    await keys("Control+c");
  });

  it("puts in files and exit codes, and refuses what is not there", async () => {
    await tab.command("echo a > a.txt; echo b > b.txt; cat *.txt | wc", /^ *2 +2 +4/m);
    await tab.command("cat none; echo code $?", /^code 1$/m);
    await tab.command("echo $nobody", /There is no \$nobody.*Nothing was run/);
    await tab.command("cat *.md", /No file matches \*\.md/);
  });

  it("runs a script with its words, and none of one with a slip", async () => {
    await tab.command("echo 'echo hello $1, $# in all' > greet.sh; sh greet.sh Ada Bo", /^hello Ada, 2 in all$/m);
    await tab.command(`echo 'echo before; echo "open' > slip.sh; sh slip.sh`, /slip\.sh, line 1: A quote/);
    expect(await tab.transcript()).not.toMatch(/^before$/m);
  });

  it("sends a line behind the prompt with Ctrl-Z, lists it, brings it back, and stops it", async () => {
    await takeIn(tab, spinning, "spin.wasm");
    const from = (await tab.transcript()).length;
    await tab.type("run --fuel 9000G spin.wasm");
    await tab.page.getByRole("button", { name: "Stop what runs (Ctrl-C)" }).waitFor();
    await keys("Control+z");
    await tab.waitFor(/^\[1\] runs behind the prompt/m, { from });
    await tab.command("jobs", /^\[1\] +\d+ s +run --fuel 9000G spin\.wasm$/m);
    const back = (await tab.transcript()).length;
    await tab.type("fg 1");
    await tab.page.getByRole("button", { name: "Stop what runs (Ctrl-C)" }).waitFor();
    await tab.waitFor(/^run --fuel 9000G spin\.wasm$/m, { from: back });
    await keys("Control+c");
    await tab.waitFor(/spin\.wasm was stopped/, { from: back });
    await tab.command("jobs", /Nothing runs behind the prompt/);
    expect(tab.errors).toEqual([]);
  });

  it("pastes by Ctrl-V, runs nothing by itself, and says what a paste may do", async () => {
    await tab.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await copy("echo first\r\npay did:key:nobody 1\necho\tlast\n");
    const from = (await tab.transcript()).length;
    await keys("Control+v");
    await tab.waitFor(/These are 3 lines[\s\S]*may spend coins/, { from });
    await shows("› echo first", "… pay did:key:nobody 1", "… echo last");
    expect((await tab.transcript()).slice(from)).not.toContain("› echo first");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^first\n.*address.*\n(.*\n)*last$/m, { from });
  });

  it("copies what is selected by Ctrl-C, and stops by it what runs where nothing is", async () => {
    await tab.command("clear; echo pickme", /^pickme$/m);
    const place = tab.page.locator(".xterm-rows > div", { hasText: /^pickme/ }).last();
    const box = await place.boundingBox();
    await tab.page.mouse.dblclick((box?.x ?? 0) + 20, (box?.y ?? 0) + 8);
    await keys("Control+c");
    expect(await tab.page.evaluate(() => navigator.clipboard.readText())).toBe("pickme");
    await keys("half a line", "Control+c");
    await tab.command("echo after", /^after$/m);
    expect(await tab.transcript()).not.toContain("half a line");
  });

  it("keeps the cursor where wide letters put it", async () => {
    const from = (await tab.transcript()).length;
    await keys("echo 漢字 👩🚀 e", "ArrowLeft", "Backspace", "Backspace", "x", "Control+ArrowLeft", "y");
    await tab.page.keyboard.press("Enter");
    await tab.waitFor(/^漢字 y👩xe$/m, { from });
    await shows("› echo 漢字 y👩xe", "漢字 y👩xe", "›");
  });

  it("lets who has only a keyboard leave by Escape and Tab, and by Shift-Tab", async () => {
    const isInTerminal = (): Promise<boolean> =>
      tab.page.evaluate(() => document.activeElement?.classList.contains("xterm-helper-textarea") ?? false);
    await keys("ech", "Tab");
    await shows("› echo");
    expect(await isInTerminal()).toBe(true);
    await keys("Escape", "Tab");
    expect(await isInTerminal()).toBe(false);
    await tab.page.locator(".xterm-helper-textarea").focus();
    await keys("Shift+Tab");
    expect(await isInTerminal()).toBe(false);
    await tab.page.locator(".xterm-helper-textarea").focus();
    await keys("Control+c");
  });

  it("shows control sequences of others as what they are", async () => {
    const evil = "\x1b[2J\x1b]0;owned\x07\x9b5Aa\x1b[31mred\x1b[0m\x1b[8mhidden\u202e\n";
    await takeIn(tab, new TextEncoder().encode(evil), "evil.txt");
    const shown = "�[2J�]0;owned��5Aaredhidden�";
    const said = await tab.command("clear; cat evil.txt; sort evil.txt; run --json sort evil.txt", /"output":"/);
    expect(said.split("\n").filter((line) => line === shown)).toHaveLength(2);
    expect(said).toContain("\\u009b5Aa");
    // A script is somebody's words as well.
    await tab.command("sh evil.txt", /There is no command owned��5Aa�\[31mred/);
    expect(await tab.page.title()).not.toContain("owned");
    await tab.type("clear; cat evil.txt");
    await shows(shown, "›");
  });

  it("has on a phone the keys that its keyboard lacks", async () => {
    await expect.poll(() => tab.page.getByRole("toolbar").count()).toBe(0);
    const own = await openProfile({ viewport: phone, touch: true });
    await own.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const mobile = await own.open(tab.page.url());
    await mobile.waitFor(/This tab is a node/);
    // Broken between words: what was printed first knew the width.
    await mobile.page.locator(".xterm-rows > div", { hasText: /lists what$/ }).waitFor();
    const key = (name: string) => mobile.page.getByRole("toolbar").getByRole("button", { name });
    const box = await key("Tab: complete").boundingBox();
    expect(Math.min(box?.height ?? 0, box?.width ?? 0)).toBeGreaterThanOrEqual(44);
    expect(await mobile.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    await mobile.page.locator(".xterm-helper-textarea").focus();
    await mobile.page.keyboard.type("vers");
    await key("Tab: complete").tap();
    await mobile.page.keyboard.press("Enter");
    await mobile.waitFor(/^AetherChain \d/m);
    await mobile.page.evaluate(() => navigator.clipboard.writeText("echo pasted words"));
    await key("Paste").tap();
    await mobile.page.locator(".xterm-rows", { hasText: "› echo pasted words" }).waitFor();
    await key("Left").tap();
    await mobile.page.keyboard.type("'");
    await key("Right").tap();
    await mobile.page.keyboard.type("'");
    await mobile.page.keyboard.press("Enter");
    await mobile.waitFor(/^pasted words$/m);
    const from = (await mobile.transcript()).length;
    await key("Earlier line").tap();
    await key("Earlier line").tap();
    await mobile.page.keyboard.press("Enter");
    await mobile.waitFor(/^AetherChain \d/m, { from });
    await own.close();
  });

  it("reads well on a phone", async () => {
    await tab.page.setViewportSize(phone);
    await tab.command("man sh", /It sees your variables/);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
  });
});

describe("the search in what was shown", () => {
  it("finds words from the newest place up, at any width and by keys alone", async () => {
    await tab.page.setViewportSize(desktop);
    await tab.command(
      "said='row of words'; echo $said 1; echo $said 2; echo $said 3; echo end of them",
      /^end of them$/m,
    );
    const bar = tab.page.getByRole("search", { name: "Find in the terminal" });
    const field = bar.getByRole("textbox", { name: "Words to find" });
    const says = (what: RegExp) =>
      expect.poll(async () => (await bar.getByRole("status").innerText()).replaceAll("\n", "")).toMatch(what);
    await keys("Control+Shift+F");
    await field.fill("row of words");
    // The line that was typed names it as well.
    await says(/^1 of 4: row of words 3$/);
    // The one that is looked at has a second mark.
    const marks = tab.page.locator(".xterm-find-result-decoration");
    await expect.poll(() => marks.count()).toBe(5);
    await field.press("Enter");
    await says(/^2 of 4: row of words 2$/);
    await field.press("Shift+Enter");
    await says(/^1 of 4/);
    await tab.page.setViewportSize(phone);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("terminal-search-phone");
    await tab.page.setViewportSize(desktop);
    await tab.picture("terminal-search-desktop");
    await field.fill("words nobody wrote");
    await says(/^Not found$/);
    await field.press("Escape");
    expect([await bar.count(), await marks.count()]).toEqual([0, 0]);
    await tab.command("echo typed at the prompt", /^typed at the prompt$/m);
    expect(tab.errors).toEqual([]);
  });
});
