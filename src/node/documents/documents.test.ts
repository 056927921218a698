/** Documents between whole nodes on a simulated network: who gets what when somebody is away, restarts, lies or says too much. */
import { describe, expect, it } from "vitest";
import { documentLimits } from "#protocol/documents/limits.ts";
import { accessTag, type DocumentRequest, encodeDocumentRequest } from "#protocol/documents/requests.ts";
import { noLink } from "#protocol/documents/update.ts";
import type { DocumentPlace, DocumentView } from "#sdk/documents.ts";
import { type Writer, writer } from "#testing/document-fixtures.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { protocols } from "../ports.ts";
import { documentPlan } from "./document-limits.ts";

const limits = { timeoutMs: 5_000, maximumResponseBytes: 1 << 20 };

const firstKey = { epoch: 0, check: null };

interface Someone extends Writer {
  readonly tab: SimulatedNode;
}

async function world(count = 2) {
  const simulation = new Simulation(5);
  const people: Someone[] = [];
  for (let n = 0; n < count; n++) people.push({ tab: await simulation.add(), ...writer(n + 1, simulation.clock) });
  await simulation.run(2_000);
  const [ann, bob] = people as [Someone, Someone];
  const made = must(await ann.vault.makeDocument("notes"));
  const link = must(await ann.vault.documentLink("notes"));
  return { simulation, people, ann, bob, made, link };
}

type World = Awaited<ReturnType<typeof world>>;

const hold = ({ simulation }: World, { tab, keys }: Writer & Someone, { id, access }: DocumentView) =>
  answered(simulation, tab.node.requests.holdDocument(id, access, keys.signingKey));

/** Writes one update at a place; where one writes next. */
async function write({ simulation }: World, who: Someone, { id }: DocumentView, place: DocumentPlace, byte: number) {
  const { replica, next, link, epoch, check } = place;
  const at = { document: id, replica, sequence: next, previous: link, epoch, check };
  const sealed = must(await who.vault.sealUpdate(at, Uint8Array.of(byte), who.keys.signingKey));
  return { sealed, place: await answered(simulation, who.tab.node.requests.appendUpdate(id, sealed)) };
}

/** The bytes of all updates that a tab has of a document, in order of chains. */
async function read({ simulation }: World, who: Someone, { id }: DocumentView): Promise<readonly number[]> {
  const bytes: number[] = [];
  let have: Parameters<typeof who.tab.node.requests.documentNews>[1] = [];
  for (let more = true; more; ) {
    const news = must(await answered(simulation, who.tab.node.requests.documentNews(id, have)));
    for (const opened of must(await who.vault.openUpdates(id, news.updates, []))) bytes.push(...must(opened).update);
    ({ have, more } = news);
  }
  return bytes.sort();
}

/** Asks a node as another one's peer would. */
function ask({ simulation }: World, from: SimulatedNode, to: SimulatedNode, request: DocumentRequest) {
  const bytes = encodeDocumentRequest(request);
  return answered(simulation, from.network.request(to.name, protocols.document, bytes, limits));
}

describe("a document", () => {
  it("reaches who is let in, at once while both are here, and after a restart what was missed", async () => {
    const here = await world();
    const { simulation, ann, bob, made, link } = here;
    const joined = must(await bob.vault.joinDocument("ours", link));
    let place = must(await hold(here, ann, made));
    expect(place).toMatchObject({ next: 0, link: noLink });
    place = must((await write(here, ann, made, place, 1)).place);
    must(await hold(here, bob, joined));
    await simulation.run(5_000);
    expect(await read(here, bob, joined)).toEqual([1]);
    expect(must(await ann.tab.node.requests.documentStanding(made.id))).toMatchObject({ peers: 1, updates: 1 });
    place = must((await write(here, ann, made, place, 2)).place);
    await simulation.run(5_000);
    expect(await read(here, bob, joined)).toEqual([1, 2]);
    // Each writes while the other is away.
    await bob.tab.network.stop();
    must((await write(here, ann, made, place, 3)).place);
    await simulation.restart(bob.tab);
    const own = must(await hold(here, bob, joined));
    must((await write(here, bob, joined, own, 4)).place);
    await simulation.run(2 * documentPlan.compareEveryMs);
    expect(await read(here, bob, joined)).toEqual([1, 2, 3, 4]);
    expect(await read(here, ann, made)).toEqual([1, 2, 3, 4]);
  });

  it("is handed on between two who are not connected, and stays with who holds it alone", async () => {
    const here = await world(3);
    const { simulation, people, ann, made, link } = here;
    const eve = people[2] as Someone;
    must(await hold(here, ann, made));
    const joined = must(await eve.vault.joinDocument("n", link));
    const place = must(await hold(here, eve, joined));
    must((await write(here, eve, joined, place, 9)).place);
    await simulation.run(5_000);
    await eve.tab.network.stop();
    const bobs = must(await here.bob.vault.joinDocument("n", link));
    must(await hold(here, here.bob, bobs));
    await simulation.run(5_000);
    expect(await read(here, here.bob, bobs)).toEqual([9]);
  });

  it("is neither told nor taken from who was not let in", async () => {
    const here = await world();
    const { ann, bob, made } = here;
    const place = must(await hold(here, ann, made));
    const { sealed } = await write(here, ann, made, place, 1);
    const wrong = accessTag(new Uint8Array(32), bob.tab.name, ann.tab.name);
    const reversed = accessTag(made.access, ann.tab.name, bob.tab.name);
    for (const tag of [wrong, reversed, made.id]) {
      expect(await ask(here, bob.tab, ann.tab, { type: "sync", tag, have: [] })).toMatchObject({ code: "not-found" });
      const push = await ask(here, bob.tab, ann.tab, { type: "push", tag, updates: [sealed] });
      expect(push).toMatchObject({ code: "not-found" });
    }
    expect(await ask(here, bob.tab, ann.tab, { type: "hello", tags: [wrong] })).toMatchObject({ ok: true });
    expect(must(ann.tab.node.running.documents.standing(made.id)).peers).toBe(0);
  });

  it("takes nothing forged, altered, out of place or too much, and what is good all the same", async () => {
    const here = await world();
    const { ann, bob, made, link } = here;
    must(await hold(here, ann, made));
    must(await bob.vault.joinDocument("n", link));
    const tag = accessTag(made.access, bob.tab.name, ann.tab.name);
    const first = { document: made.id, replica: new Uint8Array(16), sequence: 0, previous: noLink, ...firstKey };
    const good = must(await bob.vault.sealUpdate(first, Uint8Array.of(1), bob.keys.signingKey));
    const late = { ...first, sequence: 2, previous: new Uint8Array(32).fill(1) };
    const gap = must(await bob.vault.sealUpdate(late, Uint8Array.of(3), bob.keys.signingKey));
    const unlinked = must(await bob.vault.sealUpdate({ ...late, sequence: 1 }, Uint8Array.of(2), bob.keys.signingKey));
    const altered = good.slice();
    altered[altered.length - 1] = (altered.at(-1) as number) ^ 1;
    const push = (...updates: Uint8Array[]) => ask(here, bob.tab, ann.tab, { type: "push", tag, updates });
    expect(await push(altered)).toMatchObject({ code: "bad-signature" });
    expect(await push(new Uint8Array(9))).toMatchObject({ ok: false });
    expect((await push(gap)).ok).toBe(true);
    expect(await read(here, ann, made)).toEqual([]);
    expect(await push(altered, good, good)).toMatchObject({ code: "bad-signature" });
    expect(await push(unlinked)).toMatchObject({ code: "broken-chain" });
    expect(await read(here, ann, made)).toEqual([1]);
    const noise = new Uint8Array(documentLimits.updateBytes);
    const codes = [];
    for (let n = 0; n < 3; n++) {
      const refused = await push(noise);
      codes.push(refused.ok ? "" : refused.code);
    }
    expect(codes).toContain("rate-limited");
  });

  it("tells a tab that another one has written in its place, and the same request twice is one", async () => {
    const here = await world();
    const { ann, made } = here;
    const place = must(await hold(here, ann, made));
    const { sealed, place: next } = await write(here, ann, made, place, 1);
    expect(await answered(here.simulation, ann.tab.node.requests.appendUpdate(made.id, sealed))).toEqual(next);
    expect((await write(here, ann, made, place, 2)).place).toMatchObject({ code: "broken-chain" });
    must((await write(here, ann, made, must(next), 2)).place);
    expect(await read(here, ann, made)).toEqual([1, 2]);
  });

  it("is nowhere any more once it was dropped", async () => {
    const here = await world();
    const { ann, made, simulation } = here;
    const place = must(await hold(here, ann, made));
    await write(here, ann, made, place, 1);
    must(await ann.tab.node.requests.dropDocument(made.id));
    expect(await ann.tab.node.requests.documentNews(made.id, [])).toMatchObject({ code: "not-found" });
    await simulation.restart(ann.tab);
    expect(await ann.tab.disk.range("documents", { limit: 10 })).toEqual([]);
  });

  it("tells where somebody is to who is there now, by signature, and not too often", async () => {
    const here = await world();
    const { ann, bob, made, link, simulation } = here;
    must(await hold(here, ann, made));
    must(await hold(here, bob, must(await bob.vault.joinDocument("n", link))));
    await simulation.run(2_000);
    const heard: string[] = [];
    ann.tab.node.subscribe((event) => {
      if (event.type !== "presence") return;
      void ann.vault
        .openPresence(event.id, event.presence, [])
        .then((opened) => heard.push(String(must(opened).state)));
    });
    for (let n = 0; n < 20; n++) {
      const presence = must(await bob.vault.sealPresence(made.id, Uint8Array.of(n), firstKey));
      must(await bob.tab.node.requests.tellPresence(made.id, presence));
    }
    await simulation.run(2_000);
    expect(heard.length).toBeGreaterThanOrEqual(1);
    expect(heard.length).toBeLessThanOrEqual(2 * documentPlan.presencesPerSecond);
    const forged = must(await bob.vault.sealPresence(made.id, Uint8Array.of(1), firstKey)).slice();
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    expect(await bob.tab.node.requests.tellPresence(made.id, forged)).toMatchObject({ code: "bad-signature" });
  });
});

describe("what was acknowledged", () => {
  it("is there after a crash at any write, and what was not leaves no trace in the chain", async () => {
    const here = await world();
    const { ann, made, simulation } = here;
    let place = must(await hold(here, ann, made));
    const kept: number[] = [];
    for (let byte = 1; byte <= 6; byte++) {
      const wrote = await write(here, ann, made, place, byte);
      place = must(wrote.place);
      kept.push(byte);
      // As a power cut: another process on what the disk has made durable.
      await simulation.restart(ann.tab);
      expect(must(await hold(here, ann, made))).toEqual(place);
      expect(await read(here, ann, made)).toEqual(kept);
    }
  });
});
