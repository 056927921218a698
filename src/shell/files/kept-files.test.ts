/** `put`, `get NAME`, `pin`, `rm` of kept files and links that end, typed into shells on real nodes with real vaults. */
import { beforeEach, describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { rejected } from "#protocol/result.ts";
import type { VaultRequests } from "#sdk/contract.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { linkIn, VaultDevice } from "#testing/vault-device.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";

const passphrase = "correct horse";

let simulation: Simulation;
let seed: SimulatedNode;
let ann: VaultDevice;
let bob: VaultDevice;

/** Bytes of shards that the seed has. */
const keptBytes = (): number => must(seed.node.running.files.offer()).keptBytes;

beforeEach(async () => {
  simulation = new Simulation(19);
  seed = await simulation.add({ keepsFiles: true });
  ann = new VaultDevice(simulation, await simulation.add(), 1, new VirtualClock(0));
  bob = new VaultDevice(simulation, await simulation.add(), 2, new VirtualClock(0));
  must(await ann.vault.createVault(passphrase));
  await simulation.run(5_000);
});

describe("a kept file", () => {
  it("comes back by its name, also on another device where the backup is restored, and is listed until when", async () => {
    const bytes = new Random(3).bytes(fileLimits.chunkBytes + 7);
    ann.files.set("notes/a.bin", bytes);
    const put = await ann.type("put notes/a.bin");
    expect(put.text).toMatch(/Keeps notes\/a\.bin, 1\.0 MiB, among peers: .* your keys alone open/);
    expect(put.text).toMatch(/notes\/a\.bin is kept among peers: a node keeps it for 30 days; it has to stay\./);
    const listed = await ann.type("ls --kept --json");
    const [held] = await ann.held();
    expect(JSON.parse(listed.text)).toMatchObject([
      { name: "notes/a.bin", sizeBytes: bytes.length, data: 4, parity: 4, pinnedUntilMs: null, links: 0 },
    ]);
    expect((await ann.type("ls --kept")).text).toMatch(
      /^notes\/a\.bin {2}1\.0 MiB {2}until 20\d\d-\d\d-\d\d \S+ UTC$/m,
    );
    // The first device is gone for good; another has its backup.
    must(await bob.vault.restoreBackup(must(await ann.vault.exportBackup(passphrase)), passphrase));
    await ann.node.network.stop();
    expect(await bob.held()).toEqual([held]);
    expect((await bob.type("get notes/a.bin --where --json")).text).toContain('"sizeBytes":1048583');
    expect((await bob.type("get notes/a.bin b.bin")).code).toBe(0);
    expect(equalBytes(bob.files.get("b.bin") ?? new Uint8Array(), bytes)).toBe(true);
    expect((await bob.type("get notes/a.bin")).text).toMatch(/^notes\/a\.bin, .* is among your files now/m);
    expect((await bob.type("get other.bin")).text).toMatch(/You keep no file other\.bin among peers/);
  });

  it("is replaced after a question alone, and the one before it is let go", async () => {
    ann.files.set("a.txt", new Uint8Array(100).fill(1));
    await ann.type("put a.txt");
    const before = keptBytes();
    ann.files.set("a.txt", new Uint8Array(100).fill(2));
    const [old] = await ann.held();
    expect((await ann.type("put a.txt", "n")).text).toMatch(/takes the place of the a\.txt of .*Nothing was put/s);
    expect((await ann.type("put a.txt --dry-run")).text).toMatch(/takes the place of/);
    expect(await ann.held()).toEqual([old]);
    expect((await ann.type("put a.txt --yes --json")).code).toBe(0);
    expect(await ann.held()).toHaveLength(1);
    expect(keptBytes()).toBe(before);
    // And with it what was left for its links.
    await ann.type("share a.txt --kept --yes");
    expect(keptBytes()).toBeGreaterThan(before);
    await ann.type("put a.txt --yes");
    expect(keptBytes()).toBe(before);
    await ann.type("get a.txt new.txt");
    expect(ann.files.get("new.txt")).toEqual(new Uint8Array(100).fill(2));
  });

  it("is acknowledged only when the vault has it: what fails before leaves the version before it whole", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    await ann.type("put a.txt");
    const [before, bytes] = [await ann.held(), keptBytes()];
    ann.files.set("a.txt", Uint8Array.of(2));
    ann.fault = () => Promise.resolve(rejected("storage-full", "No room."));
    const { code, text } = await ann.type("put a.txt");
    expect(code).not.toBe(0);
    expect(text).not.toMatch(/is kept among peers/);
    // The shards that had been left are let go again.
    expect(keptBytes()).toBe(bytes);
    // The tab dies between the shards and the index.
    ann.fault = () => new Promise(() => undefined);
    void ann.type("put a.txt");
    await simulation.run(30_000);
    ann.fault = null;
    expect(await ann.held()).toEqual(before);
    await ann.type("get a.txt old.txt");
    expect(ann.files.get("old.txt")).toEqual(Uint8Array.of(1));
  });

  it("says that this browser keeps it alone where nobody else does, and what a pipe brings wants a name", async () => {
    await seed.network.stop();
    expect((await ann.type("echo hello | put - --name greeting")).text).toMatch(
      /greeting is with nobody else yet: no node that keeps files is connected/,
    );
    expect((await ann.type("get greeting - | cat > out.txt")).code).toBe(0);
    expect(new TextDecoder().decode(ann.files.get("out.txt"))).toBe("hello\n");
    expect((await ann.type("echo hello | put -")).text).toMatch(/needs a name/);
    expect((await ann.type("echo hello | put - --name ../a")).text).toMatch(/without \. and \.\./);
  });

  it("needs the vault: its passphrase is asked in place", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    must(await ann.vault.lockVault());
    expect((await ann.type("put a.txt --yes", passphrase)).text).toMatch(/a\.txt is kept among peers/);
    must(await ann.vault.lockVault());
    expect((await ann.type("ls --kept", passphrase)).text).toMatch(/^a\.txt/m);
    expect((await bob.type("get a.txt")).text).toMatch(/This is no link to a file/);
  });

  it("is renewed while it is pinned, and said to be", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    await ann.type("put a.txt");
    expect((await ann.type("pin a.txt --dry-run")).text).toMatch(/until you unpin it/);
    expect((await ann.held())[0]?.pinnedUntilMs).toBe(0);
    expect((await ann.type("pin a.txt")).code).toBe(0);
    // Another version of it stays pinned.
    await ann.type("put a.txt");
    expect((await ann.type("ls --kept")).text).toMatch(/pinned/);
    for (let times = 0; times < 3; times++) {
      simulation.clock.skip(16 * 86_400_000);
      await simulation.run(600_000);
    }
    // Until when keepers were asked is what is said and remembered, not until when they were at first.
    const left = simulation.clock.nowMs() + fileLimits.lifeMs / 2;
    expect((JSON.parse((await ann.type("ls --kept --json")).text) as HeldFile[])[0]?.untilMs).toBeGreaterThan(left);
    expect((await ann.held())[0]?.untilMs).toBeGreaterThan(left);
    await ann.node.network.stop();
    must(await bob.vault.restoreBackup(must(await ann.vault.exportBackup(passphrase)), passphrase));
    expect((await bob.type("get a.txt")).code).toBe(0);
    expect((await bob.type("pin a.txt --for 90d")).text).toMatch(/among peers until 20\d\d/);
    expect((await bob.type("unpin a.txt")).text).toMatch(/not pinned any more/);
    expect((await bob.held())[0]?.pinnedUntilMs).toBe(0);
    expect((await bob.type("pin none")).text).toMatch(/You keep no file none/);
  });

  it("is deleted by its key and with it the shards, after a question; a file of this browser of that name stays", async () => {
    const bytes = new Random(4).bytes(200_000);
    ann.files.set("a.bin", bytes);
    await ann.type("put a.bin");
    const shared = linkIn((await ann.type("share a.bin --kept --yes")).text);
    expect(await ann.held()).toHaveLength(2);
    expect((await bob.type(`get ${shared} b.bin`)).code).toBe(0);
    expect((await ann.type("rm a.bin --kept", "n")).text).toMatch(
      /Destroys the key of a\.bin.* 1 link to it ends.*Nothing was changed/s,
    );
    expect((await ann.type("rm a.bin --kept --dry-run")).code).toBe(0);
    expect(keptBytes()).toBeGreaterThan(0);
    const { text } = await ann.type("rm a.bin --kept");
    expect(text).toMatch(/The key of a\.bin is destroyed\. 1 keeper of 1 had shards and let them go/);
    expect(await ann.held()).toEqual([]);
    expect(keptBytes()).toBe(0);
    expect([...ann.files.keys()]).toEqual(["a.bin"]);
    expect((await bob.type(`get ${shared} c.bin`)).code).not.toBe(0);
    expect((await ann.type("rm b.bin")).text).toMatch(/There is no file b\.bin/);
    // Without one of this browser the name is enough.
    await ann.type("put a.bin --yes");
    ann.files.delete("a.bin");
    expect((await ann.type("rm a.bin")).text).toMatch(/The key of a\.bin is destroyed/);
  });
});

describe("a kept file about which something else happens meanwhile", () => {
  it("is remembered though the keys were locked while it was left, or the vault broke off without a word", async () => {
    const lockedBefore: VaultRequests["changeHeldFiles"] = async (change) => {
      ann.fault = null;
      must(await ann.vault.lockVault());
      return ann.vault.changeHeldFiles(change);
    };
    ann.files.set("a.txt", Uint8Array.of(1));
    ann.fault = lockedBefore;
    const { code, text } = await ann.type("put a.txt --yes", passphrase);
    expect(code).toBe(0);
    expect(text).toMatch(/keys were locked meanwhile; .*a\.txt is kept among peers/s);
    expect(await ann.held()).toHaveLength(1);
    // Who does not open them gets nothing kept, and nothing stays with keepers.
    const bytes = keptBytes();
    ann.files.set("b.txt", Uint8Array.of(2));
    ann.fault = lockedBefore;
    expect((await ann.type("put b.txt --yes", null)).code).not.toBe(0);
    must(await ann.vault.unlockVault(passphrase));
    expect(keptBytes()).toBe(bytes);
    ann.fault = async (change) => {
      must(await ann.vault.changeHeldFiles(change));
      return rejected("disconnected", "The tab with the vault has gone.");
    };
    expect((await ann.type("put b.txt")).text).toMatch(/b\.txt is kept among peers/);
    ann.fault = null;
    expect((await ann.type("get b.txt again.txt")).code).toBe(0);
    // Where that cannot be found out nothing is let go, and that is said.
    ann.files.set("c.txt", Uint8Array.of(3));
    const before = keptBytes();
    ann.fault = async () => {
      ann.requests = { heldFiles: () => Promise.resolve(rejected("disconnected", "The tab with the vault has gone.")) };
      return rejected("disconnected", "The tab with the vault has gone.");
    };
    expect((await ann.type("put c.txt")).text).toMatch(/Whether the vault remembers c\.txt could not be found out/);
    expect(keptBytes()).toBeGreaterThan(before);
  });

  it("is not remembered again by a `pin` that another tab's `rm` overtakes, and says so where a new version is not pinned", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    await ann.type("put a.txt");
    const [{ digest }] = (await ann.held()) as [HeldFile];
    ann.fault = async (change) => {
      ann.fault = null;
      must(await ann.vault.changeHeldFiles({ remove: [digest], add: [] }));
      return ann.vault.changeHeldFiles(change);
    };
    expect((await ann.type("pin a.txt")).text).toMatch(/deleted or changed meanwhile/);
    expect(await ann.held()).toEqual([]);
    const pinned = () =>
      [...ann.node.node.running.files.shelf.stripes.values()].filter(({ ours }) => ours?.pinnedUntilMs);
    expect(pinned()).toEqual([]);
    await ann.type("put a.txt");
    await ann.type("pin a.txt");
    expect(pinned().length).toBeGreaterThan(0);
    ann.requests = { pinStripes: () => Promise.resolve(rejected("storage-full", "There is no room.")) };
    const { code, text } = await ann.type("put a.txt");
    expect(code).toBe(0);
    expect(text).toMatch(/was pinned, and this version is not: There is no room\. `pin a\.txt` tries again/);
    expect(await ann.held()).toMatchObject([{ pinnedUntilMs: 0 }]);
  });

  it("is pinned by nobody once its key is gone, though keepers cannot be asked which pieces it had", async () => {
    ann.files.set("a.bin", new Random(8).bytes(300_000));
    await ann.type("put a.bin");
    await ann.type("pin a.bin");
    ann.files.clear();
    const pinned = () =>
      [...ann.node.node.running.files.shelf.stripes.values()].filter(({ ours }) => ours?.pinnedUntilMs);
    expect(pinned().length).toBeGreaterThan(1);
    // The tab dies after the key has gone.
    ann.fault = async (change) => {
      must(await ann.vault.changeHeldFiles(change));
      return new Promise(() => undefined);
    };
    const before = must(await ann.vault.exportBackup(passphrase));
    void ann.type("rm a.bin");
    await simulation.run(30_000);
    expect(await ann.held()).toEqual([]);
    expect(pinned()).toEqual([]);
    ann.fault = null;
    must(await bob.vault.restoreBackup(before, passphrase));
    must(await ann.vault.restoreBackup(before, passphrase));
    await ann.type("pin a.bin");
    ann.requests = { fetchStripe: () => Promise.resolve(rejected("not-found", "Nobody has it.")) };
    expect((await ann.type("rm a.bin")).text).toMatch(/destroyed\. 1 keeper of 1 had shards and let them go/);
    expect(pinned()).toEqual([]);
    expect(keptBytes()).toBe(0);
  });

  it("says that the keys are locked where a name may be that of a kept file, in whatever form it is typed", async () => {
    const [composed, decomposed] = ["\u00fcber.txt", "u\u0308ber.txt"];
    ann.files.set(decomposed, Uint8Array.of(1));
    expect((await ann.type(`put ${decomposed}`)).code).toBe(0);
    ann.files.clear();
    expect((await ann.held())[0]?.name).toBe(composed);
    expect((await ann.type(`get ${decomposed} x.txt`)).code).toBe(0);
    expect((await ann.type(`ls ${decomposed} --kept`)).code).toBe(0);
    must(await ann.vault.lockVault());
    expect((await ann.type("rm none.txt", null)).text).toMatch(
      /no file none\.txt\. .*keys are locked; `rm none\.txt --kept` asks/,
    );
    expect((await ann.type("share none.txt", null)).text).toMatch(/keys are locked; `share none\.txt --kept` asks/);
    must(await ann.vault.unlockVault(passphrase));
    expect((await ann.type(`rm ${decomposed}`)).text).toMatch(/The key of .* is destroyed/);
  });
});

describe("links that end", () => {
  it("to a kept file have a key of their own: ended, the file stays, and who comes later gets nothing", async () => {
    ann.files.set("a.bin", new Random(5).bytes(150_000));
    await ann.type("put a.bin");
    ann.files.clear();
    const first = linkIn((await ann.type("share a.bin --for 7d")).text);
    const second = linkIn((await ann.type("share a.bin --yes")).text);
    expect(first).not.toBe(second);
    expect((await ann.type("ls --kept")).text).toMatch(/2 links/);
    expect((await ann.type("ls --shared")).text).toContain(first);
    expect((await ann.type(`unshare ${first}`)).text).toMatch(/1 keeper of 1 had shards and let them go/);
    expect((await bob.type(`get ${first}`)).code).not.toBe(0);
    expect((await bob.type(`get ${second}`)).code).toBe(0);
    expect((await ann.type("get a.bin")).code).toBe(0);
    expect((await ann.type("unshare nothing")).text).toMatch(/No link of that name/);
    expect((await ann.type("share a.bin --for 40d")).text).toMatch(/30 days at most/);
  });

  it("to a file of this browser end by themselves after the time that was said, or before", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    const { text } = await ann.type("share a.txt --for 12h");
    expect(text).toMatch(/can read for 12 hours\. .*A node keeps it for 12 hours/s);
    simulation.clock.skip(13 * 3_600_000);
    await simulation.run(60_000);
    expect((await bob.type(`get ${linkIn(text)}`)).code).not.toBe(0);
    const again = linkIn((await ann.type("share a.txt --yes")).text);
    expect((await bob.type(`get ${again}`)).code).toBe(0);
    expect((await ann.type("unshare a.txt")).text).toMatch(/2 links to a\.txt/);
    expect((await bob.type(`get ${again} again.txt`)).code).not.toBe(0);
    expect(await ann.held()).toEqual([]);
  });

  it("are not remembered while the keys are locked, and that is said", async () => {
    ann.files.set("a.txt", Uint8Array.of(1));
    must(await ann.vault.lockVault());
    const { text } = await ann.type("share a.txt --yes");
    expect(text).toMatch(/cannot be taken back: nothing is remembered of it while your keys are locked/);
    expect((await bob.type(`get ${linkIn(text)}`)).code).toBe(0);
    must(await ann.vault.unlockVault(passphrase));
    expect(await ann.held()).toEqual([]);
  });
});
