/**
 * Which segment a proposer must prove, and the statement its proof must have. Everybody computes the same from the parent,
 * the proposer's key and the queue, so nothing of it travels in the block.
 * @module
 */
import { fromBigEndian } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { fieldFromHash } from "./field.ts";
import { machineLimits } from "./machine/instruction.ts";
import { runSteps } from "./machine/interpreter.ts";
import type { MachineState, Program } from "./machine/program.ts";
import { samplerInstance, samplerProgram } from "./machine/sampler-program.ts";
import type { Poseidon } from "./poseidon.ts";
import { type StepStatement, type StepWitness, stepStatement } from "./step-statement.ts";

/** A user's job on the chain, as far as proving is concerned. */
export interface QueuedJob {
  readonly id: Uint8Array;
  readonly program: Program;
  readonly start: MachineState;
  /** Whether each of its segments has been proved. */
  readonly proved: readonly boolean[];
}

/** The segment to prove. Job and index are null for the sampler's. */
export interface AssignedSegment {
  readonly jobId: Uint8Array | null;
  readonly index: number;
  readonly program: Program;
  /** State before the segment. */
  readonly state: MachineState;
}

/** `H(parent ‖ proposer key)`: what draws a proposer's work for one height of one branch. */
export function proofSeed(parent: Uint8Array, proposerKey: Uint8Array): Uint8Array {
  return taggedHash("aether/proof-seed/1", parent, proposerKey);
}

/** The context signal: ties a proof to who made it and to the place it was made for, so that it cannot be copied. */
export function proofContext(proposerKey: Uint8Array, seed: Uint8Array): bigint {
  return fieldFromHash(taggedHash("aether/proof-context/1", proposerKey, seed));
}

/**
 * The segment that a seed draws: first a job, evenly among those that wait, then one of its unproved segments; the
 * sampler's first when nothing waits. Drawn by job, a long one cannot crowd out the short ones beside it.
 */
export function assignSegment(seed: Uint8Array, queue: readonly QueuedJob[]): AssignedSegment {
  const waiting = queue.filter((job) => job.proved.includes(false));
  const drawn = fromBigEndian(seed);
  const job = waiting[Number(drawn % BigInt(Math.max(1, waiting.length)))];
  if (job === undefined) return { jobId: null, index: 0, program: samplerProgram, state: samplerInstance(seed) };
  const unproved = job.proved.flatMap((done, index) => (done ? [] : [index]));
  const place = Number((drawn / BigInt(waiting.length)) % BigInt(unproved.length));
  const index = unproved[place] as number;
  const { program } = job;
  return { jobId: job.id, index, program, state: runSteps(program, job.start, index * machineLimits.segmentSteps) };
}

/** What the prover of a public segment knows: blindings are zero. */
export function segmentWitness(segment: AssignedSegment): StepWitness {
  return { program: segment.program, state: segment.state, blindingBefore: 0n, blindingAfter: 0n };
}

/** The statement that a proposer's proof must have, for a seed from {@link proofSeed}; `program` as in `stepStatement`. */
export function segmentStatement(
  segment: AssignedSegment,
  proposerKey: Uint8Array,
  seed: Uint8Array,
  poseidon: Poseidon,
  program?: bigint,
): StepStatement {
  return stepStatement(segmentWitness(segment), proofContext(proposerKey, seed), poseidon, program);
}
