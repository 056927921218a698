import { describe, expect, it } from "vitest";
import { type Engine, type Outcome, Refused, readCoreSuite, replay } from "#testing/veil/core-suite.ts";
import { generous, MeteredRun, meteringSettings, type RunLimits } from "#testing/veil/metered-run.ts";
import { moduleLimits } from "./limits.ts";
import { checkModule, meterModule } from "./meter.ts";

/**
 * The core test suite of WebAssembly as of mid-2020: first version, sign extension, saturating conversions, bulk memory,
 * reference types. What the newer specification or the white list leaves out is counted by reason.
 */
const suite = readCoreSuite();

/** Whether the engine takes it. */
const valid = (bytes: Uint8Array): boolean => WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);

const compiled = (bytes: Uint8Array): WebAssembly.Module => new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);

/** The encoding of reference types changed after the suite. */
function checkIsCurrent(bytes: Uint8Array): void {
  if (!valid(bytes)) throw new Refused("engines no longer take it");
}

/** And some of what was invalid no longer is. */
function checkIsInvalid(bytes: Uint8Array): void {
  if (valid(bytes)) throw new Refused("valid by now");
}

/** Modules as the engine has them. */
const bare: Engine = {
  instantiate(bytes, imports) {
    checkIsCurrent(bytes);
    return new WebAssembly.Instance(compiled(bytes), imports).exports;
  },
  renew: () => undefined,
  nameOf(error) {
    if (error instanceof RangeError) return "out-of-stack";
    if (error instanceof WebAssembly.LinkError) return "does not link";
    if (error instanceof WebAssembly.RuntimeError) return "trapped";
    throw error;
  },
  accepts(bytes) {
    checkIsInvalid(bytes);
    return false;
  },
};

/** Their metered forms. */
class MeteredEngine implements Engine {
  private readonly limits: RunLimits;
  private readonly runs: MeteredRun[] = [];

  constructor(mode: RunLimits["mode"], counters: RunLimits["counters"]) {
    this.limits = { ...generous, mode, counters, memoryPages: moduleLimits.memoryPages };
  }

  instantiate(bytes: Uint8Array, imports: WebAssembly.Imports): WebAssembly.Exports {
    checkIsCurrent(bytes);
    const metered = meterModule(bytes, this.limits);
    if (!metered.ok) throw new Refused(metered.message.replace(/^At byte \d+: /, ""));
    expect(valid(metered.value.bytes)).toBe(true);
    const run = new MeteredRun(metered.value, this.limits, imports);
    this.runs.push(run);
    if (run.started !== "returned") throw new StartFailure(run.started);
    return run.exports;
  }

  renew(): void {
    for (const run of this.runs) run.renew();
  }

  nameOf(error: unknown): string {
    if (error instanceof StartFailure) return error.message;
    if (error instanceof WebAssembly.LinkError) return "does not link";
    const verdicts = this.runs.map((run) => run.verdictOf(error));
    return verdicts.find((verdict) => verdict !== "trapped") ?? "trapped";
  }

  accepts(bytes: Uint8Array): boolean {
    checkIsInvalid(bytes);
    return checkModule(bytes).ok;
  }
}

class StartFailure extends Error {}

/** How each command ends with bare modules; every setting is compared with that. */
const expected = suite.files.map((file) => replay(suite, file, bare));

function countsOf(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const name = outcome.kind === "left-out" ? outcome.reason : outcome.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe("the core test suite of WebAssembly", () => {
  it("gives what it asks for on this engine", () => {
    expect(countsOf(expected.flat())).toEqual({ right: 33_151, "engines no longer take it": 59, "valid by now": 1 });
  });

  it.each(meteringSettings)("gives equal results metered in the mode %s with counters %s", (mode, counters) => {
    const outcomes = suite.files.flatMap((file, i) => {
      const metered = replay(suite, file, new MeteredEngine(mode, counters));
      for (const [j, outcome] of metered.entries()) {
        if (outcome.kind !== "left-out") expect(outcome, `${file.name}, command ${j}`).toEqual(expected[i]?.[j]);
      }
      return metered;
    });
    // Whatever does not run is named here: one more command left out fails.
    expect(countsOf(outcomes)).toEqual({
      right: 32_985,
      "engines no longer take it": 59,
      "valid by now": 1,
      "tables do not grow.": 76,
      "16 results; at most 8 are allowed.": 90,
    });
  });
});
