import { describe, expect, it } from "vitest";
import { taggedHash } from "../codec/hash.ts";
import { fieldOrder } from "./field.ts";
import { assemble } from "./machine/assembler.ts";
import { programCommitment, stateCommitment } from "./machine/commitment.ts";
import { runSteps, runToHalt } from "./machine/interpreter.ts";
import type { MachineState } from "./machine/program.ts";
import { initialState } from "./machine/program.ts";
import { samplerInstance, samplerMemory, samplerProgram } from "./machine/sampler-program.ts";
import { poseidon } from "./poseidon.ts";
import { assignSegment, proofContext, proofSeed, type QueuedJob, segmentStatement } from "./segment-assignment.ts";
import { publicSignals } from "./step-statement.ts";

const parent = new Uint8Array(32).fill(7);
const proposer = new Uint8Array(33).fill(2);

function job(id: number, proved: readonly boolean[]): QueuedJob {
  const assembled = assemble("next: addi r1, r1, 1\nsw r1, 0(r1)\njmp next");
  const start = initialState([id]);
  if (!assembled.ok || !start.ok) throw new Error("does not assemble");
  return { id: new Uint8Array(32).fill(id), program: assembled.value.program, start: start.value, proved };
}

function seedOf(i: number): Uint8Array {
  return proofSeed(taggedHash("aether/key/1", Uint8Array.of(i & 255, i >> 8)), proposer);
}

describe("assignment", () => {
  it("draws every unproved segment, and only those: jobs evenly, and evenly within a job", () => {
    const queue = [job(1, [true, false, false]), job(2, [true, true]), job(3, [false])];
    const drawn = new Map<string, number>();
    for (let i = 0; i < 900; i++) {
      const segment = assignSegment(seedOf(i), queue);
      const name = `${segment.jobId?.[0]}:${segment.index}`;
      drawn.set(name, (drawn.get(name) ?? 0) + 1);
      const origin = queue.find((entry) => entry.id === segment.jobId) as QueuedJob;
      expect(segment.state).toEqual(runSteps(origin.program, origin.start, 64 * segment.index));
    }
    expect([...drawn.keys()].sort()).toEqual(["1:1", "1:2", "3:0"]);
    for (const [name, expected] of [
      ["1:1", 225],
      ["1:2", 225],
      ["3:0", 450],
    ] as const)
      expect(Math.abs((drawn.get(name) ?? 0) - expected), name).toBeLessThan(60);
  });

  it("lets no crowd of long jobs hold up a short one", () => {
    const queue = [...Array.from({ length: 63 }, (_, i) => job(i, Array(64).fill(false))), job(200, [false])];
    let drawn = 0;
    for (let i = 0; i < 2_000; i++) if (assignSegment(seedOf(i), queue).jobId?.[0] === 200) drawn += 1;
    // One block in 64, where an even draw over all segments would be one in 4 033.
    expect(drawn).toBeGreaterThan(10);
  });

  it("falls back to the sampler on an instance of the seed's own", () => {
    const seed = proofSeed(parent, proposer);
    for (const queue of [[], [job(1, [true])]]) {
      const segment = assignSegment(seed, queue);
      expect(segment).toMatchObject({ jobId: null, index: 0, program: samplerProgram });
      expect(segment.state).toEqual(samplerInstance(seed));
    }
    expect(samplerInstance(seedOf(1)).memory).not.toEqual(samplerInstance(seedOf(2)).memory);
  });

  it("binds the statement to proposer, parent, program and states", () => {
    const signals = (key: Uint8Array, block: Uint8Array): readonly bigint[] => {
      const seed = proofSeed(block, key);
      return publicSignals(segmentStatement(assignSegment(seed, [job(1, [false])]), key, seed, poseidon));
    };
    const mine = signals(proposer, parent);
    const only = job(1, [false]);
    expect(mine.slice(0, 3)).toEqual([
      programCommitment(only.program, poseidon),
      stateCommitment(only.start, 0n, poseidon),
      stateCommitment(runSteps(only.program, only.start, 64), 0n, poseidon),
    ]);
    const others = [signals(new Uint8Array(33).fill(3), parent), signals(proposer, new Uint8Array(32))];
    expect(new Set([mine, ...others].map((list) => list[3])).size).toBe(3);
    for (const signal of mine) expect(signal < fieldOrder).toBe(true);
    expect(proofContext(proposer, parent) >> 253n).toBe(0n);
  });
});

describe("the sampler", () => {
  it("is pinned: its commitment is consensus", () => {
    expect(programCommitment(samplerProgram, poseidon).toString(16)).toBe(
      "1d647c8ceba1fd2c7adfa29b04c4ba558b3c868dcd9f977581acab1a4ac8ff6c",
    );
    expect(Array.from(samplerInstance(parent).memory.subarray(0, 3))).toEqual([4049177616, 3140247848, 114203298]);
  });

  it("halts after its passes, having used both colours", () => {
    const start = samplerInstance(parent);
    const few = {
      ...start,
      memory: Uint32Array.from(start.memory).fill(2, samplerMemory.passes, samplerMemory.passes + 1),
    };
    const states = runToHalt(samplerProgram, few, 4);
    expect(states.ok).toBe(true);
    if (states.ok) expect((states.value.at(-1) as MachineState).memory[samplerMemory.colour]).toBe(0x55555555);
  });

  it("samples the ring at β = ln(3)/4: the share of satisfied bonds is (1 + tanh β)/2", () => {
    let state = samplerInstance(parent);
    const stepsPerPass = 62;
    let unsatisfied = 0;
    const passes = 900;
    for (let pass = 0; pass < passes; pass++) {
      state = runSteps(samplerProgram, state, stepsPerPass);
      expect(state.pc).toBe(0);
      const spins = state.memory[samplerMemory.spins] as number;
      let bonds = spins ^ ((spins >>> 1) | (spins << 31)) ^ (state.memory[samplerMemory.couplings] as number);
      for (; bonds !== 0; bonds &= bonds - 1) unsatisfied++;
    }
    const expected = (1 - Math.tanh(Math.log(3) / 4)) / 2;
    // 900 half-sweeps of 32 bonds: the standard error with correlations is about 0.005.
    expect(Math.abs(unsatisfied / (32 * passes) - expected)).toBeLessThan(0.02);
  });
});
