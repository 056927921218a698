/**
 * What a proof of the `step` circuit says: 64 steps lead from one committed state to another under one committed program,
 * bound to a context. Names and order are those of circuits/step/step.circom.
 * @module
 */
import { programCommitment, stateCommitment } from "./machine/commitment.ts";
import { machineLimits } from "./machine/instruction.ts";
import { runSteps } from "./machine/interpreter.ts";
import type { MachineState, Program } from "./machine/program.ts";
import type { Poseidon } from "./poseidon.ts";

/** The public side of a proof. */
export interface StepStatement {
  /** Commitment to the program. */
  readonly program: bigint;
  /** Commitment to the state before the first step. */
  readonly before: bigint;
  /** Commitment to the state after the last. */
  readonly after: bigint;
  /** What the proof is bound to; a field element. */
  readonly context: bigint;
}

/** What the prover knows. */
export interface StepWitness {
  readonly program: Program;
  readonly state: MachineState;
  /** Blinding of both commitments; zero for public jobs. */
  readonly blindingBefore: bigint;
  readonly blindingAfter: bigint;
}

/** Public signals in the circuit's order. */
export function publicSignals(statement: StepStatement): readonly bigint[] {
  return [statement.program, statement.before, statement.after, statement.context];
}

/** The statement that a witness proves under a context; `program` is its commitment if the caller has it. */
export function stepStatement(
  witness: StepWitness,
  context: bigint,
  poseidon: Poseidon,
  program: bigint = programCommitment(witness.program, poseidon),
): StepStatement {
  const end = runSteps(witness.program, witness.state, machineLimits.segmentSteps);
  return {
    program,
    before: stateCommitment(witness.state, witness.blindingBefore, poseidon),
    after: stateCommitment(end, witness.blindingAfter, poseidon),
    context,
  };
}

/** Values of the circuit's input signals by name, in the order of each signal. */
export type CircuitInput = Readonly<Record<string, readonly bigint[]>>;

/** The input of the circuit for a statement and its witness. */
export function stepCircuitInput(statement: StepStatement, witness: StepWitness): CircuitInput {
  return {
    programCommitment: [statement.program],
    commitmentBefore: [statement.before],
    commitmentAfter: [statement.after],
    context: [statement.context],
    program: Array.from(witness.program, BigInt),
    registers: Array.from(witness.state.registers, BigInt),
    memory: Array.from(witness.state.memory, BigInt),
    pc: [BigInt(witness.state.pc)],
    blindingBefore: [witness.blindingBefore],
    blindingAfter: [witness.blindingAfter],
  };
}
