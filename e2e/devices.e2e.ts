/**
 * Two real browsers of one identity keep in step: what is put, pinned, named or deleted on one is so on the other, also what
 * was done while it was closed; of two files of one name both stay; a removed device is not answered.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { endAll, openProfile, phone as phoneSize, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, pairWith, takeIn, unlock, until } from "./steps.ts";

const phonePassphrase = "another horse battery";
const someone = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

interface Kept {
  readonly name: string;
  readonly pinnedUntilMs: number | null;
}

const names = (kept: readonly Kept[]): string => kept.map(({ name }) => name).join(" ");

async function putText(tab: Tab, name: string, text: string): Promise<void> {
  await takeIn(tab, new TextEncoder().encode(text), name);
  await tab.command(`put ${name} --yes`, new RegExp(`${name.replace(".", "\\.")} is kept among peers`));
}

it("have each other's files, names and pins, and what was done apart is brought together", async () => {
  const laptop = await (await openProfile()).open(seed.url);
  await makeIdentity(laptop);
  await putText(laptop, "before.txt", "before");
  let profile = await openProfile({ viewport: phoneSize });
  let phone = await profile.open(seed.url);
  await pairWith(laptop, phone, { name: "phone", passphrase: phonePassphrase });
  // The page of the phone is making its identity the one it uses: until then it says that it is just starting.
  await until<{ devices: readonly unknown[] }>(laptop, "pair sync", ({ devices }) => devices.length === 1);
  await laptop.command("pair sync", /phone: nothing new on either side/);
  type Row = { name: string; inStepMs: number | null };
  const rows = await laptop.json<readonly Row[]>("pair list");
  expect(rows.find(({ name }) => name === "phone")?.inStepMs).toBeGreaterThan(0);

  // By themselves, both open: a file and a name go over, a deletion comes back.
  await putText(laptop, "report.txt", "from the laptop");
  await laptop.command(`contact add alice ${someone}`, /@alice is/);
  await until<readonly Kept[]>(phone, "ls --kept", (kept) => names(kept) === "before.txt report.txt");
  await phone.command("contact show alice", new RegExp(someone));
  expect(await phone.transcript()).toMatch(/In step with laptop: .* came or changed/);
  await phone.command("rm --kept before.txt --yes", /before\.txt/);
  await until<readonly Kept[]>(laptop, "ls --kept", (kept) => names(kept) === "report.txt");
  await phone.command("get report.txt", /report\.txt/);
  await phone.command("cat report.txt", /^from the laptop$/m);

  // Apart: the phone is closed, then the laptop; each has put another file under one name.
  await profile.kill();
  await putText(laptop, "notes.txt", "laptop's notes");
  await laptop.command("pin notes.txt", /notes\.txt is pinned/);
  await laptop.page.goto("about:blank");
  profile = await openProfile({ folder: profile.folder, viewport: phoneSize });
  phone = await profile.open(seed.url);
  await unlock(phone, phonePassphrase);
  await putText(phone, "notes.txt", "phone's notes");
  await phone.command("pair sync", /None of your other devices is connected now/);
  await laptop.page.goto(seed.url);
  await unlock(laptop);
  for (const tab of [laptop, phone])
    await until<readonly Kept[]>(tab, "ls --kept", (kept) => names(kept) === "notes-2.txt notes.txt report.txt");
  const [first] = await laptop.json<readonly Kept[]>("ls --kept notes.txt");
  expect(first?.pinnedUntilMs).not.toBeNull();
  // Pinned on one, it comes to the other with its content; what has its name there already stays.
  await phone.command("pair sync", /notes\.txt is pinned, and another file has its name here/);
  await phone.command("rm notes.txt --yes", /notes\.txt/);
  await phone.command("pair sync", /Brought notes\.txt.*it is pinned/);
  await phone.command("cat notes.txt", /^laptop's notes$/m);
  await phone.command("get notes-2.txt again.txt", /again\.txt/);
  await phone.command("cat again.txt", /^phone's notes$/m);
  await phone.picture("devices-phone");

  await laptop.command("pair remove phone --yes", /Removed\./);
  await laptop.command("pair sync", /None of your other devices/);
  await phone.command("pair sync", /None of your other devices|not on the list of yours|removed/);
  await laptop.command("contact rm alice", /alice/);
  await phone.command("contact show alice", new RegExp(someone));
  for (const tab of [laptop, phone]) expect(tab.errors).toEqual([]);
});

it("say that the other is locked, and go on once it is open", async () => {
  const laptop = await (await openProfile()).open(seed.url);
  await makeIdentity(laptop);
  const phone = await (await openProfile()).open(seed.url);
  await pairWith(laptop, phone, { name: "phone", passphrase: phonePassphrase });
  await phone.command("id lock", /locked/);
  await laptop.command(`contact add alice ${someone}`, /@alice is/);
  await laptop.command("pair sync", /has its keys locked, or is just starting/);
  await unlock(phone, phonePassphrase);
  await until<readonly { name: string }[]>(phone, "contact list", (all) => all.length === 1);
  for (const tab of [laptop, phone]) expect(tab.errors).toEqual([]);
});
