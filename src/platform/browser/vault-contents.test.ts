import { describe, expect, it } from "vitest";
import { backupOfVault, vaultOfBackup } from "#identity/backup.ts";
import { sealedCredentialsOf, withSealedCredentials } from "#identity/held-credentials.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { mostFileBytes } from "#protocol/files/manifest.ts";
import type { Result } from "#protocol/result.ts";
import { memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createVaultService } from "./vault-service.ts";

const passphrase = "correct horse";

let seeds = 0;

function setUp() {
  const parts = memoryVaultParts(new Random(seeds++), new VirtualClock(0));
  return { parts, store: parts.store, vault: createVaultService(parts) };
}

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const pass = { name: "pass", text: `eyJ.${"x".repeat(40_000)}.z~` };

describe("keys of documents", () => {
  const names = (documents: readonly { readonly name: string }[]): readonly string[] =>
    documents.map(({ name }) => name);

  it("are there while the vault is open, come with a backup file, and stand beside those of another device", async () => {
    const { vault, store } = setUp();
    answerOf(await vault.createVault(passphrase));
    const made = answerOf(await vault.makeDocument("notes"));
    const link = answerOf(await vault.documentLink("notes"));
    expect(Buffer.from((await store.read()) as Uint8Array).includes("notes")).toBe(false);
    const backup = answerOf(await vault.exportBackup(passphrase));
    answerOf(await vault.lockVault());
    const firstKey = { epoch: 0, check: null };
    const at = { document: made.id, replica: new Uint8Array(16), sequence: 0, previous: new Uint8Array(32) };
    const place = { ...at, ...firstKey };
    const refused = [
      vault.documents(),
      vault.makeDocument("more"),
      vault.joinDocument("more", link),
      vault.documentLink("notes"),
      vault.forgetDocument("notes"),
      vault.sealUpdate(place, Uint8Array.of(1), new Uint8Array(33)),
      vault.openUpdates(made.id, [], []),
      vault.sealPresence(made.id, Uint8Array.of(1), firstKey),
    ];
    for (const answer of refused) expect(await answer).toMatchObject({ code: "vault-locked" });
    const other = setUp().vault;
    answerOf(await other.restoreBackup(backup, passphrase));
    expect(answerOf(await other.documents())).toEqual([made]);
    // Another document of the same name: both stay.
    answerOf(await other.forgetDocument("notes"));
    answerOf(await other.makeDocument("notes"));
    answerOf(await other.restoreBackup(backup, passphrase));
    expect(names(answerOf(await other.documents()))).toEqual(["notes", "notes-2"]);
    expect(answerOf(await other.documentLink("notes-2"))).toBe(link);
  });
});

describe("files among peers", () => {
  const held = (name: string, n: number, more: Partial<HeldFile> = {}): HeldFile => ({
    kind: 0,
    name,
    digest: new Uint8Array(32).fill(n),
    key: new Uint8Array(32).fill(n + 100),
    secret: new Uint8Array(32).fill(n + 101),
    of: new Uint8Array(),
    sizeBytes: 5,
    data: 4,
    parity: 4,
    madeAtMs: n,
    untilMs: 300,
    pinnedUntilMs: 0,
    readers: null,
    ...more,
  });
  const add = (...all: readonly HeldFile[]) => ({ remove: [], add: all });

  it("are known while the vault is open, come with a backup and stay when the words are typed, and are gone once forgotten", async () => {
    const { vault, store } = setUp();
    const { phrase: words } = answerOf(await vault.createVault(passphrase));
    const all = [held("a.txt", 1), held("a.txt", 2, { kind: 2, of: new Uint8Array(32).fill(1) })];
    expect(answerOf(await vault.changeHeldFiles(add(...all)))).toEqual(all);
    expect(Buffer.from((await store.read()) as Uint8Array).includes("a.txt")).toBe(false);
    const backup = answerOf(await vault.exportBackup(passphrase));
    answerOf(await vault.lockVault());
    for (const refused of [vault.heldFiles(), vault.changeHeldFiles(add())])
      expect(await refused).toMatchObject({ code: "vault-locked" });
    answerOf(await vault.restoreVault(words, "battery staple"));
    expect(answerOf(await vault.heldFiles())).toEqual(all);
    const other = setUp().vault;
    answerOf(await other.restoreBackup(backup, passphrase));
    expect(answerOf(await other.heldFiles())).toEqual(all);
    // With a file its links go; another device's file of the same name stays beside it.
    const next = { remove: [held("", 1).digest], add: [held("a.txt", 3)] };
    expect(answerOf(await other.changeHeldFiles(next))).toEqual([held("a.txt", 3)]);
    answerOf(await other.restoreBackup(backup, passphrase));
    expect(answerOf(await other.heldFiles()).map(({ name, kind }) => [name, kind])).toEqual([
      ["a-2.txt", 0],
      ["a.txt", 2],
      ["a.txt", 0],
    ]);
  });

  it("are what can be read again: one that could not be is refused, and those that are there stay", async () => {
    const { vault } = setUp();
    answerOf(await vault.createVault(passphrase));
    answerOf(await vault.changeHeldFiles(add(held("a.txt", 1))));
    const tooLarge = held("b.txt", 2, { sizeBytes: mostFileBytes + 1 });
    expect(await vault.changeHeldFiles(add(tooLarge))).toMatchObject({ code: "storage-corrupt" });
    expect(answerOf(await vault.heldFiles())).toEqual([held("a.txt", 1)]);
  });

  it("are changed only if they are what they were taken to be", async () => {
    const { vault } = setUp();
    answerOf(await vault.createVault(passphrase));
    const [before, pinned] = [held("a.txt", 1), held("a.txt", 1, { pinnedUntilMs: 9 })];
    answerOf(await vault.changeHeldFiles(add(before)));
    answerOf(await vault.changeHeldFiles({ ...add(pinned), unchanged: [before] }));
    expect(await vault.changeHeldFiles({ ...add(before), unchanged: [before] })).toMatchObject({ code: "not-found" });
    answerOf(await vault.changeHeldFiles({ remove: [before.digest], add: [] }));
    expect(await vault.changeHeldFiles({ ...add(before), unchanged: [pinned] })).toMatchObject({ code: "not-found" });
    expect(answerOf(await vault.heldFiles())).toEqual([]);
  });

  it("take no room from what is here when a backup brings many, and a change that does not fit changes nothing", async () => {
    const { vault } = setUp();
    answerOf(await vault.createVault(passphrase));
    const long = (n: number): HeldFile => held(`${n}${"x".repeat(240)}`, n);
    answerOf(await vault.changeHeldFiles(add(...Array.from({ length: 100 }, (_, n) => long(n)))));
    const backup = answerOf(await vault.exportBackup(passphrase));
    const digests = answerOf(await vault.heldFiles()).map(({ digest }) => digest);
    answerOf(await vault.changeHeldFiles({ remove: digests, add: [held("own", 255)] }));
    answerOf(await vault.holdCredential("pass", pass.text));
    answerOf(await vault.restoreBackup(backup, passphrase));
    expect(answerOf(await vault.heldCredentials())).toEqual([pass]);
    const merged = answerOf(await vault.heldFiles());
    expect(merged.some(({ name }) => name === "own")).toBe(true);
    expect(merged.length).toBeGreaterThan(10);
    const more = Array.from({ length: 60 }, (_, n) => long(n + 150));
    expect(await vault.changeHeldFiles(add(...more))).toMatchObject({ code: "too-large" });
    expect(answerOf(await vault.heldFiles())).toEqual(merged);
  });
});

describe("credentials", () => {
  const badge = { name: "badge", text: "eyJhbGciOiJFUzI1NksifQ.eyJhIjoxfQ.c2ln~WyJzIl0~" };

  it("are there while the vault is open, for nobody else in its file, and outlast another passphrase", async () => {
    const { vault, store } = setUp();
    const { phrase: words } = answerOf(await vault.createVault(passphrase));
    expect(answerOf(await vault.holdCredential("badge", badge.text))).toEqual([badge]);
    const file = Buffer.from((await store.read()) as Uint8Array);
    for (const part of ["badge", "eyJhbGci"]) expect(file.includes(part)).toBe(false);
    answerOf(await vault.lockVault());
    for (const refused of [vault.heldCredentials(), vault.holdCredential("x", "y"), vault.dropCredential("badge")])
      expect(await refused).toMatchObject({ code: "vault-locked" });
    answerOf(await vault.restoreVault(words, "battery staple"));
    expect(answerOf(await vault.heldCredentials())).toEqual([badge]);
    // What has no room changes nothing.
    answerOf(await vault.holdCredential("pass", pass.text));
    expect(await vault.holdCredential("more", pass.text.replace("z", "y"))).toMatchObject({ code: "too-large" });
    expect(answerOf(await vault.heldCredentials())).toEqual([badge, pass]);
    expect(answerOf(await vault.dropCredential("pass"))).toEqual([badge]);
  });

  it("come with a backup file to another device, beside those there", async () => {
    const { vault } = setUp();
    answerOf(await vault.createVault(passphrase));
    answerOf(await vault.holdCredential("badge", badge.text));
    const early = answerOf(await vault.exportBackup(passphrase));
    answerOf(await vault.dropCredential("badge"));
    answerOf(await vault.holdCredential("badge", pass.text));
    const other = setUp().vault;
    answerOf(await other.restoreBackup(early, passphrase));
    expect(answerOf(await other.heldCredentials())).toEqual([badge]);
    const later = answerOf(await vault.exportBackup(passphrase));
    answerOf(await other.restoreBackup(later, passphrase));
    const both = [badge, { name: "badge-2", text: pass.text }];
    expect(answerOf(await other.heldCredentials())).toEqual(both);
    answerOf(await other.restoreBackup(early, passphrase));
    expect(answerOf(await other.heldCredentials())).toEqual(both);
  });

  it("that a backup file's keys did not seal are refused with the file, and nothing is changed", async () => {
    const { vault } = setUp();
    answerOf(await vault.createVault(passphrase));
    answerOf(await vault.holdCredential("badge", badge.text));
    const backup = answerOf(await vault.exportBackup(passphrase));
    const file = answerOf(vaultOfBackup(backup));
    const sealed = answerOf(sealedCredentialsOf(file));
    for (const hostile of [sealed.toReversed(), sealed.subarray(1), new Uint8Array(1)]) {
      const altered = answerOf(backupOfVault(answerOf(withSealedCredentials(file, hostile))));
      const { vault: other, store } = setUp();
      expect(await other.restoreBackup(altered, passphrase)).toMatchObject({ code: "backup-damaged" });
      expect(await store.read()).toBeUndefined();
      expect(await vault.restoreBackup(altered, passphrase)).toMatchObject({ code: "backup-damaged" });
      expect(answerOf(await vault.heldCredentials())).toEqual([badge]);
    }
  });
});

describe("names of people", () => {
  const [alice, bob] = [
    "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
    "did:key:zQ3shtxV1FrJfhqE1dvxYRcCknWNjHc3c5X1y3ZSoPDi2aur2",
  ] as const;
  const both = [
    { name: "alice", did: alice },
    { name: "bob", did: bob },
  ];

  it("are there while the vault is open, for nobody else in its file, and outlast another passphrase", async () => {
    const { vault, parts, store } = setUp();
    expect(await vault.addContact("alice", alice)).toMatchObject({ code: "vault-locked" });
    const { phrase: words } = answerOf(await vault.createVault(passphrase));
    expect(answerOf(await vault.contacts())).toEqual([]);
    answerOf(await vault.addContact("bob", bob));
    expect(answerOf(await vault.addContact("Alice", alice))).toEqual(both);
    expect(await vault.addContact("a1ice", alice)).toMatchObject({ ok: false });
    const file = Buffer.from((await store.read()) as Uint8Array);
    for (const word of ["alice", "bob"]) expect(file.includes(word)).toBe(false);
    answerOf(await vault.changePassphrase(passphrase, "battery staple"));
    answerOf(await vault.lockVault());
    expect(await vault.contacts()).toMatchObject({ code: "vault-locked" });
    expect(await vault.removeContact("bob")).toMatchObject({ code: "vault-locked" });
    const reopened = createVaultService(parts);
    answerOf(await reopened.unlockVault("battery staple"));
    expect(answerOf(await reopened.contacts())).toEqual(both);
    // Who has forgotten the passphrase and types the words has the names still.
    answerOf(await reopened.restoreVault(words, passphrase));
    expect(answerOf(await reopened.contacts())).toEqual(both);
    expect(answerOf(await reopened.removeContact("bob"))).toEqual([both[0]]);
    expect(await reopened.removeContact("bob")).toMatchObject({ code: "not-found" });
  });

  it("come with a backup file to another device, and never change what those there mean", async () => {
    const { vault } = setUp();
    answerOf(await vault.createVault(passphrase));
    answerOf(await vault.addContact("alice", alice));
    const early = answerOf(await vault.exportBackup(passphrase));
    answerOf(await vault.removeContact("alice"));
    answerOf(await vault.addContact("alice", bob));
    const backup = answerOf(await vault.exportBackup(passphrase));
    const other = setUp().vault;
    answerOf(await other.restoreBackup(backup, passphrase));
    expect(answerOf(await other.contacts())).toEqual([{ name: "alice", did: bob }]);
    answerOf(await other.restoreBackup(early, passphrase));
    expect(answerOf(await other.contacts())).toEqual([{ name: "alice", did: bob }]);
    answerOf(await other.removeContact("alice"));
    answerOf(await other.restoreBackup(early, passphrase));
    expect(answerOf(await other.contacts())).toEqual([{ name: "alice", did: alice }]);
  });

  it("are not lost when two tabs change them at once", async () => {
    const first = setUp();
    answerOf(await first.vault.createVault(passphrase));
    const second = createVaultService(first.parts);
    answerOf(await second.unlockVault(passphrase));
    const done = await Promise.all([first.vault.addContact("alice", alice), second.addContact("bob", bob)]);
    const names = answerOf(await second.contacts()).map(({ name }) => name);
    for (const [i, name] of ["alice", "bob"].entries()) expect(names.includes(name)).toBe(done[i]?.ok);
    expect(done.filter(({ ok }) => !ok).every((one) => !one.ok && one.message.includes("another tab"))).toBe(true);
  });
});
