/** `edit --anchor` and `--anchors`, typed into shells on real nodes of a simulated network that makes blocks. */
import { beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { didOf } from "#identity/did.ts";
import { fromHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { anchorDigest, anchorMemo, digestInMemo } from "#protocol/documents/anchor.ts";
import { type Writer, writer, writersClient } from "#testing/document-fixtures.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { DocumentSession } from "./document-session.ts";

let simulation: Simulation;
let miner: SimulatedNode;
let tabs: SimulatedNode[];
let people: Writer[];

interface Listed {
  readonly transaction: string;
  readonly holds: boolean;
  readonly characters: number | null;
  readonly version: number | null;
}

const environment = () => ({ ...testEnvironment(), addressOf: (path: string) => `https://here${path}` });
const clientFor = (n: number) => writersClient(tabs[n] as SimulatedNode, people[n] as Writer);
const type = (n: number, line: string, answer: string | null = "y") =>
  typeLine(simulation, clientFor(n), environment(), line, answer);
const listed = async (n: number, name: string): Promise<readonly Listed[]> =>
  JSON.parse((await type(n, `edit ${name} --anchors --json`)).text) as readonly Listed[];

/** Changes a document as its window would. */
async function change(n: number, name: string, act: (session: DocumentSession) => void): Promise<void> {
  const client = clientFor(n);
  const document = must(await client.documents()).find((one) => one.name === name);
  if (document === undefined) throw new Error("no document");
  const schedule = (delayMs: number, action: () => void) => simulation.clock.schedule(delayMs, action);
  const session = must(await answered(simulation, DocumentSession.open({ client, document, schedule })));
  act(session);
  must(await answered(simulation, session.close()));
}

beforeEach(async () => {
  simulation = new Simulation(31);
  miner = await simulation.add({ produce: true });
  tabs = [await simulation.add(), await simulation.add()];
  people = [writer(1, simulation.clock), writer(2, simulation.clock)];
  const rich = () => miner.node.running.chain.coins.coinsOf(miner.key.keyHash).length > 1;
  expect(await simulation.run(3_600_000, rich)).toBe(true);
  const { signingKey, keyHash } = (people[0] as Writer).keys;
  const ann = didOf(signingKey);
  const paid = await typeLine(simulation, clientOf(miner, miner.key), environment(), `pay ${ann} 1 --yes`);
  expect(paid.code).toBe(0);
  const hasIt = () => (tabs[0] as SimulatedNode).node.running.chain.coins.coinsOf(keyHash).length > 0;
  expect(await simulation.run(3_600_000, hasIt)).toBe(true);
  must(await (people[0] as Writer).vault.makeDocument("will"));
  const link = must(await (people[0] as Writer).vault.documentLink("will"));
  must(await (people[1] as Writer).vault.joinDocument("anns", link));
  await change(0, "will", ({ shared }) => shared.insert(0, "All to the cat."));
});

describe("an anchor", () => {
  it("shows everybody who has the document which text was there by which block, though it was changed since", async () => {
    expect((await type(0, "edit will --anchors")).text).toMatch(/Nothing of it is on the chain/);
    expect((await type(0, "edit will --anchor --dry-run")).text).toMatch(
      /covers {3}a digest of will as it is now, 15 char/,
    );
    expect((await type(0, "edit will --anchor", "n")).text).toMatch(/nothing was changed/);
    expect(await listed(0, "will")).toEqual([]);
    const made = await type(0, "edit will --anchor");
    expect(made.code).toBe(0);
    expect(made.text).toMatch(/In block \d+/);
    await change(0, "will", ({ shared }) => {
      shared.delete(0, shared.length);
      shared.insert(0, "All to the dog.");
    });
    // Bob's node holds it from the first time he opens it.
    await type(1, "edit anns --print");
    await simulation.run(20_000);
    await change(1, "anns", ({ shared }) => shared.insert(shared.length, " P.S. And some to the cat."));
    expect((await type(1, "edit anns --print")).text).toBe("All to the dog. P.S. And some to the cat.");
    for (const [n, name] of [
      [0, "will"],
      [1, "anns"],
    ] as const) {
      const [one, ...others] = await listed(n, name);
      expect(one).toMatchObject({ holds: true, characters: 15 });
      expect(others).toEqual([]);
      expect((await type(n, `edit ${name} --anchors`)).text).toMatch(/ in block \d+, made 2\d.*: 15 characters/);
    }
    const { id } = must(await clientFor(0).documents())[0] as { id: Uint8Array };
    const [{ transaction }] = (await listed(0, "will")) as [Listed];
    const found = must(await clientFor(1).transaction(fromHex(transaction) as Uint8Array));
    const memo = anchorMemo(anchorDigest(id, "All to the cat."));
    expect(Buffer.from(found.bytes).includes(Buffer.from(utf8ToBytes(memo)))).toBe(true);
  });

  it("shows nothing if somebody names another transaction, none, or another text for it", async () => {
    await type(0, "edit will --anchor");
    const [{ transaction }] = (await listed(0, "will")) as [Listed];
    await change(0, "will", ({ doc, shared }) => {
      shared.insert(0, "Not yet: ");
      doc.getMap("anchors").set(transaction, Y.encodeSnapshot(Y.snapshot(doc)));
      doc.getMap("anchors").set("00".repeat(32), Y.encodeSnapshot(Y.snapshot(doc)));
      doc.getMap("anchors").set("no id", "nor a snapshot");
      doc.getMap("anchors").set("11".repeat(32), Uint8Array.of(255, 255, 255, 255, 255, 7));
    });
    expect((await listed(0, "will")).map(({ holds, characters }) => [holds, characters])).toEqual([
      [false, null],
      [false, null],
      [false, null],
    ]);
    expect((await type(0, "edit will --anchors")).text).toMatch(/is about something else: it shows nothing/);
    must(await (people[0] as Writer).vault.makeDocument("empty"));
    expect((await type(0, "edit empty --anchor")).text).toMatch(/empty: there is nothing to anchor/);
    expect(await type(1, "edit anns --anchor")).toMatchObject({ code: 1 });
  });
});

describe("the memo of an anchor", () => {
  it("is read back, and nothing else is", () => {
    const digest = anchorDigest(new Uint8Array(32), "text");
    expect(digestInMemo(anchorMemo(digest))).toEqual(digest);
    for (const memo of ["", "document ", `document ${"g".repeat(64)}`, `${anchorMemo(digest)}0`, "rent"])
      expect(digestInMemo(memo), memo).toBeNull();
  });
});
