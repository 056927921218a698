/**
 * What several browser tests do: make an identity by typing, take a file in, wait for a command's JSON.
 * @module
 */
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { openProfile, type Profile, type Tab, temporaryFolder } from "./harness.ts";
import { patienceMs } from "./patience.ts";

/** The passphrase of every identity in these tests. */
export const passphrase = "correct horse battery";

/** Makes an identity by typing, by a command that needs one or the one that is for it; gives address and phrase. */
export async function makeIdentity(tab: Tab, line = "id new"): Promise<{ did: string; phrase: string }> {
  await tab.command(line, /Passphrase \(at least/);
  await tab.command(passphrase, /Again:/);
  const shown = await tab.command(passphrase, /Press Enter when they are on paper/);
  const phrase = wordsShown(shown);
  const done = await proveWords(tab, phrase, await tab.command("", /Word \d+ \(or Enter/), /Your address: did:key:\w+/);
  // They are off the screen and nowhere else in the page.
  const left = await tab.transcript();
  expect(phrase.split(" ").filter((word, i) => new RegExp(`\\b${i + 1} ${word}\\b`).test(left))).toEqual([]);
  // Nor are those that were typed back, on the screen or for a screen reader.
  expect(left).not.toMatch(/Word \d+ \(or/);
  const noQuestion = () => !/Word.\d+.\(or/.test(document.querySelector<HTMLElement>(".xterm-rows")?.innerText ?? "");
  await tab.page.waitForFunction(noQuestion);
  return { did: /did:key:\w+/.exec(done)?.[0] as string, phrase };
}

/** Opens the vault by typing; `typed` is another passphrase than these tests', `expected` another answer than that it is open. */
export async function unlock(tab: Tab, typed = passphrase, expected = /unlocked, backup/): Promise<void> {
  await tab.command("id unlock", /Passphrase to unlock/);
  await tab.command(typed, expected);
}

/** Kills a profile's browser and opens the profile and its page again, as after a crash. */
export async function reopened(profile: Profile, url: string): Promise<{ profile: Profile; tab: Tab }> {
  await profile.kill();
  const again = await openProfile({ folder: profile.folder });
  return { profile: again, tab: await again.open(url) };
}

/** The phrase in what the shell has shown. */
export function wordsShown(shown: string): string {
  const words = [...shown.matchAll(/\b(\d{1,2}) ([a-z]+)\s/g)]
    .sort((x, y) => Number(x[1]) - Number(y[1]))
    .map((match) => match[2] as string);
  expect(words).toHaveLength(12);
  return words.join(" ");
}

/** Types back the words that are asked for, from the first question on. */
export async function proveWords(tab: Tab, phrase: string, asked: string, proved: RegExp): Promise<string> {
  const words = phrase.split(" ");
  let question = asked;
  for (const next of [/Word \d+ \(or Enter/, /Word \d+ \(or Enter/, proved]) {
    question = await tab.command(words[Number(/Word (\d+)/.exec(question)?.[1]) - 1] as string, next);
  }
  return question;
}

/** Takes a file of the device in, as a person does. */
export async function takeIn(tab: Tab, bytes: Uint8Array, path: string): Promise<void> {
  const chooser = tab.page.waitForEvent("filechooser");
  await tab.type(`cat - > ${path}`);
  // From disk: what Playwright hands over itself has 50 MB at most.
  const file = join(temporaryFolder(), basename(path));
  writeFileSync(file, bytes);
  await (await chooser).setFiles(file);
  await tab.command("ls", new RegExp(`^${path.replace(".", "\\.")} `, "m"));
}

/** Waits until a command's JSON satisfies a condition. Asks ever less often: each question costs the page a moment, too. */
export async function until<T>(tab: Tab, line: string, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let pauseMs = 100; ; pauseMs = Math.min(1.5 * pauseMs, 1_000)) {
    const value = await tab.json<T>(line);
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`${line} never satisfied: ${JSON.stringify(value)}`);
    await tab.page.waitForTimeout(pauseMs);
  }
}

/** Waits until the seed knows that this tab receives here. */
export async function isKnown(tab: Tab): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const said = await tab.command("inbox", /No messages|ago/);
    if (!said.includes("No node that keeps messages")) return;
    await tab.page.waitForTimeout(100);
  }
  throw new Error("no node that keeps messages was ever connected");
}

/** Makes a second device of an identity by an invitation's link: the people at both say that the words are the same. */
export async function pairWith(
  first: Tab,
  second: Tab,
  { name, passphrase: own }: { readonly name: string; readonly passphrase: string },
): Promise<void> {
  const same = /Are they the same on both\? \[y\/N\]/;
  const said = await first.command("pair --name laptop", /Ctrl-C ends it/);
  const link = /http\S+#pair=\S+/.exec(said)?.[0];
  const compared = first.waitFor(same, { from: (await first.transcript()).length });
  await second.command(`pair join ${link} --name ${name}`, same);
  await compared;
  await second.command("y", /Passphrase \(at least/);
  await second.command(own, /Again:/);
  await second.type(own);
  await first.command("y", /Passphrase, to hand your keys over/);
  await first.command(passphrase, /Paired: \w+ has your identity now/);
  await second.waitFor(/Paired: your identity is on this device/);
}
