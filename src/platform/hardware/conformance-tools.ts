/**
 * What the cases of the conformance suite have in common: their shape, plain instances and runs, demands.
 * @module
 */
import { fixedPointOne, type IsingInstance, packedBytes, type SamplingSchedule } from "#protocol/hardware/ising.ts";
import { type ConformanceHost, Nonconformity } from "./conformance-host.ts";

/** What a case is told of the device. */
export interface ConformanceSetting {
  readonly host: ConformanceHost;
  /** Two spins that the device's graph couples. */
  readonly edge: readonly [number, number];
}

/** One demand. */
export interface ConformanceCase {
  readonly name: string;
  run(setting: ConformanceSetting): Promise<void>;
}

/** A short run without frills. */
export const schedule: SamplingSchedule = {
  warmUpSteps: 16,
  warmUpBeta: null,
  samples: 64,
  stepsPerSample: 1,
  seed: null,
};

/** Spins in no field without couplings, changed in places. */
export function instance(spins: number, changes: Partial<IsingInstance> = {}): IsingInstance {
  return {
    spins,
    edges: new Uint16Array(),
    couplings: new Int32Array(),
    fields: new Int32Array(spins),
    beta: fixedPointOne,
    ...changes,
  };
}

/** What must hold, or what the device did instead. */
export function demand(condition: boolean, words: string): void {
  if (!condition) throw new Nonconformity(words);
}

/** Loads an instance that the device must take. */
export async function loaded(host: ConformanceHost, wanted: IsingInstance): Promise<void> {
  host.expect(await host.load(wanted), "done");
}

/** All samples of a run. */
export async function drawn(host: ConformanceHost, spins: number, wanted: SamplingSchedule): Promise<Uint8Array> {
  return host.finish(await host.start(wanted), wanted.samples, packedBytes(spins));
}

/** Asks after the health and demands a report: the session lives. */
export async function answersAsk(host: ConformanceHost): Promise<void> {
  const request = host.nextRequest();
  await host.send({ type: "ask", request });
  host.expect(await host.answer(request), "report");
}
