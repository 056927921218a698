import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { fieldOrder } from "#protocol/proofs/field.ts";
import { samplerInstance, samplerProgram } from "#protocol/proofs/machine/sampler-program.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { publicSignals, type StepWitness, stepCircuitInput, stepStatement } from "#protocol/proofs/step-statement.ts";
import { anyRun, provedRun, stepCalculator } from "../../../testing/step-fixtures.ts";
import { type Combination, type ConstraintSystem, readConstraints } from "./r1cs.ts";
import { scalarFromBytes } from "./scalar-field.ts";
import type { WitnessCalculator } from "./witness-calculator.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
let calculator: WitnessCalculator;
let system: ConstraintSystem;

beforeAll(async () => {
  // What `npm run circuits` runs: it compiles the sources and fails if the committed keys are for other constraints.
  const compiled = spawnSync(process.execPath, ["tools/circuits.mjs"], { cwd: root, encoding: "utf8" });
  if (compiled.status !== 0) throw new Error(`${compiled.stdout}${compiled.stderr}`);
  system = readConstraints(readFileSync(`${root}.cache/circuits/step.r1cs`));
  calculator = await stepCalculator();
}, 180_000);

const samplerRun: StepWitness = {
  program: samplerProgram,
  state: samplerInstance(new Uint8Array(32).fill(9)),
  blindingBefore: 0n,
  blindingAfter: 0n,
};

/** Place of the context among all signals: the last public one. */
const contextSignal = 4;

function valuesOf(witness: Uint8Array): bigint[] {
  return Array.from({ length: witness.length / 32 }, (_, i) => scalarFromBytes(witness, 32 * i));
}

function sum(combination: Combination, values: readonly bigint[]): bigint {
  let total = 0n;
  for (const [i, signal] of combination.signals.entries()) {
    total += (combination.factors[i] as bigint) * (values[signal] as bigint);
  }
  return total % fieldOrder;
}

/** Per signal, the rows it occurs in with its factor in each of the three combinations. */
function occurrences(): readonly Map<number, [bigint, bigint, bigint]>[] {
  const bySignal = Array.from({ length: system.signals }, () => new Map<number, [bigint, bigint, bigint]>());
  for (const [row, { a, b, c }] of system.constraints.entries()) {
    for (const [part, combination] of [a, b, c].entries()) {
      for (const [i, signal] of combination.signals.entries()) {
        const factors = bySignal[signal]?.get(row) ?? [0n, 0n, 0n];
        factors[part] = combination.factors[i] as bigint;
        bySignal[signal]?.set(row, factors);
      }
    }
  }
  return bySignal;
}

describe("the step circuit", () => {
  it("has the documented size and public signals in the documented order", () => {
    expect(system.constraints).toHaveLength(circuits.step.constraints);
    expect(system.publicSignals).toBe(4);
    const { statement, witness } = provedRun(calculator, samplerRun, 77n);
    expect(valuesOf(witness).slice(0, 5)).toEqual([1n, ...publicSignals(statement)]);
  });

  it("agrees with the interpreter on random programs, and on nothing else", () => {
    fc.assert(
      fc.property(anyRun, fc.bigInt({ min: 0n, max: fieldOrder - 1n }), (run, context) => {
        const statement = stepStatement(run, context, poseidon);
        expect(calculator.calculate(stepCircuitInput(statement, run)).ok).toBe(true);
        const wrong = { ...statement, after: (statement.after + 1n) % fieldOrder };
        expect(calculator.calculate(stepCircuitInput(wrong, run))).toMatchObject({ ok: false, code: "bad-proof" });
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it("refuses wrong program, state, pc and values out of range", () => {
    const statement = stepStatement(samplerRun, 1n, poseidon);
    const input = stepCircuitInput(statement, samplerRun);
    const { state } = samplerRun;
    const otherWord = (list: readonly bigint[] | undefined, value: bigint): bigint[] => [
      value,
      ...(list ?? []).slice(1),
    ];
    const wrong = [
      { ...input, program: otherWord(input.program, 1n) },
      { ...input, program: otherWord(input.program, 2n ** 29n) },
      { ...input, registers: otherWord(input.registers, 1n) },
      { ...input, memory: otherWord(input.memory, 1n) },
      { ...input, pc: [1n] },
      { ...input, pc: [64n] },
      { ...input, blindingBefore: [1n] },
      { ...input, blindingAfter: [1n] },
      { ...input, commitmentBefore: [1n] },
      { ...input, programCommitment: [1n] },
      // The same packing from words out of range: 2^32 in word 0 is 1 in word 1.
      {
        ...input,
        registers: [
          2n ** 32n,
          -1n + BigInt(state.registers[1] as number) + fieldOrder,
          ...(input.registers ?? []).slice(2),
        ],
      },
    ];
    for (const bad of wrong) expect(calculator.calculate(bad)).toMatchObject({ ok: false });
    expect(calculator.calculate(input).ok).toBe(true);
  });

  it("constrains every signal: any entry of a witness altered breaks a constraint", () => {
    const bySignal = occurrences();
    for (const run of [samplerRun, fc.sample(anyRun, { numRuns: 1, seed: 7 })[0] as StepWitness]) {
      const values = valuesOf(provedRun(calculator, run, 5n).witness);
      const rows = system.constraints.map(({ a, b, c }) => [sum(a, values), sum(b, values), sum(c, values)] as const);
      for (const [a, b, c] of rows) if ((a * b - c) % fieldOrder !== 0n) throw new Error("the witness is not one");
      const free: string[] = [];
      for (const [signal, places] of bySignal.entries()) {
        const value = values[signal] as bigint;
        // One more, one less, the other bit, the negative, and something far away.
        const deltas = [1n, fieldOrder - 1n, 1n - 2n * value, -2n * value, 0x1234_5678_9abc_def0n << 150n];
        // The context is free by design: another one is another statement, with a square of its own. That a proof is bound
        // to its context is the verifier's test.
        if (signal === contextSignal) deltas.splice(3, 1);
        for (const delta of deltas) {
          if (delta % fieldOrder === 0n) continue;
          const broken = [...places].some(([row, [fa, fb, fc_]]) => {
            const [a, b, c] = rows[row] as readonly [bigint, bigint, bigint];
            return ((a + fa * delta) * (b + fb * delta) - (c + fc_ * delta)) % fieldOrder !== 0n;
          });
          if (!broken) free.push(`${signal} by ${delta}`);
        }
      }
      expect(free).toEqual([]);
    }
  }, 120_000);
});
