/**
 * Runs the conformance suite against a device at the end of any byte stream.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import type { ByteStream } from "./byte-stream.ts";
import { ConformanceHost, Nonconformity } from "./conformance-host.ts";
import { physicsCases, runCases } from "./conformance-sampling.ts";
import { programCases, sessionCases } from "./conformance-sessions.ts";

/** All cases, in an order in which each stands on those before it. */
const cases = [...sessionCases, ...programCases, ...physicsCases, ...runCases];

/** How one case went. */
export interface ConformanceResult {
  readonly name: string;
  readonly passed: boolean;
  /** What the device did wrong; empty when it passed. */
  readonly detail: string;
  readonly elapsedMs: number;
}

/** What a run of the suite needs. */
export interface ConformanceParts {
  readonly stream: ByteStream;
  readonly clock: Clock;
  /** Two spins that the device couples. */
  readonly edge?: readonly [number, number];
  /** Hears of each case as it ends. */
  readonly onResult?: (result: ConformanceResult) => void;
  /** Only cases whose names hold this. */
  readonly only?: string;
}

/** Tries every case; a device that fails one may pass the next. */
export async function runConformance(parts: ConformanceParts): Promise<readonly ConformanceResult[]> {
  const { stream, clock, edge = [0, 1], onResult = () => undefined, only = "" } = parts;
  const host = new ConformanceHost(stream, clock);
  const results: ConformanceResult[] = [];
  for (const { name, run } of cases.filter((one) => one.name.includes(only))) {
    const startedMs = clock.nowMs();
    let detail = "";
    try {
      await run({ host, edge });
    } catch (error) {
      // Anything else is a fault of the suite, or the connection's end, and is told as it is.
      detail = error instanceof Nonconformity ? error.message : String(error);
    }
    const result = { name, passed: detail === "", detail, elapsedMs: clock.nowMs() - startedMs };
    results.push(result);
    onResult(result);
  }
  return results;
}
