/** What a node answers about finality: before anybody votes, while blocks become final, and when they do not for long. */
import { describe, expect, it } from "vitest";
import { goodLinks, type SimulatedNode, Simulation } from "../testing/simulator.ts";
import { must } from "../testing/step-fixtures.ts";
import { voterStakeNano } from "../testing/voting-fixtures.ts";

const minutes = (count: number): number => count * 60_000;
const chainOf = ({ node }: SimulatedNode) => node.running.chain;

describe("a node's answers about finality", () => {
  it("say that nobody votes yet, and that nothing is final", async () => {
    const simulation = new Simulation(41);
    const node = await simulation.add({ produce: true });
    await simulation.run(minutes(60), () => chainOf(node).head.height >= 20);
    const { requests } = node.node;
    expect(must(await requests.finality())).toMatchObject({
      finalised: { height: 0 },
      justified: { height: 0 },
      voting: false,
      stalledBlocks: 0,
      leaking: false,
    });
    expect(must(await requests.status()).finalisedHeight).toBeNull();
    expect(must(await requests.validators())).toEqual([]);
    expect(must(await requests.doctor())).toContainEqual(expect.objectContaining({ name: "finality", level: "good" }));
    expect(must(await requests.doctor())).toContainEqual({
      name: "checkpoint",
      level: "good",
      detail: expect.stringMatching(/^none: .* Nothing is final here yet, so there is nothing to compare$/),
      advice: "",
    });
    expect(must(await requests.block(3))).toMatchObject({ canonical: true, final: false });
  });

  it("tell what is final and who votes, then for how long nothing has become final, and warn from the 16th block on", async () => {
    const simulation = new Simulation(42, goodLinks, 3);
    for (let i = 0; i < 3; i++) await simulation.add({ produce: i === 0 });
    const [first, second, third] = simulation.nodes as [SimulatedNode, SimulatedNode, SimulatedNode];
    const { requests } = first.node;
    await simulation.run(minutes(30), () => chainOf(first).finality.finalised.height >= 3);
    const calm = must(await requests.finality());
    expect(calm).toMatchObject({ voting: true, leaking: false });
    expect(calm.stalledBlocks).toBe(calm.height - calm.finalised.height);
    expect(calm.finalised.hash).toEqual(chainOf(first).index.at(calm.finalised.height)?.hash);
    expect(must(await requests.status()).finalisedHeight).toBe(calm.finalised.height);
    expect(must(await requests.block(3))).toMatchObject({ final: true });
    const seats = must(await requests.validators());
    expect(seats.map(({ own, freeHeight }) => ({ own, freeHeight }))).toEqual(
      [true, false, false].map((own) => ({ own, freeHeight: null })),
    );
    // What they earned since makes them differ by less than a thousandth.
    for (const { share } of seats) expect(share).toBeCloseTo(1 / 3, 3);
    for (const { balanceNano } of seats) expect(balanceNano).toBeGreaterThan(voterStakeNano - 1_000_000n * 1_000n);
    await second.network.stop();
    await third.network.stop();
    const { height: stuck } = chainOf(first).finality.finalised;
    const { stallBlocks } = simulation.parameters.finality;
    await simulation.run(minutes(60), () => chainOf(first).head.height === stuck + stallBlocks - 1);
    expect(must(await requests.finality())).toMatchObject({ stalledBlocks: stallBlocks - 1, leaking: false });
    await simulation.run(minutes(60), () => chainOf(first).head.height === stuck + stallBlocks);
    expect(must(await requests.finality())).toMatchObject({ stalledBlocks: stallBlocks, leaking: true });
    expect(must(await requests.doctor())).toContainEqual(
      expect.objectContaining({
        name: "finality",
        level: "warning",
        detail: `stands still at block ${stuck}, for 16 blocks`,
      }),
    );
    expect(must(await requests.block(stuck + 1))).toMatchObject({ canonical: true, final: false });
  });
});
