import "fake-indexeddb/auto";
import { openDB } from "idb";
import { describe, expect, it } from "vitest";
import { type Clock, StorageFailure } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { verifySignature } from "#protocol/crypto/signature.ts";
import { stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { encodeBody, transactionId } from "#protocol/ledger/transaction.ts";
import { readKeyRecord, readMailPass } from "#protocol/mail/credentials.ts";
import type { Result } from "#protocol/result.ts";
import { bodyOf, coin, testKey } from "#testing/ledger-fixtures.ts";
import { cheapKdf, memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createSha256Kernel } from "../wasm/sha256-kernel.ts";
import { idleLockMs } from "./vault-keeper.ts";
import { createVaultService, type VaultParts } from "./vault-service.ts";
import { createVaultStore, type VaultStore } from "./vault-store.ts";

const passphrase = "correct horse";
const phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const body = bodyOf({ feeNano: 1_000n, outputs: [coin(5_000n, testKey(9).lock)] });
const bytes = encodeBody(body);
const id = transactionId(body);

let databases = 0;

/** A vault over a real store. */
function setUp(changes: Partial<VaultParts> = {}, name = `vault-${databases++}`) {
  const clock = new VirtualClock(0);
  const store = createVaultStore(name);
  const parts: VaultParts = {
    ...memoryVaultParts(new Random(databases), clock),
    store,
    recoveryStore: createVaultStore(`${name}-recovery`),
    spaceStore: createVaultStore(`${name}-space`),
    syncStore: createVaultStore(`${name}-sync`),
    successorStore: createVaultStore(`${name}-successor`),
    stampSearch: async () => (await createSha256Kernel()).search,
    ...changes,
  };
  return { name, clock, store, vault: createVaultService(parts) };
}

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** Puts foreign bytes where the vault's file is. */
async function overwrite(store: VaultStore, file: Uint8Array): Promise<void> {
  expect(await store.replace(await store.read(), file)).toBe(true);
}

describe("vault", () => {
  it("makes, locks, unlocks and reopens the same identity", async () => {
    const { vault, name } = setUp();
    expect(await vault.vaultStatus()).toMatchObject({ value: { exists: false, did: null } });
    const made = answerOf(await vault.createVault(passphrase));
    expect(made.phrase.split(" ")).toHaveLength(12);
    expect(made.status).toMatchObject({ exists: true, unlocked: true, backup: "none" });
    expect(await vault.lockVault()).toMatchObject({ value: { unlocked: false, did: made.status.did } });
    expect(await vault.unlockVault("wrong horse")).toMatchObject({ code: "wrong-passphrase" });
    const reopened = setUp({}, name).vault;
    expect(await reopened.unlockVault(passphrase)).toMatchObject({ value: { unlocked: true, did: made.status.did } });
    expect(await reopened.revealPhrase(passphrase)).toEqual({ ok: true, value: made.phrase });
    expect(await reopened.revealPhrase("wrong horse")).toMatchObject({ code: "wrong-passphrase" });
  });

  it("signs while it is open, for the key that it shows", async () => {
    const { vault } = setUp();
    expect(await vault.signTransaction(bytes, 6_000n)).toMatchObject({ code: "vault-locked" });
    const { publicKey } = answerOf(await vault.restoreVault(phrase, passphrase));
    const signature = answerOf(await vault.signTransaction(bytes, 6_000n));
    expect(verifySignature({ digest: id, signature, publicKey: publicKey as Uint8Array })).toBe(true);
    expect(await vault.signTransaction(bytes.subarray(1), 6_000n)).toMatchObject({ ok: false });
  });

  it("locks itself when it is not used, and not before", async () => {
    const { vault, clock } = setUp();
    answerOf(await vault.createVault(passphrase));
    await clock.run(idleLockMs - 1);
    expect((await vault.signTransaction(bytes, 6_000n)).ok).toBe(true);
    await clock.run(2 * idleLockMs - 2);
    expect(await vault.vaultStatus()).toMatchObject({ value: { unlocked: true } });
    await clock.run(2 * idleLockMs - 1);
    expect(await vault.vaultStatus()).toMatchObject({ value: { unlocked: false } });
    expect(await vault.signTransaction(bytes, 6_000n)).toMatchObject({ code: "vault-locked" });
  });

  it("seals, opens and signs for messages while it is open; what nobody typed does not keep it open", async () => {
    const { vault, clock } = setUp();
    const place = { networkId: new Uint8Array(32), peerId: "peer" };
    expect(await vault.mailCredentials(place)).toMatchObject({ code: "vault-locked" });
    const { status } = answerOf(await vault.createVault(passphrase));
    const own = status.publicKey as Uint8Array;
    const { record, pass } = answerOf(await vault.mailCredentials(place));
    expect(readKeyRecord(record, clock.nowMs())).toMatchObject({ value: { signingKey: own } });
    expect(readMailPass(pass as Uint8Array, { ...place, nowMs: clock.nowMs() })).toMatchObject({ ok: true });
    expect(answerOf(await vault.mailCredentials({ ...place, peerId: "" })).pass).toBeNull();

    const { envelope } = answerOf(await vault.sealMail("note", own, record));
    const [first, second] = answerOf(await vault.openMail([envelope, envelope.subarray(1)]));
    expect([first, second]).toMatchObject([{ value: { from: status.did, text: "note" } }, { ok: false }]);
    expect(await vault.openMail(Array(17).fill(envelope))).toMatchObject({ code: "too-many" });
    // A node that names another key for the address seals nothing.
    const other = answerOf(await setUp().vault.createVault(passphrase)).status.publicKey as Uint8Array;
    expect(await vault.sealMail("note", other, record)).toMatchObject({ code: "bad-signature" });

    await clock.run(idleLockMs - 1);
    answerOf(await vault.mailCredentials(place));
    await clock.run(idleLockMs);
    expect(await vault.openMail([envelope])).toMatchObject({ code: "vault-locked" });
    expect(await vault.sealMail("note", own, record)).toMatchObject({ code: "vault-locked" });
  });

  it("stays locked when it is locked while a passphrase is being checked", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let slow = false;
    const { vault } = setUp({
      kdf: async (...given) => {
        if (slow) await held;
        return cheapKdf(...given);
      },
    });
    answerOf(await vault.createVault(passphrase));
    answerOf(await vault.lockVault());
    slow = true;
    const unlocking = vault.unlockVault(passphrase);
    answerOf(await vault.lockVault());
    release();
    expect(await unlocking).toMatchObject({ value: { unlocked: false } });
    expect(await vault.signTransaction(bytes, 6_000n)).toMatchObject({ code: "vault-locked" });
    expect(await vault.unlockVault(passphrase)).toMatchObject({ value: { unlocked: true } });
  });

  it("leaves no secret in memory when the store fails", async () => {
    const drawn: Uint8Array[] = [];
    const full: VaultStore = {
      read: () => Promise.resolve(undefined),
      replace: () => Promise.reject(new StorageFailure("storage-full", "There is no room.")),
    };
    const entropy = {
      bytes: (length: number) => {
        const bytes = new Uint8Array(length).fill(5);
        if (length === 16) drawn.push(bytes);
        return bytes;
      },
    };
    const { vault } = setUp({ store: full, entropy });
    expect(await vault.createVault(passphrase)).toMatchObject({ code: "storage-full" });
    expect(drawn[0]).toEqual(new Uint8Array(16));
    expect(await vault.signTransaction(bytes, 6_000n)).toMatchObject({ code: "vault-locked" });
  });

  it("forgets its keys once another identity is in the file", async () => {
    const { vault, store } = setUp();
    answerOf(await vault.createVault(passphrase));
    const other = setUp();
    answerOf(await other.vault.restoreVault(phrase, passphrase));
    await overwrite(store, (await other.store.read()) as Uint8Array);
    expect(await vault.vaultStatus()).toMatchObject({ value: { unlocked: false } });
    expect(await vault.signTransaction(bytes, 6_000n)).toMatchObject({ code: "vault-locked" });
  });

  it("makes who guesses wait, loses nothing, and takes the words for a forgotten passphrase", async () => {
    const waitsMs: number[] = [];
    // The store's own time is real, so waits are noted and end at once.
    const clock: Clock = {
      nowMs: () => 0,
      schedule: (delayMs, action) => {
        if (delayMs < idleLockMs) {
          waitsMs.push(delayMs);
          setImmediate(action);
        }
        return () => undefined;
      },
    };
    const { vault, store } = setUp({ clock });
    const made = answerOf(await vault.createVault(passphrase));
    answerOf(await vault.lockVault());
    const file = await store.read();
    const said = await Promise.all(Array.from({ length: 5 }, () => vault.unlockVault("wrong horse")));
    expect(said[0]).toMatchObject({ code: "wrong-passphrase", message: expect.stringContaining("try again") });
    expect(said[4]).toMatchObject({ code: "wrong-passphrase", message: expect.stringContaining("wrong 5 times") });
    expect(await store.read()).toEqual(file);
    // Every way in that takes the passphrase waits alike.
    expect(await vault.changePassphrase("wrong horse", "battery staple")).toMatchObject({ code: "wrong-passphrase" });
    expect(await vault.revealPhrase(passphrase)).toEqual({ ok: true, value: made.phrase });
    expect(waitsMs).toEqual([1_000, 2_000, 4_000, 8_000]);

    expect(await vault.restoreVault(phrase, "battery staple")).toMatchObject({ code: "vault-exists" });
    const restored = answerOf(await vault.restoreVault(made.phrase, "battery staple"));
    expect(restored).toMatchObject({ did: made.status.did, unlocked: true, backup: "words" });
    answerOf(await vault.lockVault());
    expect(await vault.unlockVault(passphrase)).toMatchObject({ code: "wrong-passphrase" });
    expect(await vault.unlockVault("battery staple")).toMatchObject({ value: { did: made.status.did } });
  });

  it("takes who restores from words for somebody who has them", async () => {
    const { vault } = setUp();
    expect(await vault.restoreVault(phrase, passphrase)).toMatchObject({ value: { backup: "words", unlocked: true } });
  });

  it("changes its passphrase", async () => {
    const { vault } = setUp();
    const { status } = answerOf(await vault.createVault(passphrase));
    expect(await vault.changePassphrase("wrong horse", "battery staple")).toMatchObject({ code: "wrong-passphrase" });
    expect(await vault.changePassphrase(passphrase, "short")).toMatchObject({ code: "weak-passphrase" });
    answerOf(await vault.changePassphrase(passphrase, "battery staple"));
    answerOf(await vault.lockVault());
    expect(await vault.unlockVault(passphrase)).toMatchObject({ code: "wrong-passphrase" });
    expect(await vault.unlockVault("battery staple")).toMatchObject({ value: { did: status.did } });
  });

  it("makes stamps of the strength asked for, and lets others in meanwhile", async () => {
    const { vault, clock } = setUp();
    answerOf(await vault.createVault(passphrase));
    const stamp = answerOf(await vault.makeStamp(id, 14));
    expect(stampStrengthBits(id, stamp)).toBeGreaterThanOrEqual(14);
    expect(await vault.makeStamp(id, 33)).toMatchObject({ code: "stamp-too-weak" });
    let slices = 0;
    const search = () => (++slices === 3 ? 5n : null);
    const slow = setUp({ clock, stampSearch: () => Promise.resolve(search) }).vault;
    const searching = slow.makeStamp(id, 20);
    await clock.step(0);
    // Between two slices the vault answers.
    expect(await slow.lockVault()).toMatchObject({ ok: true });
    expect(slices).toBe(2);
    await clock.run(0);
    expect(answerOf(await searching)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5));
  });
});

describe("a backup", () => {
  const answersOf = (words: string, places: readonly number[]) =>
    places.map((place) => ({ place, word: ` ${words.split(" ")[place]?.toUpperCase()} ` }));

  it("is proved by three words, not by fewer, wrong ones, or without the passphrase", async () => {
    const { vault } = setUp();
    const made = answerOf(await vault.createVault(passphrase));
    const right = answersOf(made.phrase, [0, 5, 11]);
    const few = [...answersOf(made.phrase, [0, 5]), ...answersOf(made.phrase, [5])];
    expect(await vault.proveBackupWords(passphrase, few)).toMatchObject({ code: "invalid-argument" });
    expect(await vault.proveBackupWords("wrong horse", right)).toMatchObject({ code: "wrong-passphrase" });
    const wrong = [...right.slice(0, 2), { place: 11, word: "aether" }];
    expect(await vault.proveBackupWords(passphrase, wrong)).toMatchObject({
      code: "drill-failed",
      message: expect.stringContaining("Word 12"),
    });
    expect(await vault.vaultStatus()).toMatchObject({ value: { backup: "none" } });
    expect(await vault.proveBackupWords(passphrase, right)).toMatchObject({ value: { backup: "words" } });
    expect(answerOf(await vault.waiveBackup()).backup).toBe("words");
  });

  it("is proved by opening its file, not another identity's", async () => {
    const { vault } = setUp();
    answerOf(await vault.createVault(passphrase));
    expect(await vault.exportBackup("wrong horse")).toMatchObject({ code: "wrong-passphrase" });
    const backup = answerOf(await vault.exportBackup(passphrase));
    const other = setUp().vault;
    expect(await other.proveBackupFile(backup, passphrase)).toMatchObject({ code: "vault-missing" });
    answerOf(await other.createVault(passphrase));
    expect(await other.proveBackupFile(backup, passphrase)).toMatchObject({ code: "drill-failed" });
    expect(await vault.proveBackupFile(backup, "wrong horse")).toMatchObject({ code: "wrong-passphrase" });
    expect(await vault.vaultStatus()).toMatchObject({ value: { backup: "none" } });
    expect(await vault.proveBackupFile(backup, passphrase)).toMatchObject({ value: { backup: "file" } });
  });

  it("brings the same keys to another device, under the passphrase of its time", async () => {
    const { vault } = setUp();
    const { status } = answerOf(await vault.createVault(passphrase));
    const backup = answerOf(await vault.exportBackup(passphrase));
    answerOf(await vault.changePassphrase(passphrase, "battery staple"));
    const { vault: device, name } = setUp();
    expect(await device.restoreBackup(backup, "battery staple")).toMatchObject({
      code: "wrong-passphrase",
      message: expect.stringContaining("the passphrase it was made under"),
    });
    expect(await device.restoreBackup(backup.subarray(1), passphrase)).toMatchObject({ code: "invalid-argument" });
    expect(await device.restoreBackup(backup.subarray(0, -1), passphrase)).toMatchObject({ code: "backup-damaged" });
    expect(await device.vaultStatus()).toMatchObject({ value: { exists: false } });
    const restored = answerOf(await device.restoreBackup(backup, passphrase));
    expect(restored).toMatchObject({ did: status.did, unlocked: true, backup: "file" });
    const signature = answerOf(await device.signTransaction(bytes, 6_000n));
    expect(verifySignature({ digest: id, signature, publicKey: status.publicKey as Uint8Array })).toBe(true);
    expect(await setUp({}, name).vault.unlockVault(passphrase)).toMatchObject({ value: { did: status.did } });
  });

  it("never takes the place of another identity, and mends a damaged one", async () => {
    const first = setUp().vault;
    const { status } = answerOf(await first.createVault(passphrase));
    const backup = answerOf(await first.exportBackup(passphrase));
    const { vault, store } = setUp();
    answerOf(await vault.createVault(passphrase));
    const file = (await store.read()) as Uint8Array;
    expect(await vault.restoreBackup(backup, passphrase)).toMatchObject({ code: "vault-exists" });
    expect(await store.read()).toEqual(file);
    await overwrite(store, file.slice(1));
    expect(await vault.restoreBackup(backup, passphrase)).toMatchObject({ value: { did: status.did, unlocked: true } });
  });
});

describe("a passkey", () => {
  const answer = () => ({
    credentialId: new Uint8Array(20).fill(3),
    salt: new Uint8Array(32).fill(4),
    secret: new Uint8Array(32).fill(5),
  });

  it("opens the vault on its device, is shown while it is locked, and leaves no secret behind", async () => {
    const { vault, name } = setUp();
    const { status } = answerOf(await vault.createVault(passphrase));
    const adding = answer();
    expect(await vault.addPasskey("wrong horse", answer())).toMatchObject({ code: "wrong-passphrase" });
    answerOf(await vault.addPasskey(passphrase, adding));
    expect(adding.secret).toEqual(new Uint8Array(32));
    const reopened = setUp({}, name).vault;
    const { credentialId, salt } = answer();
    expect(await reopened.vaultStatus()).toMatchObject({
      value: { unlocked: false, passkeys: [{ credentialId, salt }] },
    });
    const opening = answer();
    expect(await reopened.unlockByPasskey(opening)).toMatchObject({ value: { unlocked: true, did: status.did } });
    expect(opening.secret).toEqual(new Uint8Array(32));
    expect((await reopened.signTransaction(bytes, 6_000n)).ok).toBe(true);
    answerOf(await reopened.lockVault());
    answerOf(await reopened.removePasskeys());
    expect(await reopened.unlockByPasskey(answer())).toMatchObject({ code: "passkey-failed" });
    expect(await reopened.unlockVault(passphrase)).toMatchObject({ value: { unlocked: true, passkeys: [] } });
  });
});

describe("keys that are there", () => {
  it("are never overwritten, not even by two tabs at once", async () => {
    const first = setUp();
    const second = setUp({}, first.name);
    const outcomes = await Promise.all([first.vault.createVault(passphrase), second.vault.createVault(passphrase)]);
    const [made, ...others] = outcomes.filter((outcome) => outcome.ok);
    expect(others).toEqual([]);
    expect(outcomes.find((outcome) => !outcome.ok)).toMatchObject({ code: "vault-exists" });
    const { did } = answerOf(made as Result<{ status: { did: string | null } }>).status;
    for (const { vault } of [first, second, setUp({}, first.name)]) {
      expect(await vault.vaultStatus()).toMatchObject({ value: { did } });
      expect(await vault.createVault(passphrase)).toMatchObject({ code: "vault-exists" });
      expect(await vault.restoreVault(phrase, passphrase)).toMatchObject({
        code: "vault-exists",
        message: expect.stringContaining("another identity"),
      });
    }
  });

  it("keep what another tab says of their backup while their passphrase is being changed", async () => {
    const other = setUp();
    answerOf(await other.vault.createVault(passphrase));
    let meanwhile: (() => Promise<unknown>) | null = () => other.vault.waiveBackup();
    const kdf: VaultParts["kdf"] = async (text, salt, cost) => {
      await meanwhile?.();
      meanwhile = null;
      return cheapKdf(text, salt, cost);
    };
    const { vault } = setUp({ kdf }, other.name);
    const refused = await vault.changePassphrase(passphrase, "battery staple");
    expect(refused).toMatchObject({ ok: false, message: expect.stringContaining("another tab") });
    expect(await vault.unlockVault(passphrase)).toMatchObject({ value: { backup: "waived" } });
    expect((await vault.changePassphrase(passphrase, "battery staple")).ok).toBe(true);
    expect(await vault.vaultStatus()).toMatchObject({ value: { backup: "waived" } });
  });

  it("give way to the phrase only where the file is damaged, and to nothing else", async () => {
    const { vault, store } = setUp();
    answerOf(await vault.createVault(passphrase));
    const file = (await store.read()) as Uint8Array;
    file[file.length >> 1] = (file[file.length >> 1] as number) ^ 1;
    await overwrite(store, file);
    expect(await vault.vaultStatus()).toMatchObject({ code: "storage-corrupt" });
    expect(await vault.createVault(passphrase)).toMatchObject({ code: "vault-exists" });
    expect(await vault.restoreVault("zoo", passphrase)).toMatchObject({ code: "invalid-phrase" });
    expect(equalBytes((await store.read()) as Uint8Array, file)).toBe(true);
    expect(await vault.restoreVault(phrase, passphrase)).toMatchObject({ value: { unlocked: true } });
  });
});

describe("a vault whose making is cut short", () => {
  it.each(["derivation", "write"] as const)("in the %s leaves nothing, and can be made again", async (place) => {
    const name = `vault-${databases++}`;
    const never = new Promise<never>(() => undefined);
    const healthy = createVaultStore(name);
    let reached: () => void = () => undefined;
    const cut = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const hang = (): Promise<never> => {
      reached();
      return never;
    };
    const changes: Partial<VaultParts> =
      place === "derivation" ? { kdf: hang } : { store: { read: () => healthy.read(), replace: hang } };
    void setUp(changes, name).vault.createVault(passphrase);
    await cut;
    const next = setUp({}, name).vault;
    expect(await next.vaultStatus()).toMatchObject({ value: { exists: false } });
    expect((await next.createVault(passphrase)).ok).toBe(true);
  });

  it("by an aborted transaction says why, and keeps what was there", async () => {
    const { store, name } = setUp();
    const file = new Uint8Array(300).fill(1);
    await overwrite(store, file);
    const { prototype } = IDBObjectStore;
    const { put } = prototype;
    prototype.put = function abortAfter(this: IDBObjectStore, ...args: Parameters<typeof put>) {
      const request = put.apply(this, args);
      this.transaction.abort();
      return request;
    };
    const failing = store.replace(file, new Uint8Array(300).fill(2));
    await expect(failing).rejects.toMatchObject({ name: "StorageFailure", code: "storage-unavailable" });
    prototype.put = put;
    expect(await createVaultStore(name).read()).toEqual(file);
  });

  it("by a full disk is refused in words", async () => {
    const full = () =>
      Promise.reject(new StorageFailure("storage-full", "The browser gives this page no more storage."));
    const { vault } = setUp({ store: { read: () => Promise.resolve(undefined), replace: full } });
    expect(await vault.createVault(passphrase)).toMatchObject({ ok: false, code: "storage-full" });
    expect(await vault.signTransaction(bytes, 6_000n)).toMatchObject({ code: "vault-locked" });
  });

  it("for want of memory is refused in words", async () => {
    const { vault } = setUp({ calibrate: () => Promise.reject(new RangeError("no memory")) });
    expect(await vault.createVault(passphrase)).toMatchObject({ ok: false, code: "out-of-memory" });
  });
});

describe("vault store", () => {
  it("replaces only what it is told to", async () => {
    const store = createVaultStore(`vault-${databases++}`);
    const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)];
    expect(await store.replace(one, two)).toBe(false);
    expect(await store.replace(undefined, one)).toBe(true);
    expect(await store.replace(undefined, two)).toBe(false);
    expect(await store.read()).toEqual(one);
    expect(await store.replace(one, two)).toBe(true);
    expect(await store.read()).toEqual(two);
  });

  it("lets a newer version of the app have the database", async () => {
    const name = `vault-${databases++}`;
    const store = createVaultStore(name);
    await store.replace(undefined, Uint8Array.of(1));
    const newer = await openDB(name, 2);
    await expect(store.read()).rejects.toMatchObject({ code: "storage-unavailable" });
    newer.close();
  });
});
