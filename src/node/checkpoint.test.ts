import { describe, expect, it } from "vitest";
import { type SimulatedNode, Simulation } from "../testing/simulator.ts";
import { checkpointText, readCheckpoint } from "./checkpoint.ts";

const minutes = (count: number): number => count * 60_000;
const chainOf = ({ node }: SimulatedNode) => node.running.chain;

/** A world whose first node has made six blocks. */
async function world(): Promise<{ simulation: Simulation; first: SimulatedNode }> {
  const simulation = new Simulation(31);
  const first = await simulation.add({ produce: true });
  await simulation.run(minutes(10), () => chainOf(first).head.height >= 6);
  first.node.running.production.stop();
  return { simulation, first };
}

function blockOf(node: SimulatedNode, height: number) {
  const entry = chainOf(node).index.at(height);
  if (entry === undefined) throw new Error("no such block");
  return { height, hash: entry.hash };
}

describe("a checkpoint", () => {
  it("is read as it is written, and nothing else is one", () => {
    const block = { height: 12, hash: new Uint8Array(32).fill(0xab) };
    expect(readCheckpoint(checkpointText(block))).toEqual({ ok: true, value: block });
    for (const text of ["", "12", "12:ab", `0:${"ab".repeat(32)}`, `-1:${"ab".repeat(32)}`, `1e3:${"ab".repeat(32)}`])
      expect(readCheckpoint(text)).toMatchObject({ ok: false, code: "invalid-argument" });
  });

  it("of the network's history lets a newcomer in, and is final to it at once", async () => {
    const { simulation, first } = await world();
    const newcomer = await simulation.add({ checkpoint: blockOf(first, 3) });
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
    expect(chainOf(newcomer).finality.finalised.height).toBe(3);
  });

  it("of another history keeps a newcomer off this one, however heavy, and it is told", async () => {
    const { simulation } = await world();
    const newcomer = await simulation.add({ checkpoint: { height: 3, hash: new Uint8Array(32).fill(9) } });
    await simulation.run(minutes(3));
    expect(chainOf(newcomer).head.height).toBeLessThan(3);
    expect(newcomer.node.notices.join()).toMatch(/another history/);
    // Nobody is banned for it: who is wrong is not known.
    expect(newcomer.network.peers()).toHaveLength(1);
  });

  it("counts only on a device that knows nothing final itself", async () => {
    const simulation = new Simulation(32, undefined, 1);
    const voter = await simulation.add({ produce: true });
    const other = await simulation.add();
    await simulation.run(minutes(5), () => chainOf(other).finality.finalised.height >= 3);
    voter.node.running.production.stop();
    const before = chainOf(other).finality.finalised.height;
    Object.assign(other.storage, { checkpoint: { height: 1, hash: new Uint8Array(32).fill(9) } });
    await simulation.restart(other);
    expect(chainOf(other).finality.finalised.height).toBe(before);
  });
});
