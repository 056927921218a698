/** Somebody is removed from a document: on real nodes of a simulated network, some of them away. */
import { beforeEach, describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { signRotation } from "#identity/document-wraps.ts";
import { signWith } from "#identity/keys.ts";
import { protocols } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { documentLimits } from "#protocol/documents/limits.ts";
import {
  accessTag,
  type DocumentRequest,
  documentAccess,
  encodeDocumentRequest,
} from "#protocol/documents/requests.ts";
import {
  encodeRotation,
  keyCheck,
  type Rotation,
  readRotations,
  rotationDigest,
  rotationLink,
} from "#protocol/documents/rotation.ts";
import { readLastingKeyRecord } from "#protocol/mail/credentials.ts";
import type { DocumentView } from "#sdk/documents.ts";
import { type Writer, writer, writersClient } from "#testing/document-fixtures.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { DocumentSession } from "./document-session.ts";

let simulation: Simulation;
let tabs: SimulatedNode[];
let people: Writer[];
const [ann, bob, eve] = [0, 1, 2] as const;

const clientOf = (n: number) => writersClient(tabs[n] as SimulatedNode, people[n] as Writer);
const keyOf = (n: number): Uint8Array => (people[n] as Writer).keys.signingKey;
const documentOf = async (n: number): Promise<DocumentView> =>
  must(await (people[n] as Writer).vault.documents())[0] as DocumentView;
const later = (ms = 5_000) => simulation.run(ms);
const textOf = (session: DocumentSession): string => session.shared.toString();

async function open(n: number): Promise<DocumentSession> {
  const client = clientOf(n);
  const document = await documentOf(n);
  const schedule = (delayMs: number, action: () => void) => simulation.clock.schedule(delayMs, action);
  const session = must(await answered(simulation, DocumentSession.open({ client, document, schedule })));
  must(await answered(simulation, session.begin()));
  return session;
}

function signedRotation(rotation: Rotation, { keys }: Writer): Uint8Array {
  return encodeRotation({ ...rotation, signature: signWith(keys, rotationDigest(rotation)) });
}

const removing = (session: DocumentSession, who: number) => answered(simulation, session.remove(keyOf(who)));

beforeEach(async () => {
  simulation = new Simulation(11);
  tabs = [await simulation.add(), await simulation.add(), await simulation.add()];
  people = [1, 2, 3].map((n) => writer(n, simulation.clock));
  await later(2_000);
  must(await (people[ann] as Writer).vault.makeDocument("notes"));
  const link = must(await (people[ann] as Writer).vault.documentLink("notes"));
  for (const n of [bob, eve]) must(await (people[n] as Writer).vault.joinDocument("notes", link));
});

describe("who was removed from a document", () => {
  it("keeps what they had and neither reads nor writes what comes after; the others go on", async () => {
    const [anns, bobs, eves] = [await open(ann), await open(bob), await open(eve)];
    anns.shared.insert(0, "before ");
    await later(40_000);
    expect(new Set(anns.members().map(({ did }) => did))).toEqual(new Set([ann, bob, eve].map((n) => didOf(keyOf(n)))));
    must(await removing(anns, eve));
    await later(70_000);
    anns.shared.insert(0, "secret ");
    bobs.shared.insert(0, "too ");
    eves.shared.insert(0, "graffiti ");
    await later(70_000);
    expect(textOf(anns)).toBe(textOf(bobs));
    expect(textOf(anns)).toMatch(/secret/);
    expect(textOf(anns)).toMatch(/too/);
    expect(textOf(anns)).not.toMatch(/graffiti/);
    expect(textOf(eves)).toBe("graffiti before ");
    expect(eves.state()).toMatchObject({ isSaved: false, trouble: { code: "wrong-holder" } });
    expect(bobs.members().map(({ did }) => did)).toEqual([ann, bob].map((n) => didOf(keyOf(n))));
    // Even a node that does as it likes has nothing of it by the old key's tag, and cannot push.
    const old = (tabs[eve] as SimulatedNode).node.running.documents;
    const { id } = await documentOf(eve);
    const access = (await documentOf(eve)).access;
    const [evil, good] = [tabs[eve] as SimulatedNode, tabs[ann] as SimulatedNode];
    const tag = accessTag(access, evil.name, good.name);
    const ask = (request: DocumentRequest) => {
      const limits = { timeoutMs: 5_000, maximumResponseBytes: 1 << 20 };
      return answered(
        simulation,
        evil.network.request(good.name, protocols.document, encodeDocumentRequest(request), limits),
      );
    };
    expect(await ask({ type: "sync", tag, have: [] })).toMatchObject({ code: "unknown-epoch" });
    const { updates } = must(await answered(simulation, old.news(id, [])));
    expect(await ask({ type: "push", tag, updates: updates.slice(-1) })).toMatchObject({ code: "unknown-epoch" });
    const rotations = must(old.rotations(id));
    const forged = (rotations[0] as Uint8Array).slice();
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    expect(await ask({ type: "rotate", tag, rotations: [forged] })).toMatchObject({ code: "bad-signature" });
  });

  it("loses nobody else a word: who was away catches up, and what they wrote under the old key counts", async () => {
    const [anns, bobs] = [await open(ann), await open(bob)];
    const eves = await open(eve);
    anns.shared.insert(0, "start ");
    await later(40_000);
    // Ann is away; eve writes, and bob builds on it.
    await (tabs[ann] as SimulatedNode).network.stop();
    await later();
    eves.shared.insert(0, "[from eve] ");
    await later();
    bobs.shared.insert(5, "bob ");
    await later();
    expect(textOf(bobs)).toMatch(/bob .*eve/);
    must(await removing(anns, eve));
    anns.shared.insert(0, "ann ");
    await later();
    await simulation.restart(tabs[ann] as SimulatedNode);
    const again = await open(ann);
    await later(130_000);
    expect(textOf(again)).toBe(textOf(bobs));
    for (const word of ["start", "ann", "bob", "eve"]) expect(textOf(again)).toContain(word);
    expect(bobs.state()).toMatchObject({ isSaved: true, trouble: null });
    expect(textOf(await open(bob))).toBe(textOf(again));
  });

  it("is let in by no old invitation, and a new one opens all, from the beginning", async () => {
    const anns = await open(ann);
    const eves = await open(eve);
    anns.shared.insert(0, "beginning ");
    await later(40_000);
    expect(textOf(eves)).toBe("beginning ");
    must(await removing(anns, eve));
    anns.shared.insert(0, "later ");
    await later();
    // Bob had the first key and never opened the document: he was not known, and the old key lets him in no more.
    const bobs = await open(bob);
    await later(70_000);
    expect(textOf(bobs)).toBe("");
    await answered(simulation, bobs.close());
    must(await clientOf(bob).forgetDocument("notes"));
    must(await answered(simulation, clientOf(bob).dropDocument((await documentOf(ann)).id)));
    must(await clientOf(bob).joinDocument("notes", must(await clientOf(ann).documentLink("notes"))));
    const anew = await open(bob);
    await later(70_000);
    expect(textOf(anew)).toBe("later beginning ");
    anew.shared.insert(0, "hello ");
    await later(10_000);
    expect(textOf(anns)).toBe("hello later beginning ");
    expect(anns.members()).toHaveLength(2);
  });

  it("is out even if this device dies after the removal was written and before its key was taken over", async () => {
    const [anns, bobs] = [await open(ann), await open(bob)];
    await open(eve);
    anns.shared.insert(0, "before ");
    await later(40_000);
    const { id } = await documentOf(ann);
    const stay = must(anns.staying(keyOf(eve)));
    const plan = { members: stay.flatMap(({ record }) => record ?? []), removed: [keyOf(eve)], marks: anns.have };
    const signed = must(await clientOf(ann).signRemoval(id, [], plan, keyOf(ann)));
    // Nobody is there who would take it over.
    must(await answered(simulation, anns.close()));
    must(await answered(simulation, clientOf(ann).rotateDocument(id, [signed])));
    await simulation.restart(tabs[ann] as SimulatedNode);
    const again = await open(ann);
    await later(70_000);
    again.shared.insert(0, "after ");
    await later(70_000);
    expect(again.members().map(({ did }) => did)).toEqual([ann, bob].map((n) => didOf(keyOf(n))));
    expect([textOf(again), textOf(bobs)]).toEqual(["after before ", "after before "]);
  });
});

describe("the members' map, that everybody can change", () => {
  it("leaves nobody out whose record another has deleted, or hidden among others", async () => {
    const [anns, bobs, eves] = [await open(ann), await open(bob), await open(eve)];
    await later(40_000);
    const map = eves.doc.getMap<unknown>("members");
    eves.doc.transact(() => {
      for (const n of [ann, bob]) map.delete(toHex(keyOf(n)));
      for (let n = 0; n < 400; n++) map.set(`junk ${n}`, new Uint8Array(4));
      for (let n = 0; n < 400; n++)
        map.set(
          toHex(
            keyOf(eve)
              .slice()
              .fill(n, 31)
              .fill(n >> 8, 32),
          ),
          new Uint8Array(4),
        );
    });
    await later(40_000);
    expect(bobs.doc.getMap("members").has(toHex(keyOf(bob)))).toBe(false);
    // As it was, and read anew from what is kept.
    for (const session of [anns, await open(ann)]) {
      expect(must(session.staying(keyOf(eve))).map(({ did }) => did)).toEqual([ann, bob].map((n) => didOf(keyOf(n))));
      expect(session.leftOut(keyOf(eve))).toEqual([]);
    }
    must(await removing(anns, eve));
    bobs.shared.insert(0, "still here ");
    await later(70_000);
    expect(textOf(anns)).toBe("still here ");
  });

  it("gives nobody an earlier place for a record that says it is older: they stand as they came, after a restart too", async () => {
    const { clock } = simulation;
    people[eve] = writer(3, { nowMs: () => 1, schedule: (delayMs, action) => clock.schedule(delayMs, action) });
    must(await (people[eve] as Writer).vault.joinDocument("notes", must(await clientOf(ann).documentLink("notes"))));
    const anns = await open(ann);
    await later();
    await open(bob);
    await later(40_000);
    await open(eve);
    await later(40_000);
    const inOrder = [ann, bob, eve].map((n) => didOf(keyOf(n)));
    expect(anns.members().map(({ did }) => did)).toEqual(inOrder);
    await simulation.restart(tabs[ann] as SimulatedNode);
    expect((await open(ann)).members().map(({ did }) => did)).toEqual(inOrder);
  });

  it("says who has written and gets no new key, since they have not said what to seal it with", async () => {
    const [anns, bobs] = [await open(ann), await open(bob)];
    await open(eve);
    await later(40_000);
    // Somebody whose app says nothing: only the text.
    tabs.push(await simulation.add());
    people.push(writer(4, simulation.clock));
    const link = must(await (people[ann] as Writer).vault.documentLink("notes"));
    must(await (people[3] as Writer).vault.joinDocument("notes", link));
    const silent = must(
      await answered(
        simulation,
        DocumentSession.open({
          client: clientOf(3),
          document: await documentOf(3),
          schedule: (delayMs, action) => simulation.clock.schedule(delayMs, action),
        }),
      ),
    );
    silent.shared.insert(0, "quiet ");
    await later(40_000);
    expect(textOf(anns)).toBe("quiet ");
    expect(anns.leftOut(keyOf(eve))).toEqual([didOf(keyOf(3))]);
    expect(bobs.members()).toHaveLength(3);
  });
});

describe("removals at the same time", () => {
  it("come to the same everywhere: the elder's counts, and nothing that was written is lost", async () => {
    tabs.push(await simulation.add(), await simulation.add());
    people.push(writer(4, simulation.clock), writer(5, simulation.clock));
    const link = must(await (people[ann] as Writer).vault.documentLink("notes"));
    for (const n of [3, 4]) must(await (people[n] as Writer).vault.joinDocument("notes", link));
    const sessions = [await open(0)];
    for (const n of [1, 2, 3, 4]) {
      await later(1_000);
      sessions.push(await open(n));
    }
    const [anns, bobs] = sessions as [DocumentSession, DocumentSession];
    await later(40_000);
    must(await removing(anns, 4));
    await later(70_000);
    // Apart: ann removes one, bob another.
    await (tabs[bob] as SimulatedNode).network.stop();
    await later();
    must(await removing(anns, 3));
    must(await removing(bobs, eve));
    anns.shared.insert(0, "by ann ");
    bobs.shared.insert(0, "by bob ");
    await later();
    expect(bobs.state()).toMatchObject({ isSaved: true });
    await simulation.restart(tabs[bob] as SimulatedNode);
    const again = await open(bob);
    await later(130_000);
    expect(again.members()).toEqual(anns.members());
    expect(anns.members().map(({ did }) => did)).toEqual([ann, bob, eve].map((n) => didOf(keyOf(n))));
    for (const session of [anns, again, sessions[eve] as DocumentSession]) {
      expect(textOf(session)).toContain("by ann");
      expect(textOf(session)).toContain("by bob");
    }
    // Who may not is told so.
    expect(await removing(sessions[eve] as DocumentSession, bob)).toMatchObject({ code: "wrong-holder" });
  });

  it("come to the same with nobody between them who still has the key before", async () => {
    tabs.push(await simulation.add());
    people.push(writer(4, simulation.clock));
    const link = must(await (people[ann] as Writer).vault.documentLink("notes"));
    must(await (people[3] as Writer).vault.joinDocument("notes", link));
    const anns = await open(ann);
    await later(1_000);
    const bobs = await open(bob);
    for (const n of [eve, 3]) await open(n);
    await later(40_000);
    must(await removing(anns, 3));
    await later(70_000);
    for (const n of [bob, eve, 3]) await (tabs[n] as SimulatedNode).network.stop();
    await later();
    must(await removing(anns, eve));
    must(await removing(bobs, eve));
    anns.shared.insert(0, "by ann ");
    bobs.shared.insert(0, "by bob ");
    await later();
    await simulation.restart(tabs[bob] as SimulatedNode);
    const again = await open(bob);
    await later(130_000);
    expect(again.members()).toEqual(anns.members());
    expect(textOf(again)).toBe(textOf(anns));
    for (const words of ["by ann", "by bob"]) expect(textOf(anns)).toContain(words);
  });

  it("are undone by an elder where the new key is for nobody, so that no younger one can lock others out", async () => {
    const [anns, bobs] = [await open(ann), await open(bob)];
    await open(eve);
    anns.shared.insert(0, "start ");
    await later(40_000);
    must(await removing(anns, eve));
    await later(70_000);
    // Bob, who may remove people that nobody else has heard of, seals for all who stay what opens nothing.
    const { id } = await documentOf(bob);
    const known = anns.rotations.all.map(({ bytes }) => bytes);
    const plan = {
      members: bobs.members().flatMap(({ record }) => record ?? []),
      removed: [keyOf(eve).slice().fill(7, 1)],
    };
    const signed = must(await clientOf(bob).signRemoval(id, known, { ...plan, marks: [] }, keyOf(bob)));
    const made = must(readRotations([...known, signed], id)).all.at(-1)?.rotation as Rotation;
    const wraps = made.wraps.map((wrap) => ({ ...wrap, sealed: wrap.sealed.slice().fill(0) }));
    const locked = signedRotation({ ...made, wraps }, people[bob] as Writer);
    must(await answered(simulation, clientOf(bob).rotateDocument(id, [...known, locked])));
    await later(70_000);
    expect(anns.state()).toMatchObject({ trouble: { code: expect.any(String) } });
    must(await removing(anns, bob));
    anns.shared.insert(0, "free ");
    await later();
    expect(anns.state()).toMatchObject({ isSaved: true, trouble: null });
    expect(textOf(anns)).toBe("free start ");
    expect(anns.members().map(({ did }) => did)).toEqual([didOf(keyOf(ann))]);
  });

  it("have places left for who may remove the person who has used them up", async () => {
    const [anns, bobs] = [await open(ann), await open(bob)];
    await open(eve);
    anns.shared.insert(0, "start ");
    await later(40_000);
    must(await removing(anns, eve));
    await later(70_000);
    const { id } = await documentOf(bob);
    const { keys } = people[bob] as Writer;
    const members = bobs.members().map(({ record }) => must(readLastingKeyRecord(record as Uint8Array)));
    const random = (length: number): Uint8Array => new Uint8Array(length).fill(length);
    const known = anns.rotations.all.map(({ bytes }) => bytes);
    let former = new Uint8Array(documentLimits.keyBytes);
    let formerCheck = anns.rotations.all[0]?.rotation.check as Uint8Array;
    for (let epoch = 2; epoch < documentLimits.epochs; epoch++) {
      const next = new Uint8Array(documentLimits.keyBytes).fill(epoch);
      const place = {
        document: id,
        epoch,
        basis: rotationLink(known.at(-1) as Uint8Array),
        salt: null,
        madeAtMs: epoch,
      };
      const checks = { formerCheck, check: keyCheck(documentAccess(id, next)) };
      const plan = { ...place, ...checks, removed: [keyOf(eve).slice().fill(epoch, 1)], marks: [] };
      const writer = { signingKey: keys.signingKey, sign: (digest: Uint8Array) => signWith(keys, digest) };
      known.push(encodeRotation(must(signRotation(plan, members, { former, next }, { writer, random }))));
      [former, formerCheck] = [next, checks.check];
    }
    must(await answered(simulation, clientOf(bob).rotateDocument(id, known)));
    await later(70_000);
    expect(anns.rotations.all).toHaveLength(documentLimits.epochs - 1);
    expect(anns.fallenWith(keyOf(bob))).toHaveLength(documentLimits.epochs - 2);
    must(await removing(anns, bob));
    anns.shared.insert(0, "free ");
    await later(70_000);
    expect(anns.state()).toMatchObject({ isSaved: true, trouble: null });
    expect(anns.members().map(({ did }) => did)).toEqual([didOf(keyOf(ann))]);
    expect(anns.rotations.all).toHaveLength(2);
    expect(bobs.state().trouble).toMatchObject({ code: "wrong-holder" });
    expect(textOf(anns)).toBe("free start ");
  });
});
