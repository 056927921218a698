import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, bytes32, encode, record, unsigned } from "#protocol/codec/schema.ts";
import { Random } from "#testing/random.ts";
import { backupOfVault, mostBackupBytes, vaultOfBackup } from "./backup.ts";
import { sealedContactsOf, withSealedContacts } from "./contacts.ts";
import { earlierSecretsOf, withEarlierSecrets } from "./earlier-secrets.ts";
import { sealedCredentialsOf, withSealedCredentials } from "./held-credentials.ts";
import { sealedDocumentsOf, withSealedDocuments } from "./held-documents.ts";
import { sealedFilesOf, withSealedFiles } from "./held-files.ts";
import { keysOfSeed } from "./keys.ts";
import { addPasskey, removePasskeys, unlockByPasskey } from "./passkey.ts";
import { checkPassphrase } from "./passphrase.ts";
import {
  changeVaultPassphrase,
  createVaultFile,
  markBackup,
  type PassphraseKdf,
  readVaultFile,
  unlockVaultFile,
} from "./vault.ts";
import {
  type BackupStanding,
  mostCredentialIdBytes,
  mostPasskeys,
  mostSealedContentsBytes,
  mostSealedEarlierBytes,
  readVault,
  writeVault,
} from "./vault-format.ts";

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

/** A quick stand-in for Argon2id: the real one is tested in platform/browser; the format is what is tested here. */
const kdf: PassphraseKdf = (passphrase, salt, cost) =>
  Promise.resolve(sha256(concatBytes(utf8ToBytes(passphrase.normalize("NFKD")), salt, Uint8Array.of(cost.passes))));
const cost = { memoryKib: 64, passes: 1, lanes: 1 };
const keys = keysOfSeed(new Uint8Array(64).fill(1));
const random = new Random(3);
const tools = { kdf, random: (length: number) => random.bytes(length) };
const make = async (passphrase: string, entropy: Uint8Array): Promise<Uint8Array> => {
  const file = await createVaultFile({ entropy, publicKey: keys.signingKey }, passphrase, cost, tools);
  if (!file.ok) throw new Error(file.message);
  return file.value;
};

function marked(file: Uint8Array, standing: BackupStanding): Uint8Array {
  const next = markBackup(file, standing);
  if (!next.ok) throw new Error(next.message);
  return next.value;
}

describe("vault", () => {
  it("opens with its passphrase, any text, however it was composed", async () => {
    const entropies = fc.uint8Array({ minLength: 16, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), entropies, async (passphrase, entropy) => {
        const file = await make(passphrase, entropy);
        expect(await unlockVaultFile(file, passphrase.normalize("NFC"), kdf)).toEqual({ ok: true, value: entropy });
        expect(await unlockVaultFile(file, `${passphrase}x`, kdf)).toMatchObject({ code: "wrong-passphrase" });
      }),
      { numRuns: 40 },
    );
  });

  it("tells damage from a wrong passphrase for every byte, and never gives wrong keys", async () => {
    const file = await make("correct horse", new Uint8Array(16));
    for (let place = 0; place < file.length; place++) {
      const damaged = file.slice();
      damaged[place] = (damaged[place] as number) ^ 0x20;
      expect(await unlockVaultFile(damaged, "correct horse", kdf)).toMatchObject({ code: "storage-corrupt" });
    }
  });

  it("tells a newer app's vault from a damaged one", async () => {
    // Same envelope, another version, a body that this version cannot read.
    const body = new Uint8Array(3);
    const envelope = record({ version: unsigned(0xffff), body: byteString(0, 99), checksum: bytes32 });
    const checksum = taggedHash("aether/checksum/1", Uint8Array.of(0, 8), body);
    const newer = encode(envelope, { version: 8, body, checksum });
    expect(readVaultFile(newer)).toMatchObject({ code: "unknown-version" });
    expect(await unlockVaultFile(newer, "correct horse", kdf)).toMatchObject({ code: "unknown-version" });
  });

  it("changes its passphrase without touching what it protects", async () => {
    const entropy = new Uint8Array(16).fill(9);
    const file = await make("correct horse", entropy);
    const wrong = await changeVaultPassphrase(file, { old: "wrong horse", new: "battery staple" }, cost, tools);
    expect(wrong).toMatchObject({ code: "wrong-passphrase" });
    const costly = { ...cost, passes: 2 };
    const changed = await changeVaultPassphrase(file, { old: "correct horse", new: "battery staple" }, costly, tools);
    if (!changed.ok) throw new Error(changed.message);
    expect(await unlockVaultFile(changed.value, "battery staple", kdf)).toEqual({ ok: true, value: entropy });
    expect(await unlockVaultFile(changed.value, "correct horse", kdf)).toMatchObject({ code: "wrong-passphrase" });
    // The sealed part (16 bytes and their tag, before the byte of no names and the checksum) is byte for byte the old one.
    const sealedOf = (bytes: Uint8Array): string => toHex(bytes.subarray(-34 - 33, -34 - 1));
    expect(sealedOf(changed.value)).toBe(sealedOf(file));
  });

  it("says so when the device cannot bear the cost", async () => {
    const broken: PassphraseKdf = () => Promise.reject(new RangeError("no memory"));
    const file = await make("correct horse", new Uint8Array(16));
    expect(await unlockVaultFile(file, "correct horse", broken)).toMatchObject({ code: "out-of-memory" });
  });

  it("remembers how its backup was proved, and shows what is public while locked", async () => {
    const file = await make("correct horse", new Uint8Array(16));
    const facts = { publicKey: keys.signingKey, backup: "none", passkeys: [] };
    expect(readVaultFile(file)).toEqual({ ok: true, value: facts });
    const waived = marked(file, "waived");
    expect(readVaultFile(waived)).toMatchObject({ value: { backup: "waived" } });
    const proved = marked(waived, "words");
    expect(readVaultFile(proved)).toMatchObject({ value: { backup: "words" } });
    // What was proved stays so.
    expect(readVaultFile(marked(proved, "waived"))).toMatchObject({ value: { backup: "words" } });
    expect(await unlockVaultFile(proved, "correct horse", kdf)).toMatchObject({ ok: true });
  });

  it("reads and carries on what version 1 wrote", async () => {
    // Written by the code of version 1, marked as backed up.
    const first = hex(
      "830158c585582102b1f17e85742823bb1b786270b3662e9b2bec9aa11158f5963283ba615c58915f018187005015d3de36512ca7526dc28cd99a94a105184001015818ef50ea7f93c61c257f70a2c31665a39859a0ec1fb744457a58308fe55b1636abad1b3a4c16050d0ad154bc876ceb045cae93e690ae64881f733ab8a50e8095f339e12accd076a48b472e5818c1bf0773c315ea1681818c4124f13dc4eba121bacd0aed2c5820dcaca97c97a8c350929789f9c05d0aeeee8caa7ef338d2ceb0c61fa47cf4d04558209d456072e09bb902d9d147445d9965f9bf8c6153b48ba3d10b9c390b9cd13cbf",
    );
    const entropy = new Uint8Array(16).fill(9);
    const facts = { publicKey: keys.signingKey, backup: "words", passkeys: [] };
    expect(readVaultFile(first)).toEqual({ ok: true, value: facts });
    expect(await unlockVaultFile(first, "correct horse", kdf)).toEqual({ ok: true, value: entropy });
    const change = { old: "correct horse", new: "battery staple" };
    const second = await changeVaultPassphrase(first, change, cost, tools);
    expect(second.ok && (await unlockVaultFile(second.value, "battery staple", kdf))).toEqual({
      ok: true,
      value: entropy,
    });
    expect(second.ok && readVaultFile(second.value)).toEqual({ ok: true, value: facts });
  });

  it("reads what version 2 wrote, passkeys and all, and carries it on with names", async () => {
    const second = hex(
      "830259013986582102b1f17e85742823bb1b786270b3662e9b2bec9aa11158f5963283ba615c58915f0281870050ebd1fea9802fc1b81e31d131539559ef184001015818a8709d48596e1879e647f9487fa284a66d030bc050ef692a58304f2002a87efc1aea9fb57d74c38e8911bc7cce33be29b4d943bbe236ec6661de2ee70aa44a7551f6d69679f37bbbafed8184430102035820040404040404040404040404040404040404040404040404040404040404040458182b85d921eed41749907be3a82b5aad873c5f77d98c22d18558304497d9270ce8ebd20d2aac60a7a202da0a1ff28148149a4f9eac934ee27e557ba5a4f474c4db8da2d6923c8f3f7ad61658180f01941185c619b2eaf18004e66d4ab0782d1d03d22729d658203a6d973d54ee0519b707958370bb9b7adff4beb19d9a8cdaa9c4535d05e5aed95820ff96d55b82dded873ca84f3f0eb05422e5bf0f6d34185becd3839c6636e78d75",
    );
    const answer = () => ({
      credentialId: Uint8Array.of(1, 2, 3),
      salt: new Uint8Array(32).fill(4),
      secret: new Uint8Array(32).fill(5),
    });
    const entropy = new Uint8Array(16).fill(9);
    expect(readVaultFile(second)).toMatchObject({ value: { publicKey: keys.signingKey, backup: "file" } });
    expect(sealedContactsOf(second)).toEqual({ ok: true, value: new Uint8Array() });
    const named = withSealedContacts(second, new Uint8Array(60).fill(1));
    if (!named.ok) throw new Error(named.message);
    expect(sealedContactsOf(named.value)).toEqual({ ok: true, value: new Uint8Array(60).fill(1) });
    for (const file of [second, named.value]) {
      expect(await unlockVaultFile(file, "correct horse", kdf)).toEqual({ ok: true, value: entropy });
      expect(unlockByPasskey(file, answer())).toEqual({ ok: true, value: entropy });
    }
    // Names go along into a backup and survive another passphrase.
    const change = { old: "correct horse", new: "battery staple" };
    const changed = await changeVaultPassphrase(named.value, change, cost, tools);
    const backup = changed.ok ? backupOfVault(changed.value) : changed;
    const taken = backup.ok ? vaultOfBackup(backup.value) : backup;
    expect(taken.ok && sealedContactsOf(taken.value)).toMatchObject({ value: new Uint8Array(60).fill(1) });
  });

  it("reads what version 3 wrote, names and all, and carries on secrets of replaced keys", async () => {
    const third = hex(
      "830359017787582102b1f17e85742823bb1b786270b3662e9b2bec9aa11158f5963283ba615c58915f0281870050ebd1fea9802fc1b81e31d131539559ef184001015818a8709d48596e1879e647f9487fa284a66d030bc050ef692a58304f2002a87efc1aea9fb57d74c38e8911bc7cce33be29b4d943bbe236ec6661de2ee70aa44a7551f6d69679f37bbbafed8184430102035820040404040404040404040404040404040404040404040404040404040404040458182b85d921eed41749907be3a82b5aad873c5f77d98c22d18558304497d9270ce8ebd20d2aac60a7a202da0a1ff28148149a4f9eac934ee27e557ba5a4f474c4db8da2d6923c8f3f7ad61658180f01941185c619b2eaf18004e66d4ab0782d1d03d22729d658203a6d973d54ee0519b707958370bb9b7adff4beb19d9a8cdaa9c4535d05e5aed9583c01010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010158208e31d2e6f8107279b35933df46c25579665d9b68c93d0098caf2901dee2d16e3",
    );
    const entropy = new Uint8Array(16).fill(9);
    expect(await unlockVaultFile(third, "correct horse", kdf)).toEqual({ ok: true, value: entropy });
    expect(earlierSecretsOf(third, keys)).toEqual({ ok: true, value: [] });
    const older = [new Uint8Array(16).fill(1), new Uint8Array(32).fill(2)];
    const carried = withEarlierSecrets(third, older, keys, new Uint8Array(24).fill(3));
    if (!carried.ok) throw new Error(carried.message);
    expect(sealedContactsOf(carried.value)).toEqual({ ok: true, value: new Uint8Array(60).fill(1) });
    expect(earlierSecretsOf(carried.value, keys)).toEqual({ ok: true, value: older });
    expect(earlierSecretsOf(carried.value, keysOfSeed(new Uint8Array(64)))).toMatchObject({ code: "storage-corrupt" });
    expect(await unlockVaultFile(carried.value, "correct horse", kdf)).toEqual({ ok: true, value: entropy });
  });

  it("reads what version 4 wrote, replaced keys and all, and carries on credentials as far as there is room", async () => {
    const fourth = hex(
      "83045901d688582102b1f17e85742823bb1b786270b3662e9b2bec9aa11158f5963283ba615c58915f0281870050ebd1fea9802fc1b81e31d131539559ef184001015818a8709d48596e1879e647f9487fa284a66d030bc050ef692a58304f2002a87efc1aea9fb57d74c38e8911bc7cce33be29b4d943bbe236ec6661de2ee70aa44a7551f6d69679f37bbbafed8184430102035820040404040404040404040404040404040404040404040404040404040404040458182b85d921eed41749907be3a82b5aad873c5f77d98c22d18558304497d9270ce8ebd20d2aac60a7a202da0a1ff28148149a4f9eac934ee27e557ba5a4f474c4db8da2d6923c8f3f7ad61658180f01941185c619b2eaf18004e66d4ab0782d1d03d22729d658203a6d973d54ee0519b707958370bb9b7adff4beb19d9a8cdaa9c4535d05e5aed9583c010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101585d03030303030303030303030303030303030303030303030357774f78674c51e98098df719a0076ca1f80aa513897a72ba7a3eeb7543deb5e108c50d5366a98917715778c0d9bb05b5974c8ab68d7be99ce39ca343dfa02e02460725cac5820ecff6624e393b59478957babde43043b31e750ef7c7d1b53a6017b95ac912b4e",
    );
    const entropy = new Uint8Array(16).fill(9);
    const names = new Uint8Array(60).fill(1);
    expect(await unlockVaultFile(fourth, "correct horse", kdf)).toEqual({ ok: true, value: entropy });
    expect(sealedCredentialsOf(fourth)).toEqual({ ok: true, value: new Uint8Array() });
    const most = new Uint8Array(mostSealedContentsBytes - names.length).fill(2);
    const held = withSealedCredentials(fourth, most);
    if (!held.ok) throw new Error(held.message);
    const older = [new Uint8Array(16).fill(1), new Uint8Array(32).fill(2)];
    expect(earlierSecretsOf(held.value, keys)).toEqual({ ok: true, value: older });
    expect(sealedContactsOf(held.value)).toEqual({ ok: true, value: names });
    expect(sealedCredentialsOf(held.value)).toEqual({ ok: true, value: most });
    expect(withSealedCredentials(held.value, new Uint8Array(most.length + 1))).toMatchObject({ code: "too-large" });
    expect(withSealedContacts(held.value, new Uint8Array(names.length + 1))).toMatchObject({ code: "too-large" });
    // Where both are full, there is room still for all that opens the file.
    const body = readVault(held.value);
    if (!body.ok) throw new Error(body.message);
    const passkey = body.value.passkeys[0] as (typeof body.value.passkeys)[number];
    const longest = { ...passkey, credentialId: new Uint8Array(mostCredentialIdBytes) };
    const passkeys = Array.from({ length: mostPasskeys }, () => longest);
    const full = writeVault({ ...body.value, passkeys, earlier: new Uint8Array(mostSealedEarlierBytes) });
    expect(await unlockVaultFile(full, "correct horse", kdf)).toEqual({ ok: true, value: entropy });
  });

  it("reads what version 5 wrote, without documents, and keeps their keys within the room of all", async () => {
    const fifth = hex(
      "830559021e89582102b1f17e85742823bb1b786270b3662e9b2bec9aa11158f5963283ba615c58915f0281870050ebd1fea9802fc1b81e31d131539559ef184001015818a8709d48596e1879e647f9487fa284a66d030bc050ef692a58304f2002a87efc1aea9fb57d74c38e8911bc7cce33be29b4d943bbe236ec6661de2ee70aa44a7551f6d69679f37bbbafed8184430102035820040404040404040404040404040404040404040404040404040404040404040458182b85d921eed41749907be3a82b5aad873c5f77d98c22d18558304497d9270ce8ebd20d2aac60a7a202da0a1ff28148149a4f9eac934ee27e557ba5a4f474c4db8da2d6923c8f3f7ad61658180f01941185c619b2eaf18004e66d4ab0782d1d03d22729d658203a6d973d54ee0519b707958370bb9b7adff4beb19d9a8cdaa9c4535d05e5aed9583c010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101585d03030303030303030303030303030303030303030303030357774f78674c51e98098df719a0076ca1f80aa513897a72ba7a3eeb7543deb5e108c50d5366a98917715778c0d9bb05b5974c8ab68d7be99ce39ca343dfa02e02460725cac5846040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404045820d714aacfb996cffefcf04bce30d2aa9982036fc6f6fd642feedbc124a3af490d",
    );
    expect(sealedDocumentsOf(fifth)).toEqual({ ok: true, value: new Uint8Array() });
    expect(sealedCredentialsOf(fifth)).toEqual({ ok: true, value: new Uint8Array(70).fill(4) });
    const most = new Uint8Array(mostSealedContentsBytes - 70 - 60);
    const full = withSealedDocuments(fifth, most);
    expect(full.ok && sealedDocumentsOf(full.value)).toEqual({ ok: true, value: most });
    expect(withSealedDocuments(fifth, new Uint8Array(most.length + 1))).toMatchObject({ code: "too-large" });
  });

  it("reads what version 6 wrote, without files among peers, and keeps their keys within the room of all", () => {
    const sixth = hex(
      "83065902668a582102b1f17e85742823bb1b786270b3662e9b2bec9aa11158f5963283ba615c58915f0281870050ebd1fea9802fc1b81e31d131539559ef184001015818a8709d48596e1879e647f9487fa284a66d030bc050ef692a58304f2002a87efc1aea9fb57d74c38e8911bc7cce33be29b4d943bbe236ec6661de2ee70aa44a7551f6d69679f37bbbafed8184430102035820040404040404040404040404040404040404040404040404040404040404040458182b85d921eed41749907be3a82b5aad873c5f77d98c22d18558304497d9270ce8ebd20d2aac60a7a202da0a1ff28148149a4f9eac934ee27e557ba5a4f474c4db8da2d6923c8f3f7ad61658180f01941185c619b2eaf18004e66d4ab0782d1d03d22729d658203a6d973d54ee0519b707958370bb9b7adff4beb19d9a8cdaa9c4535d05e5aed9583c010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101585d03030303030303030303030303030303030303030303030357774f78674c51e98098df719a0076ca1f80aa513897a72ba7a3eeb7543deb5e108c50d5366a98917715778c0d9bb05b5974c8ab68d7be99ce39ca343dfa02e02460725cac5846040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404045846050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505055820805294722d35b15db313ef6a288f6f57bb43c7de3070b1501e0ecc0d7c08d395",
    );
    expect(sealedFilesOf(sixth)).toEqual({ ok: true, value: new Uint8Array() });
    expect(sealedDocumentsOf(sixth)).toEqual({ ok: true, value: new Uint8Array(70).fill(5) });
    const most = new Uint8Array(mostSealedContentsBytes - 70 - 70 - 60);
    const full = withSealedFiles(sixth, most);
    expect(full.ok && sealedFilesOf(full.value)).toEqual({ ok: true, value: most });
    expect(full.ok && sealedDocumentsOf(full.value)).toEqual(sealedDocumentsOf(sixth));
    expect(withSealedFiles(sixth, new Uint8Array(most.length + 1))).toMatchObject({ code: "too-large" });
  });

  it("asks for a passphrase that is one", () => {
    for (const weak of ["", "short", "password", "aaaaaaaaaaaa"])
      expect(checkPassphrase(weak)).toMatchObject({ code: "weak-passphrase" });
    expect(checkPassphrase("correct horse").ok).toBe(true);
  });
});

describe("a backup file", () => {
  const backupOf = (file: Uint8Array): Uint8Array => {
    const backup = backupOfVault(file);
    if (!backup.ok) throw new Error(backup.message);
    return backup.value;
  };

  it("holds the vault, for the passphrase it was made under, and what it is in its first line", async () => {
    const entropy = new Uint8Array(16).fill(4);
    const backup = backupOf(marked(await make("correct horse", entropy), "words"));
    expect(new TextDecoder().decode(backup.subarray(0, 16))).toBe("aether backup 1\n");
    const file = vaultOfBackup(backup);
    if (!file.ok) throw new Error(file.message);
    expect(await unlockVaultFile(file.value, "correct horse", kdf)).toEqual({ ok: true, value: entropy });
    expect(await unlockVaultFile(file.value, "wrong horse", kdf)).toMatchObject({ code: "wrong-passphrase" });
    // Whether it was proved is for the device to know that opens it.
    expect(readVaultFile(file.value)).toMatchObject({ value: { backup: "none" } });
  });

  it("is refused with any byte changed or missing, and says so clearly", async () => {
    const backup = backupOf(await make("correct horse", new Uint8Array(16)));
    for (let place = 0; place < backup.length; place++) {
      const damaged = backup.slice();
      damaged[place] = (damaged[place] as number) ^ 0x41;
      const code = place < 14 ? "invalid-argument" : "backup-damaged";
      expect(vaultOfBackup(damaged), `byte ${place}`).toMatchObject({
        code,
        message: expect.stringContaining("Nothing was"),
      });
      expect(vaultOfBackup(backup.subarray(0, place)).ok).toBe(false);
    }
  });

  it("is told from a newer app's, and from what is none", () => {
    expect(vaultOfBackup(utf8ToBytes("aether backup 2\nwhatever"))).toMatchObject({ code: "unknown-version" });
    for (const none of [new Uint8Array(), utf8ToBytes("holiday.jpg"), new Uint8Array(mostBackupBytes + 1)])
      expect(vaultOfBackup(none)).toMatchObject({ code: "invalid-argument" });
  });
});

describe("a passkey", () => {
  const answer = (seed: number) => {
    const own = new Random(seed);
    return { credentialId: own.bytes(40), salt: own.bytes(32), secret: own.bytes(32) };
  };
  const entropy = new Uint8Array(16).fill(6);
  const withPasskey = async (file: Uint8Array, seed: number): Promise<Uint8Array> => {
    const added = await addPasskey(file, "correct horse", answer(seed), tools);
    if (!added.ok) throw new Error(added.message);
    return added.value;
  };

  it("opens the vault besides the passphrase, also after that was changed, until it is removed", async () => {
    const file = await withPasskey(await make("correct horse", entropy), 1);
    expect(unlockByPasskey(file, answer(1))).toEqual({ ok: true, value: entropy });
    const { credentialId, salt } = answer(1);
    expect(readVaultFile(file)).toMatchObject({ value: { passkeys: [{ credentialId, salt }] } });
    const change = { old: "correct horse", new: "battery staple" };
    const changed = await changeVaultPassphrase(file, change, cost, tools);
    if (!changed.ok) throw new Error(changed.message);
    expect(unlockByPasskey(changed.value, answer(1))).toEqual({ ok: true, value: entropy });
    const removed = removePasskeys(changed.value);
    if (!removed.ok) throw new Error(removed.message);
    expect(unlockByPasskey(removed.value, answer(1))).toMatchObject({ code: "passkey-failed" });
    expect(await unlockVaultFile(removed.value, "battery staple", kdf)).toEqual({ ok: true, value: entropy });
  });

  it("is refused with another secret, another passkey's name, or without the passphrase when it is added", async () => {
    const plain = await make("correct horse", entropy);
    expect(await addPasskey(plain, "wrong horse", answer(1), tools)).toMatchObject({ code: "wrong-passphrase" });
    const file = await withPasskey(plain, 1);
    expect(unlockByPasskey(file, { ...answer(1), secret: answer(2).secret })).toMatchObject({ code: "passkey-failed" });
    expect(unlockByPasskey(file, answer(2))).toMatchObject({ code: "passkey-failed" });
    for (const bad of [new Uint8Array(), new Uint8Array(31).fill(1), new Uint8Array(32)]) {
      expect(unlockByPasskey(file, { ...answer(1), secret: bad })).toMatchObject({ code: "passkey-failed" });
      expect((await addPasskey(plain, "correct horse", { ...answer(1), secret: bad }, tools)).ok).toBe(false);
    }
    const nameless = { ...answer(1), credentialId: new Uint8Array() };
    expect((await addPasskey(plain, "correct horse", nameless, tools)).ok).toBe(false);
  });

  it("is one of a few, and none of them is in a backup file", async () => {
    let file = await make("correct horse", entropy);
    for (let seed = 1; seed <= mostPasskeys; seed++) file = await withPasskey(file, seed);
    expect(unlockByPasskey(file, answer(mostPasskeys))).toEqual({ ok: true, value: entropy });
    expect(await addPasskey(file, "correct horse", answer(9), tools)).toMatchObject({ code: "too-many" });
    const backup = backupOfVault(file);
    const inside = backup.ok ? vaultOfBackup(backup.value) : backup;
    expect(inside.ok && readVaultFile(inside.value)).toMatchObject({ value: { passkeys: [] } });
  });
});
