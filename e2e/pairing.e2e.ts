/**
 * Two real browsers become two devices of one identity: by the QR code's link, with words that people compare, and by a
 * typed code; what goes wrong on the way changes nothing; a removed device is told.
 */
import decodeQR from "qr/decode.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { violations } from "./accessibility.ts";
import { desktop, endAll, openProfile, phone, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, passphrase, unlock, until } from "./steps.ts";

const phonePassphrase = "another horse battery";
const someone = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

/** The QR code on the page as a camera sees it. */
async function scanned(tab: Tab): Promise<string> {
  const picture = await tab.page.locator(".invitation svg").screenshot();
  const { data, width, height } = await tab.page.evaluate(
    async (bytes) => {
      const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
      context.drawImage(image, 0, 0);
      return {
        ...{ width: image.width, height: image.height },
        data: [...context.getImageData(0, 0, image.width, image.height).data],
      };
    },
    [...picture],
  );
  return decodeQR({ data: Uint8Array.from(data), width, height });
}

/** The six words' line. */
const wordsIn = (said: string): string => /^ {2}((?:[a-z]{3,8} ){5}[a-z]{3,8})$/m.exec(said)?.[1] ?? "";

const lengthOf = async (tab: Tab): Promise<number> => (await tab.transcript()).length;

/** Starts an invitation; gives its code. */
async function invite(tab: Tab): Promise<string> {
  const said = await tab.command("pair --name laptop", /Ctrl-C ends it/);
  return /pair join ((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})/.exec(said)?.[1] as string;
}

const same = /Are they the same on both\? \[y\/N\]/;

it("brings identity, names and coins to a second device, and refuses what it must", async () => {
  const laptop = await (await openProfile()).open(seed.url);
  const { did } = await makeIdentity(laptop);
  await laptop.command("faucet 5", /Paid\. You have 5 AETH/);
  await laptop.command(`contact add alice ${someone}`, /@alice is/);
  await laptop.command("pair list", /on this device alone/);

  // A device that has an identity is none to bring one to.
  const other = await (await openProfile()).open(seed.url);
  await makeIdentity(other);
  const firstCode = await invite(laptop);
  await other.command(`pair join ${firstCode}`, /has an identity already[\s\S]*Nothing was changed/);

  const link = await scanned(laptop);
  expect(link).toMatch(new RegExp(`^${seed.url}#pair=[\\w-]+$`));
  await laptop.picture("pair-show");
  expect(await violations(laptop.page)).toEqual([]);
  // On a phone's width the whole code is in sight and nothing has to be scrolled sideways.
  await laptop.page.setViewportSize(phone);
  expect(await laptop.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
  expect(await scanned(laptop)).toBe(link);
  expect(await violations(laptop.page)).toEqual([]);
  await laptop.picture("pair-show-phone");
  await laptop.page.setViewportSize(desktop);

  // The words differ, says the person at the new device.
  const newProfile = await openProfile({ viewport: phone });
  const opened = await newProfile.open(link);
  await opened.page.waitForFunction(() =>
    [...document.querySelectorAll(".xterm-rows > div")].some((row) => /pair.join/.test(row.textContent ?? "")),
  );
  const begun = laptop.waitFor(same, { from: await lengthOf(laptop) });
  await opened.page.locator(".xterm-helper-textarea").focus();
  await opened.page.keyboard.press("Enter");
  const refusedWords = wordsIn(await opened.waitFor(same));
  expect(refusedWords).not.toBe("");
  expect(wordsIn(await begun)).toBe(refusedWords);
  await expect.poll(() => laptop.page.locator(".invitation").count()).toBe(0);
  const ended = { from: await lengthOf(laptop) };
  await opened.command("n", /Cancelled; nothing was changed/);
  await laptop.waitFor(/other device has ended it: nothing was handed over/, ended);
  await laptop.type("");
  expect(await opened.json<{ exists: boolean }>("id show")).toMatchObject({ exists: false });

  // The invitation was used by that.
  await opened.command(`pair join ${link}`, /does not go on with this invitation[\s\S]*Nothing was changed/);

  const code = await invite(laptop);
  const compared = laptop.waitFor(same, { from: await lengthOf(laptop) });
  const there = wordsIn(await opened.command(`pair join ${code.toLowerCase()} --name phone`, same));
  expect(there).not.toBe("");
  expect(there).not.toBe(refusedWords);
  expect(wordsIn(await compared)).toBe(there);
  await opened.picture("pair-join-phone");
  await opened.command("y", /Passphrase \(at least/);
  await opened.command(phonePassphrase, /Again:/);
  await opened.type(phonePassphrase);
  await laptop.command("y", /Passphrase, to hand your keys over/);
  await laptop.command("wrong horse", /not the passphrase/);
  const startedMs = Date.now();
  await laptop.command(passphrase, /Paired: phone has your identity now/);
  await opened.waitFor(new RegExp(`Paired: your identity is on this device[\\s\\S]*Your address: ${did}`));
  console.log(`from the passphrase to the keys on both: ${Date.now() - startedMs} ms`);

  expect(await opened.json<{ did: string; backup: string }>("id show")).toMatchObject({ did, backup: "words" });
  await opened.command("contact show alice", new RegExp(`@alice, ${someone}`));
  // A node that has just got keys may have to hear of their coins.
  await expect.poll(() => opened.command("balance", /AETH/)).toMatch(/5 AETH/);
  type Row = { name: string; key: string; isThis: boolean; removed: { byName: string } | null };
  const [onLaptop, onPhone] = [await laptop.json<Row[]>("pair list"), await opened.json<Row[]>("pair list")];
  expect(onLaptop.map(({ name, isThis }) => [name, isThis])).toEqual([
    ["laptop", true],
    ["phone", false],
  ]);
  expect(onPhone.map(({ key }) => key)).toEqual(onLaptop.map(({ key }) => key));

  // Each opens with its own passphrase, also after a reload; the phone takes the laptop off, which is told when it looks.
  await opened.page.reload();
  await unlock(opened, phonePassphrase);
  await opened.command("pair remove laptop --dry-run", /id rotate[\s\S]*a dry run/);
  await opened.command("pair remove laptop", /Remove it from the list, for good\? \[y\/N\]/);
  await opened.command("y", /Removed\./);
  const told = await until<Row[]>(laptop, "pair list", (rows) => rows.some(({ removed }) => removed !== null));
  expect(told.find(({ isThis }) => isThis)).toMatchObject({ name: "laptop", removed: { byName: "phone" } });
  await laptop.command("pair list", /This device was removed from the list/);
  for (const tab of [laptop, other, opened]) expect(tab.errors).toEqual([]);
});

it("ends with Ctrl-C, and is asked for open keys", async () => {
  const tab = await (await openProfile()).open(seed.url);
  await tab.command("pair", /You need the identity/);
  await tab.command("pair join nothing", /no invitation to pair/);
  await makeIdentity(tab);
  await invite(tab);
  await tab.page.locator(".xterm-helper-textarea").focus();
  await tab.page.keyboard.press("Control+C");
  await tab.waitFor(/Cancelled; nothing was changed/);
  await expect.poll(() => tab.page.locator(".invitation").count()).toBe(0);
  await tab.command("id lock", /locked/);
  await tab.command("pair", /Passphrase to unlock/);
  expect(tab.errors).toEqual([]);
});
