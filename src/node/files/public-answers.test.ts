/** What nodes that are none of ours may have of a keeper: what was published, and nothing that was sealed. */
import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { combinePlainly, parityOf } from "#protocol/files/erasure-code.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

const sealed = new Random(1).bytes(2_000);
const open = new Random(2).bytes(3_000);
const data = [3, 4, 5, 6].map((n) => new Random(n).bytes(1_000));
const shards = [...data, ...must(parityOf(data, 4, combinePlainly))];

async function world() {
  const simulation = new Simulation(11);
  const keeper = await simulation.add({ keepsFiles: true });
  const tab = await simulation.add();
  await simulation.run(5_000);
  const place = (blocks: readonly Uint8Array[], of: number, isPublic: boolean) =>
    answered(simulation, tab.node.requests.placeStripe(of, blocks, { isPublic }));
  return { simulation, keeper, tab, place };
}

const sizesAt = ({ node }: SimulatedNode) =>
  node.running.files.open.sizes([sealed, open, ...shards].map((block) => sha256(block)));

describe("blocks that a keeper has", () => {
  it("are given to strangers if they were left for everybody, after a restart too; sealed ones never", async () => {
    const { simulation, keeper, tab, place } = await world();
    must(await place([sealed, sealed], 1, false));
    must(await place(shards, 4, false));
    must(await place([open, open], 1, true));
    const nothing = shards.map(() => null);
    const expected = [null, open.length, ...nothing];
    expect(sizesAt(keeper)).toEqual(expected);
    expect(sizesAt(tab)).toEqual(expected);
    // Who asks as a peer of ours gets all of them: it is there.
    expect(keeper.node.running.files.shelf.which([sealed, open].map((block) => sha256(block)))).toEqual(
      Uint8Array.of(1, 1),
    );
    await simulation.restart(keeper);
    expect(sizesAt(keeper)).toEqual(expected);
    const { open: answers } = keeper.node.running.files;
    expect(equalBytes(must(await answered(simulation, answers.give(sha256(open)))), open)).toBe(true);
    for (const block of [sealed, shards[0] as Uint8Array])
      expect(await answered(simulation, answers.give(sha256(block)))).toMatchObject({ ok: false, code: "not-found" });
  });

  it("are left for everybody whole or not at all", async () => {
    const { place } = await world();
    expect(await place(shards, 4, true)).toMatchObject({ ok: false, code: "invalid-argument" });
    expect(await place([open, sealed], 1, true)).toMatchObject({ ok: false, code: "invalid-argument" });
  });

  it("stay for everybody when they are left sealed as well, and are made anew as such", async () => {
    const { simulation, keeper, place } = await world();
    must(await place([open, open], 1, true));
    must(await place([open, open], 1, false));
    expect(sizesAt(keeper)[1]).toBe(open.length);
    const other = await simulation.add({ keepsFiles: true });
    // Audits see that a copy is missed that the newcomer could have.
    await simulation.run(20 * 3_600_000, () => sizesAt(other)[1] === open.length);
    expect(sizesAt(other)[1]).toBe(open.length);
  });

  it("go within the traffic that the user allows", async () => {
    const { simulation, keeper, place } = await world();
    must(await place([open, open], 1, true));
    keeper.node.resources.serving.setCap(500);
    const give = () => answered(simulation, keeper.node.running.files.open.give(sha256(open)));
    must(await give());
    expect(await give()).toMatchObject({ ok: false, code: "rate-limited" });
  });
});
