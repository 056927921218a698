/**
 * The vault in a real browser: Argon2id, IndexedDB and the worker as they ship, and a browser killed in the middle.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { endAll, openProfile, type Profile, type Seed, startSeed, type Tab } from "./harness.ts";

const first = "correct horse battery";
const second = "staple of the day";
const phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed();
});
afterAll(endAll);

/** Types the restore dialogue up to its last line; returns the address if it is waited for. */
async function restore(tab: Tab, passphrase: string): Promise<string> {
  await tab.command("id restore", /Your recovery words:/);
  await tab.command(phrase, /Passphrase \(at least/);
  await tab.command(passphrase, /Again:/);
  return /did:key:\w+/.exec(await tab.command(passphrase, /Restored: did:key:\w+|refused|already/))?.[0] ?? "";
}

async function unlock(tab: Tab, passphrase: string, expected: RegExp): Promise<void> {
  await tab.command("id unlock", /Passphrase to unlock/);
  await tab.command(passphrase, expected);
}

async function reopened(profile: Profile): Promise<{ profile: Profile; tab: Tab }> {
  await profile.kill();
  const again = await openProfile({ folder: profile.folder });
  return { profile: again, tab: await again.open(seed.url) };
}

it("keeps an identity and its changed passphrase through kills of the browser", async () => {
  let profile = await openProfile();
  let tab = await profile.open(seed.url);
  const did = await restore(tab, first);
  expect(did).toMatch(/^did:key:zQ3s/);
  ({ profile, tab } = await reopened(profile));
  expect(await tab.json<{ did: string }>("id show")).toMatchObject({ did, unlocked: false });

  await tab.command("id passphrase", /Passphrase now:/);
  await tab.command(first, /Passphrase \(at least/);
  await tab.command(second, /Again:/);
  await tab.command(second, /under the new passphrase now/);
  ({ profile, tab } = await reopened(profile));
  await unlock(tab, first, /not the passphrase/);
  await tab.command(second, /unlocked, recovery words/);

  // Killed in the middle of a change: one of the two passphrases opens it, and the address is the same.
  await tab.command("id passphrase", /Passphrase now:/);
  await tab.command(second, /Passphrase \(at least/);
  await tab.command(first, /Again:/);
  await tab.type(first);
  ({ profile, tab } = await reopened(profile));
  await tab.command("id unlock", /Passphrase to unlock/);
  const answer = await tab.command(second, /unlocked, recovery words|not the passphrase/);
  if (/not the passphrase/.test(answer)) await tab.command(first, /unlocked, recovery words/);
  expect(await tab.json<{ did: string }>("id show")).toMatchObject({ did, unlocked: true });
});

it("says clearly that a passphrase is wrong, five times, slows down, and loses nothing", async () => {
  const profile = await openProfile();
  const tab = await profile.open(seed.url);
  const did = await restore(tab, first);
  await tab.command("id lock", /^locked/m);
  await tab.command("id unlock", /Passphrase to unlock/);
  await tab.command("wrong horse 1", /not the passphrase\. Nothing was changed/);
  await tab.command("wrong horse 2", /not the passphrase\. Nothing was changed/);
  await tab.command("wrong horse 3", /wrong 3 times in a row[\s\S]*1 s longer[\s\S]*stay locked/);
  await tab.command("id unlock", /Passphrase to unlock/);
  await tab.command("wrong horse 4", /wrong 4 times in a row[\s\S]*nothing is lost[\s\S]*2 s longer/);
  await tab.command("wrong horse 5", /wrong 5 times in a row[\s\S]*4 s longer/);
  await tab.command(first, /unlocked, recovery words/);
  expect(await tab.json<{ did: string }>("id show")).toMatchObject({ did, unlocked: true });
  // Forgotten after all: the words set a new one for the same keys.
  await tab.command("id lock", /^locked/m);
  expect(await restore(tab, second)).toBe(did);
  await tab.command("id lock", /^locked/m);
  await unlock(tab, second, /unlocked, recovery words/);
  await profile.close();
});

it("is none or whole when the browser is killed while it is made", async () => {
  for (const delayMs of [0, 150, 500]) {
    let profile = await openProfile();
    let tab = await profile.open(seed.url);
    await tab.command("id restore", /Your recovery words:/);
    await tab.command(phrase, /Passphrase \(at least/);
    await tab.command(first, /Again:/);
    await tab.type(first);
    // Not synchronisation: it places the kill at different points of the derivation and the write.
    await tab.page.waitForTimeout(delayMs);
    ({ profile, tab } = await reopened(profile));
    const { exists } = await tab.json<{ exists: boolean }>("id show");
    if (exists) await unlock(tab, first, /unlocked, recovery words/);
    else expect(await restore(tab, first)).toMatch(/^did:key:zQ3s/);
    await profile.close();
  }
});
