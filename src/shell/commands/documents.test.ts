/** `edit`, typed into shells on real nodes of a simulated network. */
import { beforeEach, describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { type Writer, writer, writersClient } from "#testing/document-fixtures.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { DocumentSession } from "../documents/document-session.ts";
import type { Place } from "../windows/place.ts";

let simulation: Simulation;
let tabs: SimulatedNode[];
let people: Writer[];
let opened: Place[];

function type(n: number, line: string, answer: string | null = "y") {
  const client = writersClient(tabs[n] as SimulatedNode, people[n] as Writer);
  const environment = {
    ...testEnvironment(),
    addressOf: (path: string) => `https://here${path}`,
    openWindow: (place: Place) => opened.push(place),
  };
  return typeLine(simulation, client, environment, line, answer);
}

/** Writes into a document as its window would. */
async function write(n: number, name: string, text: string): Promise<void> {
  const client = writersClient(tabs[n] as SimulatedNode, people[n] as Writer);
  const document = must(await client.documents()).find((one) => one.name === name);
  if (document === undefined) throw new Error("no document");
  const schedule = (delayMs: number, action: () => void) => simulation.clock.schedule(delayMs, action);
  const session = must(await answered(simulation, DocumentSession.open({ client, document, schedule })));
  session.shared.insert(0, text);
  must(await answered(simulation, session.close()));
}

const linkIn = (text: string): string => /https:\/\/here\/#document=\S+/.exec(text)?.[0] ?? "";

beforeEach(async () => {
  simulation = new Simulation(9);
  tabs = [await simulation.add(), await simulation.add()];
  people = [writer(1, simulation.clock), writer(2, simulation.clock)];
  opened = [];
  await simulation.run(2_000);
});

describe("edit", () => {
  it("begins a document, opens it again, lists and prints it", async () => {
    expect((await type(0, "edit")).text).toMatch(/You have no documents yet/);
    expect((await type(0, "edit notes --dry-run")).text).toMatch(/Would begin a document notes/);
    expect((await type(0, "edit notes")).code).toBe(0);
    expect((await type(0, "edit notes")).code).toBe(0);
    expect(opened).toEqual([
      { window: "documents", at: "notes" },
      { window: "documents", at: "notes" },
    ]);
    await write(0, "notes", "milk");
    expect(await type(0, "edit notes --print")).toEqual({ code: 0, text: "milk" });
    expect(JSON.parse((await type(0, "edit notes --print --json")).text)).toEqual({ name: "notes", text: "milk" });
    expect((await type(0, "edit")).text).toBe("notes");
    expect(JSON.parse((await type(0, "edit --json")).text)).toMatchObject([{ name: "notes" }]);
  });

  it("invites by a link that says what it does, and joins by it once the person agrees", async () => {
    await type(0, "edit notes");
    await write(0, "notes", "from ann");
    const refused = await type(0, "edit notes --invite", "n");
    expect(refused).toMatchObject({
      code: 130,
      text: expect.stringMatching(/cannot be taken back[\s\S]*Nothing was changed/),
    });
    const { text } = await type(0, "edit notes --invite");
    const link = linkIn(text);
    expect((await type(1, `edit ${link}`, "n")).code).toBe(130);
    expect(must(await (people[1] as Writer).vault.documents())).toEqual([]);
    expect((await type(1, `edit ${link} ours`)).text).toMatch(/Somebody invites you[\s\S]*called ours here/);
    expect(opened.at(-1)).toEqual({ window: "documents", at: "ours" });
    expect((await type(1, `edit ${link}`)).text).toMatch(/already, as ours/);
    await write(1, "ours", "from bob, ");
    await simulation.run(5_000);
    for (const line of ["edit notes --print", "edit ours --print"]) {
      const printed = (await type(line.includes("ours") ? 1 : 0, line)).text;
      expect(printed).toContain("from ann");
      expect(printed).toContain("from bob");
    }
  });

  it("lists who is in it, and removes somebody once the person agrees", async () => {
    await type(0, "edit notes");
    await write(0, "notes", "from ann");
    await type(1, `edit ${linkIn((await type(0, "edit notes --invite")).text)} ours`);
    expect((await type(1, "edit ours --members")).text).toBe("you");
    const did = didOf((people[1] as Writer).keys.signingKey);
    const [first] = [didOf((people[0] as Writer).keys.signingKey)];
    await simulation.run(40_000);
    expect((await type(0, "edit notes --members")).text.split("\n").toSorted()).toEqual([did, "you"]);
    await simulation.run(40_000);
    // Nobody but who began it.
    expect((await type(1, `edit ours --remove ${first}`)).text).toMatch(/Only who began this document/);
    expect((await type(0, `edit notes --remove ${first}`)).text).toMatch(/That is you/);
    expect((await type(0, `edit notes --remove ${did}`, "n")).code).toBe(130);
    expect((await type(0, `edit notes --remove ${did} --dry-run`)).text).toMatch(
      /keeps what they have[\s\S]*to: you\./,
    );
    const { code, text } = await type(0, `edit notes --remove ${did}`);
    expect([code, text]).toEqual([0, expect.stringMatching(/was removed from notes/)]);
    expect(JSON.parse((await type(0, "edit notes --members --json")).text)).toEqual({
      members: [first],
      removed: [did],
    });
    expect((await type(0, `edit notes --remove ${did}`)).text).toMatch(/removed already/);
    await simulation.run(40_000);
    expect((await type(1, "edit ours --members")).text).toMatch(/you, removed[\s\S]*You were removed/);
    expect(await type(1, "edit ours --print")).toEqual({ code: 0, text: "from ann" });
  });

  it("shows who wrote when, and what it was then", async () => {
    await type(0, "edit notes");
    expect((await type(0, "edit notes --history")).text).toMatch(/Nothing has been written/);
    await write(0, "notes", "first");
    await simulation.run(3_600_000);
    await write(0, "notes", "second, ");
    const { text } = await type(0, "edit notes --history");
    expect(text.split("\n")).toHaveLength(2);
    expect(text).toMatch(/^1 {2}.*you, 1 change, 5 characters\n2 {2}.*you, 1 change, 13 characters$/);
    expect(JSON.parse((await type(0, "edit notes --history --json")).text)).toMatchObject([
      { version: 1 },
      { characters: 13 },
    ]);
    expect((await type(0, "edit notes --print --version 1")).text).toBe("first");
    expect((await type(0, "edit notes --print --version 2")).text).toBe("second, first");
    for (const none of ["0", "3", "x"])
      expect((await type(0, `edit notes --print --version ${none}`)).text).toMatch(/no such version/);
  });

  it("deletes what this device has, if that is confirmed", async () => {
    await type(0, "edit notes");
    await write(0, "notes", "gone");
    expect((await type(0, "edit notes --forget", "n")).code).toBe(130);
    expect((await type(0, "edit notes --forget --dry-run")).code).toBe(0);
    expect((await type(0, "edit notes --print")).text).toBe("gone");
    expect((await type(0, "edit notes --forget")).code).toBe(0);
    expect((await type(0, "edit notes --print")).text).toMatch(/You have no document notes/);
    expect(await (tabs[0] as SimulatedNode).disk.range("documents", { limit: 1 })).toEqual([]);
  });

  it("refuses in words what it cannot do", async () => {
    for (const line of [
      "edit a b",
      "edit a --invite --forget",
      "edit --invite",
      "edit 'a b'",
      "edit x --forget",
      "edit x --version 1",
    ]) {
      const { code, text } = await type(0, line);
      expect(code, line).toBeGreaterThan(0);
      expect(text.length).toBeGreaterThan(20);
    }
    const damaged = `https://here/#document=${"A".repeat(85)}`;
    expect((await type(0, `edit '${damaged}'`)).text).toMatch(/Copy it whole/);
    expect(opened).toEqual([]);
  });
});
