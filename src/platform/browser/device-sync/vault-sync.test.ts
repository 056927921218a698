/** Vaults of one identity that are changed apart, and what they have in common after they have met. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { bigEndian, concatBytes, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { publicKeyOf } from "#protocol/crypto/signature.ts";
import { decodeDeviceSync, encodeDeviceSync } from "#protocol/device-sync/messages.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { VaultRequests } from "#sdk/contract.ts";
import type { SyncOutcome } from "#sdk/device-sync.ts";
import { type SyncingNode, syncDevices } from "#sdk/sync-devices.ts";
import { memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createVaultService } from "../vault-service.ts";

const passphrase = "correct horse battery";

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

let seeds = 9_000;

function device() {
  const random = new Random(seeds++);
  const clock = new VirtualClock(1_000_000);
  const parts = memoryVaultParts(random, clock);
  return { random, clock, parts, vault: createVaultService(parts) };
}

type Device = ReturnType<typeof device>;

async function owner(): Promise<Device> {
  const made = device();
  answerOf(await made.vault.createVault(passphrase));
  return made;
}

/** A device more of the identity. */
async function joining(first: Device, name: string): Promise<Device> {
  const next = device();
  const { word } = answerOf(await first.vault.pairInvite("12D3KooWLaptop", "laptop"));
  let { request } = answerOf(await next.vault.pairJoin(word, name));
  let words: string | null = null;
  while (words === null) {
    const { answer } = answerOf(await first.vault.pairAnswer("12D3KooWNew", request));
    const step = answerOf(await next.vault.pairStep(answer));
    words = step.words;
    request = step.request ?? new Uint8Array();
  }
  answerOf(await first.vault.pairConfirm(words, passphrase));
  const turn = answerOf(await first.vault.pairAnswer("12D3KooWNew", answerOf(await next.vault.pairReady())));
  answerOf(await next.vault.pairTake(turn.answer, passphrase));
  return next;
}

const carried = (bytes: Uint8Array): Uint8Array => bytes.slice();

/** `asking` asks `asked` until both are through, over a way that may change what it carries. */
async function sync(
  asking: VaultRequests,
  asked: VaultRequests,
  way: (bytes: Uint8Array, isAnswer: boolean) => Uint8Array = carried,
): Promise<Result<{ readonly here: SyncOutcome; readonly there: SyncOutcome | null; readonly questions: number }>> {
  let request = await asking.syncBegin("asked");
  let there: SyncOutcome | null = null;
  for (let questions = 1; ; questions++) {
    if (!request.ok) return request;
    const turn = await asked.syncAnswer("asking", way(request.value, false));
    if (!turn.ok) return turn;
    there = turn.value.outcome;
    const step = await asking.syncStep("asked", way(turn.value.answer, true));
    if (!step.ok) return step;
    if (step.value.type === "done") return accepted({ here: step.value.outcome, there, questions });
    request = accepted(step.value.request);
  }
}

function file(name: string, content: string, facts: Partial<HeldFile> = {}): HeldFile {
  const digest = sha256(new TextEncoder().encode(content));
  return {
    ...{ kind: 0, name, digest, key: digest, sizeBytes: 10, data: 2, parity: 1, secret: digest, of: new Uint8Array() },
    ...{ madeAtMs: content.length, untilMs: 2_000, pinnedUntilMs: 0, readers: null, ...facts },
  };
}

const change = (vault: VaultRequests, add: readonly HeldFile[], remove: readonly Uint8Array[] = []) =>
  vault.changeHeldFiles({ add, remove });

const didAt = (n: number): string => didOf(publicKeyOf(concatBytes(new Uint8Array(24), bigEndian(n + 1, 8))));

/** All that a vault holds, in words. */
async function held(vault: VaultRequests): Promise<readonly string[]> {
  const files = answerOf(await vault.heldFiles());
  const contacts = answerOf(await vault.contacts());
  const credentials = answerOf(await vault.heldCredentials());
  return [
    ...files.map((one) => `file ${one.name} ${toHex(one.digest).slice(0, 6)} ${one.pinnedUntilMs}`),
    ...contacts.map(({ name, did }) => `contact ${name} ${did}`),
    ...credentials.map(({ name, text }) => `credential ${name} ${text}`),
  ].toSorted();
}

describe("two devices of one identity", () => {
  it("have the same after a meeting: what was left on one, and without what was deleted on the other", async () => {
    const laptop = await owner();
    answerOf(await change(laptop.vault, [file("old.txt", "old"), file("both.txt", "both")]));
    answerOf(await laptop.vault.addContact("alice", didAt(1)));
    const phone = await joining(laptop, "phone");
    const first = answerOf(await sync(phone.vault, laptop.vault));
    expect(first.here).toMatchObject({ device: "laptop", brought: 0, gone: 0, renamed: [] });
    answerOf(await change(laptop.vault, [file("new.txt", "new", { pinnedUntilMs: 5_000 })]));
    answerOf(await change(phone.vault, [], [file("old.txt", "old").digest]));
    answerOf(await phone.vault.holdCredential("badge", "a.b.c~"));
    const { here, there } = answerOf(await sync(laptop.vault, phone.vault));
    expect(here).toMatchObject({ device: "phone", brought: 1, gone: 1, given: 1 });
    expect(there).toMatchObject({ device: "laptop", brought: 1, gone: 0, given: 1 });
    expect(await held(phone.vault)).toEqual(await held(laptop.vault));
    expect((await held(phone.vault)).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "contact alice",
      "credential badge",
      "file both.txt",
      "file new.txt",
    ]);
    // Nothing more to say: two questions for the comparison of equals and the trade of nothing.
    const again = answerOf(await sync(phone.vault, laptop.vault));
    expect(again.here).toMatchObject({ brought: 0, gone: 0, given: 0 });
    expect(again.questions).toBeLessThanOrEqual(4);
    const { devices } = answerOf(await laptop.vault.devices([]));
    const phoneKey = devices.find(({ name }) => name === "phone")?.key;
    expect(answerOf(await laptop.vault.inStep())).toEqual([{ key: phoneKey, atMs: laptop.clock.nowMs() }]);
  });

  it("keep both of what has one name, each under the same name on both, and say so", async () => {
    const laptop = await owner();
    const phone = await joining(laptop, "phone");
    answerOf(await change(laptop.vault, [file("report.pdf", "one")]));
    answerOf(await change(phone.vault, [file("report.pdf", "another")]));
    answerOf(await laptop.vault.addContact("bob", didAt(1)));
    answerOf(await phone.vault.addContact("bob", didAt(2)));
    const { here, there } = answerOf(await sync(laptop.vault, phone.vault));
    const onLaptop = await held(laptop.vault);
    expect(await held(phone.vault)).toEqual(onLaptop);
    expect(onLaptop.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      // Neither keeps the name: a payment to @bob asks who is meant.
      "contact bob-1",
      "contact bob-2",
      "file report-2.pdf",
      "file report.pdf",
    ]);
    expect([...here.renamed, ...(there?.renamed ?? [])].toSorted()).toEqual([
      "@bob is @bob-1 now",
      "@bob is @bob-2 now",
      "report.pdf is report-2.pdf now",
    ]);
    const settled = answerOf(await sync(phone.vault, laptop.vault));
    expect(settled.here).toMatchObject({ brought: 0, gone: 0, renamed: [] });
    expect(await held(laptop.vault)).toEqual(onLaptop);
  });

  it("keep what was changed on one and deleted on the other, the longer pin, and no deletion for a renewal", async () => {
    const laptop = await owner();
    const [a, b] = [file("a.txt", "a"), file("b.txt", "b", { pinnedUntilMs: 9_000 })];
    answerOf(await change(laptop.vault, [a, b]));
    const phone = await joining(laptop, "phone");
    answerOf(await sync(phone.vault, laptop.vault));
    answerOf(await change(phone.vault, [{ ...a, pinnedUntilMs: 7_000 }]));
    answerOf(await change(laptop.vault, [], [a.digest]));
    // Keepers keep it longer by now: nobody decided that, so the deletion stands, and the pin is to end here.
    answerOf(await change(phone.vault, [{ ...b, untilMs: 8_000 }]));
    answerOf(await change(laptop.vault, [], [b.digest]));
    const { here, there } = answerOf(await sync(laptop.vault, phone.vault));
    expect(here).toMatchObject({ brought: 1, gone: 0 });
    expect(there).toMatchObject({ brought: 0, gone: 1, unpinned: [b.secret] });
    expect(await held(laptop.vault)).toEqual([`file a.txt ${toHex(a.digest).slice(0, 6)} 7000`]);
    answerOf(await change(laptop.vault, [{ ...a, pinnedUntilMs: 8_000 }]));
    answerOf(await change(phone.vault, [{ ...a, pinnedUntilMs: 6_000 }]));
    answerOf(await sync(phone.vault, laptop.vault));
    expect(await held(phone.vault)).toEqual([`file a.txt ${toHex(a.digest).slice(0, 6)} 8000`]);
    expect(await held(laptop.vault)).toEqual(await held(phone.vault));
  });

  it("change nothing if a byte of what is said is another, and with who was removed or is a stranger", async () => {
    const laptop = await owner();
    const phone = await joining(laptop, "phone");
    answerOf(await change(laptop.vault, [file("a.txt", "a")]));
    answerOf(await change(phone.vault, [file("b.txt", "b")]));
    const before = [await held(laptop.vault), await held(phone.vault)];
    const { questions } = answerOf(await sync((await joining(laptop, "tablet")).vault, laptop.vault));
    expect(questions).toBeGreaterThan(2);
    for (let at = 0; at < 2 * questions - 1; at++) {
      let passed = 0;
      const altered = await sync(laptop.vault, phone.vault, (bytes) => {
        if (passed++ !== at) return bytes;
        const other = bytes.slice();
        other[other.length >> 1] = (other[other.length >> 1] as number) ^ 1;
        return other;
      });
      if (passed > at) expect(altered.ok, `message ${at}`).toBe(false);
    }
    // Only the last answer can be lost after the other side has taken in what it was given.
    expect(await held(laptop.vault)).toEqual(before[0]);
    answerOf(await sync(laptop.vault, phone.vault));
    expect(await held(laptop.vault)).toEqual(await held(phone.vault));

    const stranger = await owner();
    expect(await sync(stranger.vault, phone.vault)).toMatchObject({ code: "bad-signature" });
    answerOf(await laptop.vault.removeDevice("phone"));
    expect(await sync(laptop.vault, phone.vault)).toMatchObject({ code: "not-granted" });
    expect(await sync(phone.vault, laptop.vault)).toMatchObject({ code: "not-granted" });
    expect(await phone.vault.syncAnswer("x", new Uint8Array(7))).toMatchObject({ ok: false });
    expect(await phone.vault.syncStep("x", new Uint8Array(7))).toMatchObject({ code: "not-found" });
  });

  it("refuse a repeated message, and one of another conversation", async () => {
    const laptop = await owner();
    const phone = await joining(laptop, "phone");
    const hello = answerOf(await laptop.vault.syncBegin("asked"));
    const first = answerOf(await phone.vault.syncAnswer("asking", hello));
    const step = answerOf(await laptop.vault.syncStep("asked", first.answer));
    if (step.type !== "ask") throw new Error("done too early");
    answerOf(await phone.vault.syncAnswer("asking", step.request));
    expect(await phone.vault.syncAnswer("asking", step.request)).toMatchObject({ code: "bad-signature" });
    expect(await phone.vault.syncAnswer("asking", step.request)).toMatchObject({ code: "not-found" });
    const replayed = answerOf(await phone.vault.syncAnswer("other", hello));
    expect(await laptop.vault.syncStep("asked", replayed.answer)).toMatchObject({ ok: false });
    const request = answerOf(decodeDeviceSync(hello));
    const elsewhere = encodeDeviceSync({ ...request, type: "more" });
    expect(await phone.vault.syncAnswer("asking", elsewhere)).toMatchObject({ ok: false });
  });

  it("need open keys, and leave what was changed meanwhile for the next time", async () => {
    const laptop = await owner();
    const phone = await joining(laptop, "phone");
    answerOf(await change(laptop.vault, [file("a.txt", "a")]));
    answerOf(await change(phone.vault, [file("b.txt", "b")]));
    let isChanged = false;
    const disturbed = await sync(phone.vault, laptop.vault, (bytes, isAnswer) => {
      if (isAnswer && !isChanged) {
        isChanged = true;
        void laptop.vault.addContact("carol", didAt(3));
      }
      return bytes;
    });
    expect(disturbed).toMatchObject({ code: "busy" });
    answerOf(await sync(phone.vault, laptop.vault));
    expect(await held(phone.vault)).toEqual(await held(laptop.vault));
    answerOf(await laptop.vault.lockVault());
    expect(await sync(phone.vault, laptop.vault)).toMatchObject({ code: "vault-locked" });
    expect(await sync(laptop.vault, phone.vault)).toMatchObject({ code: "vault-locked" });
  });

  it("do not take for deleted what a vault lacks that was made anew from its words", async () => {
    const laptop = await owner();
    const phrase = answerOf(await laptop.vault.revealPhrase(passphrase));
    answerOf(await change(laptop.vault, [file("a.txt", "a")]));
    const phone = await joining(laptop, "phone");
    answerOf(await sync(phone.vault, laptop.vault));
    // Its file is damaged, the book beside it is not.
    const damaged = await laptop.parts.store.read();
    await laptop.parts.store.replace(damaged, new Uint8Array(10));
    await laptop.vault.lockVault();
    answerOf(await laptop.vault.restoreVault(phrase, passphrase));
    expect(await held(laptop.vault)).toEqual([]);
    answerOf(await sync(laptop.vault, phone.vault));
    expect(await held(laptop.vault)).toEqual(await held(phone.vault));
    expect(await held(phone.vault)).toHaveLength(1);
  });
});

describe("two devices that ask each other at once", () => {
  it("come through when both ask at once and nothing was changed, whoever is ahead", async () => {
    const laptop = await owner();
    const phone = await joining(laptop, "phone");
    answerOf(await sync(phone.vault, laptop.vault));
    for (let at = 0; at < 4; at++) {
      let passed = 0;
      let crossing: ReturnType<typeof sync> | undefined;
      const outer = await sync(phone.vault, laptop.vault, (bytes) => {
        if (passed++ === at) crossing = sync(laptop.vault, phone.vault);
        return bytes.slice();
      });
      if (crossing === undefined) throw new Error(`there is no message ${at}`);
      expect(answerOf(await crossing).here).toMatchObject({ brought: 0, gone: 0 });
      expect(answerOf(outer).here).toMatchObject({ brought: 0, gone: 0 });
    }
  });

  it("try again by themselves where each has something new and both ask at once", async () => {
    const laptop = await owner();
    const phone = await joining(laptop, "phone");
    const towards = (there: VaultRequests): SyncingNode => ({
      showDevices: async () => accepted(null),
      shownDevices: async () => accepted([]),
      devicePeers: async () => accepted(["there"]),
      askDevice: async (_peerId, request) => {
        const turn = await there.syncAnswer("here", request.slice());
        return turn.ok ? accepted(turn.value.answer) : turn;
      },
    });
    for (let round = 0; round < 8; round++) {
      answerOf(await change(laptop.vault, [file(`laptop-${round}`, `a ${round}`)]));
      answerOf(await change(phone.vault, [file(`phone-${round}`, `b ${round}`)]));
      const both = await Promise.all([
        syncDevices(towards(phone.vault), laptop.vault, 5),
        syncDevices(towards(laptop.vault), phone.vault, 5),
      ]);
      for (const attempts of both) expect(answerOf(attempts)).toMatchObject([{ outcome: { ok: true } }]);
      expect(await held(phone.vault)).toEqual(await held(laptop.vault));
    }
  });
});

describe("three devices, whatever is done on them", () => {
  let devices: readonly Device[];
  beforeAll(async () => {
    const laptop = await owner();
    devices = [laptop, await joining(laptop, "phone"), await joining(laptop, "tablet")];
    for (const one of devices.slice(1)) answerOf(await sync(one.vault, laptop.vault));
  });

  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ who: fc.nat(2), file: fc.nat(5), name: fc.nat(2), isGone: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ who: fc.nat(2), contact: fc.nat(3), name: fc.nat(2) }) },
      {
        weight: 3,
        arbitrary: fc.record({ pair: fc.constantFrom([0, 1], [1, 2], [2, 0], [1, 0]), dropAt: fc.nat(12) }),
      },
    ),
    { minLength: 1, maxLength: 14 },
  );

  it("come to the same once each has met the others, also after conversations that broke off", async () => {
    const vaultAt = (at: number | undefined): VaultRequests => (devices[at ?? 0] as Device).vault;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        for (const step of all) {
          if ("pair" in step) {
            let passed = 0;
            await sync(vaultAt(step.pair[0]), vaultAt(step.pair[1]), (bytes) =>
              passed++ === step.dropAt ? new Uint8Array() : bytes,
            );
          } else if ("file" in step) {
            const one = file(`f${step.name}`, `content ${step.file}`);
            await change(vaultAt(step.who), step.isGone ? [] : [one], step.isGone ? [one.digest] : []);
          } else {
            await vaultAt(step.who).addContact(`c${"abc"[step.name]}`, didAt(step.contact));
          }
        }
        for (let round = 0; round < 3; round++) {
          for (const [a, b] of [
            [0, 1],
            [1, 2],
            [2, 0],
          ]) {
            answerOf(await sync(vaultAt(a), vaultAt(b)));
          }
        }
        const [laptop, phone, tablet] = await Promise.all(devices.map(({ vault }) => held(vault)));
        expect(phone).toEqual(laptop);
        expect(tablet).toEqual(laptop);
      }),
      { numRuns: 25 },
    );
  });
});
