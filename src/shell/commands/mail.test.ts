/** `send-msg` and `inbox`, typed into shells on real nodes that a seed joins. */
import { beforeEach, describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client, ContactView } from "#sdk/contract.ts";
import { answered, must, type Person, person, unlockAt } from "#testing/mail-fixtures.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

let simulation: Simulation;
let ann: Person;
let bob: Person;
let annsTab: SimulatedNode;
let bobsTab: SimulatedNode;
/** The names that both have given. */
let names: ContactView[];

/** A person's client; the vault is open unless it is said to be locked. */
function clientAt(device: SimulatedNode, { keys, did, vault }: Person, unlocked = true): Client {
  const { keyHash, signingKey: publicKey } = keys;
  const client = clientOf(device, { keyHash, publicKey, secret: new Uint8Array(), lock: { type: "key", keyHash } });
  const status = {
    exists: true,
    unlocked,
    space: "personal",
    did,
    keyHash,
    publicKey,
    backup: "words",
    passkeys: [],
  } as const;
  const contacts = () => Promise.resolve(accepted(names));
  return { ...client, ...vault, contacts, vaultStatus: () => Promise.resolve(accepted(status)) };
}

const type = (who: Person, line: string, unlocked = true) => {
  const device = who === ann ? annsTab : bobsTab;
  return typeLine(simulation, clientAt(device, who, unlocked), testEnvironment(), line, null);
};

beforeEach(async () => {
  names = [];
  simulation = new Simulation(17);
  [ann, bob] = [person(1, simulation.clock), person(2, simulation.clock)];
  await simulation.add({ keepsMail: true });
  [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
  for (const [device, who] of [
    [annsTab, ann],
    [bobsTab, bob],
  ] as const) {
    await unlockAt(device, who);
    must(await answered(simulation, device.node.requests.collectMail()));
  }
});

describe("names", () => {
  it("stand for addresses, and beside those that messages come from", async () => {
    names = [
      { name: "ann", did: ann.did },
      { name: "bob", did: bob.did },
    ];
    expect((await type(ann, "send-msg @bob see you")).text).toBe("Delivered: their node has it.");
    expect((await type(ann, "inbox --sent")).text).toMatch(/^To @bob, .* has it\.\n {2}see you$/);
    const [mine] = JSON.parse((await type(ann, "inbox --sent --json")).text) as { id: string; text: string }[];
    expect(mine).toMatchObject({ text: "see you", standing: "received" });
    expect(mine).not.toHaveProperty("copy");
    expect((await type(bob, "inbox")).text).toMatch(/@ann .* see you/);
    expect((await type(bob, "inbox read 1")).text).toContain(`From @ann, ${ann.did}\n`);
    expect((await type(ann, "send-msg @carol hi")).text).toMatch(/You have no name @carol/);
    expect((await type(ann, "send-msg bob hi")).text).toMatch(/A name begins with @, as in @bob/);
  });
});

describe("a letter signed with a key that was replaced", () => {
  it("says so in the list, when it is read, and to programs; a doubt is said too", async () => {
    names = [{ name: "ann", did: ann.did }];
    await type(ann, `send-msg ${bob.did} pay here from now on`);
    const client = clientAt(bobsTab, bob);
    const typed = (succession: Client["succession"], line: string) =>
      typeLine(simulation, { ...client, succession }, testEnvironment(), line, null);
    const succession: Client["succession"] = async (keyHash) => {
      const said = await client.succession(keyHash);
      const isAnns = said.ok && equalBytes(keyHash, ann.keys.keyHash);
      return isAnns ? accepted({ ...said.value, successor: person(3, simulation.clock).keys.signingKey }) : said;
    };
    expect((await type(bob, "inbox")).text).not.toContain("replaced");
    expect((await typed(succession, "inbox")).text).toMatch(/@ann \(by a key that was replaced\) .* pay here/);
    expect((await typed(succession, "inbox read 1")).text).toContain(`@ann, ${ann.did} (by a key that was replaced)\n`);
    expect(JSON.parse((await typed(succession, "inbox --json")).text)).toMatchObject([{ isFromReplaced: true }]);
    const silent: Client["succession"] = (keyHash) =>
      equalBytes(keyHash, ann.keys.keyHash)
        ? Promise.resolve(rejected("disconnected", "It does not answer."))
        : client.succession(keyHash);
    expect((await typed(silent, "inbox read 1")).text).toMatch(/whether that key was replaced is not known/);
  });
});

describe("send-msg", () => {
  it("says what became of the message: delivered, left, waiting, or one's own", async () => {
    expect(await type(ann, `send-msg ${bob.did} hello there`)).toEqual({
      code: 0,
      text: "Delivered: their node has it.",
    });
    await bobsTab.network.stop();
    expect((await type(ann, `send-msg ${bob.did} again`)).text).toMatch(
      /^Left, sealed, with a node that keeps it for 30 days/,
    );
    for (const { network } of simulation.nodes) if (network !== annsTab.network) await network.stop();
    expect((await type(ann, `send-msg ${bob.did} third`)).text).toMatch(
      /^Nobody has taken it yet \(nobody is connected\)\. It is kept here/,
    );
    expect((await type(ann, `send-msg ${ann.did} milk`)).text).toBe("To yourself: it is in your `inbox`.");
    const { text } = await type(ann, "inbox --sent");
    expect(text.match(/Delivered|Left|Nobody has taken/g)).toEqual([
      "Delivered",
      "Left",
      "Nobody has taken",
      "Delivered",
    ]);
    const mine = JSON.parse((await type(ann, "inbox --sent --json")).text) as { id: string; text: string }[];
    const third = mine.find((one) => one.text === "third")?.id ?? "";
    expect((await type(ann, `inbox delete ${third}`)).text).toBe(
      "Deleted a message for good. 1 waited and was not sent.",
    );
    expect((await type(ann, "inbox --sent")).text).not.toContain("third");
  });

  it("takes what is behind the address as it is, or what a pipe brings, and not both", async () => {
    await type(ann, `send-msg ${bob.did} --json is "no  option" here`);
    await type(ann, `echo piped in | send-msg ${bob.did}`);
    expect(await type(ann, `echo x | send-msg ${bob.did} y`)).toMatchObject({
      code: 1,
      text: expect.stringContaining("not both"),
    });
    expect(await type(ann, `send-msg ${bob.did}`)).toMatchObject({
      code: 1,
      text: expect.stringContaining("What shall it say?"),
    });
    const said = JSON.parse((await type(bob, "inbox --json")).text) as { text: string }[];
    expect(said.map(({ text }) => text)).toEqual(["--json is no  option here", "piped in"]);
  });

  it("sends nothing to a wrong address, to who is not known, or when the keys stay locked", async () => {
    expect(await type(ann, "send-msg did:key:zQ3shXX hi")).toMatchObject({
      code: 1,
      text: expect.stringContaining("Not a valid address"),
    });
    const stranger = person(9, simulation.clock);
    expect((await type(ann, `send-msg ${stranger.did} hi`)).text).toMatch(
      /Nobody here knows the receiver's encryption key.*Nothing was sent/,
    );
    expect(await type(ann, `send-msg ${bob.did} hi`, false)).toMatchObject({ code: 1 });
    const long = await type(ann, `send-msg ${bob.did} ${"x".repeat(8_193)}`);
    expect(long).toMatchObject({
      code: 1,
      text: expect.stringMatching(/at most 8192 bytes; this one has 8193\. Nothing was sent/),
    });
    expect((await type(bob, "inbox")).text).toContain("No messages");
  });
});

describe("inbox", () => {
  it("lists, reads and deletes by number, and remembers what was read", async () => {
    for (const words of ["one", "two", "three"]) await type(ann, `send-msg ${bob.did} ${words}`);
    const listed = (await type(bob, "inbox")).text.split("\n");
    expect(listed).toHaveLength(3);
    expect(listed[1]).toMatch(/^2 +new +did:key:zQ3sh\w+…\w{8} +.* ago +two$/);
    const read = await type(bob, "inbox read 2");
    expect(read.text).toMatch(new RegExp(`^From ${ann.did}\nWritten .* UTC\n {2}two$`));
    expect((await type(bob, "inbox")).text.split("\n").map((line) => /new/.test(line))).toEqual([true, false, true]);
    const [, second] = JSON.parse((await type(bob, "inbox --json")).text) as { id: string }[];
    const digits = second?.id.slice(0, 12) as string;
    expect((await type(bob, `inbox read ${digits}`)).text).toMatch(/two$/);
    expect(JSON.parse((await type(bob, `inbox read ${digits} --json`)).text)).toMatchObject({ number: 2, text: "two" });
    expect((await type(bob, `inbox delete ${digits.slice(0, 11)}`)).text).toMatch(/There is no message/);
    expect((await type(bob, "inbox delete 1 3")).text).toBe("Deleted 2 messages for good.");
    expect((await type(bob, "inbox delete 2")).text).toMatch(/There is no message 2\. There are 1/);
    expect((await type(bob, "inbox read 1x")).text).toMatch(/There is no message 1x/);
    expect((await type(bob, "inbox keep 1")).text).toMatch(/^Usage: inbox/);
  });

  it("shows foreign words as words: no line of theirs looks like the shell's, and nothing steers the terminal", async () => {
    const record = must(await answered(simulation, annsTab.node.requests.mailKey(bob.keys.keyHash)));
    const words = "hi\x1b[2J\u202e\nFrom did:key:zForged\r\n$ pay me";
    const envelope = must(await ann.vault.sealMail(words, bob.keys.signingKey, record));
    must(await answered(simulation, annsTab.node.requests.sendMail(envelope, bob.did)));
    const { text } = await type(bob, "inbox read 1");
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
    expect(text.split("\n").slice(2)).toEqual(["  hi�[2J�", "  From did:key:zForged�", "  $ pay me"]);
    expect((await type(bob, "inbox")).text).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
  });

  it("says of what does not open that it does not, and lets it be deleted", async () => {
    await type(ann, `send-msg ${bob.did} fine`);
    const client = clientAt(bobsTab, bob);
    const spoilt = rejected("bad-signature", "This message does not open.");
    const openMail = () => Promise.resolve(accepted([spoilt]));
    const typed = (line: string) => typeLine(simulation, { ...client, openMail }, testEnvironment(), line, null);
    expect((await typed("inbox")).text).toMatch(/does not open: not sealed for your keys, or altered/);
    expect(await typed("inbox read 1")).toEqual({ code: 1, text: "This message does not open." });
    expect((await typed("inbox delete 1")).code).toBe(0);
  });
});
