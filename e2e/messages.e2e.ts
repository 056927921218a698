/**
 * Messages between real browsers through a real seed: while the receiver is there, while both are away, to oneself, and
 * what a stranger and a keeper that alters them come to. A document that the same two write together, and a file that one
 * shares with the other alone.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readRow, rowKey } from "../src/node/mail/mail-rows.ts";
import { openLevelStore } from "../src/platform/node/level-store.ts";
import { violations } from "./accessibility.ts";
import { desktop, endAll, openProfile, type Profile, phone, type Seed, startSeed, type Tab } from "./harness.ts";
import { isKnown, makeIdentity, passphrase, unlock, until } from "./steps.ts";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

interface Writer {
  profile: Profile;
  tab: Tab;
  readonly did: string;
}

interface Message {
  readonly number: number;
  readonly from: string | null;
  readonly text: string | null;
  readonly read: boolean;
}

async function newcomer(): Promise<Writer> {
  const profile = await openProfile();
  const tab = await profile.open(seed.url);
  const { did } = await makeIdentity(tab);
  await isKnown(tab);
  return { profile, tab, did };
}

/** Opens the profile again and unlocks it. */
async function openAgain(writer: Writer): Promise<void> {
  writer.profile = await openProfile({ folder: writer.profile.folder });
  writer.tab = await writer.profile.open(seed.url);
  await unlock(writer.tab);
}

/** The same, until messages come. */
async function comeBack(writer: Writer): Promise<void> {
  await openAgain(writer);
  await isKnown(writer.tab);
}

const messagesOf = ({ tab }: Writer) => tab.page.getByRole("region", { name: "Messages", exact: true });

/** A message that comes while another window covers the conversation stays unread until it is in front again. */
async function comeUnseen(ann: Writer, bob: Writer): Promise<void> {
  const button = (name: string) => bob.tab.page.getByRole("navigation").getByRole("button", { name, exact: true });
  await button("Wallet").click();
  await bob.tab.page.getByRole("region", { name: "Wallet", exact: true }).waitFor();
  await messagesOf(ann)
    .getByLabel(/^Message \(Enter sends/)
    .fill("the gate is shut");
  await ann.tab.page.keyboard.press("Enter");
  await button("Messages 1 unread").waitFor();
  await button("Messages 1 unread").click();
  const unread = messagesOf(bob).getByRole("listitem").filter({ hasText: "unread" });
  await unread.getByText("the gate is shut").waitFor();
  await button("Messages").waitFor();
  const last = messagesOf(bob).getByRole("listitem").last();
  await last.getByRole("button", { name: /^Delete the message of @ann/ }).click();
  await last.getByRole("button", { name: /^Delete for good inbox delete/ }).press("Enter");
  await messagesOf(bob).getByText("Deleted a message for good.").waitFor();
}

/** What both see in their windows: unread marks, what becomes of a message, deleting, and nothing while locked. */
async function writeInWindows(ann: Writer, bob: Writer): Promise<void> {
  const [anns, bobs] = [messagesOf(ann), messagesOf(bob)];
  const button = (name: string) => bob.tab.page.getByRole("navigation").getByRole("button", { name, exact: true });
  await button("Messages").click();
  await bobs.getByRole("button", { name: ann.did }).waitFor();
  await expect.poll(() => bobs.getByText("unread").count()).toBe(0);
  await ann.tab.page.goto(`${seed.url}#open=messages/${bob.did}`);
  await anns.getByRole("log").getByText("hello Bob, --all is well").waitFor();
  await anns.getByLabel(/^Message \(Enter sends/).fill("it's noon; id\nat the gate");
  expect(await violations(ann.tab.page)).toEqual([]);
  await ann.tab.page.keyboard.press("Enter");
  await anns.getByRole("log").getByText("it's noon; id at the gate").waitFor();
  await expect.poll(() => anns.getByText("Delivered: their node has it.").count()).toBe(3);

  await button("Messages 1 unread").waitFor();
  await bob.tab.command(`contact add ann ${ann.did}`, /@ann is did:key/);
  await bobs.getByRole("button", { name: `@ann ${ann.did} 1 unread` }).waitFor();
  expect(await violations(bob.tab.page)).toEqual([]);
  await bobs.getByRole("button", { name: ann.did }).press("Enter");
  await bobs.getByRole("listitem").filter({ hasText: "unread" }).getByText("at the gate").waitFor();
  await button("Messages").waitFor();
  await bob.tab.picture("messages-desktop");
  await bob.tab.page.setViewportSize(phone);
  expect(await bob.tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
  expect(await violations(bob.tab.page)).toEqual([]);
  await bob.tab.picture("messages-phone");
  await comeUnseen(ann, bob);
  await bob.tab.page.setViewportSize(desktop);

  const last = bobs.getByRole("listitem").last();
  await last.getByRole("button", { name: /^Delete the message of @ann/ }).click();
  await last.getByRole("button", { name: "Keep it" }).click();
  await last.getByRole("button", { name: /^Delete the message of @ann/ }).click();
  await last.getByRole("button", { name: /^Delete for good inbox delete [0-9a-f]{12}$/ }).press("Enter");
  await bobs.getByText("Deleted a message for good.").waitFor();
  await expect.poll(() => bobs.getByRole("listitem").count()).toBe(1);
  await bobs.getByText("hello Bob, --all is well").waitFor();
  await bob.tab.page.goto(`${seed.url}#open=messages/${encodeURIComponent("did:key:z; pay")}`);
  await bobs.getByRole("alert").getByText("Not a valid address").waitFor();
  expect(await bobs.innerText()).not.toContain("pay");
  await bob.tab.page.goBack();
  await bobs.getByText("hello Bob, --all is well").waitFor();
  await bob.tab.command("id lock", /locked/i);
  await bobs.getByRole("button", { name: "Unlock your keys id unlock" }).waitFor();
  expect(await bobs.innerText()).not.toMatch(/hello Bob|@ann/);
}

const documentsOf = ({ tab }: Writer) => tab.page.getByRole("region", { name: "Documents", exact: true });
const textOf = (writer: Writer) => documentsOf(writer).getByRole("textbox", { name: /^Text of / });

/** Types at the beginning of the open document and waits until that is kept. */
async function typeInto(writer: Writer, words: string): Promise<void> {
  await textOf(writer).focus();
  await writer.tab.page.keyboard.press("Control+Home");
  await writer.tab.page.keyboard.type(words);
  await documentsOf(writer)
    .getByText(/^Saved here/)
    .waitFor();
}

/** A document of both: at once while both are there, merged without loss after each wrote alone, kept through the tab's end. */
async function writeTogether(ann: Writer, bob: Writer): Promise<void> {
  await ann.tab.type("edit shopping");
  await textOf(ann).waitFor();
  await typeInto(ann, "milk\n");
  await documentsOf(ann)
    .getByText(/nobody who has it is connected/)
    .waitFor();
  expect(await violations(ann.tab.page)).toEqual([]);
  await ann.tab.picture("documents-desktop");
  await ann.tab.page.setViewportSize(phone);
  await ann.tab.page.emulateMedia({ colorScheme: "dark" });
  expect(await ann.tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
  expect(await violations(ann.tab.page)).toEqual([]);
  await ann.tab.picture("documents-phone-dark");
  await ann.tab.page.emulateMedia({ colorScheme: null });
  await ann.tab.page.setViewportSize(desktop);
  const [link = ""] =
    /http\S+#document=\S+/.exec(await ann.tab.command("edit shopping --invite --yes", /#document=[\w-]{86}/)) ?? [];
  await bob.tab.command(`edit ${link} ours`, /Join\? \[y\/N\]/);
  await bob.tab.type("y");
  await textOf(bob).getByText("milk").waitFor();
  await documentsOf(ann).getByText("Saved here · with 1 other now").waitFor();
  await typeInto(bob, "bread\n");
  await textOf(ann).getByText("bread").waitFor();
  expect(await violations(ann.tab.page)).toEqual([]);

  // Each writes while the other's browser is closed.
  await bob.profile.close();
  await typeInto(ann, "eggs\n");
  await ann.profile.close();
  await openAgain(bob);
  await bob.tab.type("edit ours");
  await textOf(bob).getByText("bread").waitFor();
  expect(await textOf(bob).innerText()).not.toContain("eggs");
  await typeInto(bob, "salt\n");
  await openAgain(ann);
  await ann.tab.type("edit shopping");
  for (const writer of [ann, bob]) {
    for (const word of ["milk", "bread", "eggs", "salt"]) await textOf(writer).getByText(word).waitFor();
    await documentsOf(writer).getByRole("button", { name: "Close" }).click();
  }
  const printed = async (writer: Writer, name: string) =>
    (await writer.tab.json<{ text: string }>(`edit ${name} --print`)).text;
  expect(await printed(bob, "ours")).toBe(await printed(ann, "shopping"));
}

it("reaches who is there, waits for who is away, and is nobody else's", async () => {
  const ann = await newcomer();
  const bob = await newcomer();
  const arrived = bob.tab.waitFor(/1 new message\. `inbox` shows it\./);
  await ann.tab.command(`send-msg ${bob.did} hello Bob, --all is well`, /Delivered: their node has it/);
  await arrived;
  expect(await bob.tab.command("inbox read 1", /hello Bob/)).toMatch(
    new RegExp(`From ${ann.did}[\\s\\S]*Written 2[\\s\\S]*^  hello Bob, --all is well$`, "m"),
  );
  expect(await bob.tab.json<Message[]>("inbox")).toMatchObject([{ number: 1, from: ann.did, read: true }]);

  await writeTogether(ann, bob);
  await writeInWindows(ann, bob);

  // The receiver is away, then the sender is, too.
  await bob.profile.close();
  await ann.tab.command(`echo "see you\\nat noon" | send-msg ${bob.did}`, /Left, sealed, with a node that keeps it/);
  await ann.profile.close();

  const eve = await newcomer();
  expect(await eve.tab.command("inbox", /No messages/)).not.toContain("ago");
  await eve.tab.command("send-msg did:key:zQ3shNobody hi", /Not a valid address/);
  const neverHere = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";
  await eve.tab.command(
    `send-msg ${neverHere} hi`,
    /Nobody here knows the receiver's encryption key[\s\S]*Nothing was sent/,
  );
  await eve.tab.command(`send-msg ${eve.did} buy milk`, /To yourself/);
  expect(await eve.tab.json<Message[]>("inbox")).toMatchObject([{ from: eve.did, text: "buy milk", read: false }]);

  await comeBack(bob);
  const [, second, ...more] = await bob.tab.json<Message[]>("inbox");
  expect([second, more]).toMatchObject([{ number: 2, from: ann.did, read: false }, []]);
  await bob.tab.command("inbox delete 1", /Deleted a message for good/);
  expect(await bob.tab.json<Message[]>("inbox")).toMatchObject([{ number: 1, from: ann.did }]);

  // A keeper that alters what it keeps: the message is refused, and the tab says nothing of it.
  await bob.profile.close();
  await eve.tab.command(`send-msg ${bob.did} pay one`, /Left, sealed/);
  await eve.tab.command(`send-msg ${bob.did} pay two`, /Left, sealed/);
  await seed.stop();
  const store = await openLevelStore(join(seed.dataDirectory, "chain"));
  const [first] = await store.range("mail", { from: rowKey("keptBytes"), to: rowKey("key"), limit: 9 });
  const [key, row] = first as readonly [Uint8Array, Uint8Array];
  const altered = row.slice();
  altered[altered.length - 100] = (altered.at(-100) as number) ^ 1;
  expect(readRow("keptBytes", altered)).not.toBeNull();
  await store.commit([{ table: "mail", key, value: altered }]);
  await store.close();
  seed = await startSeed({ port: seed.port, dataDirectory: seed.dataDirectory });
  await comeBack(bob);
  const texts = (await bob.tab.json<Message[]>("inbox")).map(({ text }) => text);
  expect(texts).toHaveLength(2);
  expect([["pay one"], ["pay two"]]).toContainEqual(texts.slice(1));
  expect([...bob.tab.errors, ...eve.tab.errors.filter((error) => !/ERR_|WebSocket/.test(error))]).toEqual([]);
});

it("brings a file to whom it was shared with, by a message and a click; to others it says that it is not for them", async () => {
  const ann = await newcomer();
  const bob = await newcomer();
  await ann.tab.command(`contact add bob ${bob.did}`, /@bob is did:key/);
  await bob.tab.command(`contact add ann ${ann.did}`, /@ann is did:key/);
  await ann.tab.command("echo the plan > plan.txt; ls", /^plan\.txt /m);
  await until<{ seed: boolean }[]>(ann.tab, "peers", (found) => found.some((peer) => peer.seed));
  const arrived = bob.tab.waitFor(/1 new message\. `inbox` shows it\./);
  const asked = await ann.tab.command("share plan.txt --with @bob --send", /Share it\? \[y\/N\]/);
  expect(asked.replace(/\s+/g, " ")).toContain(`a sealed copy for @bob, ${bob.did}. The link opens it with their keys`);
  await ann.tab.picture("addressed-1-asked");
  await ann.tab.command("y", /The\s+link\s+for\s+@bob,[\s\S]*Delivered:\s+their\s+node\s+has\s+it/);
  await arrived;
  await ann.profile.close();

  const [message] = await bob.tab.json<Message[]>("inbox");
  const link = /http\S+#file=\S+/.exec(message?.text ?? "")?.[0] ?? "";
  expect(message).toMatchObject({ from: ann.did, text: `plan.txt: ${link}` });

  // A stranger who came by the link, without keys and then with keys of her own.
  const profile = await openProfile();
  const eve = await profile.open(seed.url);
  await eve.command(`get ${link}`, /it\s+opens\s+with\s+their\s+keys\s+alone\.\s+Nothing\s+was\s+fetched/);
  await makeIdentity(eve);
  const refused = await eve.command(`get ${link}`, /This\s+link\s+is\s+for\s+other\s+people/);
  expect(refused).not.toMatch(/plan\.txt,|@ann|Shared with you/);
  await eve.picture("addressed-2-not-for-her");
  await eve.command("ls", /no files/i);

  // Bob clicks, with his keys locked as they are on every new page.
  await bob.tab.page.goto("about:blank");
  await bob.tab.page.goto(link);
  await bob.tab.page
    .locator(".xterm-rows > div", { hasText: /^› get b/ })
    .first()
    .waitFor();
  await bob.tab.command("", /Passphrase\s+to\s+unlock/);
  const opened = await bob.tab.command(passphrase, /plan\.txt,\s+\S+\s+B,\s+is\s+among\s+your\s+files\s+now/);
  expect(opened.replace(/\s+/g, " ")).toContain(`Shared with you by @ann, ${ann.did}, `);
  await bob.tab.picture("addressed-3-opened");
  await bob.tab.command("cat plan.txt", /^the plan$/m);
  expect([...bob.tab.errors, ...eve.errors]).toEqual([]);
  await profile.close();
});
