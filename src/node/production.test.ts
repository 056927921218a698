import { describe, expect, it } from "vitest";
import { Simulation } from "#testing/simulator.ts";
import { ComputeBudget } from "./compute-budget.ts";

describe("production", () => {
  it("rests while nothing may be computed, and goes on when it may, unless it was turned off meanwhile", async () => {
    const simulation = new Simulation(7);
    const budget = new ComputeBudget();
    const plugged = (onBattery: boolean): void => budget.setSituation({ visible: true, onBattery, typing: false });
    plugged(true);
    const { node } = await simulation.add({ produce: true, ports: { budget } });
    const height = (): number => node.running.chain.head.height;
    await simulation.run(600_000);
    expect(height()).toBe(0);
    plugged(false);
    await simulation.run(600_000, () => height() > 0);
    expect(height()).toBeGreaterThan(0);
    plugged(true);
    // What was under way when it was told to rest comes to its end.
    await simulation.run(600_000);
    const reached = height();
    node.running.production.stop();
    plugged(false);
    await simulation.run(600_000);
    expect(height()).toBe(reached);
  });
});
