import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readVoters } from "#protocol/programs/stake.ts";
import type { Chain } from "../../node/chain.ts";
import * as splitter from "../adversaries/vote-splitter.mjs";
import { faultsLacking, playUntil } from "./play-until.ts";
import { parseScenario, type Scenario } from "./scenario.ts";
import { playScenario } from "./story.ts";
import { World } from "./world.ts";

function scenarioOf(file: string, changes: Partial<Scenario> = {}): Scenario {
  const scenario = parseScenario(readFileSync(join(import.meta.dirname, "..", "scenarios", file), "utf8"));
  if (!scenario.ok) throw new Error(`${file}: ${scenario.message}`);
  return { ...scenario.value, ...changes };
}

const quick: Partial<Scenario> = { nodes: 4, voters: 4, durationMs: 20_000 };

describe("finality through faults", () => {
  it("is never undone by crashes, torn writes and partitions, and comes again within 30 s", async () => {
    await playUntil(
      scenarioOf("votes.json", { durationMs: 150_000 }),
      3,
      (report) => {
        expect(report.violations).toEqual([]);
        expect(report.finality?.recovery?.finalityMs).toBeLessThan(30_000);
        expect(report.finality?.slashed).toBe(0);
      },
      (reports) => faultsLacking(reports, ["crash-torn", "partition"]),
    );
  });

  it("is not split by three of ten voters that break every rule, and they are slashed", async () => {
    const wrongs = ["double-vote", "surround-vote", "withheld-vote", "certificate-", "forged-vote"];
    await playUntil(
      scenarioOf("false-votes.json", { durationMs: 90_000 }),
      3,
      ({ violations }) => expect(violations).toEqual([]),
      (reports) => [
        ...faultsLacking(reports, wrongs),
        ...(reports.some(({ finality }) => (finality?.slashed ?? 0) > 0) ? [] : ["slashing"]),
        ...(reports.some(({ bansOfVillains }) => bansOfVillains > 0) ? [] : ["ban"]),
      ],
    );
  });
});

describe("time to finality", () => {
  it("is below a second in the middle and below two for 95 % with 16 voters, slow links and blocks found at once", async () => {
    const report = await playScenario(scenarioOf("finality.json", { durationMs: 90_000 }), 3);
    expect(report.violations).toEqual([]);
    expect(report.forkedBlocks).toBeGreaterThan(0);
    expect(report.finality?.latencyMs.count).toBeGreaterThan(100);
    expect(report.finality?.latencyMs.p50).toBeLessThan(1_000);
    expect(report.finality?.latencyMs.p95).toBeLessThan(2_000);
  });

  it("is a violation where a scenario asks for less", async () => {
    const report = await playScenario(scenarioOf("finality.json", { ...quick, finalWithinMs: 1 }), 3);
    expect(report.violations.map(({ what }) => what).join()).toContain("after their arrival");
  });
});

describe("an adversary from a file", () => {
  it("tells both sides of partitions what they like to hear, splits nothing, and is slashed", async () => {
    const villains = [{ kind: "module", voters: splitter.voters, adversary: splitter.default }] as const;
    const report = await playScenario(scenarioOf("votes.json", { durationMs: 100_000, villains }), 2);
    expect(report.violations).toEqual([]);
    expect(report.finality?.slashed).toBe(splitter.voters);
  });
});

describe("when half of the stake votes on both sides of a partition", () => {
  it("both sides finalise, neither gives way, and each chain slashes whoever voted on both", async () => {
    const scenario = scenarioOf("calm.json", {
      nodes: 4,
      producers: 4,
      voters: 2,
      villains: [{ kind: "twins", voters: 2 }],
    });
    const world = new World(scenario, 5);
    for (let i = 0; i < 4; i++) await world.add();
    await world.addTwins(2);
    await world.addTwins(3);
    const sides = [
      ["node-0", "node-2", "twin-0", "twin-2"],
      ["node-1", "node-3", "twin-1", "twin-3"],
    ] as const;
    await world.clock.run(world.startMs + 120_000, () => world.finality.heightOf("node-1") >= 1);
    world.web.partition(...sides);
    const shared = Math.max(...world.nodes.map(({ name }) => world.finality.heightOf(name)));
    const both = (): boolean => ["node-0", "node-1"].every((name) => world.finality.heightOf(name) > shared + 2);
    expect(await world.clock.run(world.clock.nowMs() + 600_000, both)).toBe(true);
    expect(world.finality.conflicts.length).toBeGreaterThan(0);
    world.web.partition();
    const chains = world.nodes.map(({ node }) => node.running.chain);
    const slashed = (): readonly number[] =>
      chains.map(({ state }) => readVoters(state).filter((voter) => voter.slashed === 1).length);
    expect(await world.clock.run(world.clock.nowMs() + 600_000, () => slashed().every((count) => count === 2))).toBe(
      true,
    );
    const total = readVoters((chains[0] as Chain).state);
    expect(total.filter((voter) => voter.slashed === 1).map(({ slot }) => slot)).toEqual([2, 3]);
    // Two of four equal stakes: more than a third. Nothing final moved, and nobody honest lost anything.
    await world.checkAll();
    expect(world.violations).toEqual([]);
  });
});
