/**
 * Keys back through people: an owner, two who hold shares, and a new device, each in a browser of its own. The shares go
 * from hand to hand as files do; the owner hears that somebody asks.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { endAll, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { isKnown, makeIdentity, passphrase, takeIn, until } from "./steps.ts";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

const open = async (): Promise<Tab> => (await openProfile()).open(seed.url);

async function person(): Promise<{ tab: Tab; did: string }> {
  const tab = await open();
  const { did } = await makeIdentity(tab);
  await isKnown(tab);
  return { tab, did };
}

/** Moves a text file from one device to another. */
async function hand(from: Tab, path: string, to: Tab, as: string): Promise<void> {
  const shown = await from.command(`cat ${path}`, /^aether recovery \w+ 1\n[\w-]+$/m);
  const text = (/^aether recovery \w+ 1\n[\w-]+$/m.exec(shown) as RegExpExecArray)[0];
  await takeIn(to, new TextEncoder().encode(`${text}\n`), as);
}

it("brings keys back by two of two shares, and says so afterwards", async () => {
  const owner = await person();
  const ann = await person();
  const bo = await person();
  await owner.tab.command(`contact add ann ${ann.did}`, /@ann is/);
  await bo.tab.type("recovery key > my.key");
  await hand(bo.tab, "my.key", owner.tab, "bo.key");
  await owner.tab.command(
    "recovery share 2 @ann bo.key --wait 0",
    /Any 2 of these 2[\s\S]*@ann, did:key[\s\S]*Passphrase:/,
  );
  await owner.tab.command(passphrase, /Give each of them their file/);
  const pathFor = (number: number, did: string): string => `recovery/share-${number}-for-${did.slice(-8)}.txt`;
  await hand(owner.tab, pathFor(1, ann.did), ann.tab, "share.txt");
  await hand(owner.tab, pathFor(2, bo.did), bo.tab, "share.txt");
  await ann.tab.command("recovery show share.txt", new RegExp(`keys of ${owner.did}[\\s\\S]*2 of 2`));

  const fresh = await open();
  await fresh.command("recovery begin > request.txt", /Passphrase \(at least/);
  await fresh.command(passphrase, /Again:/);
  const begun = await fresh.command(passphrase, /^ {2}(?:[a-z]{3,8} ){5}[a-z]{3,8}$/m);
  const words = (/^ {2}((?:[a-z]{3,8} ){5}[a-z]{3,8})$/m.exec(begun) as RegExpExecArray)[1] as string;

  for (const [holder, as] of [
    [ann, "a.txt"],
    [bo, "b.txt"],
  ] as const) {
    await hand(fresh, "request.txt", holder.tab, "request.txt");
    await holder.tab.command(
      `recovery give share.txt request.txt > ${as}`,
      /The owner is being told[\s\S]*The six words:/,
    );
    await holder.tab.command(words.split(" ").reverse().join(" "), /another device that asks\. Nothing was given/);
    await holder.tab.command(`recovery give share.txt request.txt > ${as}`, /The six words:/);
    await holder.tab.command(words, /Given: only the device that asked can open it/);
    await hand(holder.tab, as, fresh, as);
  }
  await until<{ text: string | null }[]>(owner.tab, "inbox", (messages) =>
    messages.some(({ text }) => text?.includes(`Their six words are: ${words}.`) === true),
  );

  const finish = async (files: string, answer: RegExp): Promise<void> => {
    await fresh.command(`recovery finish ${owner.did} ${files}`, /Passphrase of the request/);
    await fresh.command(passphrase, answer);
  };
  await finish("a.txt", /1 of 2 shares are here/);
  await finish("a.txt b.txt --drill", /Proved: these shares bring your keys back/);
  expect(await fresh.json("id show")).toMatchObject({ exists: false });
  await finish("a.txt b.txt", new RegExp(`Restored: ${owner.did}`));
  expect(await fresh.json("id show")).toMatchObject({ did: owner.did, unlocked: true, backup: "shares" });
  await fresh.page.reload();
  await fresh.command("id unlock", /Passphrase to unlock/);
  await fresh.command(passphrase, /unlocked, backup proved by shares/);
  for (const { errors } of [owner.tab, ann.tab, bo.tab, fresh]) expect(errors).toEqual([]);
});
