import { describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { StorageFailure } from "#node/ports.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { keyHashOf, verifySignature } from "#protocol/crypto/signature.ts";
import { rotationDigest } from "#protocol/ledger/succession.ts";
import type { Result } from "#protocol/result.ts";
import type { VaultRequests } from "#sdk/contract.ts";
import type { SpaceName } from "#sdk/spaces.ts";
import { memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createVaultService, type VaultParts } from "./vault-service.ts";
import type { VaultStore } from "./vault-store.ts";

const passphrase = "correct horse";
const network = new Uint8Array(32).fill(7);
const friend = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";

const badge = { name: "badge", text: "eyJ.x.y~ab~" };

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

const wordsOf = (phrase: string) => [0, 4, 9].map((place) => ({ place, word: phrase.split(" ")[place] as string }));

async function device(seed: number) {
  const parts = memoryVaultParts(new Random(seed), new VirtualClock(0));
  const vault = createVaultService(parts);
  const { phrase, status } = answerOf(await vault.createVault(passphrase));
  answerOf(await vault.addContact("friend", friend));
  answerOf(await vault.holdCredential(badge.name, badge.text));
  return { parts, vault, phrase, publicKey: status.publicKey as Uint8Array };
}

/** The whole of it, as `id rotate` does it; the chain's part is between the last two. */
async function rotateIn(vault: VaultRequests): Promise<Result<unknown>> {
  const begun = await vault.beginRotation(passphrase, null);
  if (!begun.ok) return begun;
  if (!begun.value.isProved) {
    const proved = await vault.proveSuccessorWords(passphrase, wordsOf(begun.value.phrase));
    if (!proved.ok) return proved;
  }
  const signed = await vault.signRotation(passphrase, network, 5, "work");
  return signed.ok ? vault.finishRotation(passphrase) : signed;
}

describe("replacing a vault's keys", () => {
  it("signs with both once the new words were proved, and takes names and old secrets along", async () => {
    const { vault, publicKey } = await device(1);
    expect(answerOf(await vault.waitingSuccessor())).toBeNull();
    expect(await vault.beginRotation("wrong horse", null)).toMatchObject({ code: "wrong-passphrase" });
    const begun = answerOf(await vault.beginRotation(passphrase, null));
    expect(await vault.signRotation(passphrase, network, 5, "personal")).toMatchObject({ code: "drill-failed" });
    expect(await vault.finishRotation(passphrase)).toMatchObject({ code: "drill-failed" });
    const wrong = wordsOf(begun.phrase).map(({ place }) => ({ place, word: "zebra" }));
    expect(await vault.proveSuccessorWords(passphrase, wrong)).toMatchObject({ code: "drill-failed" });
    answerOf(await vault.proveSuccessorWords(passphrase, wordsOf(begun.phrase)));
    // Proved ones wait; nothing else takes their place.
    expect(answerOf(await vault.beginRotation(passphrase, null))).toMatchObject({
      phrase: begun.phrase,
      isProved: true,
    });
    const signed = answerOf(await vault.signRotation(passphrase, network, 5, "personal"));
    expect([signed.previous, signed.next]).toEqual([publicKey, begun.publicKey]);
    const digest = rotationDigest(network, { ...signed, expiry: 5 });
    expect(verifySignature({ digest, signature: signed.previousSignature, publicKey })).toBe(true);
    expect(verifySignature({ digest, signature: signed.nextSignature, publicKey: signed.next })).toBe(true);
    // Each space has a successor of its own, and its own two keys sign for that.
    const spaces = answerOf(await vault.spaces());
    const work = answerOf(await vault.signRotation(passphrase, network, 5, "work"));
    expect([didOf(work.previous), work.next]).toEqual([spaces[1]?.did, begun.successors[1]]);
    const ofWork = rotationDigest(network, { ...work, expiry: 5 });
    for (const [signature, publicKey] of [
      [work.previousSignature, work.previous],
      [work.nextSignature, work.next],
    ] as const)
      expect(verifySignature({ digest: ofWork, signature, publicKey })).toBe(true);
    const nowhere = await vault.signRotation(passphrase, network, 5, "nowhere" as SpaceName);
    expect(nowhere).toMatchObject({ code: "invalid-argument" });
    expect(answerOf(await vault.vaultStatus()).publicKey).toEqual(publicKey);

    const mail = answerOf(await vault.mailCredentials({ networkId: network, peerId: "" }));
    const { envelope: letter } = answerOf(await vault.sealMail("before", publicKey, mail.record));
    answerOf(await vault.finishRotation(passphrase));
    const status = answerOf(await vault.vaultStatus());
    expect(status).toMatchObject({ unlocked: true, backup: "words", keyHash: keyHashOf(signed.next) });
    expect(answerOf(await vault.waitingSuccessor())).toBeNull();
    expect(answerOf(await vault.spaces()).map(({ did }) => did)).toEqual(begun.successors.map(didOf));
    await vault.lockVault();
    answerOf(await vault.unlockVault(passphrase));
    expect(answerOf(await vault.contacts())).toEqual([{ name: "friend", did: friend }]);
    expect(answerOf(await vault.heldCredentials())).toEqual([badge]);
    const [opened] = answerOf(await vault.openMail([letter]));
    expect(opened).toMatchObject({ ok: true, value: { text: "before" } });
  });

  it("can be done again, and the oldest secrets come along", async () => {
    const { vault, publicKey } = await device(2);
    const mail = answerOf(await vault.mailCredentials({ networkId: network, peerId: "" }));
    const { envelope: letter } = answerOf(await vault.sealMail("first", publicKey, mail.record));
    const key = new Uint8Array(32).fill(7);
    const manifest = Uint8Array.of(1, 2, 3);
    const address = answerOf(await vault.wrapFileKey({ digest: sha256(manifest), key }, [], publicKey));
    for (let round = 0; round < 3; round++) answerOf(await rotateIn(vault));
    const shared = { type: "addressed", ...address, manifest } as const;
    expect(answerOf(await vault.unwrapFileKey(shared))).toEqual({ key, from: didOf(publicKey) });
    expect(answerOf(await vault.openMail([letter]))[0]).toMatchObject({ ok: true, value: { text: "first" } });
    // A backup file brings all of it back on another device.
    const backup = answerOf(await vault.exportBackup(passphrase));
    const other = createVaultService(memoryVaultParts(new Random(3), new VirtualClock(0)));
    answerOf(await other.restoreBackup(backup, passphrase));
    await other.lockVault();
    answerOf(await other.unlockVault(passphrase));
    expect(answerOf(await other.openMail([letter]))[0]).toMatchObject({ ok: true, value: { text: "first" } });
  });

  it("takes the words of keys that took over elsewhere, and no others' place", async () => {
    const here = await device(4);
    const there = createVaultService(memoryVaultParts(new Random(5), new VirtualClock(0)));
    answerOf(await there.restoreVault(here.phrase, passphrase));
    const begun = answerOf(await here.vault.beginRotation(passphrase, null));
    answerOf(await here.vault.proveSuccessorWords(passphrase, wordsOf(begun.phrase)));
    answerOf(await here.vault.finishRotation(passphrase));
    expect(await there.beginRotation(passphrase, { phrase: here.phrase, publicKey: begun.publicKey })).toMatchObject({
      code: "invalid-phrase",
    });
    expect(await there.beginRotation(passphrase, { phrase: "no words", publicKey: begun.publicKey })).toMatchObject({
      code: "invalid-phrase",
    });
    const taken = answerOf(await there.beginRotation(passphrase, { phrase: begun.phrase, publicKey: begun.publicKey }));
    expect(taken).toMatchObject({ publicKey: begun.publicKey, isProved: true });
    answerOf(await there.finishRotation(passphrase));
    expect(answerOf(await there.vaultStatus()).publicKey).toEqual(begun.publicKey);
    // Its own words alone bring the new identity back, not the old one in its place.
    expect(await there.restoreVault(here.phrase, passphrase)).toMatchObject({ code: "vault-exists" });
  });

  it("says under which passphrase proved keys wait, and changes nothing", async () => {
    const { vault } = await device(6);
    const begun = answerOf(await vault.beginRotation(passphrase, null));
    answerOf(await vault.proveSuccessorWords(passphrase, wordsOf(begun.phrase)));
    answerOf(await vault.changePassphrase(passphrase, "staple of the day"));
    const refused = await vault.beginRotation("staple of the day", null);
    expect(refused).toMatchObject({ ok: false, code: "wrong-passphrase" });
    expect(refused.ok ? "" : refused.message).toMatch(/passphrase you had when you began/);
    answerOf(await vault.changePassphrase("staple of the day", passphrase));
    answerOf(await rotateIn(vault));
    expect(answerOf(await vault.vaultStatus()).publicKey).toEqual(begun.publicKey);
  });
});

describe("a share that somebody holds", () => {
  it("opens and is passed on in any space, and after its holder's keys were replaced", async () => {
    const [owner, holder, asking] = [await device(20), await device(21), await device(22)];
    const other = await device(23);
    const recordOf = async (vault: VaultRequests) =>
      answerOf(await vault.mailCredentials({ networkId: network, peerId: "" })).record;
    const order = {
      required: 2,
      waitMs: 0,
      holders: [
        { key: holder.publicKey, record: await recordOf(holder.vault) },
        { key: other.publicKey, record: await recordOf(other.vault) },
      ],
    };
    const shares = answerOf(await owner.vault.splitVault(passphrase, order)) as [Uint8Array, Uint8Array];
    answerOf(await holder.vault.chooseSpace("public"));
    answerOf(await rotateIn(holder.vault));
    expect(await holder.vault.readShare(shares[0])).toMatchObject({ value: { space: "personal", required: 2 } });
    expect(await holder.vault.readShare(shares[1])).toMatchObject({ code: "bad-signature" });
    const request = answerOf(await asking.vault.beginRecovery(passphrase));
    const given = [
      answerOf(await holder.vault.passShare(shares[0], request)),
      answerOf(await other.vault.passShare(shares[1], request)),
    ];
    expect(await asking.vault.finishRecovery(owner.publicKey, given, passphrase, true)).toMatchObject({ ok: true });
    await holder.vault.lockVault();
    expect(await holder.vault.passShare(shares[0], request)).toMatchObject({ code: "vault-locked" });
  });

  it("says for which space it was sealed", async () => {
    const [owner, holder] = [await device(24), await device(25)];
    const work = answerOf(await holder.vault.chooseSpace("work"));
    const { record } = answerOf(await holder.vault.mailCredentials({ networkId: network, peerId: "" }));
    const other = await device(26);
    const theirs = answerOf(await other.vault.mailCredentials({ networkId: network, peerId: "" }));
    const holders = [
      { key: work.publicKey as Uint8Array, record },
      { key: other.publicKey, record: theirs.record },
    ];
    const [share] = answerOf(await owner.vault.splitVault(passphrase, { required: 2, waitMs: 0, holders }));
    answerOf(await holder.vault.chooseSpace("personal"));
    expect(await holder.vault.readShare(share as Uint8Array)).toMatchObject({ value: { space: "work" } });
  });
});

/** The device's stores, which die at one write of theirs: before it or after it. */
function mortal(parts: VaultParts, dieAt: number, isKept: boolean): { parts: VaultParts; writes: () => number } {
  let writes = 0;
  const wrap = (store: VaultStore): VaultStore => ({
    read: () => store.read(),
    replace: async (expected, file) => {
      const dies = ++writes === dieAt;
      if (dies && !isKept) throw new StorageFailure("storage-unavailable", "died");
      const done = await store.replace(expected, file);
      if (dies) throw new StorageFailure("storage-unavailable", "died");
      return done;
    },
  });
  return {
    parts: { ...parts, store: wrap(parts.store), successorStore: wrap(parts.successorStore) },
    writes: () => writes,
  };
}

describe("dying at any write", () => {
  it.each([true, false])(
    "loses neither keys nor names, and typing it again ends it (write kept: %s)",
    async (isKept) => {
      const whole = await device(10);
      const counted = mortal(whole.parts, 0, true);
      answerOf(await rotateIn(createVaultService(counted.parts)));
      expect(counted.writes()).toBeGreaterThan(4);
      for (let dieAt = 1; dieAt <= counted.writes(); dieAt++) {
        const { parts, publicKey } = await device(100 + dieAt);
        const died = await rotateIn(createVaultService(mortal(parts, dieAt, isKept).parts));
        // The last write only clears away; whoever dies there has the new keys.
        expect(died).toMatchObject({ ok: false, code: "storage-unavailable" });
        const vault = createVaultService(parts);
        const before = answerOf(await vault.unlockVault(passphrase));
        const waiting = answerOf(await vault.waitingSuccessor());
        const hasOld = Buffer.compare(before.publicKey as Uint8Array, publicKey) === 0;
        if (!hasOld) expect(waiting).toBeNull();
        if (hasOld && waiting?.isProved === true) {
          // It may have been signed and sent: these and no others are what goes on.
          answerOf(await vault.finishRotation(passphrase));
          expect(answerOf(await vault.vaultStatus()).publicKey).toEqual(waiting.publicKey);
        } else if (hasOld) answerOf(await rotateIn(vault));
        expect(answerOf(await vault.contacts())).toEqual([{ name: "friend", did: friend }]);
        expect(answerOf(await vault.heldCredentials())).toEqual([badge]);
        expect(answerOf(await vault.vaultStatus()).publicKey).not.toEqual(publicKey);
      }
    },
    // Some dozens of lives, each with its key derivations.
    180_000,
  );
});
