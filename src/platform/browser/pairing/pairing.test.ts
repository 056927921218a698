import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import type { Result } from "#protocol/result.ts";
import type { VaultRequests } from "#sdk/contract.ts";
import { memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createVaultService } from "../vault-service.ts";

const passphrase = "correct horse battery";
const newPassphrase = "staple horse battery";
const someone = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";
const inviterPeer = "12D3KooWGC6TvWhfagifX3MvpV9YHkFY6jkzV5oZ7EbJjyVBPyqk";
const joinerPeer = "12D3KooWJoiner";

let seeds = 500;

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

function device(clock = new VirtualClock(1_000_000)) {
  const random = new Random(seeds++);
  const parts = memoryVaultParts(random, clock);
  return { clock, parts, vault: createVaultService(parts) };
}

async function owner() {
  const made = device();
  const { phrase } = answerOf(await made.vault.createVault(passphrase));
  answerOf(await made.vault.addContact("alice", someone));
  return { ...made, phrase };
}

/** Up to the words, over a way that may alter what is said. */
async function meet(inviter: VaultRequests, joiner: VaultRequests, typed: string, peer = joinerPeer) {
  const joined = answerOf(await joiner.pairJoin(typed, "phone"));
  const greeted = answerOf(await inviter.pairAnswer(peer, joined.request));
  const step = answerOf(await joiner.pairStep(greeted.answer));
  const opened = answerOf(await inviter.pairAnswer(peer, step.request as Uint8Array));
  const { words } = answerOf(await joiner.pairStep(opened.answer));
  return { here: opened.words, there: words };
}

/** From confirmed words to the keys. */
async function handOver(
  { vault: inviter, clock }: ReturnType<typeof device>,
  joiner: VaultRequests,
  words: string | null,
) {
  await clock.run(clock.nowMs() + 1);
  answerOf(await inviter.pairConfirm(words ?? "", passphrase));
  const ready = answerOf(await joiner.pairReady());
  const turn = answerOf(await inviter.pairAnswer(joinerPeer, ready));
  return { ready, turn, taken: await joiner.pairTake(turn.answer, newPassphrase) };
}

describe("pairing in the vaults", () => {
  it("brings identity, names and standing to a new device, which has a key of its own and is on the list", async () => {
    const [laptop, phone] = [await owner(), device()];
    answerOf(await laptop.vault.waiveBackup());
    const { code, word, untilMs } = answerOf(await laptop.vault.pairInvite(inviterPeer, "laptop"));
    expect(untilMs).toBe(laptop.clock.nowMs() + 600_000);
    expect(word).not.toBe(code);
    const { here, there } = await meet(laptop.vault, phone.vault, word);
    expect(here).toMatch(/^(?:[a-z]{3,8} ){5}[a-z]{3,8}$/);
    expect(there).toBe(here);

    // Nothing leaves before the person here has confirmed, too.
    const early = answerOf(await laptop.vault.pairAnswer(joinerPeer, answerOf(await phone.vault.pairReady())));
    expect(early).toMatchObject({ stage: "waiting", device: null });
    expect(answerOf(await phone.vault.pairTake(early.answer, newPassphrase))).toEqual({ type: "waiting" });
    expect(await laptop.vault.pairConfirm(there ?? "", "wrong horse")).toMatchObject({ code: "wrong-passphrase" });

    const { ready, turn, taken } = await handOver(laptop, phone.vault, there);
    expect(turn).toMatchObject({ stage: "handed", device: "phone" });
    const outcome = answerOf(taken);
    if (outcome.type !== "taken") throw new Error("not taken");
    // A lost answer is given again, byte by byte.
    expect(answerOf(await laptop.vault.pairAnswer(joinerPeer, ready)).answer).toEqual(turn.answer);
    const { did } = answerOf(await laptop.vault.vaultStatus());
    expect(answerOf(await phone.vault.vaultStatus())).toMatchObject({
      did,
      unlocked: true,
      backup: "waived",
      passkeys: [],
    });
    expect(answerOf(await laptop.vault.pairAnswer(joinerPeer, outcome.request))).toMatchObject({ stage: "done" });
    expect(await laptop.vault.pairAnswer(joinerPeer, outcome.request)).toMatchObject({ code: "not-found" });

    expect(await phone.vault.unlockVault(passphrase)).toMatchObject({ code: "wrong-passphrase" });
    expect(answerOf(await phone.vault.revealPhrase(newPassphrase))).toBe(laptop.phrase);
    expect(await phone.vault.contacts()).toMatchObject({ value: [{ name: "alice", did: someone }] });
    const [onLaptop, onPhone] = [
      answerOf(await laptop.vault.devices([])).devices,
      answerOf(await phone.vault.devices([])).devices,
    ];
    expect(onLaptop.map(({ name, isThis }) => [name, isThis])).toEqual([
      ["laptop", true],
      ["phone", false],
    ]);
    expect(onPhone.map(({ name, isThis }) => [name, isThis])).toEqual([
      ["laptop", false],
      ["phone", true],
    ]);
    expect(onLaptop.map(({ key }) => key)).toEqual(onPhone.map(({ key }) => key));
  });

  it("shows other words to each person if somebody speaks to both devices in the other's place", async () => {
    const [laptop, phone, between] = [await owner(), device(), await owner()];
    const asJoiner = device();
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const decoy = answerOf(await between.vault.pairInvite(inviterPeer, null));
    const left = await meet(laptop.vault, asJoiner.vault, word);
    const right = await meet(between.vault, phone.vault, decoy.word);
    expect(left.here).toBe(left.there);
    expect(right.here).toBe(right.there);
    expect(left.here).not.toBe(right.there);
    // With the true link, whose hash names the true key, the wrong device is not even met.
    const honest = device();
    answerOf(await honest.vault.pairJoin(word, null));
    const theirs = answerOf(await between.vault.pairInvite(inviterPeer, null));
    const { request } = answerOf(await device().vault.pairJoin(theirs.word, null));
    const { answer } = answerOf(await between.vault.pairAnswer(joinerPeer, request));
    expect(await honest.vault.pairStep(answer)).toMatchObject({ code: "wrong-commitment" });
  });

  it("ends when the other side does not keep to what it was bound by, or tries twice", async () => {
    const laptop = await owner();
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const [one, two] = [device().vault, device().vault];
    const first = answerOf(await one.pairJoin(word, null));
    const second = answerOf(await two.pairJoin(word, null));
    const greeted = answerOf(await laptop.vault.pairAnswer(joinerPeer, first.request));
    expect(answerOf(await laptop.vault.pairAnswer(joinerPeer, first.request)).answer).toEqual(greeted.answer);
    expect(await laptop.vault.pairAnswer("12D3KooWOther", first.request)).toMatchObject({ code: "not-found" });
    const opened = answerOf(await two.pairStep(greeted.answer)).request as Uint8Array;
    expect(await laptop.vault.pairAnswer(joinerPeer, opened)).toMatchObject({ code: "wrong-commitment" });
    expect(await laptop.vault.pairAnswer(joinerPeer, first.request)).toMatchObject({ code: "not-found" });

    const again = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const third = answerOf(await one.pairJoin(again.word, null));
    answerOf(await laptop.vault.pairAnswer(joinerPeer, third.request));
    const fourth = answerOf(await two.pairJoin(again.word, null));
    expect(await laptop.vault.pairAnswer(joinerPeer, fourth.request)).toMatchObject({ code: "wrong-commitment" });
    expect(second.request).not.toEqual(fourth.request);
  });

  it("serves one device, for ten minutes, and no request of another invitation", async () => {
    const [laptop, phone] = [await owner(), device()];
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const newer = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const old = answerOf(await phone.vault.pairJoin(word, null));
    expect(await laptop.vault.pairAnswer(joinerPeer, old.request)).toMatchObject({ code: "not-found" });
    const { here } = await meet(laptop.vault, phone.vault, newer.code);
    await laptop.clock.run(laptop.clock.nowMs() + pairingLimits.invitationLifeMs);
    expect(await laptop.vault.pairConfirm(here ?? "", passphrase)).toMatchObject({ code: "not-found" });
    expect(await laptop.vault.pairAnswer(joinerPeer, answerOf(await phone.vault.pairReady()))).toMatchObject({
      code: "not-found",
    });
    await phone.clock.run(phone.clock.nowMs() + pairingLimits.invitationLifeMs);
    expect(await phone.vault.pairReady()).toMatchObject({ code: "not-found" });
  });

  it("changes nothing on a device that has an identity, on a refusal, or if what comes was altered", async () => {
    const [laptop, phone, other] = [await owner(), device(), await owner()];
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    expect(await other.vault.pairJoin(word, null)).toMatchObject({ code: "vault-exists" });
    expect(await phone.vault.pairJoin(word, "no name")).toMatchObject({ code: "invalid-argument" });
    const { here } = await meet(laptop.vault, phone.vault, word);
    const { turn } = await handOver(laptop, device().vault, here).catch(() => ({ turn: null }));
    expect(turn).toBeNull();
    const ready = answerOf(await phone.vault.pairReady());
    const { answer } = answerOf(await laptop.vault.pairAnswer(joinerPeer, ready));
    const altered = answer.slice();
    altered[200] = (altered[200] as number) ^ 1;
    expect(await phone.vault.pairTake(altered, newPassphrase)).toMatchObject({ code: "bad-signature" });
    expect(await phone.vault.pairTake(answer, "short")).toMatchObject({ code: "weak-passphrase" });
    expect(await phone.vault.vaultStatus()).toMatchObject({ value: { exists: false } });
    const leave = answerOf(await phone.vault.pairEnd()) as Uint8Array;
    expect(await phone.vault.pairTake(answer, newPassphrase)).toMatchObject({ code: "not-found" });
    expect(answerOf(await laptop.vault.pairAnswer(joinerPeer, leave))).toMatchObject({ stage: "left" });
    expect(await phone.vault.vaultStatus()).toMatchObject({ value: { exists: false } });
  });

  it("needs open keys to invite and to hand over, and refuses what is no request", async () => {
    const [laptop, phone] = [await owner(), device()];
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const { here } = await meet(laptop.vault, phone.vault, word);
    answerOf(await laptop.vault.pairConfirm(here ?? "", passphrase));
    await laptop.vault.lockVault();
    const ready = answerOf(await phone.vault.pairReady());
    expect(await laptop.vault.pairAnswer(joinerPeer, ready)).toMatchObject({ code: "vault-locked" });
    expect(await laptop.vault.pairInvite(inviterPeer, null)).toMatchObject({ code: "vault-locked" });
    await laptop.vault.unlockVault(passphrase);
    expect(answerOf(await laptop.vault.pairAnswer(joinerPeer, ready)).stage).toBe("handed");
    expect(await laptop.vault.pairAnswer(joinerPeer, new Uint8Array(9))).toMatchObject({ ok: false });
    expect(await laptop.vault.pairInvite("", null)).toMatchObject({ code: "disconnected" });
  });

  it("confirms the words that were shown and no others, also if another tab's invitation took their place", async () => {
    const [laptop, phone, thief] = [await owner(), device(), device()];
    const shown = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const { here } = await meet(laptop.vault, phone.vault, shown.word);
    const other = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const { there } = await meet(laptop.vault, thief.vault, other.word);
    expect(there).not.toBe(here);
    expect(await laptop.vault.pairConfirm(here ?? "", passphrase)).toMatchObject({ code: "not-found" });
    const ready = answerOf(await thief.vault.pairReady());
    const waiting = answerOf(await laptop.vault.pairAnswer(joinerPeer, ready));
    expect(waiting).toMatchObject({ stage: "waiting", device: null });
    answerOf(await laptop.vault.pairConfirm(there ?? "", passphrase));
    expect(answerOf(await laptop.vault.pairAnswer(joinerPeer, ready)).stage).toBe("handed");
  });

  it("answers two requests at once with the same bytes: nothing is sealed twice under one key", async () => {
    const [laptop, phone] = [await owner(), device()];
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, null));
    const { here } = await meet(laptop.vault, phone.vault, word);
    answerOf(await laptop.vault.pairConfirm(here ?? "", passphrase));
    const ready = answerOf(await phone.vault.pairReady());
    const [a, b] = await Promise.all([
      laptop.vault.pairAnswer(joinerPeer, ready),
      laptop.vault.pairAnswer(joinerPeer, ready),
    ]);
    expect(equalBytes(answerOf(a).answer, answerOf(b).answer)).toBe(true);
    expect(answerOf(await laptop.vault.devices([])).devices).toHaveLength(2);
  });
});

describe("the devices of an identity", () => {
  async function paired() {
    const [laptop, phone] = [await owner(), device()];
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, "laptop"));
    const { here } = await meet(laptop.vault, phone.vault, word);
    answerOf((await handOver(laptop, phone.vault, here)).taken);
    return { laptop, phone };
  }

  it("takes a removal over from what another device shows, on the removed one, too, and keeps it", async () => {
    const { laptop, phone } = await paired();
    const { shared, devices } = answerOf(await phone.vault.removeDevice("laptop"));
    expect(devices.map(({ name, removed }) => [name, removed?.byName ?? null])).toEqual([
      ["phone", null],
      ["laptop", "phone"],
    ]);
    expect(await phone.vault.removeDevice("laptop")).toMatchObject({ code: "not-found" });
    const before = answerOf(await laptop.vault.devices([]));
    expect(before.shared.mark).toEqual(shared.mark);
    const after = answerOf(await laptop.vault.devices([new Uint8Array(60), shared.sealed]));
    expect(after.devices.find(({ isThis }) => isThis)).toMatchObject({ name: "laptop", removed: { byName: "phone" } });
    // What was shown before does not take it back.
    const still = answerOf(await laptop.vault.devices([before.shared.sealed]));
    expect(still.devices.filter(({ removed }) => removed === null).map(({ name }) => name)).toEqual(["phone"]);
    const reopened = createVaultService(laptop.parts);
    expect(await reopened.devices([])).toMatchObject({ code: "vault-locked" });
    await reopened.unlockVault(passphrase);
    expect(answerOf(await reopened.devices([])).devices).toEqual(still.devices);
  });

  it("are all removed that are removed at once, while others show what they know", async () => {
    const { laptop, phone } = await paired();
    const tablet = device();
    const { word } = answerOf(await laptop.vault.pairInvite(inviterPeer, "laptop"));
    const { here } = await meet(laptop.vault, tablet.vault, word);
    answerOf((await handOver(laptop, tablet.vault, here)).taken);
    const { shared } = answerOf(await phone.vault.devices([]));
    const file = await laptop.parts.deviceStore.read();
    const [phoneGone, told, tabletGone] = await Promise.all([
      laptop.vault.removeDevice("phone"),
      laptop.vault.devices([shared.sealed]),
      laptop.vault.removeDevice("phone-2"),
    ]);
    for (const result of [phoneGone, told, tabletGone]) answerOf(result);
    expect(await laptop.parts.deviceStore.read()).not.toEqual(file);
    const left = answerOf(await laptop.vault.devices([])).devices.filter(({ removed }) => removed === null);
    expect(left.map(({ name }) => name)).toEqual(["laptop"]);
    // What says the same is not written again.
    const after = await laptop.parts.deviceStore.read();
    answerOf(await laptop.vault.devices([shared.sealed]));
    expect(await laptop.parts.deviceStore.read()).toEqual(after);
  });

  it("are the same in every space, and removed from any", async () => {
    const { laptop, phone } = await paired();
    const before = answerOf(await laptop.vault.devices([]));
    answerOf(await laptop.vault.chooseSpace("work"));
    const inWork = answerOf(await laptop.vault.devices([]));
    expect(inWork.devices).toEqual(before.devices);
    expect(inWork.shared.mark).toEqual(before.shared.mark);
    answerOf(await laptop.vault.chooseSpace("public"));
    const { shared } = answerOf(await laptop.vault.removeDevice("phone"));
    const told = answerOf(await phone.vault.devices([shared.sealed]));
    expect(told.devices.find(({ isThis }) => isThis)).toMatchObject({ name: "phone", removed: { byName: "laptop" } });
  });

  it("are unreadable to others, and begun anew under another identity or from a damaged file", async () => {
    const { laptop, phone } = await paired();
    const stranger = await owner();
    const { shared } = answerOf(await laptop.vault.devices([]));
    const theirs = answerOf(await stranger.vault.devices([shared.sealed]));
    expect(theirs.devices).toEqual([]);
    expect(theirs.shared.mark).not.toEqual(shared.mark);
    const { deviceStore } = phone.parts;
    await deviceStore.replace(await deviceStore.read(), new Uint8Array(50));
    const anew = answerOf(await phone.vault.devices([shared.sealed]));
    expect(anew.devices.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["laptop", "phone", expect.stringMatching(/^device-[0-9a-f]{4}$/)]),
    );
  });
});
