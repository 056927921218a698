import { describe, expect, it } from "vitest";
import { fullSize, playSybils, withstandsSybils } from "./sybil-experiment.ts";

/** A quarter of the full size, for twenty seconds. */
const small = { ...fullSize, honest: 12, sybils: 48, forMs: 20_000 };

describe("gossip by real routers among Sybils that pass nothing on", () => {
  it("arrives everywhere and in time although they fill the meshes", async () => {
    const report = await playSybils(small);
    expect(report.sybilShareOfMeshes).toBeGreaterThan(0.7);
    expect(report).toMatchObject({ published: 40, deliveredShare: 1 });
    expect(withstandsSybils(report)).toBe(true);
  });

  it("would not if only a quarter of the peers were told what there is, as by default", async () => {
    const options = { ...small.options, gossipFactor: 0.25 };
    expect(withstandsSybils(await playSybils({ ...small, options }))).toBe(false);
  });

  it("comes over the mesh alone where nobody is a Sybil, and equal seeds give equal runs", async () => {
    const honest = { ...small, sybils: 0, forMs: 5_000 };
    const report = await playSybils(honest);
    expect(report.p99Ms).toBeLessThan(1_000);
    expect(await playSybils(honest)).toEqual(report);
    expect(await playSybils({ ...honest, seed: 2 })).not.toEqual(report);
  });
});
