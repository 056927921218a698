/** A stake that casts no votes says why, in `finality` and in `doctor`. */
import { describe, expect, it } from "vitest";
import { goodLinks, type SimulatedNode, Simulation } from "../../testing/simulator.ts";
import { must } from "../../testing/step-fixtures.ts";
import { records, voteJournalKey } from "../chain-records.ts";
import type { Clock } from "../ports.ts";

const minutes = (count: number): number => count * 60_000;

/** Four voters, of which the last has a clock of its own. */
async function world(seed: number, offMs: () => number): Promise<[Simulation, SimulatedNode, SimulatedNode]> {
  const simulation = new Simulation(seed, goodLinks, 4);
  for (let i = 0; i < 3; i++) await simulation.add({ produce: i === 0 });
  const clock: Clock = {
    nowMs: () => simulation.clock.nowMs() + offMs(),
    schedule: (delayMs, action) => simulation.clock.schedule(delayMs, action),
  };
  const last = await simulation.add({ ports: { clock } });
  return [simulation, simulation.nodes[0] as SimulatedNode, last];
}

const finalHeight = ({ node }: SimulatedNode): number => node.running.chain.finality.finalised.height;
const silenceOf = async ({ node }: SimulatedNode) => must(await node.requests.finality()).silence;
const findingOf = async ({ node }: SimulatedNode) =>
  must(await node.requests.doctor()).find(({ name }) => name === "vote");

describe("a stake that does not vote", () => {
  it("because its device's clock is ahead", async () => {
    const [simulation, first, last] = await world(61, () => 600_000);
    await simulation.run(minutes(10), () => finalHeight(first) >= 4);
    expect(finalHeight(first)).toBeGreaterThanOrEqual(4);
    expect(await silenceOf(first)).toBeNull();
    expect(await findingOf(first)).toMatchObject({ level: "good", detail: "this device votes with its stake" });
    expect(await silenceOf(last)).toMatchObject({
      code: "clock-ahead",
      passes: false,
      message: expect.stringMatching(/^its clock is 600 s ahead of its peers'/),
    });
    expect(last.node.running.voter.newest).toBeNull();
    expect(await findingOf(last)).toMatchObject({
      level: "warning",
      detail: expect.stringMatching(/^This device does not vote: its clock is 600 s ahead/),
    });
  });

  it("because its device's clock is behind", async () => {
    let offMs = 0;
    const [simulation, first, last] = await world(62, () => offMs);
    await simulation.run(minutes(10), () => finalHeight(first) >= 2);
    offMs = -90_000;
    await simulation.run(minutes(10), () => finalHeight(first) >= 5);
    expect(await silenceOf(last)).toMatchObject({
      code: "clock-behind",
      message: expect.stringMatching(/90 s behind its peers'/),
    });
  });

  it("because it has just started, until the next block", async () => {
    const [simulation, first, last] = await world(63, () => 0);
    await simulation.run(minutes(10), () => finalHeight(first) >= 3);
    expect(await silenceOf(last)).toBeNull();
    await simulation.restart(last);
    expect(await silenceOf(last)).toMatchObject({ code: "just-started", passes: true });
    expect(await findingOf(last)).toMatchObject({ level: "good", advice: "" });
    const { height } = first.node.running.chain.head;
    await simulation.run(minutes(5), () => last.node.running.chain.head.height > height);
    expect(await silenceOf(last)).toBeNull();
  });

  it("because its journal holds a vote for a block that it does not know", async () => {
    const [simulation, first, last] = await world(64, () => 0);
    await simulation.run(minutes(10), () => finalHeight(first) >= 3);
    const { voter } = last.node.running;
    const { height } = first.node.running.chain.head;
    const far = {
      source: { epoch: 0, hash: new Uint8Array(32) },
      target: { epoch: 2 * height + 20, hash: voter.key.slice(0, 32) },
    };
    await last.disk.commit([
      { table: "meta", key: voteJournalKey, value: records.journal.encode({ key: voter.key, link: far }) },
    ]);
    await simulation.restart(last);
    await simulation.run(minutes(5), () => last.node.running.chain.head.height > height);
    expect(await silenceOf(last)).toMatchObject({ code: "bound", passes: false });
  });
});
