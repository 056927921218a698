/** Three people write a document in real browsers, and one of them is removed while another is away. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { endAll, openProfile, type Profile, type Seed, startSeed, type Tab } from "./harness.ts";
import { isKnown, makeIdentity, unlock } from "./steps.ts";

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

async function newcomer(): Promise<Writer> {
  const profile = await openProfile();
  const tab = await profile.open(seed.url);
  const { did } = await makeIdentity(tab);
  await isKnown(tab);
  return { profile, tab, did };
}

const windowOf = ({ tab }: Writer) => tab.page.getByRole("region", { name: "Documents", exact: true });
const textOf = (writer: Writer) => windowOf(writer).getByRole("textbox", { name: /^Text of/ });

async function write(writer: Writer, words: string): Promise<void> {
  await textOf(writer).focus();
  await writer.tab.page.keyboard.press("Control+Home");
  await writer.tab.page.keyboard.type(words);
}

async function writeKept(writer: Writer, words: string): Promise<void> {
  await write(writer, words);
  await windowOf(writer)
    .getByText(/^Saved here/)
    .waitFor();
}

it("gives those who stay a new key, also who was away, and who was removed nothing that comes after", async () => {
  const [ann, bob, eve] = [await newcomer(), await newcomer(), await newcomer()];
  await ann.tab.type("edit plan");
  await textOf(ann).waitFor();
  await writeKept(ann, "beginning\n");
  const [link = ""] =
    /http\S+#document=\S+/.exec(await ann.tab.command("edit plan --invite --yes", /#document=[\w-]{86}/)) ?? [];
  for (const writer of [bob, eve]) {
    await writer.tab.command(`edit ${link} plan`, /Join\? \[y\/N\]/);
    await writer.tab.type("y");
    await textOf(writer).getByText("beginning").waitFor();
  }
  const members = async () => (await ann.tab.json<{ members: string[] }>("edit plan --members")).members.toSorted();
  await expect.poll(members).toEqual([ann.did, bob.did, eve.did].toSorted());

  await eve.tab.command(`edit plan --remove ${bob.did} --yes`, /Only who began this document/);
  await writeKept(bob, "by bob\n");
  await textOf(eve).getByText("by bob").waitFor();
  await textOf(ann).getByText("by bob").waitFor();
  // Bob is away when Eve is removed.
  await bob.profile.close();
  await ann.tab.command(`edit plan --remove ${eve.did} --yes`, /was removed from plan\./);
  await windowOf(eve)
    .getByText(/You were removed from this document/)
    .waitFor();
  await writeKept(ann, "secret\n");
  await write(eve, "graffiti\n");

  bob.profile = await openProfile({ folder: bob.profile.folder });
  bob.tab = await bob.profile.open(seed.url);
  await unlock(bob.tab);
  await bob.tab.type("edit plan");
  for (const writer of [ann, bob])
    for (const words of ["beginning", "secret", "by bob"]) await textOf(writer).getByText(words).waitFor();
  await writeKept(bob, "later\n");
  await textOf(ann).getByText("later").waitFor();
  expect(await members()).toEqual([ann.did, bob.did].toSorted());
  const printed = async (writer: Writer) => (await writer.tab.json<{ text: string }>("edit plan --print")).text;
  expect(await printed(bob)).toBe(await printed(ann));
  expect(await printed(ann)).not.toContain("graffiti");
  // What she had stays hers; what she typed since was kept nowhere.
  expect((await printed(eve)).trim()).toBe("by bob\nbeginning");
  const mine = ({ tab }: Writer) => tab.errors.filter((error) => !/ERR_|WebSocket/.test(error));
  expect([...mine(ann), ...mine(bob), ...mine(eve)]).toEqual([]);
});
