import { describe, expect, it, vi } from "vitest";
import { firstEpochOf, voteDigest } from "#protocol/consensus/votes.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { goodLinks, type SimulatedNode, Simulation } from "../../testing/simulator.ts";
import { VirtualDisk } from "../../testing/virtual-disk.ts";
import { voterSecret } from "../../testing/voting-fixtures.ts";
import { tables } from "../ports.ts";
import { VoteChoice } from "./vote-choice.ts";

const seconds = (count: number): number => count * 1_000;
const minutes = (count: number): number => count * 60_000;
const chainOf = ({ node }: SimulatedNode) => node.running.chain;
const finalHeight = (node: SimulatedNode): number => chainOf(node).finality.finalised.height;

async function world(seed: number, voters: number, links = goodLinks): Promise<Simulation> {
  const simulation = new Simulation(seed, links, voters);
  for (let i = 0; i < voters; i++) await simulation.add({ produce: i === 0 });
  return simulation;
}

/** What is on a node's disk now. */
async function copyOf({ disk }: SimulatedNode): Promise<VirtualDisk> {
  const copy = new VirtualDisk();
  for (const table of tables) {
    const rows = await disk.range(table, { limit: 1 << 20 });
    await copy.commit(rows.map(([key, value]) => ({ table, key, value })));
  }
  return copy;
}

/** Lets a world make blocks, one every few seconds. */
function hurry(simulation: Simulation): void {
  for (const { node } of simulation.nodes) node.running.production.start();
}

describe("voting that has ended", () => {
  it("looks at nothing any more, whatever comes, and leaves no timer", async () => {
    const simulation = await world(4, 1);
    const [only] = simulation.nodes as [SimulatedNode];
    await simulation.run(minutes(2), () => finalHeight(only) >= 1);
    only.node.running.voting.stop();
    const chosen = vi.spyOn(VoteChoice.prototype, "next");
    const height = chainOf(only).head.height;
    await simulation.run(minutes(5), () => chainOf(only).head.height > height);
    expect(chainOf(only).head.height).toBeGreaterThan(height);
    expect(chosen).not.toHaveBeenCalled();
    chosen.mockRestore();
  });
});

describe("finality", () => {
  it("comes to every block within two seconds of its arrival, with four voters over good links", async () => {
    const simulation = await world(1, 4);
    const [first] = simulation.nodes as [SimulatedNode];
    for (let height = 1; height <= 5; height++) {
      expect(await simulation.run(minutes(2), () => chainOf(first).head.height >= height)).toBe(true);
      expect(
        await simulation.run(seconds(2), () => simulation.nodes.every((node) => finalHeight(node) >= height)),
      ).toBe(true);
    }
    // The chain says it too, one block later.
    const record = chainOf(first).finality.electorateAt(chainOf(first).head)?.record;
    expect(record?.finalised.height).toBe(4);
  });

  it("goes on without one of four, and pays those who vote", async () => {
    const simulation = await world(2, 4);
    const [first, , , away] = simulation.nodes as [SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode];
    await simulation.run(minutes(3));
    await away.network.stop();
    const before = finalHeight(first);
    await simulation.run(minutes(5));
    expect(finalHeight(first)).toBeGreaterThan(before + 3);
    const voters = readVoters(chainOf(first).state);
    expect(voters[0]?.balanceNano).toBeGreaterThan(voters[3]?.balanceNano as bigint);
  });

  it("stands still without half, and comes back when the weight of the absent has leaked", async () => {
    const simulation = await world(3, 4);
    const [first, , third, fourth] = simulation.nodes as [SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode];
    await simulation.run(minutes(2));
    await third.network.stop();
    await fourth.network.stop();
    const stuck = finalHeight(first);
    await simulation.run(minutes(16), () => chainOf(first).head.height >= stuck + 15);
    expect(finalHeight(first)).toBeLessThanOrEqual(stuck + 1);
    expect(await simulation.run(minutes(120), () => finalHeight(first) > stuck + 20)).toBe(true);
  });

  it("resumes when the only voter comes back after more blocks than certificates may be about", async () => {
    // Links so slow that each page of blocks stands as the head for long enough to be voted for.
    const simulation = new Simulation(5, { ...goodLinks, leastDelayMs: 400, mostDelayMs: 600 }, 1);
    const voter = await simulation.add();
    const other = await simulation.add({ produce: true });
    await simulation.run(minutes(5), () => finalHeight(other) >= 2);
    await voter.network.stop();
    const away = chainOf(other).head.height;
    expect(await simulation.run(minutes(300), () => chainOf(other).head.height >= away + 150)).toBe(true);
    await simulation.restart(voter);
    const { height } = chainOf(other).head;
    expect(await simulation.run(minutes(10), () => finalHeight(other) > height)).toBe(true);
    // The chain itself shows it: nothing that was signed on the way binds the voter to a block no certificate may name.
    const shown = () => chainOf(other).finality.electorateAt(chainOf(other).head)?.record.finalised.height ?? 0;
    expect(await simulation.run(minutes(10), () => shown() > height)).toBe(true);
  });

  it("resumes within thirty seconds after a partition heals, on one branch", async () => {
    const simulation = await world(4, 4);
    hurry(simulation);
    await simulation.run(minutes(2));
    simulation.web.partition(["node-0", "node-1"], ["node-2", "node-3"]);
    await simulation.run(minutes(5));
    const before = Math.max(...simulation.nodes.map(finalHeight));
    simulation.web.partition();
    expect(await simulation.run(seconds(90), () => simulation.nodes.every((node) => finalHeight(node) > before))).toBe(
      true,
    );
    expect(new Set(simulation.nodes.map((node) => chainOf(node).index.at(before)?.name)).size).toBe(1);
  });

  it("a voter brought back on an old copy of its database votes for nothing that it may have voted on before", async () => {
    const simulation = await world(5, 4);
    const fourth = simulation.nodes[3] as SimulatedNode;
    await simulation.run(minutes(4));
    const copy = await copyOf(fourth);
    const known = fourth.node.running.voter.newest;
    await simulation.run(minutes(4));
    expect(fourth.node.running.voter.newest?.target.epoch).toBeGreaterThan(known?.target.epoch as number);
    fourth.disk = copy;
    await simulation.restart(fourth);
    const height = chainOf(simulation.nodes[0] as SimulatedNode).head.height;
    await simulation.run(minutes(3), () => chainOf(fourth).head.height >= height);
    expect(fourth.node.running.voter.newest).toEqual(known);
    await simulation.run(minutes(3), () => chainOf(fourth).head.height > height + 1);
    expect(fourth.node.running.voter.newest?.target.epoch).toBeGreaterThan(2 * height + 1);
    expect(readVoters(chainOf(fourth).state).every(({ slashed }) => slashed === 0)).toBe(true);
  });

  it("a vote that another copy of this node was faster to contradict stays here, and its user is told", async () => {
    const simulation = await world(6, 4);
    const [first, second] = simulation.nodes as [SimulatedNode, SimulatedNode];
    await simulation.run(minutes(2), () => finalHeight(first) >= 1);
    const { voting, voter } = first.node.running;
    const { height } = chainOf(first).head;
    // For a rival of the next block: heard, and the journal does not know yet.
    const target = { epoch: firstEpochOf(height + 1), hash: new Uint8Array(32).fill(1) };
    const source = voter.newest?.source ?? { epoch: 0, hash: chainOf(first).index.genesis.hash };
    voting.book.add({ link: { source, target }, key: voter.key, signature: new Uint8Array(96) });
    expect(await simulation.run(minutes(5), () => finalHeight(second) > height + 3)).toBe(true);
    expect(first.node.notices.join()).toContain("Another copy of this node");
    expect(readVoters(chainOf(second).state).every(({ slashed }) => slashed === 0)).toBe(true);
  });

  it("a full disk under the report of an offence is told like any other, and ends nothing else", async () => {
    const simulation = await world(7, 4);
    const [first] = simulation.nodes as [SimulatedNode];
    await simulation.run(minutes(2), () => finalHeight(first) >= 1);
    const source = { epoch: 0, hash: chainOf(first).index.genesis.hash };
    const secret = voterSecret(3, emulatedVotes);
    first.disk.full = true;
    for (const mark of [1, 2]) {
      const link = { source, target: { epoch: firstEpochOf(50), hash: new Uint8Array(32).fill(mark) } };
      const signature = await emulatedVotes.sign(secret, voteDigest(first.node.networkId, link));
      expect(await first.node.running.voting.receive({ link, key: emulatedVotes.keyOf(secret), signature })).toBe(
        "accept",
      );
    }
    expect(await simulation.run(seconds(20), () => first.node.failure !== null)).toBe(true);
    expect(first.node.notices.join()).toContain("Nothing that was confirmed to you is lost");
  });
});
