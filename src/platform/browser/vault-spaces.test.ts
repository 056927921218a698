import { describe, expect, it } from "vitest";
import { sha256 } from "#protocol/codec/hash.ts";
import { verifySignature } from "#protocol/crypto/signature.ts";
import { encodeBody, transactionId } from "#protocol/ledger/transaction.ts";
import { readKeyRecord } from "#protocol/mail/credentials.ts";
import type { Result } from "#protocol/result.ts";
import { bodyOf, coin, testKey } from "#testing/ledger-fixtures.ts";
import { memoryVaultParts, memoryVaultStore } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { idleLockMs } from "./vault-keeper.ts";
import { createVaultService, type VaultParts } from "./vault-service.ts";

const passphrase = "correct horse";
const phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const body = bodyOf({ outputs: [coin(5_000n, testKey(9).lock)] });
const id = transactionId(body);
const bytes = encodeBody(body);
const inputsNano = 15_000n;

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** A device with the identity of the phrase. */
async function device(changes: Partial<VaultParts> = {}) {
  const clock = new VirtualClock(0);
  let changed = 0;
  const parts: VaultParts = { ...memoryVaultParts(new Random(1), clock), onChange: () => changed++, ...changes };
  const vault = createVaultService(parts);
  const first = answerOf(await vault.restoreVault(phrase, passphrase));
  return { vault, clock, parts, first, changes: () => changed };
}

describe("spaces", () => {
  it("are three identities of one phrase, the same on every device", async () => {
    const { vault, first } = await device();
    const spaces = answerOf(await vault.spaces());
    expect(spaces.map(({ space, chosen }) => [space, chosen])).toEqual([
      ["personal", true],
      ["work", false],
      ["public", false],
    ]);
    expect(spaces[0]?.did).toBe(first.did);
    expect(new Set(spaces.map(({ did }) => did)).size).toBe(3);
    expect(answerOf(await (await device()).vault.spaces())).toEqual(spaces);
  });

  it("sign with the chosen one's key, and refuse what was planned in another", async () => {
    const { vault, first } = await device();
    const work = answerOf(await vault.chooseSpace("work"));
    expect(work).toMatchObject({ space: "work", unlocked: true });
    expect(work.did).not.toBe(first.did);
    const signature = answerOf(await vault.signTransaction(bytes, inputsNano));
    expect(verifySignature({ digest: id, signature, publicKey: work.publicKey as Uint8Array })).toBe(true);
    expect(await vault.signTransaction(bytes, inputsNano, first.publicKey as Uint8Array)).toMatchObject({
      code: "space-changed",
    });
    expect((await vault.signTransaction(bytes, inputsNano, work.publicKey as Uint8Array)).ok).toBe(true);
  });

  it("have mail of their own, and the names of people in common", async () => {
    const { vault, first } = await device();
    const place = { networkId: new Uint8Array(32), peerId: "peer" };
    answerOf(await vault.addContact("me", first.did as string));
    const own = answerOf(await vault.mailCredentials(place));
    const work = answerOf(await vault.chooseSpace("work"));
    expect(answerOf(await vault.contacts())).toEqual([{ name: "me", did: first.did }]);
    const record = answerOf(readKeyRecord(answerOf(await vault.mailCredentials(place)).record, 0));
    expect(record.signingKey).toEqual(work.publicKey);
    const personalKey = first.publicKey as Uint8Array;
    expect(await vault.sealMail("hello", personalKey, own.record, personalKey)).toMatchObject({
      code: "space-changed",
    });
    const { envelope } = answerOf(await vault.sealMail("hello", personalKey, own.record, work.publicKey as Uint8Array));
    expect(answerOf(await vault.openMail([envelope]))[0]).toMatchObject({ code: "bad-signature" });
    answerOf(await vault.chooseSpace("personal"));
    expect(answerOf(await vault.openMail([envelope]))[0]).toMatchObject({ value: { from: work.did, text: "hello" } });
  });

  it("share files each in its own name, with records that are their receivers' alone, and open what is for any", async () => {
    const { vault, first } = await device();
    const place = { networkId: new Uint8Array(32), peerId: "peer" };
    const { record } = answerOf(await vault.mailCredentials(place));
    const publicKey = first.publicKey as Uint8Array;
    const work = answerOf(await vault.chooseSpace("work"));
    const workKey = work.publicKey as Uint8Array;
    const manifest = Uint8Array.of(1, 2, 3);
    const file = { digest: sha256(manifest), key: new Uint8Array(32).fill(7) };
    const receivers = [{ publicKey, record }];
    expect(await vault.wrapFileKey(file, receivers, publicKey)).toMatchObject({ code: "space-changed" });
    const others = [{ publicKey: workKey, record }];
    expect(await vault.wrapFileKey(file, others, workKey)).toMatchObject({ code: "bad-signature" });
    const forged = [{ publicKey, record: record.with(-1, (record.at(-1) as number) ^ 1) }];
    expect(await vault.wrapFileKey(file, forged, workKey)).toMatchObject({ code: "bad-signature" });
    const address = answerOf(await vault.wrapFileKey(file, receivers, workKey));
    const addressed = { type: "addressed", ...address, manifest } as const;
    answerOf(await vault.chooseSpace("public"));
    expect(answerOf(await vault.unwrapFileKey(addressed))).toEqual({ key: file.key, from: work.did });
    await vault.lockVault();
    expect(await vault.unwrapFileKey(addressed)).toMatchObject({ code: "vault-locked" });
    expect(await vault.wrapFileKey(file, receivers, workKey)).toMatchObject({ code: "vault-locked" });
  });

  it("stay chosen over a lock and a restart, and are told of while locked", async () => {
    const { vault, clock, parts } = await device();
    const work = answerOf(await vault.chooseSpace("work"));
    await clock.run(idleLockMs);
    expect(await vault.vaultStatus()).toMatchObject({ value: { space: "work", did: work.did, unlocked: false } });
    expect(await vault.spaces()).toMatchObject({ code: "vault-locked" });
    expect(await vault.chooseSpace("public")).toMatchObject({ code: "vault-locked" });
    const again = createVaultService(parts);
    expect(await again.vaultStatus()).toMatchObject({ value: { space: "work", did: work.did, unlocked: false } });
    expect(await again.unlockVault(passphrase)).toMatchObject({ value: { space: "work", did: work.did } });
  });

  it("take no choice that was altered or made for another vault", async () => {
    const spaceStore = memoryVaultStore();
    const { vault } = await device({ spaceStore });
    answerOf(await vault.chooseSpace("work"));
    const bytes = (await spaceStore.read()) as Uint8Array;
    const other = createVaultService({ ...memoryVaultParts(new Random(2), new VirtualClock(0)), spaceStore });
    const made = answerOf(await other.createVault(passphrase));
    expect(made.status.space).toBe("personal");
    expect(answerOf(await other.vaultStatus()).did).toBe(made.status.did);
    // Whoever alters a byte of it may confuse what is shown while it is locked, never what signs.
    for (let at = 0; at < bytes.length; at += 6) {
      const altered = bytes.slice();
      altered[at] = (altered[at] as number) ^ 1;
      const { vault: opened } = await device({ spaceStore: memoryVaultStore(altered) });
      const status = answerOf(await opened.vaultStatus());
      const chosen = answerOf(await opened.spaces()).find((space) => space.chosen);
      expect([status.space, status.did]).toEqual([chosen?.space, chosen?.did]);
    }
  });

  it("tell of each change", async () => {
    const { vault, changes } = await device();
    const before = changes();
    answerOf(await vault.chooseSpace("public"));
    expect(changes()).toBe(before + 1);
    answerOf(await vault.lockVault());
    expect(changes()).toBe(before + 2);
    answerOf(await vault.lockVault());
    expect(changes()).toBe(before + 2);
  });

  it("refuse a space there is not", async () => {
    const { vault } = await device();
    expect(await vault.chooseSpace("secret" as "work")).toMatchObject({ code: "invalid-argument" });
  });
});
