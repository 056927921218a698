import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generous, MeteredRun, meteringSettings, type RunLimits } from "#testing/veil/metered-run.ts";
import { fromHex, toHex } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { meteringDigest } from "./costs.ts";
import { meterModule } from "./meter.ts";

/**
 * Golden vectors: what must be the same on every node and in every version with the same digest. After a deliberate
 * change, with a new version in costs.ts: `VEIL_VECTORS=write npx vitest run src/protocol/veil/vectors.test.ts`.
 */
const file = new URL("../../testing/fixtures/metering-vectors.json", import.meta.url);

interface Vector {
  readonly name: string;
  readonly text: string;
  /** What `run` is called with. */
  readonly argument: number;
  readonly module: string;
  readonly outcome?: Outcome;
}

interface Outcome {
  readonly verdict: string;
  readonly value: number | null;
  /** Nothing after a trap: fuel is not defined then. */
  readonly fuelUsed: number | null;
  readonly startFuel: number;
  /** SHA-256 of the metered module, by mode and place of the counters. */
  readonly metered: Readonly<Record<string, string>>;
}

function outcomeOf(vector: Vector): Outcome {
  const bytes = fromHex(vector.module);
  if (bytes === undefined) throw new Error("not hexadecimal");
  const metered: Record<string, string> = {};
  let outcome: Omit<Outcome, "metered"> | undefined;
  for (const [mode, counters] of meteringSettings) {
    const limits: RunLimits = { ...generous, mode, counters, memoryPages: 8, fuel: 1_000_000, sliceFuel: 500 };
    const result = meterModule(bytes, limits);
    if (!result.ok) throw new Error(result.message);
    metered[`${mode}, ${counters}`] = toHex(sha256(result.value.bytes));
    const run = new MeteredRun(result.value, limits);
    const { verdict, value } = run.call("run", vector.argument);
    const fuelUsed = verdict === "trapped" ? null : Number(run.fuelUsed);
    const { startFuel } = result.value;
    const one = { verdict, value: verdict === "returned" ? Number(value) : null, fuelUsed, startFuel };
    outcome ??= one;
    expect(one).toEqual(outcome);
  }
  if (outcome === undefined) throw new Error("nothing ran");
  return { ...outcome, metered };
}

describe("golden vectors of metering", () => {
  const { digest, vectors } = JSON.parse(readFileSync(file, "utf8")) as { digest: string; vectors: Vector[] };

  if (process.env["VEIL_VECTORS"] === "write") {
    it("are written", () => {
      const fresh = vectors.map((vector) => ({ ...vector, outcome: outcomeOf(vector) }));
      writeFileSync(file, `${JSON.stringify({ digest: toHex(meteringDigest()), vectors: fresh }, null, 2)}\n`);
    });
    return;
  }

  it("belong to this cost table and rewriter", () => {
    expect(toHex(meteringDigest())).toBe(digest);
    expect(vectors.length).toBeGreaterThan(9);
  });

  it.each(vectors)("$name: same bytes out, same fuel, same end", (vector) => {
    expect(outcomeOf(vector)).toEqual(vector.outcome);
  });
});
