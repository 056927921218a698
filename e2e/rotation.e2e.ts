/**
 * Keys replaced in real browsers through a real seed: what the old address holds and is still paid, a browser killed in the
 * middle, what the old words are worth elsewhere, and what the new ones bring back.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { endAll, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, passphrase, proveWords, reopened, until, wordsShown } from "./steps.ts";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true, flags: ["--lend", "0"] });
});
afterAll(endAll);

interface Balance {
  readonly availableNano: string;
}

async function restore(tab: Tab, phrase: string, expected: RegExp): Promise<string> {
  await tab.command("id restore", /Your recovery words:/);
  await tab.command(phrase, /Passphrase \(at least/);
  await tab.command(passphrase, /Again:/);
  return tab.command(passphrase, expected);
}

it("leaves what the old address has and gets to the new keys, through a kill, and nothing to the old words", async () => {
  const profile = await openProfile();
  let tab = await profile.open(seed.url);
  const { did: oldDid, phrase: oldWords } = await makeIdentity(tab);
  await tab.command("faucet 5", /Paid\. You have 5 AETH/);
  await tab.command("contact add alice did:key:zQ3shtxV1FrJfhqE1dvxYRcCknWNjHc3c5X1y3ZSoPDi2aur2", /@alice is/);

  await tab.command("id rotate", /Passphrase:/);
  const newWords = wordsShown(await tab.command(passphrase, /Press Enter when they are on paper/));
  const asked = await tab.command("", /Word \d+ \(or Enter/);
  const consent = await proveWords(tab, newWords, asked, /Sign and send\? \[y\/N\]/);
  expect(consent).toMatch(new RegExp(`covers +replacing ${oldDid} by did:key`));
  await tab.type("y");
  await tab.waitFor(/In the chain\. Waiting until nothing can undo it/);
  // Both pairs of keys are there; typing it again ends it.
  const back = await reopened(profile, seed.url);
  tab = back.tab;
  await tab.command("id rotate", /Passphrase:/);
  const done = await tab.command(passphrase, /Replaced\. Your address: did:key:\w+/);
  const did = /Replaced\. Your address: (did:key:\w+)/.exec(done)?.[1] as string;
  expect(did).not.toBe(oldDid);
  expect(await tab.json("id show")).toMatchObject({ did, earlier: [oldDid], unlocked: true, backup: "words" });
  await tab.command("contact list", /@alice +did:key:zQ3shtxV1/);
  const before = await tab.json<Balance>("balance");
  expect(BigInt(before.availableNano)).toBeGreaterThan(4_990_000_000n);

  const other = await openProfile();
  const payer = await other.open(seed.url);
  await makeIdentity(payer);
  await payer.command("faucet 5", /Paid\. You have 5 AETH/);
  const paying = await payer.command(`pay ${oldDid} 2`, /Sign and send\? \[y\/N\]/);
  expect(paying).toContain(`pay      ${did}, which took over from ${oldDid}`);
  await payer.command("y", /In block \d+/);
  const whole = String(BigInt(before.availableNano) + 2_000_000_000n);
  await until<Balance>(tab, "balance", ({ availableNano }) => availableNano === whole);
  // More than the payment brought: the coins of the old address are spent with it.
  await tab.command("pay did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme 6", /Sign and send\? \[y\/N\]/);
  await tab.command("y", /In block \d+/);

  const thief = await openProfile();
  const stolen = await thief.open(seed.url);
  await until<{ height: number }>(stolen, "status", ({ height }) => height > 2);
  await restore(stolen, oldWords, /were replaced by did:key:\w+: they can do nothing on the chain/);
  await stolen.command("pay did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme 1", /were replaced by/);

  const fresh = await openProfile();
  const restored = await fresh.open(seed.url);
  await restore(restored, newWords, new RegExp(`Restored: ${did}`));
  const left = await tab.json<Balance>("balance");
  await until<Balance>(restored, "balance", ({ availableNano }) => availableNano === left.availableNano);
  expect(await restored.json("id show")).toMatchObject({ did, earlier: [oldDid] });
  expect([tab, payer, stolen, restored].flatMap(({ errors }) => errors)).toEqual([]);
  for (const one of [back.profile, other, thief, fresh]) await one.close();
});
