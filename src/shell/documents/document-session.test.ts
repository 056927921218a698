/** Documents that are open in several tabs at once, on real nodes of a simulated network. */
import { beforeEach, describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { type Writer, writer, writersClient } from "#testing/document-fixtures.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { DocumentSession } from "./document-session.ts";

let simulation: Simulation;
let tabs: SimulatedNode[];
let people: Writer[];
let link: string;

const open = async (n: number, change: Partial<Client> = {}): Promise<DocumentSession> => {
  const person = people[n] as Writer;
  const client = { ...writersClient(tabs[n] as SimulatedNode, person), ...change };
  const [document] = must(await person.vault.documents());
  if (document === undefined) throw new Error("no document");
  const { clock } = simulation;
  const schedule = (delayMs: number, action: () => void) => clock.schedule(delayMs, action);
  return must(await answered(simulation, DocumentSession.open({ client, document, schedule })));
};

const textOf = (session: DocumentSession): string => session.shared.toString();
const later = (ms = 5_000) => simulation.run(ms);

beforeEach(async () => {
  simulation = new Simulation(7);
  tabs = [await simulation.add(), await simulation.add()];
  people = [writer(1, simulation.clock), writer(2, simulation.clock)];
  await later(2_000);
  must(await (people[0] as Writer).vault.makeDocument("notes"));
  link = must(await (people[0] as Writer).vault.documentLink("notes"));
  must(await (people[1] as Writer).vault.joinDocument("from-ann", link));
});

describe("an open document", () => {
  it("is kept while it is written, and is there after a power cut", async () => {
    const session = await open(0);
    session.shared.insert(0, "dear bob");
    expect(session.state()).toMatchObject({ isSaved: false, trouble: null });
    await later();
    expect(session.state()).toMatchObject({ isSaved: true, trouble: null, peers: 0 });
    await simulation.restart(tabs[0] as SimulatedNode);
    expect(textOf(await open(0))).toBe("dear bob");
  });

  it("merges what two have written while neither saw the other, and all of both is there", async () => {
    const [ann, bob] = [await open(0), await open(1)];
    ann.shared.insert(0, "milk\n");
    await later();
    expect(textOf(bob)).toBe("milk\n");
    expect(ann.state().peers).toBe(1);
    await (tabs[1] as SimulatedNode).network.stop();
    await later();
    expect(ann.state().peers).toBe(0);
    ann.shared.insert(5, "bread\n");
    bob.shared.insert(0, "eggs\n");
    bob.shared.delete(5, 2);
    await later();
    expect([ann.state().isSaved, bob.state().isSaved]).toEqual([true, true]);
    expect(textOf(bob)).toBe("eggs\nlk\n");
    await simulation.restart(tabs[1] as SimulatedNode);
    const again = await open(1);
    await later(70_000);
    expect(textOf(again)).toBe(textOf(ann));
    expect(textOf(ann).split("\n").sort()).toEqual(["", "bread", "eggs", "lk"]);
  });

  it("says that nothing is kept while the disk is full or the vault locked, and keeps it once it can", async () => {
    let refusal: ReturnType<typeof rejected> | null = rejected("storage-full", "The disk is full.");
    const client = writersClient(tabs[0] as SimulatedNode, people[0] as Writer);
    const session = await open(0, {
      appendUpdate: (id, update) => (refusal === null ? client.appendUpdate(id, update) : Promise.resolve(refusal)),
    });
    session.shared.insert(0, "a");
    await later();
    expect(session.state()).toMatchObject({ isSaved: false, trouble: { code: "storage-full" } });
    session.shared.insert(1, "b");
    refusal = rejected("vault-locked", "Locked.");
    await later(4_000);
    expect(session.state()).toMatchObject({ isSaved: false, trouble: { code: "vault-locked" } });
    refusal = null;
    await later(10_000);
    expect(session.state()).toMatchObject({ isSaved: true, trouble: null });
    expect(textOf(await open(0))).toBe("ab");
  });

  it("goes on in two tabs of one device, which take turns", async () => {
    const [first, second] = [await open(0), await open(0)];
    first.shared.insert(0, "one ");
    second.shared.insert(0, "two ");
    await later();
    expect([first.state().trouble, second.state().trouble]).toEqual([null, null]);
    expect(textOf(first)).toBe(textOf(second));
    expect(textOf(first).split(" ").sort()).toEqual(["", "one", "two"]);
  });

  it("shows who is there by who has signed it, and no more once they left", async () => {
    const [ann, bob] = [await open(0), await open(1)];
    await later();
    const { did } = must(await writersClient(tabs[1] as SimulatedNode, people[1] as Writer).vaultStatus());
    expect(ann.state().people).toEqual([did]);
    expect(bob.state().people).toHaveLength(1);
    const states = [...(ann.awareness?.getStates().values() ?? [])];
    expect(states.map((state) => state.user.name)).toContain(`…${did?.slice(-6)}`);
    await answered(simulation, bob.close());
    await later();
    expect(ann.state().people).toEqual([]);
  });

  it("outlives what a member seals that is no text at all", async () => {
    const [ann, bob] = [await open(0), people[1] as Writer];
    const [document] = must(await bob.vault.documents());
    const { client } = { client: writersClient(tabs[1] as SimulatedNode, bob) };
    const id = document?.id as Uint8Array;
    const hold = () => client.holdDocument(id, document?.access as Uint8Array, bob.keys.signingKey);
    for (const update of [Uint8Array.of(255, 255, 255, 255), new Uint8Array(40).fill(7)]) {
      const { replica, next, link: previous, epoch, check } = must(await answered(simulation, hold()));
      const at = { document: id, replica, sequence: next, previous, epoch, check };
      const sealed = must(await client.sealUpdate(at, update, bob.keys.signingKey));
      must(await answered(simulation, client.appendUpdate(id, sealed)));
    }
    must(await client.sealPresence(id, Uint8Array.of(9, 9), { epoch: 0, check: null }).then(accepted));
    await later();
    expect(ann.state().unreadable).toBe(2);
    ann.shared.insert(0, "still here");
    await later();
    expect(ann.state()).toMatchObject({ isSaved: true });
    expect(textOf(await open(1))).toBe("still here");
  });
});
