/** `share --with` and `get` of such links, typed into shells on real nodes with real vaults. */
import { beforeEach, describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { readFileLink, writeFileLink } from "#protocol/files/link.ts";
import { accepted } from "#protocol/result.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { linkIn, VaultDevice } from "#testing/vault-device.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createFileCipher } from "../../platform/browser/files/file-cipher.ts";

const passphrase = "correct horse";

let simulation: Simulation;
let seed: SimulatedNode;
let ann: VaultDevice;
let bob: VaultDevice;
let eve: VaultDevice;

const didOf = async ({ vault }: VaultDevice): Promise<string> => must(await vault.vaultStatus()).did ?? "";

/** A tab whose vault locks itself for no time that passes: on virtual time an hour is over in no time. */
async function tab(number: number): Promise<VaultDevice> {
  return new VaultDevice(simulation, await simulation.add(), number, new VirtualClock(simulation.clock.nowMs()));
}

/** A tab with keys whose node receives for them, so that their encryption key is known. */
async function person(number: number): Promise<VaultDevice> {
  const device = await tab(number);
  await simulation.run(5_000);
  must(await device.vault.createVault(passphrase));
  await known(device);
  return device;
}

/** Lets peers know the encryption key of the chosen space. */
async function known({ vault, node: { node, name } }: VaultDevice): Promise<void> {
  const place = { networkId: node.networkId, peerId: name };
  must(await node.requests.receiveMail(must(await vault.mailCredentials(place))));
  must(await answered(simulation, node.requests.collectMail()));
}

/** Bytes of shards that the seed has. */
const keptBytes = (): number => must(seed.node.running.files.offer()).keptBytes;

beforeEach(async () => {
  simulation = new Simulation(29);
  seed = await simulation.add({ keepsFiles: true, keepsMail: true });
  [ann, bob, eve] = [await person(1), await person(2), await person(3)];
});

describe("a file shared with certain people", () => {
  const bytes = new Random(4).bytes(300_000);

  it("opens for them and says who shared it, with its owner gone; for others not, which is said", async () => {
    ann.files.set("plans/a.bin", bytes);
    const [anns, bobs] = [await didOf(ann), await didOf(bob)];
    must(await ann.vault.addContact("bob", bobs));
    must(await bob.vault.addContact("ann", anns));
    const shared = await ann.type("share plans/a.bin --with @bob");
    expect(shared.code).toBe(0);
    expect(shared.text).toContain(`a sealed copy for @bob, ${bobs}. The link opens it with their keys and with yours`);
    expect(shared.text).toMatch(/nobody else, for 30 days; who has opened it can pass on what they got/);
    expect(shared.text).toMatch(/see its size, not its name nor what is in it; nothing in it says whom it is for\./);
    const link = linkIn(shared.text);
    await ann.node.network.stop();

    const others = await eve.type(`get ${link}`);
    expect(others.code).toBe(1);
    expect(others.text).toMatch(/This link is for other people: none of your keys opens it, .*Nothing was fetched/);
    expect(others.text).not.toMatch(/did:key|a\.bin/);
    expect(eve.files.size).toBe(0);

    const got = await bob.type(`get ${link}`);
    expect(got.text).toMatch(new RegExp(`^Shared with you by @ann, ${anns}, \\d{4}-\\d\\d-\\d\\d .*\\.$`, "m"));
    expect(got.text).toMatch(/^a\.bin, .* is among your files now\.$/m);
    expect(equalBytes(bob.files.get("a.bin") ?? new Uint8Array(), bytes)).toBe(true);
    const again = await bob.type(`get ${link} b.bin --json`);
    expect(JSON.parse(again.text.slice(again.text.indexOf("{")))).toEqual({
      path: "b.bin",
      sizeBytes: bytes.length,
      sharedBy: anns,
    });
  });

  it("asks for the passphrase where keys are locked, and says what to do where there are none", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    const link = linkIn((await ann.type(`share a.txt --with ${await didOf(bob)} --yes`)).text);
    must(await bob.vault.lockVault());
    const refused = await bob.type(`get ${link}`, null);
    expect(refused.code).toBe(1);
    expect(refused.text).toMatch(/it opens with their keys alone\. Nothing was fetched\./);
    expect(bob.files.size).toBe(0);
    expect((await bob.type(`get ${link}`, passphrase)).code).toBe(0);
    expect(bob.files.get("a.txt")).toEqual(Uint8Array.of(1));
    const newcomer = await tab(9);
    await simulation.run(5_000);
    const none = await newcomer.type(`get ${link} --json`);
    expect(none.code).toBe(1);
    expect(none.text).toMatch(/there is none on this device yet\. `id restore` brings yours back/);
  });

  it("is for several, each once; for its owner on another device; and in whichever space one is", async () => {
    ann.files.set("a.txt", Uint8Array.of(7));
    const [bobs, eves, anns] = [await didOf(bob), await didOf(eve), await didOf(ann)];
    must(await eve.vault.chooseSpace("work"));
    await known(eve);
    const eveAtWork = await didOf(eve);
    expect(eveAtWork).not.toBe(eves);
    must(await eve.vault.chooseSpace("personal"));
    const line = `share a.txt --with ${bobs} --with ${eveAtWork} --with ${bobs} --with ${anns} --yes --json`;
    const shared = await ann.type(line);
    const facts = JSON.parse(shared.text.slice(shared.text.indexOf("{"))) as { link: string };
    expect(facts).toMatchObject({ with: [bobs, eveAtWork], sent: [], sizeBytes: 1 });
    const link = facts.link.split("=").at(-1) ?? "";
    must(await ann.vault.addContact("bob", bobs));
    const listed = (await ann.type("ls --shared")).text;
    expect(listed).toContain(` for @bob, …${eveAtWork.slice(-6)} `);
    expect(JSON.parse((await ann.type("ls --shared --json")).text)).toMatchObject([{ with: [bobs, eveAtWork] }]);
    for (const one of [bob, eve]) expect((await one.type(`get ${link} got.txt`)).code).toBe(0);
    expect((await ann.type(`get ${link} got.txt`)).text).toContain("You shared this yourself, ");
    for (const one of [ann, bob, eve]) expect(one.files.get("got.txt")).toEqual(Uint8Array.of(7));
  });

  it("is ended by `unshare`, and what was left for it goes, from whichever space", async () => {
    ann.files.set("a.bin", bytes);
    const before = keptBytes();
    const link = linkIn((await ann.type(`share a.bin --with ${await didOf(bob)} --yes`)).text);
    expect(keptBytes()).toBeGreaterThan(before);
    expect((await ann.type("ls --shared")).text).toContain(link);
    must(await ann.vault.chooseSpace("public"));
    // Another browser of hers: the node there knows nothing of the pieces.
    const other = await tab(8);
    await simulation.run(5_000);
    must(await other.vault.restoreBackup(must(await ann.vault.exportBackup(passphrase)), passphrase));
    await ann.node.network.stop();
    const ended = await other.type(`unshare ${link}`);
    expect(ended.text).toMatch(/A link to a\.bin is ended\. 1 keeper of \d had shards and let them go/);
    expect(keptBytes()).toBe(before);
    expect((await bob.type(`get ${link}`)).text).toMatch(/None of \d connected peers? has 1 of the file's shards/);
  });

  it("is asked about before, and nothing is left when that is declined or nobody is known", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    const before = keptBytes();
    const bobs = await didOf(bob);
    for (const [line, answer] of [
      [`share a.txt --with ${bobs}`, "n"],
      [`share a.txt --with ${bobs} --dry-run`, "y"],
    ] as const)
      expect(linkIn((await ann.type(line, answer)).text)).toBe("");
    const stranger = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";
    expect((await ann.type(`share a.txt --with ${stranger}`)).text).toMatch(
      new RegExp(`Nobody here knows the encryption key of ${stranger}\\. .*Nothing was shared\\.`),
    );
    expect((await ann.type("share a.txt --with @nobody")).text).toMatch(/You have no name @nobody/);
    expect((await ann.type("share a.txt --with bob")).text).toMatch(/A name begins with @, as in @bob/);
    expect((await ann.type("share a.txt --send")).text).toMatch(/Send it to whom\?/);
    const many = Array.from({ length: 17 }, () => `--with ${bobs}`).join(" ");
    expect((await ann.type(`share a.txt ${many}`)).text).toMatch(
      /A link is for 16 people at most\. Nothing was shared/,
    );
    expect(keptBytes()).toBe(before);
  });

  it("asks for the passphrase again where keys were locked while the file was on its way", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    let locks = 0;
    ann.requests = {
      wrapFileKey: async (...args) => {
        if (locks++ === 0) must(await ann.vault.lockVault());
        return ann.vault.wrapFileKey(...args);
      },
    };
    const shared = await ann.type(`share a.txt --with ${await didOf(bob)} --yes`, passphrase);
    expect(shared.text).toMatch(/Your keys were locked meanwhile; they are needed to share this\./);
    expect((await bob.type(`get ${linkIn(shared.text)}`)).code).toBe(0);
    ann.requests = {
      wrapFileKey: async (...args) => {
        must(await ann.vault.lockVault());
        return ann.vault.wrapFileKey(...args);
      },
    };
    const before = keptBytes();
    const declined = await ann.type(`share a.txt --with ${await didOf(bob)} --yes`, "wrong");
    expect(declined.code).not.toBe(0);
    expect(keptBytes()).toBe(before);
  });
});

describe("a kept file shared with certain people", () => {
  it("opens for them until `unshare` or `rm`, and stays", async () => {
    ann.files.set("a.txt", new Uint8Array(100).fill(5));
    await ann.type("put a.txt --yes");
    const before = keptBytes();
    const shared = await ann.type(`share a.txt --kept --for 12h --with ${await didOf(bob)}`);
    expect(shared.text).toMatch(/Makes a link to a\.txt, 100 B, for did:key:\S+\. The link opens it .* for 12 hours/);
    const link = linkIn(shared.text);
    expect((await eve.type(`get ${link}`)).text).toMatch(/This link is for other people/);
    expect((await bob.type(`get ${link} b.txt`)).code).toBe(0);
    expect(bob.files.get("b.txt")).toEqual(new Uint8Array(100).fill(5));
    expect((await ann.type(`unshare ${link} --yes`)).text).toMatch(/A link to a\.txt is ended/);
    expect(keptBytes()).toBe(before);
    expect((await bob.type(`get ${link} c.txt`)).code).not.toBe(0);
    expect((await ann.type("get a.txt back.txt")).code).toBe(0);
  });
});

describe("a link that was altered or made by somebody else", () => {
  it("is refused: a wrong half, another block, a proof that is not its sharer's", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    const link = linkIn((await ann.type(`share a.txt --with ${await didOf(bob)} --yes`)).text);
    const [cid, key = ""] = link.split(".");
    const otherKey = `${key.startsWith("A") ? "B" : "A"}${key.slice(1)}`;
    expect((await bob.type(`get ${cid}.${otherKey}`)).text).toMatch(/The key in the link does not open the file/);
    expect((await bob.type(`get ${link.slice(0, -1)}`)).text).toMatch(/This is no link to a file/);

    // Eve was given the link. She cannot read it, but makes another of it, with her own word that it is Ann's.
    const read = must(readFileLink(link));
    const { node } = eve.node;
    const fetched = must(await answered(simulation, node.requests.fetchStripe({ data: 1, shards: [read.digest] }, [])));
    const cipher = createFileCipher({ bytes: (length) => eve.random.bytes(length) });
    const addressed = must(await cipher.openLinked(fetched.shards[0] as Uint8Array, read.key));
    if (addressed.type !== "addressed") throw new Error("not addressed");
    const proof = addressed.proof.with(5, (addressed.proof[5] as number) ^ 1);
    for (const [altered, said] of [
      [{ ...addressed, proof }, /The signature in this link is not that of who is said to have shared the file/],
      [{ ...addressed, madeAtMs: addressed.madeAtMs + 1 }, /This link is for other people/],
    ] as const) {
      const sealed = must(await cipher.sealAddressed(altered));
      const block = sealed.blocks[0]?.bytes as Uint8Array;
      must(await answered(simulation, node.requests.placeStripe(1, [block])));
      const made = writeFileLink({ digest: sha256(block), key: sealed.key });
      const refused = await bob.type(`get ${made}`);
      expect(refused.code).toBe(1);
      expect(refused.text).toMatch(said);
    }
    expect(bob.files.size).toBe(0);
  });

  it("says so where it was shared by a key that was replaced", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    const link = linkIn((await ann.type(`share a.txt --with ${await didOf(bob)} --yes`)).text);
    const successor = must(await eve.vault.vaultStatus()).publicKey as Uint8Array;
    bob.requests = {
      succession: () =>
        Promise.resolve(accepted({ successor, replacedHeight: 4, earlier: [], sinceHeight: 4, final: true })),
    };
    expect((await bob.type(`get ${link}`)).text).toMatch(/Shared with you by did:\S+ \(by a key that was replaced\), /);
  });
});

describe("share --with --send", () => {
  it("brings the link as a message, which opens it", async () => {
    ann.files.set("a.txt", Uint8Array.of(6));
    const shared = await ann.type(`share a.txt --with ${await didOf(bob)} --send --yes`);
    expect(shared.code).toBe(0);
    expect(shared.text).toMatch(/The link for did:key:\S+: Delivered: their node has it\./);
    const said = JSON.parse((await bob.type("inbox --json")).text) as { text: string; from: string }[];
    expect(said).toMatchObject([{ from: await didOf(ann), text: `a.txt: https://here/#file=${linkIn(shared.text)}` }]);
    expect((await bob.type(`get ${linkIn(said[0]?.text ?? "")}`)).code).toBe(0);
    expect(bob.files.get("a.txt")).toEqual(Uint8Array.of(6));
  });

  it("says who was not sent it, and gives the link all the same", async () => {
    ann.files.set("a.txt", Uint8Array.of(6));
    ann.requests = { sendMail: () => Promise.resolve({ ok: false, code: "mailbox-full", message: "Too many wait." }) };
    const shared = await ann.type(`share a.txt --with ${await didOf(bob)} --send --yes`);
    expect(shared.code).toBe(1);
    expect(shared.text).toMatch(
      /The link was not sent to did:key:\S+: Too many wait\. Give it to them by another way\./,
    );
    expect((await bob.type(`get ${linkIn(shared.text)}`)).code).toBe(0);
  });
});
