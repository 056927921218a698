/** `recovery`, typed into shells over real vaults; letters go from one to the other as their nodes would bring them. */
import { beforeAll, describe, expect, it } from "vitest";
import { publicKeyOfDid } from "#identity/did.ts";
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { MailView, SealedMail } from "#sdk/mail.ts";
import type { ShellEnvironment } from "#shell/commands/command.ts";
import { plainScreen } from "#shell/plain-screen.ts";
import { Shell } from "#shell/shell.ts";
import { memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { neverReplaced } from "#testing/shell-on-node.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createVaultService } from "../../platform/browser/vault-service.ts";

const passphrase = "correct horse battery";
const clock = new VirtualClock(Date.UTC(2026, 10, 22));
const records = new Map<string, Uint8Array>();
const mailboxes = new Map<string, MailView[]>();
const standings = new Map<string, Awaited<ReturnType<Client["succession"]>>>();
let devices = 0;

/** A device with a vault of its own. */
class Device {
  readonly files = new Map<string, Uint8Array>();
  did = "";
  phrase = "";
  private readonly vault;
  private readonly random = new Random(900 + devices++);

  constructor() {
    this.vault = createVaultService(memoryVaultParts(this.random, clock));
  }

  static async withKeys(): Promise<Device> {
    const device = new Device();
    const made = await device.vault.createVault(passphrase);
    if (!made.ok) throw new Error(made.message);
    device.did = made.value.status.did ?? "";
    device.phrase = made.value.phrase;
    const credentials = await device.vault.mailCredentials({ networkId: new Uint8Array(32), peerId: "" });
    if (!credentials.ok) throw new Error(credentials.message);
    records.set(toHex(made.value.status.keyHash as Uint8Array), credentials.value.record);
    mailboxes.set(device.did, []);
    return device;
  }

  /** Types a line; `answers` by what the question begins with. */
  async type(line: string, answers: Readonly<Record<string, string>> = {}): Promise<{ code: number; text: string }> {
    const printed: string[] = [];
    const environment = {
      nowMs: () => clock.nowMs(),
      randomBytes: (length: number) => this.random.bytes(length),
      files: filesIn(this.files),
      passkeys: { obstacle: () => Promise.resolve("none") },
    } as unknown as ShellEnvironment;
    // Whoever is asked the same again gives up: a third wrong passphrase would slow down all that follow.
    const asked = new Set<string>();
    const answer = (question: string) => {
      if (asked.size === asked.add(question).size) return null;
      return Object.entries(answers).find(([start]) => question.startsWith(start))?.[1] ?? null;
    };
    const screen = plainScreen((text) => printed.push(text), { ask: (question) => Promise.resolve(answer(question)) });
    const code = await new Shell(this.client(), environment, screen).run(line);
    return { code, text: printed.join("\n") };
  }

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path) ?? new Uint8Array());
  }

  async status() {
    const said = await this.vault.vaultStatus();
    if (!said.ok) throw new Error(said.message);
    return said.value;
  }

  private client(): Client {
    return {
      ...this.vault,
      setRewardKey: () => Promise.resolve(accepted(null)),
      status: () => Promise.resolve(accepted({ networkId: new Uint8Array(32) })),
      mailKey: (keyHash: Uint8Array) => {
        const record = records.get(toHex(keyHash));
        return Promise.resolve(
          record === undefined ? rejected("no-encryption-key", "Nobody here knows that key.") : accepted(record),
        );
      },
      sendMail: ({ envelope }: SealedMail, to: string) => {
        const at = clock.nowMs();
        mailboxes.get(to)?.push({ id: new Uint8Array(32), madeAtMs: at, arrivedAtMs: at, read: false, envelope });
        return Promise.resolve(accepted({}));
      },
      collectMail: () => Promise.resolve(accepted({ keepers: 1, fresh: 0 })),
      mail: () => Promise.resolve(accepted(mailboxes.get(this.did) ?? [])),
      openMail: this.vault.openMail,
      succession: (keyHash: Uint8Array) =>
        Promise.resolve(standings.get(toHex(keyHash))).then((known) => known ?? neverReplaced(keyHash)),
    } as unknown as Client;
  }
}

const later = (ms: number) => clock.run(clock.nowMs() + ms);

let owner: Device;
let holders: Device[];

/** What stands in the six words' line. */
const wordsIn = (text: string): string => /^ {2}((?:[a-z]{3,8} ){5}[a-z]{3,8})$/m.exec(text)?.[1] ?? "";

/** Moves a file from one device to another. */
function hand(from: Device, path: string, to: Device, as = path): void {
  to.files.set(as, from.files.get(path) as Uint8Array);
}

const shareOf = (holder: Device): string =>
  [...owner.files.keys()].find((path) => path.includes(`-for-${holder.did.slice(-8)}`)) as string;

beforeAll(async () => {
  owner = await Device.withKeys();
  holders = await Promise.all([Device.withKeys(), Device.withKeys(), Device.withKeys()]);
});

/** Lets a device ask; gives its six words. */
async function begin(device: Device): Promise<string> {
  const begun = await device.type("recovery begin > request.txt", { Passphrase: passphrase, Again: passphrase });
  expect(begun.code).toBe(0);
  return wordsIn(begun.text);
}

async function give(
  holder: Device,
  device: Device,
  words: string,
  as: string,
): Promise<{ code: number; text: string }> {
  hand(device, "request.txt", holder);
  const given = await holder.type(`recovery give mine.txt request.txt > ${as}`, { "The six words": words });
  if (given.code === 0) hand(holder, as, device);
  return given;
}

describe("making shares", () => {
  it.each([
    ["recovery share 1 A B", /At least two shares/],
    ["recovery share 3 A B", /3 shares cannot be needed of 2/],
    ["recovery share x A B", /At least two shares/],
    ["recovery share 2 A B --wait 9999", /up to 30 days/],
    ["recovery share 2 A A", /One person cannot hold two shares/],
    [
      "recovery share 2 A did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
      /Nobody here knows that key.*`recovery key`/,
    ],
    ["recovery shares", /Did you mean recovery share\?/],
  ])("answers bad orders: %s", async (line, answer) => {
    const [a, b] = holders as [Device, Device];
    const { code, text } = await owner.type(line.replaceAll(" A", ` ${a.did}`).replaceAll(" B", ` ${b.did}`));
    expect(code).not.toBe(0);
    expect(text).toMatch(answer);
  });

  it("says who could act together, asks for the passphrase, and makes a file for each holder", async () => {
    const [a, b, c] = holders as [Device, Device, Device];
    // One of them cannot be reached, and has made a file.
    const keyHash = publicKeyOfDid(c.did);
    if (keyHash.ok) records.delete(toHex(keyHashOf(keyHash.value)));
    expect((await c.type("recovery key > c.key")).code).toBe(0);
    hand(c, "c.key", owner);
    const line = `recovery share 2 ${a.did} ${b.did} c.key`;
    expect((await owner.type(line, { Passphrase: "wrong horse" })).text).toMatch(
      /Any 2 of these 3 people[\s\S]*not the passphrase/,
    );
    expect(owner.files.size).toBe(1);
    expect((await owner.type(line, { Passphrase: passphrase })).text).toMatch(/Nothing but their word makes them wait/);
    for (const holder of holders) hand(owner, shareOf(holder), holder, "mine.txt");
    expect((await a.type("recovery show mine.txt")).text).toMatch(
      new RegExp(`keys of ${owner.did}[\\s\\S]*2 of 3[\\s\\S]*48 hours`),
    );
  });

  it("takes names for holders, and shows them with their whole addresses", async () => {
    const [a, b] = holders as [Device, Device];
    await owner.type(`contact add ann ${a.did}`);
    await owner.type(`contact add bo ${b.did}`);
    const named = await owner.type("recovery share 2 @ann @bo", { Passphrase: "wrong horse" });
    expect(named.text).toContain(`  @ann, ${a.did}`);
    expect(named.text).toMatch(new RegExp(`@bo, ${b.did}[\\s\\S]*not the passphrase`));
    expect((await owner.type("recovery share 2 @ann @nobody")).text).toMatch(/You have no name @nobody/);
    expect((await owner.type("recovery stop @ann")).text).toContain(`On its way to @ann, ${a.did}.`);
    expect((await owner.type("recovery stop ann")).text).toMatch(/A name begins with @/);
    // That was no answer to a request: holders must not take it for one.
    mailboxes.set(a.did, []);
  });

  it("opens a share for its holder alone", async () => {
    const [a, b] = holders as [Device, Device];
    hand(owner, shareOf(a), b, "foreign.txt");
    expect((await b.type("recovery show foreign.txt")).text).toMatch(/does not open: it was not sealed for these keys/);
    expect((await owner.type(`recovery show ${shareOf(a)}`)).text).toMatch(/does not open/);
  });
});

describe("asking and giving", () => {
  it("waits, tells the owner, gives for the right words only, and brings the same keys to a new device", async () => {
    const [a, b, c] = holders as [Device, Device, Device];
    const fresh = new Device();
    expect((await fresh.type(`recovery finish ${owner.did} x`)).text).toMatch(/There is no file x/);
    const words = await begin(fresh);
    expect(words).not.toBe("");
    const early = await give(a, fresh, words, "a.txt");
    expect(early).toMatchObject({
      code: 126,
      text: expect.stringMatching(/The owner is being told[\s\S]*48 hours between asking and giving/),
    });
    expect(a.files.has("a.txt")).toBe(false);
    const inbox = await owner.type("inbox --json");
    expect(inbox.text).toContain(`Their six words are: ${words}.`);
    await later(47 * 3_600_000);
    for (const holder of holders) await holder.type("id unlock", { Passphrase: passphrase });
    expect((await give(a, fresh, words, "a.txt")).text).toMatch(/in 1 hour/);
    await give(b, fresh, words, "b.txt");
    await give(c, fresh, words, "c.txt");
    await later(48 * 3_600_000);
    for (const holder of holders) await holder.type("id unlock", { Passphrase: passphrase });
    const wrong = await give(a, fresh, "abandon abandon abandon abandon abandon about", "a.txt");
    expect(wrong.text).toMatch(/another device that asks\. Nothing was given/);
    expect((await give(a, fresh, ` ${words.toUpperCase()} `, "a.txt")).code).toBe(0);

    const finish = (files: string, typed = passphrase, flags = "") =>
      fresh.type(`recovery finish ${owner.did} ${files} ${flags}`, { "Passphrase of the request": typed });
    expect((await finish("a.txt")).text).toMatch(/1 of 2 shares are here; 1 more is needed\. Nothing was changed/);
    expect((await finish("a.txt a.txt")).text).toMatch(/1 of 2 shares are here/);
    // What was sealed for its holder does not open on the device that asks.
    hand(b, "mine.txt", fresh, "sealed.txt");
    expect((await finish("a.txt sealed.txt")).text).toMatch(/Share 2 does not open here/);
    expect((await give(b, fresh, words, "b.txt")).code).toBe(0);
    // It is asked for again in its place; this person gives up there.
    expect((await finish("a.txt b.txt", "wrong horse")).text).toMatch(
      /not the passphrase[\s\S]*Cancelled; nothing was changed/,
    );
    const drill = await finish("a.txt b.txt", passphrase, "--drill");
    expect(drill).toMatchObject({ code: 0, text: expect.stringMatching(/Proved: these shares bring your keys back/) });
    expect(await fresh.status()).toMatchObject({ exists: false });
    const stranger = await fresh.type(`recovery finish ${a.did} a.txt b.txt`, { "Passphrase of": passphrase });
    expect(stranger.text).toMatch(/belongs to somebody else's keys/);
    expect((await finish("a.txt b.txt")).text).toMatch(new RegExp(`Restored: ${owner.did}`));
    expect(await fresh.status()).toMatchObject({ did: owner.did, unlocked: true, backup: "shares" });
    expect((await fresh.type("id phrase", { Passphrase: passphrase, "Press Enter": "later" })).text).toContain(
      owner.phrase.split(" ")[0],
    );
  });

  it("does not open for an earlier request, and puts nothing in the place of other keys", async () => {
    const [a, b] = holders as [Device, Device];
    const other = await Device.withKeys();
    const words = await begin(other);
    await give(a, other, words, "a.txt");
    await give(b, other, words, "b.txt");
    await later(49 * 3_600_000);
    for (const device of [a, b]) await device.type("id unlock", { Passphrase: passphrase });
    expect((await give(a, other, words, "a.txt")).code).toBe(0);
    expect((await give(b, other, words, "b.txt")).code).toBe(0);
    const finish = (flags: string) =>
      other.type(`recovery finish ${owner.did} a.txt b.txt ${flags}`, { "Passphrase of": passphrase });
    expect((await finish("--drill")).code).toBe(0);
    expect((await finish("")).text).toMatch(/already has another identity; it is never overwritten/);
    expect((await other.status()).did).toBe(other.did);
    await begin(other);
    expect((await finish("")).text).toMatch(/sealed for another request than this device's newest/);
  });

  it("is stopped by the owner's word", async () => {
    const [a] = holders as [Device];
    const thief = new Device();
    const words = await begin(thief);
    await give(a, thief, words, "t.txt");
    await later(3_600_000);
    await owner.type("id unlock", { Passphrase: passphrase });
    expect((await owner.type(`recovery stop ${a.did}`)).text).toMatch(/On its way to @ann, did:key/);
    await later(60 * 3_600_000);
    await a.type("id unlock", { Passphrase: passphrase });
    const stopped = await give(a, thief, words, "t.txt");
    expect(stopped).toMatchObject({ code: 126, text: expect.stringMatching(/The owner has told you not to give it/) });
    expect(a.files.has("t.txt")).toBe(false);
  });

  it("is stopped by the keys that took over from the owner's, and by no others'", async () => {
    const [a] = holders as [Device];
    const [thief, successor, stranger] = [new Device(), await Device.withKeys(), await Device.withKeys()];
    const words = await begin(thief);
    await give(a, thief, words, "t.txt");
    await later(60 * 3_600_000);
    for (const device of [a, successor, stranger]) await device.type("id unlock", { Passphrase: passphrase });
    await stranger.type(`recovery stop ${a.did}`);
    const keyOf = ({ did }: Device): Uint8Array => {
      const key = publicKeyOfDid(did);
      if (!key.ok) throw new Error(key.message);
      return key.value;
    };
    const rotated = { sinceHeight: 5, replacedHeight: null, final: true };
    const hashOf = (device: Device) => toHex(keyHashOf(keyOf(device)));
    standings.set(hashOf(successor), accepted({ ...rotated, successor: null, earlier: [keyOf(owner)] }));
    expect((await give(a, thief, "wrong", "t.txt")).text).toMatch(/not the words of this request/);
    expect((await successor.type(`recovery stop ${a.did}`)).code).toBe(0);
    expect((await give(a, thief, words, "t.txt")).text).toMatch(/The owner has told you not to give it/);
    standings.clear();
    mailboxes.set(a.did, []);
  });

  it("is for the first space's owner, and the holder's space alone", async () => {
    const [a, b] = holders as [Device, Device];
    for (const device of [owner, a]) await device.type("id unlock", { Passphrase: passphrase });
    for (const device of [owner, a]) expect((await device.type("space work")).code).toBe(0);
    const before = mailboxes.get(a.did)?.length;
    expect((await owner.type(`recovery stop ${a.did}`)).text).toMatch(/space personal, and you are in work/);
    expect((await owner.type(`recovery share 2 ${a.did} ${b.did}`)).text).toMatch(/Type `space personal`/);
    expect(mailboxes.get(a.did)?.length).toBe(before);
    const asking = new Device();
    const words = await begin(asking);
    expect((await give(a, asking, words, "w.txt")).text).toMatch(/Your space personal holds this share/);
    for (const device of [owner, a]) await device.type("space personal");
  });

  it("seals nothing for keys that were replaced, and says who took over", async () => {
    const [a, b, c] = holders as [Device, Device, Device];
    const key = publicKeyOfDid(b.did);
    const old = publicKeyOfDid(c.did);
    if (!key.ok || !old.ok) throw new Error("no key");
    const replaced = accepted({ successor: key.value, earlier: [], sinceHeight: 5, replacedHeight: null, final: true });
    standings.set(toHex(keyHashOf(old.value)), replaced);
    const shown = await owner.type(`recovery share 2 ${a.did} ${c.did}`, { Passphrase: "wrong horse" });
    expect(shown.text).toContain(`${b.did}, which took over from ${c.did}`);
    const refused = await owner.type(`recovery share 2 ${a.did} c.key`, { Passphrase: passphrase });
    expect(refused.text).toMatch(/c\.key is of keys that were replaced: .*took over from.*No share was made/);
    const told = mailboxes.get(b.did)?.length ?? 0;
    await owner.type(`recovery stop ${c.did}`);
    expect(mailboxes.get(b.did)).toHaveLength(told + 1);
    standings.clear();
  });

  it("refuses damaged and wrong files in words", async () => {
    const [a] = holders as [Device];
    const fresh = new Device();
    await begin(fresh);
    a.files.set("hello.txt", utf8ToBytes("hello"));
    expect((await a.type("recovery give hello.txt mine.txt")).text).toMatch(/no recovery share/);
    expect((await a.type("recovery give mine.txt mine.txt")).text).toMatch(
      /This is a recovery share, not a recovery request/,
    );
    const text = a.text("mine.txt");
    const at = text.length >> 1;
    a.files.set("damaged.txt", utf8ToBytes(text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)));
    hand(fresh, "request.txt", a);
    expect((await a.type("recovery give damaged.txt request.txt")).text).toMatch(/does not open|damaged|altered/);
  });
});
