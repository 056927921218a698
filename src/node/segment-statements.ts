/**
 * The statements that proofs of segments must have. Committing to a program takes ten milliseconds and the same few
 * programs come again and again, so their commitments are remembered.
 * @module
 */

import { toHex } from "#protocol/codec/bytes.ts";
import type { SegmentClaim } from "#protocol/consensus/proof-of-compute.ts";
import { putNewest } from "#protocol/newest.ts";
import type { ProofClaim } from "#protocol/proofs/groth16.ts";
import { programCommitment } from "#protocol/proofs/machine/commitment.ts";
import type { Program } from "#protocol/proofs/machine/program.ts";
import type { Poseidon } from "#protocol/proofs/poseidon.ts";
import { segmentStatement } from "#protocol/proofs/segment-assignment.ts";
import { publicSignals, type StepStatement } from "#protocol/proofs/step-statement.ts";

/** Programs remembered. */
const rememberedPrograms = 128;

/** Makes statements with one Poseidon. */
export class SegmentStatements {
  private readonly poseidon: Poseidon;
  private readonly commitments = new Map<string, bigint>();

  constructor(poseidon: Poseidon) {
    this.poseidon = poseidon;
  }

  /** The statement of a segment for a proposer's seed. */
  of({ segment, proposerKey, seed }: Omit<SegmentClaim, "proof">): StepStatement {
    return segmentStatement(segment, proposerKey, seed, this.poseidon, this.commitmentOf(segment.program));
  }

  /** What a verifier is asked about a block's proof. */
  claimOf(claim: SegmentClaim): ProofClaim {
    return { proof: claim.proof, publicSignals: publicSignals(this.of(claim)) };
  }

  private commitmentOf(program: Program): bigint {
    const name = toHex(new Uint8Array(program.buffer, program.byteOffset, program.byteLength));
    const known = this.commitments.get(name);
    if (known !== undefined) return known;
    const commitment = programCommitment(program, this.poseidon);
    putNewest(this.commitments, name, commitment, rememberedPrograms);
    return commitment;
  }
}
