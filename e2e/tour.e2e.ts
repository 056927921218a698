/**
 * The tour as a newcomer takes it, with the keyboard alone, on a laptop and on a phone: every step by really doing it, a
 * reload in the middle, nothing that runs by itself.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { desktop, endAll, openProfile, phone, type Seed, startSeed } from "./harness.ts";
import { passphrase, proveWords, wordsShown } from "./steps.ts";

let seed: Seed;
beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

it.each([
  ["desktop", desktop],
  ["phone", phone],
] as const)("leads a newcomer through everything: %s", async (size, viewport) => {
  const profile = await openProfile({ viewport, isKept: true });
  const tab = await profile.open(seed.url);
  await tab.waitFor(/`tour` shows you round/);
  await tab.command("tour", /Tour, 1 of 11: what there is/);
  await tab.picture(`tour-${size}-first`);
  await tab.command("help", /Done: what there is\.[\s\S]*Tour, 2 of 11: who is there/);
  await tab.command("peers", /Tour, 3 of 11: your keys/);

  // Nothing is done before it has happened: a passphrase given up makes no keys.
  await tab.command("id new", /Passphrase \(at least/);
  await tab.page.keyboard.press("Control+C");
  await tab.waitFor(/Cancelled; nothing was changed/);
  await tab.command("id new", /Passphrase \(at least/);
  await tab.command(passphrase, /Again:/);
  const words = wordsShown(await tab.command(passphrase, /Press Enter when they are on paper/));
  await tab.command("later", /Done: your keys\.[\s\S]*Tour, 4 of 11: a backup that works/);
  await tab.command("id drill", /Passphrase:/);
  const asked = await tab.command(passphrase, /Word \d+ \(or Enter/);
  await proveWords(tab, words, asked, /Done: a backup that works\.[\s\S]*Tour, 5 of 11/);

  await tab.command("tour stop", /Left\. `tour` goes on/);
  expect(await tab.command("version", /AetherChain \d/)).not.toContain("Tour,");
  await tab.command("tour", /Tour, 5 of 11: coins to try with/);
  await tab.page.reload();
  await tab.waitFor(/Tour, 5 of 11: coins to try with/);
  await tab.command("faucet 5", /Passphrase to unlock/);
  await tab.command(passphrase, /Paid\. You have 5 AETH[\s\S]*Tour, 6 of 11: a name/);

  // Tab puts in the own address, and nobody else's.
  const from = (await tab.transcript()).length;
  await tab.page.locator(".xterm-helper-textarea").focus();
  await tab.page.keyboard.type("contact add me did:");
  await tab.page.keyboard.press("Tab");
  await tab.page.keyboard.press("Enter");
  await tab.waitFor(/@me is did:key:\w+[\s\S]*Tour, 7 of 11: a payment/, { from });
  // A dry run is no payment.
  expect(await tab.command("pay @me 1 --dry-run", /nothing was signed/)).not.toContain("Done:");
  await tab.command("pay @me 1", /Sign and send\? \[y\/N\]/);
  await tab.command("y", /In block \d+[\s\S]*Done: a payment\.[\s\S]*Tour, 8 of 11: a window/);

  // A window by its button, with the keyboard, counts as well as by the command.
  const beforeWindow = (await tab.transcript()).length;
  await tab.page.getByRole("navigation").getByRole("button", { name: "Explorer", exact: true }).press("Enter");
  await tab.page.getByRole("region", { name: "Explorer", exact: true }).waitFor();
  await tab.page
    .getByRole("region", { name: "Explorer", exact: true })
    .getByRole("button", { name: "Close" })
    .press("Enter");
  await tab.waitFor(/Done: a window\.[\s\S]*Tour, 9 of 11: a file/, { from: beforeWindow });

  await tab.command("echo hello world > hello.txt", /Done: a file\.[\s\S]*Tour, 10 of 11: a program/);
  await tab.command("primes 1 100 | grep 7", /97[\s\S]*Done: a program\.[\s\S]*Tour, 11 of 11/);
  await tab.picture(`tour-${size}-last`);
  // Here `install` would wait for an answer to the browser's own question, which no test can give.
  await tab.command("tour skip", /That was the tour\./);
  expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
  expect(tab.errors).toEqual([]);
  await profile.close();
});
