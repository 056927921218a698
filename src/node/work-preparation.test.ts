/** A producer whose prover or sampling unit fails in every way a device can: it goes on, and the node with it. */
import { describe, expect, it } from "vitest";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { emulatedWork } from "#testing/emulated-proofs.ts";
import { Random } from "#testing/random.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { ComputeBudget } from "./compute-budget.ts";
import type { NodePorts } from "./node-options.ts";
import type { ProvingJob, Sampler, SegmentProver } from "./ports.ts";

const works = emulatedWork(new Random(3));
type Start = SegmentProver["start"];

/** A prover that fails the first times in its own way, then works; counts what was started, and ended in the middle. */
function failing(times: number, failure: Start) {
  const seen = { started: 0, cancelled: 0 };
  const start: Start = (...given) => {
    seen.started += 1;
    const job = (seen.started <= times ? failure : works.segmentProver.start)(...given);
    let settled = false;
    return {
      result: job.result.finally(() => {
        settled = true;
      }),
      cancel: () => {
        if (!settled) seen.cancelled += 1;
        job.cancel();
      },
    };
  };
  return { seen, prover: { start } };
}

const job = (result: Promise<Result<Uint8Array>>): ProvingJob => ({ result, cancel: () => undefined });

/** A prover that never answers, but to a cancel. */
const hanging: Start = () => {
  let end: (refusal: Result<Uint8Array>) => void = () => undefined;
  const result = new Promise<Result<Uint8Array>>((resolve) => {
    end = resolve;
  });
  return { result, cancel: () => end(rejected("cancelled", "Stopped.")) };
};

async function producing(
  ports: Partial<NodePorts>,
  simulation = new Simulation(5),
): Promise<{ simulation: Simulation; producer: SimulatedNode }> {
  return { simulation, producer: await simulation.add({ produce: true, ports }) };
}

const height = ({ node }: SimulatedNode): number => node.running.chain.head.height;

describe("a producer goes on", () => {
  it.each<[string, Start]>([
    ["cannot start a thread", () => noThread()],
    ["dies with an exception", () => job(Promise.reject(new Error("out of memory")))],
    ["says no", () => job(Promise.resolve(rejected("out-of-memory", "No room.")))],
    ["makes garbage", () => job(Promise.resolve(accepted(new Uint8Array(128).fill(9))))],
    ["hangs", hanging],
  ])("when its prover %s", async (_name, failure) => {
    const { prover, seen } = failing(2, failure);
    const { simulation, producer } = await producing({ segmentProver: prover });
    expect(await simulation.run(1_200_000, () => height(producer) >= 2)).toBe(true);
    expect(seen.started).toBeGreaterThan(2);
    // Whatever was begun for nothing is not repeated without end.
    expect(seen.started).toBeLessThan(12);
  });

  it("at its own pace, however much comes into the pool while its prover fails", async () => {
    const { prover, seen } = failing(1_000, () => job(Promise.resolve(rejected("out-of-memory", "No room."))));
    const { simulation, producer } = await producing({ segmentProver: prover });
    await simulation.run(10_000, () => seen.started >= 1);
    for (let i = 0; i < 100; i++) {
      producer.node.running.production.onPooled();
      await simulation.run(50);
    }
    expect(seen.started).toBeLessThan(6);
  });

  it("and ends the thread of a prover that hangs", async () => {
    const { prover, seen } = failing(1, hanging);
    const { simulation, producer } = await producing({ segmentProver: prover });
    await simulation.run(1_200_000, () => height(producer) >= 1);
    expect(seen.cancelled).toBe(1);
  });

  it("but leaves a slow prover its time as long as it gives signs of life", async () => {
    const simulation = new Simulation(5);
    const { clock } = simulation;
    const { prover, seen } = failing(1, (statement, witness, onProgress) => {
      let end: () => void = () => undefined;
      const slow = new Promise<void>((resolve) => {
        end = resolve;
      });
      const look = (left: number): void => {
        onProgress({ stage: "prove", share: 0 });
        if (left === 0) end();
        else clock.schedule(60_000, () => look(left - 1));
      };
      look(10);
      return job(slow.then(() => works.segmentProver.start(statement, witness, onProgress).result));
    });
    const { producer } = await producing({ segmentProver: prover }, simulation);
    await simulation.run(1_200_000, () => height(producer) >= 1);
    expect(seen.cancelled).toBe(0);
  });

  it("and counts no time as silence in which the user's caps pause the work", async () => {
    const budget = new ComputeBudget();
    const simulation = new Simulation(5);
    const { clock } = simulation;
    const { prover, seen } = failing(1, (statement, witness, onProgress) => {
      budget.setSituation({ visible: false, onBattery: null, typing: false });
      clock.schedule(115_000, () => budget.setSituation({ visible: true, onBattery: null, typing: false }));
      const rest = new Promise<void>((resolve) => clock.schedule(200_000, resolve));
      return job(rest.then(() => works.segmentProver.start(statement, witness, onProgress).result));
    });
    const { producer } = await producing({ segmentProver: prover, budget }, simulation);
    await simulation.run(1_200_000, () => height(producer) >= 1);
    expect(seen.cancelled).toBe(0);
  });

  it.each<[string, Sampler["program"]]>([
    ["throws", () => Promise.reject(new Error("unplugged"))],
    ["hangs", () => new Promise(() => undefined)],
  ])("when its sampling unit %s", async (_name, failure) => {
    let asked = 0;
    const sampler: Sampler = {
      ...works.sampler,
      program: (instance) => (++asked <= 2 ? failure(instance) : works.sampler.program(instance)),
    };
    const { simulation, producer } = await producing({ sampler });
    expect(await simulation.run(1_200_000, () => height(producer) >= 2)).toBe(true);
  });
});

function noThread(): never {
  throw new Error("no more threads");
}
