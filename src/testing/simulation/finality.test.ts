import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseScenario, type Scenario } from "./scenario.ts";
import { playScenario } from "./story.ts";

function scenarioOf(file: string, changes: Partial<Scenario> = {}): Scenario {
  const scenario = parseScenario(readFileSync(join(import.meta.dirname, "..", "scenarios", file), "utf8"));
  if (!scenario.ok) throw new Error(`${file}: ${scenario.message}`);
  return { ...scenario.value, ...changes };
}

describe("finality through faults", () => {
  it("is never undone by crashes, torn writes and partitions, and comes again within 30 s", async () => {
    const report = await playScenario(scenarioOf("votes.json", { durationMs: 150_000 }), 3);
    expect(report.violations).toEqual([]);
    expect(report.faults["crash-torn"]).toBeGreaterThan(0);
    expect(report.faults["partition"]).toBeGreaterThan(0);
    expect(report.finality?.recoveryMs).toBeLessThan(30_000);
    expect(report.finality?.slashed).toBe(0);
  });

  it("is not split by three of ten voters that break every rule, and they are slashed", async () => {
    const report = await playScenario(scenarioOf("false-votes.json", { durationMs: 90_000 }), 4);
    expect(report.violations).toEqual([]);
    expect(report.finality?.slashed).toBeGreaterThan(0);
    for (const fault of ["double-vote", "surround-vote", "withheld-vote", "certificate-forged", "forged-vote"])
      expect(report.faults[fault]).toBeGreaterThan(0);
    expect(report.bansOfVillains).toBeGreaterThan(0);
  });
});
