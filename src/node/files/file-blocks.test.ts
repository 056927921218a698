/** Files between whole nodes on a simulated network: who has what when somebody is away, restarts, lies or asks for too much. */
import { describe, expect, it } from "vitest";
import { sha256 } from "#protocol/codec/hash.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { type BlockRequest, encodeBlockRequest, keptBlocksId, wantAnswers } from "#protocol/files/requests.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { answering } from "#testing/lying-node.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { protocols } from "../ports.ts";
import { BlockShelf } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";

const limits = { timeoutMs: 5_000, maximumResponseBytes: 1 << 20 };
const blocks = [1, 2, 3].map((n) => new Uint8Array(1_000).fill(n));
const digests = blocks.map((block) => sha256(block));

async function world() {
  const simulation = new Simulation(3);
  const seed = await simulation.add({ keepsFiles: true });
  const [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
  return { simulation, seed, annsTab, bobsTab };
}

/** Asks a node as another one's peer would. */
function ask(simulation: Simulation, from: SimulatedNode, to: SimulatedNode, request: BlockRequest) {
  return answered(simulation, from.network.request(to.name, protocols.block, encodeBlockRequest(request), limits));
}

const stampFor = (simulation: Simulation, ids: readonly Uint8Array[], moreBits: number): Uint8Array =>
  searchStamp(keptBlocksId(ids), simulation.parameters.freeLane.stampBits + moreBits, 0, 1 << 24) as Uint8Array;

describe("blocks", () => {
  it("are kept by who serves, through a restart, and come from there when their owner has gone", async () => {
    const { simulation, seed, annsTab, bobsTab } = await world();
    must(await answered(simulation, annsTab.node.requests.keepBlocks(blocks)));
    const placed = await answered(simulation, annsTab.node.requests.placeBlocks(digests));
    expect(placed).toEqual(accepted({ keepers: 1, trouble: "" }));
    await annsTab.network.stop();
    await simulation.restart(seed);
    const fetched = await answered(simulation, bobsTab.node.requests.fetchBlocks(digests.toReversed()));
    expect(fetched).toEqual(accepted({ blocks: blocks.toReversed(), trouble: null }));
  });

  it("come from their owner's tab where nobody serves, also after its restart, and the placement says so", async () => {
    const simulation = new Simulation(4);
    const [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
    must(await answered(simulation, annsTab.node.requests.keepBlocks(blocks)));
    const placed = await answered(simulation, annsTab.node.requests.placeBlocks(digests));
    expect(placed).toMatchObject({ value: { keepers: 0, trouble: "no node that keeps files is connected" } });
    await simulation.restart(annsTab);
    expect(must(await answered(simulation, bobsTab.node.requests.fetchBlocks(digests))).blocks).toEqual(blocks);
    await annsTab.network.stop();
    const gone = await answered(simulation, bobsTab.node.requests.fetchBlocks(digests));
    expect(gone).toMatchObject({ value: { blocks: [null, null, null], trouble: { code: "disconnected" } } });
  });

  it("that nobody has are said to be missing, with how many", async () => {
    const { simulation, annsTab, bobsTab } = await world();
    must(await answered(simulation, annsTab.node.requests.keepBlocks(blocks.slice(0, 1))));
    const fetched = await answered(simulation, bobsTab.node.requests.fetchBlocks(digests));
    const trouble = { code: "not-found", message: expect.stringMatching(/None of 2 .* has 2 of the/) };
    expect(fetched).toMatchObject({ value: { blocks: [blocks[0], null, null], trouble } });
    expect(await answered(simulation, bobsTab.node.requests.placeBlocks(digests))).toMatchObject({ code: "not-found" });
  });

  it("come in spite of one who lies, one who says nothing and one who may not send more just now", async () => {
    const { simulation, seed, annsTab, bobsTab } = await world();
    must(await answered(simulation, annsTab.node.requests.keepBlocks(blocks)));
    must(await answered(simulation, annsTab.node.requests.placeBlocks(digests)));
    answering(seed, () => accepted(wantAnswers.encode({ blocks: digests.map(() => new Uint8Array(9)) })));
    let refusals = 2;
    answering(annsTab, (answer) => (refusals-- > 0 ? rejected("rate-limited", "later") : answer));
    const noisy = await simulation.add();
    answering(noisy, () => accepted(new Uint8Array(50).fill(255)));
    expect(must(await answered(simulation, bobsTab.node.requests.fetchBlocks(digests))).blocks).toEqual(blocks);
    expect(refusals).toBeLessThan(0);
  });

  it("are not kept for a stamp that is too weak, nor by a node that does not serve", async () => {
    const { simulation, seed, annsTab, bobsTab } = await world();
    const stamp = stampFor(simulation, digests, filePlan.moreStampBits);
    const keep = { type: "keep", blocks, stamp } as const;
    expect(await ask(simulation, annsTab, bobsTab, keep)).toMatchObject({ code: "not-serving" });
    const other = { ...keep, blocks: blocks.slice(1) };
    expect(await ask(simulation, annsTab, seed, other)).toMatchObject({ code: "stamp-too-weak" });
    expect((await ask(simulation, annsTab, seed, keep)).ok).toBe(true);
    expect(await ask(simulation, annsTab, seed, { type: "want", digests })).toEqual(
      accepted(wantAnswers.encode({ blocks })),
    );
  });
});

describe("the shelf", () => {
  const open = async () => {
    const simulation = new Simulation(6);
    const { disk } = await simulation.add();
    let nowMs = 1_000;
    const clock = { nowMs: () => nowMs };
    return { disk, clock, shelf: await BlockShelf.open(disk, clock), pass: (ms: number) => (nowMs += ms) };
  };

  it("lets blocks go after their time, and one that was kept again later", async () => {
    const { disk, clock, shelf, pass } = await open();
    must(await shelf.keep(blocks, "peer"));
    pass(fileLimits.lifeMs - 1);
    must(await shelf.keep(blocks.slice(0, 1), "other"));
    await shelf.sweep();
    expect(await shelf.find(digests)).toEqual(blocks);
    pass(2);
    await (await BlockShelf.open(disk, clock)).sweep();
    expect(await shelf.find(digests)).toEqual([blocks[0], null, null]);
  });

  it("has room for one peer and for others apart from that for our own people", async () => {
    const { disk, clock } = await open();
    const bounds = { blocks: 9, ownBytes: 2_000, othersBytes: 4_000, fromOneBytes: 3_000 };
    const shelf = await BlockShelf.open(disk, clock, bounds);
    const block = (n: number): Uint8Array => new Uint8Array(1_000).fill(n);
    must(await shelf.keep([1, 2, 3].map(block), "peer"));
    expect(await shelf.keep([block(4)], "peer")).toMatchObject({ code: "storage-full" });
    // What is here already needs no room again.
    must(await shelf.keep([1, 2].map(block), "peer"));
    must(await shelf.keep([block(4)], "other"));
    expect(await shelf.keep([block(5)], "third")).toMatchObject({ code: "storage-full" });
    // One that is ours as well makes room for another of that peer's.
    must(await shelf.keep([block(1), block(6)], ""));
    expect(await shelf.keep([block(7)], "")).toMatchObject({ code: "storage-full" });
    must(await shelf.keep([block(5)], "peer"));
    const reopened = await BlockShelf.open(disk, clock, bounds);
    expect(await reopened.keep([block(7)], "peer")).toMatchObject({ code: "storage-full" });
    expect(await reopened.find([block(1), block(7)].map((one) => sha256(one)))).toEqual([block(1), null]);
  });

  it("gives nothing for a block that the disk has spoilt", async () => {
    const { disk, shelf } = await open();
    must(await shelf.keep(blocks, ""));
    const [, row] = (await disk.range("files", { limit: 10 })).filter(([key]) => key[0] === 1);
    await disk.commit([{ table: "files", key: row?.[0] as Uint8Array, value: new Uint8Array(1_000) }]);
    expect((await shelf.find(digests)).filter((block) => block === null)).toHaveLength(1);
  });
});
