import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readVoters } from "#protocol/programs/stake.ts";
import type { Chain } from "../../node/chain.ts";
import * as splitter from "../adversaries/vote-splitter.mjs";
import { drawScenario } from "./draw.ts";
import { playEveryWrite, writeFates } from "./every-write.ts";
import { FinalityWatch } from "./finality-watch.ts";
import { faultsLacking, playUntil, severalSeedsMs } from "./play-until.ts";
import type { Report } from "./report.ts";
import { byzantineVoters, isOverThird, mostByzantine, parseScenario, type Scenario } from "./scenario.ts";
import { playScenario } from "./story.ts";
import { summaryOf } from "./summary.ts";
import { World } from "./world.ts";

function scenarioOf(file: string, changes: Partial<Scenario> = {}): Scenario {
  const scenario = parseScenario(readFileSync(join(import.meta.dirname, "..", "scenarios", file), "utf8"));
  if (!scenario.ok) throw new Error(`${file}: ${scenario.message}`);
  return { ...scenario.value, ...changes };
}

const quick: Partial<Scenario> = { nodes: 4, voters: 4, durationMs: 20_000 };

describe("finality through faults", () => {
  it(
    "is never undone by crashes, torn writes and partitions, and comes again within 30 s",
    async () => {
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
    },
    severalSeedsMs,
  );

  it(
    "is not split by three of ten voters that break every rule, and they are slashed",
    async () => {
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
    },
    severalSeedsMs,
  );
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

describe("a siege", () => {
  it(
    "with everything at once ends in one chain and finality within 30 s",
    async () => {
      const drawn = drawScenario(scenarioOf("siege.json"), { least: 7, most: 10, drawn: true }, 2);
      await playUntil(
        { ...drawn, durationMs: 40_000 },
        2,
        ({ violations, finality, messages }) => {
          expect(violations).toEqual([]);
          expect(finality?.recovery?.finalityMs).toBeLessThanOrEqual(30_000);
          expect(finality?.conflicts).toBe(0);
          expect(messages.lost).toBeGreaterThan(0);
        },
        (reports) => {
          const befell = reports.flatMap(({ faults }) => Object.keys(faults));
          const kinds = ["crash-", "partition", "invalid-", "useless-", "held-back", "vote-", "certificate-"];
          return kinds.filter((kind) => !befell.some((name) => name.startsWith(kind)));
        },
      );
    },
    severalSeedsMs,
  );
});

describe("one voter more than a third, who votes on both sides of every split", () => {
  it(
    "makes both sides finalise, and loses its stake on every chain, with at least a third of all",
    async () => {
      const scenario = drawScenario(scenarioOf("collusion.json"), { least: 7, most: 13, drawn: true }, 202);
      const played: Report[] = [];
      await playUntil(
        scenario,
        202,
        (report) => {
          played.push(report);
          expect(report.violations).toEqual([]);
          const { conflicts = 0, evidence = null } = report.finality ?? {};
          expect(evidence !== null).toBe(conflicts > 0);
          expect(evidence?.leastShare ?? 1).toBeGreaterThanOrEqual(1 / 3);
        },
        (reports) => (reports.some(({ finality }) => (finality?.conflicts ?? 0) > 0) ? [] : ["conflict"]),
      );
      const summary = summaryOf("collusion", [...played, { scenario: "collusion", seed: 900, threw: "Error" }]);
      expect(summary).toMatchObject({
        seeds: played.length + 1,
        seedsWithConflicts: 1,
        violations: 1,
        failedSeeds: [900],
      });
      expect(summary.evidenceShare).toMatchObject({ count: 1, least: played.at(-1)?.finality?.evidence?.leastShare });
      expect(summary.faults["conflict"]).toBe(played.at(-1)?.faults["conflict"]);
    },
    severalSeedsMs,
  );
});

describe("worlds that seeds draw", () => {
  const seeds = Array.from({ length: 300 }, (_, i) => i);
  const size = { least: 7, most: 31, drawn: true };

  it("have up to a third of false voters, and half of them all of that", () => {
    const siege = scenarioOf("siege.json");
    const drawn = seeds.map((seed) => drawScenario(siege, size, seed));
    for (const scenario of drawn) {
      expect(scenario.voters + byzantineVoters(scenario)).toBeGreaterThanOrEqual(7);
      expect(scenario.voters + byzantineVoters(scenario)).toBeLessThanOrEqual(31);
      expect(isOverThird(scenario)).toBe(false);
      expect(scenario.links.loss).toBeLessThanOrEqual(siege.links.loss);
    }
    const fullest = drawn.filter((scenario) => {
      const byzantine = byzantineVoters(scenario);
      return byzantine === mostByzantine(scenario.voters + byzantine);
    });
    expect(fullest.length).toBeGreaterThan(150);
    expect(fullest.length).toBeLessThan(300);
  });

  it("have exactly one more where too many is what they are about", () => {
    for (const seed of seeds) {
      const scenario = drawScenario(scenarioOf("collusion.json"), size, seed);
      const byzantine = byzantineVoters(scenario);
      const voters = scenario.voters + byzantine;
      expect([byzantine, voters % 3]).toEqual([mostByzantine(voters) + 1, 1]);
    }
  });
});

describe("a voter that dies at its writes, those of its journal among them", () => {
  it("never votes twice, loses nothing, and holds nobody up", async () => {
    const options = { lifeMs: 10_000, stride: 5, fates: writeFates, produces: true };
    const played = await playEveryWrite(3, options);
    expect(played.violations).toEqual([]);
    expect(played.journalWrites).toBeGreaterThan(3);
    expect(played.deaths).toBe(Math.ceil(played.writes / 5) * writeFates.length);
  });

  it("would be seen to vote twice", () => {
    const watch = new FinalityWatch();
    const source = { epoch: 0, hash: new Uint8Array(32) };
    const link = (epoch: number, mark: number) => ({ source, target: { epoch, hash: new Uint8Array(32).fill(mark) } });
    expect(watch.voted("node-1", link(4, 1))).toBeNull();
    expect(watch.voted("node-1", link(6, 2))).toBeNull();
    expect(watch.voted("node-2", link(4, 3))).toBeNull();
    expect(watch.voted("node-1", link(4, 3))).toContain("broken its journal");
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
