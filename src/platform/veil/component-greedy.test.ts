/**
 * What a component hands over by one call, and how much of it by many, cannot use up the heap of who runs it: each ends by
 * its limits, and the heap is as it was.
 */
import { expect, test } from "vitest";
import { greedyComponents, greedyLimits } from "#testing/veil/greedy-components.ts";
import { capabilities } from "#veil/run.ts";
import { type PreparedComponent, runComponent } from "./component-run.ts";
import { loadGlueInNode } from "./node-glue.ts";
import { prepareComponent } from "./transpile.ts";

const nothing = new Uint8Array(0);
const input = { arguments: [], environment: [], input: nothing, files: [], timeMs: 0, seed: new Uint8Array(32) };
const limits = { ...greedyLimits, outputBytes: 1_000, fileBytes: 1_000, wallMs: 60_000 };
/** Some of what one call may hand over, several times. */
const mostHeapBytes = 256 * 1_048_576;

test("greedy components end by their limits", async () => {
  for (const { name, bytes, trap } of await greedyComponents()) {
    const program = await prepareComponent(bytes, limits.memoryPages);
    if (!program.ok) throw new Error(`${name}: ${program.message}`);
    const before = process.memoryUsage();
    const result = runComponent(
      program.value as PreparedComponent,
      { capabilities, input, limits },
      { loadGlue: loadGlueInNode },
    );
    if (!result.ok) throw new Error(`${name}: ${result.message}`);
    const expected =
      trap === undefined ? { type: "out-of-fuel" } : { type: "trap", message: expect.stringContaining(trap) };
    expect(result.value.end, name).toMatchObject(expected);
    expect(process.memoryUsage().heapUsed - before.heapUsed, name).toBeLessThan(mostHeapBytes);
  }
});
