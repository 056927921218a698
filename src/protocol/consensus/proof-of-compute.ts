/**
 * What a block's proposer has to do before it may look for a nonce: prove the segment that its seed draws from the queue,
 * and find a thermodynamic sample of the instance that its seed draws. Says what is to be proved and checks what takes
 * microseconds; the Groth16 proof itself is left to a verifier that takes many at once.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import type { BlockWork } from "../ledger/block.ts";
import type { NetworkParameters } from "../parameters.ts";
import { provedSegments, readProofJob, readProofQueue, type ValueSource } from "../programs/proof-queue.ts";
import { initialState, programFromWords } from "../proofs/machine/program.ts";
import { type AssignedSegment, assignSegment, proofSeed, type QueuedJob } from "../proofs/segment-assignment.ts";
import { type Rejected, rejected } from "../result.ts";
import { energySeed } from "./energy-instance.ts";
import { energySampleHash, validateBlockEnergy } from "./energy-sample.ts";
import type { HeaderBody, Proposer } from "./header.ts";

/** A proof that is still to be checked: of which segment, by whom, after which parent. */
export interface SegmentClaim {
  readonly segment: AssignedSegment;
  readonly proposerKey: Uint8Array;
  /** From `proofSeed`. */
  readonly seed: Uint8Array;
  /** As the block carries it. */
  readonly proof: Uint8Array;
}

/** Where a block is to stand, as far as its work depends on it. */
export interface WorkPlace {
  readonly parent: Uint8Array;
  readonly proposer: Proposer;
}

/** The queue as the assignment reads it; a job's program is taken from the state only if that job is drawn. */
function waitingJobs(values: ValueSource): readonly QueuedJob[] {
  return readProofQueue(values).map((line) => {
    const read = () => {
      const job = readProofJob(values, line.id);
      if (job === null) throw new Error("a queued job has lost its program");
      return job;
    };
    return {
      id: line.id,
      proved: provedSegments(line),
      get program() {
        const program = programFromWords(read().program);
        if (!program.ok) throw new Error(`a queued job holds no program: ${program.message}`);
        return program.value;
      },
      get start() {
        const state = initialState(read().input);
        if (!state.ok) throw new Error(`a queued job holds no input: ${state.message}`);
        return state.value;
      },
    };
  });
}

/** The key that proofs are bound to: both keys of the proposer, so that neither can be exchanged. It names the proposer. */
export function proposerKeyOf(proposer: Proposer): Uint8Array {
  return taggedHash("aether/proposer/1", proposer.keyHash, proposer.beaconKey);
}

/** The segment a proposer must prove on a parent; `values` is the state after that parent. */
export function segmentFor(values: ValueSource, { parent, proposer }: WorkPlace): Omit<SegmentClaim, "proof"> {
  const proposerKey = proposerKeyOf(proposer);
  const seed = proofSeed(parent, proposerKey);
  return { segment: assignSegment(seed, waitingJobs(values)), proposerKey, seed };
}

/** The claim that a proof was made for a segment by a proposer on a parent. */
export function claimOf(segment: AssignedSegment, { parent, proposer }: WorkPlace, proof: Uint8Array): SegmentClaim {
  const proposerKey = proposerKeyOf(proposer);
  return { segment, proposerKey, seed: proofSeed(parent, proposerKey), proof };
}

/** The seed of the Ising instances a proposer may solve on a parent. */
export function energySeedFor({ parent, proposer }: WorkPlace): Uint8Array {
  return energySeed(parent, proposer);
}

/** What the header's `oracle` holds: the hash of the encoded proof. */
export function oracleHash(proof: Uint8Array): Uint8Array {
  return taggedHash("aether/oracle/1", proof);
}

/** Checks that a body's work is the one its header names: what anybody could exchange without touching the header. */
export function checkWorkNames({ oracle, energy }: HeaderBody, work: BlockWork | null): Rejected | null {
  if (work === null || oracle === null || energy === null) {
    return rejected("wrong-work", "The block carries no proof of compute.");
  }
  if (!equalBytes(oracleHash(work.proof), oracle) || !equalBytes(energySampleHash(work.sample), energy)) {
    return rejected("wrong-work", "The block carries another proof or sample than its header names.");
  }
  return null;
}

/** Checks that a block's sample is good for its proposer on its parent. The proof is checked elsewhere. */
export function checkSample(header: HeaderBody, work: BlockWork, parameters: NetworkParameters): Rejected | null {
  if (header.energy === null) return rejected("wrong-work", "The header names no sample.");
  const sample = validateBlockEnergy(work.sample, header.energy, energySeedFor(header), parameters);
  return sample.ok ? null : sample;
}
