/**
 * Messages between whole nodes on a simulated network: who has what when somebody is away, restarts, lies or looks for
 * other people's mail.
 */
import { describe, expect, it } from "vitest";
import { signDigest } from "#protocol/crypto/signature.ts";
import { encodeMailPass, mailPassDigest } from "#protocol/mail/credentials.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import {
  decodeMailRequest,
  encodeMailRequest,
  type MailRequest,
  mailAnswers,
  type StampedEnvelope,
} from "#protocol/mail/requests.ts";
import { accepted } from "#protocol/result.ts";
import { answered, must, type Person, person, readAt, sendFrom, textsAt, unlockAt } from "#testing/mail-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { protocols } from "../ports.ts";
import { readRow, rowKey } from "./mail-rows.ts";

const limits = { timeoutMs: 5_000, maximumResponseBytes: 1 << 20 };

function world() {
  const simulation = new Simulation(5);
  const [ann, bob, eve] = [1, 2, 3].map((n) => person(n, simulation.clock)) as [Person, Person, Person];
  return { simulation, ann, bob, eve };
}

/** Asks a node as another one's peer would. */
function ask(simulation: Simulation, from: SimulatedNode, to: SimulatedNode, request: MailRequest) {
  return answered(simulation, from.network.request(to.name, protocols.message, encodeMailRequest(request), limits));
}

/** Makes a node known to its keeper and lets it take what waits. */
async function come(simulation: Simulation, device: SimulatedNode, who: Person) {
  await unlockAt(device, who);
  return must(await answered(simulation, device.node.requests.collectMail()));
}

/** Bob has been at his keepers' and is away again, when Ann comes. */
async function worldWithBobAway(keepers = 1) {
  const people = world();
  const { simulation, bob } = people;
  const seed = await simulation.add({ keepsMail: true });
  for (let more = 1; more < keepers; more++) await simulation.add({ keepsMail: true });
  const bobsTab = await simulation.add();
  await come(simulation, bobsTab, bob);
  await bobsTab.network.stop();
  const annsTab = await simulation.add();
  return { ...people, seed, bobsTab, annsTab };
}

describe("messages", () => {
  it("go straight to a receiver's node that is connected, without anybody who keeps messages", async () => {
    const { simulation, ann, bob } = world();
    const annsTab = await simulation.add();
    const bobsTab = await simulation.add();
    const told: string[] = [];
    bobsTab.node.subscribe((event) => event.type === "notice" && told.push(event.message));
    await unlockAt(annsTab, ann);
    await unlockAt(bobsTab, bob);
    expect(await sendFrom(simulation, annsTab, ann, bob, "hello")).toMatchObject({ value: { standing: "received" } });
    expect(await readAt(bobsTab, bob)).toMatchObject([{ value: { from: ann.did, text: "hello" } }]);
    expect(told).toEqual(["1 new message. `inbox` shows it."]);
    const [view] = must(await bobsTab.node.requests.mail());
    expect(view?.read).toBe(false);
    must(await bobsTab.node.requests.markMailRead(view?.id as Uint8Array));
    expect(must(await bobsTab.node.requests.mail())[0]?.read).toBe(true);
  });

  it("count as unread in the status until they are read or deleted, and each change is told once", async () => {
    const { simulation, ann, bob } = world();
    const annsTab = await simulation.add();
    const bobsTab = await simulation.add();
    const counts: number[] = [];
    bobsTab.node.subscribe((event) => event.type === "mail" && counts.push(event.unread));
    await unlockAt(annsTab, ann);
    await unlockAt(bobsTab, bob);
    for (const words of ["one", "two"]) await sendFrom(simulation, annsTab, ann, bob, words);
    const [first, second] = must(await bobsTab.node.requests.mail());
    expect(must(await bobsTab.node.requests.status()).unreadMessages).toBe(2);
    for (let twice = 0; twice < 2; twice++) await bobsTab.node.requests.markMailRead(first?.id as Uint8Array);
    for (let twice = 0; twice < 2; twice++) await bobsTab.node.requests.deleteMail(second?.id as Uint8Array);
    expect(counts).toEqual([1, 2, 1, 0]);
    await simulation.restart(bobsTab);
    expect(must(await bobsTab.node.requests.status()).unreadMessages).toBe(0);
  });

  it("of one's own tell when they have got further", async () => {
    const { simulation, ann, bob, annsTab } = await worldWithBobAway();
    await unlockAt(annsTab, ann);
    const standings: string[] = [];
    annsTab.node.subscribe(({ type }) => {
      if (type === "mail")
        void annsTab.node.requests.sentMail().then((sent) => standings.push(must(sent)[0]?.standing ?? "none"));
    });
    await sendFrom(simulation, annsTab, ann, bob, "later");
    expect(standings.at(-1)).toBe("kept");
  });

  it("wait with a keeper while sender and receiver are away, through its restart, and are let go when they have arrived", async () => {
    const { simulation, ann, bob, seed, bobsTab, annsTab } = await worldWithBobAway();
    await unlockAt(annsTab, ann);
    for (const text of ["first", "second"]) {
      const sent = await sendFrom(simulation, annsTab, ann, bob, text);
      expect(sent).toMatchObject({ value: { standing: "kept", keepers: 1 } });
    }
    await annsTab.network.stop();
    await simulation.restart(seed);
    await simulation.restart(bobsTab);
    expect(await textsAt(bobsTab, bob)).toEqual([]);
    expect(await come(simulation, bobsTab, bob)).toEqual({ keepers: 1, fresh: 2 });
    expect(await textsAt(bobsTab, bob)).toEqual(["first", "second"]);
    expect(must(await answered(simulation, bobsTab.node.requests.collectMail()))).toEqual({ keepers: 1, fresh: 0 });
    expect(await seed.disk.range("mail", { from: rowKey("kept"), to: rowKey("key"), limit: 9 })).toEqual([]);
    await simulation.restart(bobsTab);
    expect(await textsAt(bobsTab, bob)).toEqual(["first", "second"]);
  });

  it("are handed on at once by a keeper whose peer the receiver is", async () => {
    const { simulation, ann, bob } = world();
    const seed = await simulation.add({ keepsMail: true });
    simulation.web.mayLink = (a, b) => a === seed.name || b === seed.name;
    const [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
    await unlockAt(annsTab, ann);
    await come(simulation, bobsTab, bob);
    expect(await sendFrom(simulation, annsTab, ann, bob, "now")).toMatchObject({ value: { standing: "received" } });
    expect(await textsAt(bobsTab, bob)).toEqual(["now"]);
  });

  it("wait at home, through a restart, until somebody can take them", async () => {
    const { simulation, ann, bob, seed, bobsTab, annsTab } = await worldWithBobAway();
    const record = must(await answered(simulation, annsTab.node.requests.mailKey(bob.keys.keyHash)));
    await seed.network.stop();
    const envelope = must(await ann.vault.sealMail("later", bob.keys.signingKey, record));
    const sent = await answered(simulation, annsTab.node.requests.sendMail(envelope, bob.did));
    expect(sent).toMatchObject({ value: { standing: "waiting", trouble: "nobody is connected" } });
    const regretted = must(await ann.vault.sealMail("never", bob.keys.signingKey, record));
    const { id } = must(await answered(simulation, annsTab.node.requests.sendMail(regretted, bob.did)));
    must(await annsTab.node.requests.deleteMail(id));
    await simulation.restart(annsTab);
    const [waiting, ...more] = must(await annsTab.node.requests.sentMail());
    expect([waiting, ...more]).toMatchObject([{ standing: "waiting", to: bob.did }]);
    const copy = waiting?.copy as Uint8Array;
    expect(must(await ann.vault.openMail([copy]))).toMatchObject([{ value: { from: ann.did, text: "later" } }]);
    expect(must(await bob.vault.openMail([copy]))).toMatchObject([{ code: "bad-signature" }]);
    await simulation.restart(seed);
    await simulation.run(60_000);
    expect(must(await annsTab.node.requests.sentMail())).toMatchObject([{ standing: "kept", keepers: 1, copy }]);
    await simulation.restart(bobsTab);
    expect(await come(simulation, bobsTab, bob)).toEqual({ keepers: 1, fresh: 1 });
    must(await annsTab.node.requests.deleteMail(waiting?.id as Uint8Array));
    expect(must(await annsTab.node.requests.sentMail())).toEqual([]);
    expect(await annsTab.disk.range("mail", { from: rowKey("copy"), to: Uint8Array.of(0xff), limit: 1 })).toEqual([]);
  });

  it("given to the node again, because its first answer was lost, go once", async () => {
    const { simulation, ann, bob } = world();
    const [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
    await unlockAt(bobsTab, bob);
    const record = must(await answered(simulation, annsTab.node.requests.mailKey(bob.keys.keyHash)));
    const envelope = must(await ann.vault.sealMail("once", bob.keys.signingKey, record));
    for (let asked = 0; asked < 2; asked++) {
      const sent = await answered(simulation, annsTab.node.requests.sendMail(envelope, bob.did));
      expect(sent).toMatchObject({ value: { standing: "received" } });
    }
    expect(must(await annsTab.node.requests.sentMail())).toHaveLength(1);
    expect(await textsAt(bobsTab, bob)).toEqual(["once"]);
  });

  it("to oneself stay here, and need nobody", async () => {
    const { simulation, ann } = world();
    const annsTab = await simulation.add();
    await unlockAt(annsTab, ann);
    expect(await sendFrom(simulation, annsTab, ann, ann, "milk")).toMatchObject({ value: { standing: "received" } });
    expect(await textsAt(annsTab, ann)).toEqual(["milk"]);
  });

  it("come once, from however many keepers, and a deleted one does not come again", async () => {
    const { simulation, ann, bob, seed, bobsTab, annsTab } = await worldWithBobAway(2);
    const sent = await sendFrom(simulation, annsTab, ann, bob, "once");
    expect(sent).toMatchObject({ value: { standing: "kept", keepers: 2 } });
    const rows = await seed.disk.range("mail", { from: rowKey("keptBytes"), limit: 1 });
    const replayed = readRow("keptBytes", rows[0]?.[1] as Uint8Array) as StampedEnvelope;
    await simulation.restart(bobsTab);
    expect(await come(simulation, bobsTab, bob)).toEqual({ keepers: 2, fresh: 1 });
    const [view] = must(await bobsTab.node.requests.mail());
    must(await bobsTab.node.requests.deleteMail(view?.id as Uint8Array));
    const again = await ask(simulation, annsTab, bobsTab, { type: "deliver", ...replayed });
    expect(again).toEqual(accepted(mailAnswers.deliver.encode({ received: 1 })));
    expect(must(await bobsTab.node.requests.mail())).toEqual([]);
  });
});

describe("other people's mail", () => {
  it("is given to nobody without a pass of its owner for this very peer", async () => {
    const { simulation, ann, bob, eve, seed, bobsTab, annsTab } = await worldWithBobAway();
    await sendFrom(simulation, annsTab, ann, bob, "for Bob alone");
    const evesTab = await simulation.add();
    expect(await come(simulation, evesTab, eve)).toEqual({ keepers: 1, fresh: 0 });

    const { networkId } = seed.node;
    const nowMs = simulation.clock.nowMs();
    const made = (signer: Person, named: Person, peerId: string, untilMs: number): Uint8Array => {
      const body = { signingKey: named.keys.signingKey, networkId, peerId, untilMs };
      const digest = mailPassDigest(body);
      return encodeMailPass(
        body,
        signer.keys.signingSecret.use((secret) => signDigest(digest, secret)),
      );
    };
    const inTime = nowMs + mailLimits.passLifeMs / 2;
    const passes = [
      // Bob's own, but for his peer.
      [made(bob, bob, bobsTab.name, inTime), "bad-signature"],
      [made(eve, bob, evesTab.name, inTime), "bad-signature"],
      [made(bob, bob, evesTab.name, nowMs - 1), "expired"],
      [made(bob, bob, evesTab.name, nowMs + 3 * mailLimits.passLifeMs), "expires-too-late"],
      [Uint8Array.of(1), "wrong-type"],
    ] as const;
    for (const [pass, code] of passes) {
      expect(await ask(simulation, evesTab, seed, { type: "collect", pass })).toMatchObject({ ok: false, code });
      const drop = { type: "collected", pass, ids: [new Uint8Array(32)] } as const;
      expect(await ask(simulation, evesTab, seed, drop)).toMatchObject({ ok: false, code });
    }
    await simulation.restart(bobsTab);
    expect(await come(simulation, bobsTab, bob)).toEqual({ keepers: 1, fresh: 1 });
  });

  it("is not given to who merely says to be the receiver, with a key that the receiver has not signed", async () => {
    const { simulation, ann, bob, eve } = world();
    const annsTab = await simulation.add();
    const liar = await simulation.add();
    const evesRecord = must(await eve.vault.mailCredentials({ networkId: liar.node.networkId, peerId: liar.name }));
    const bobsRecord = must(await bob.vault.mailCredentials({ networkId: liar.node.networkId, peerId: "bobs-tab" }));
    let given = 0;
    const answers = { record: evesRecord.record, pass: evesRecord.pass, serves: 0, stampBits: 0 };
    liar.node.running.mail.answer = (_peerId, bytes) => {
      if (must(decodeMailRequest(bytes)).type === "deliver") given++;
      return Promise.resolve(accepted(mailAnswers.key.encode(answers)));
    };
    expect(await sendFrom(simulation, annsTab, ann, bob, "x")).toMatchObject({ code: "no-encryption-key" });
    // The true record, which is public, with a pass that is somebody else's, or another peer's.
    for (const pass of [evesRecord.pass, bobsRecord.pass]) {
      Object.assign(answers, { record: bobsRecord.record, pass });
      expect(await sendFrom(simulation, annsTab, ann, bob, "x")).toMatchObject({ value: { standing: "waiting" } });
    }
    expect(given).toBe(0);
  });

  it("is refused when its keeper has altered it, and stays where it is", async () => {
    const { simulation, ann, bob, seed, bobsTab, annsTab } = await worldWithBobAway();
    await sendFrom(simulation, annsTab, ann, bob, "pay 1 to Carol");
    const honest = seed.node.running.mail.answer.bind(seed.node.running.mail);
    let alters = true;
    seed.node.running.mail.answer = async (peerId, bytes) => {
      const answer = await honest(peerId, bytes);
      const messages = answer.ok && alters ? mailAnswers.collect.decode(answer.value) : null;
      if (messages === null || !messages.ok || messages.value.messages.length === 0) return answer;
      return accepted(
        mailAnswers.collect.encode({
          messages: messages.value.messages.map(({ envelope, stamp }) => {
            const altered = envelope.slice();
            altered[altered.length - 40] = (altered.at(-40) as number) ^ 1;
            return { envelope: altered, stamp };
          }),
        }),
      );
    };
    await simulation.restart(bobsTab);
    await come(simulation, bobsTab, bob);
    expect(await textsAt(bobsTab, bob)).toEqual([]);
    expect(bobsTab.node.scores.points(seed.name, simulation.clock.nowMs())).toBeGreaterThan(0);
    alters = false;
    expect(must(await answered(simulation, bobsTab.node.requests.collectMail()))).toEqual({ keepers: 1, fresh: 1 });
    expect(await textsAt(bobsTab, bob)).toEqual(["pay 1 to Carol"]);
  });
});
