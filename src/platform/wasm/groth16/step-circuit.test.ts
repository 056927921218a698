import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { fieldOrder } from "#protocol/proofs/field.ts";
import { assemble } from "#protocol/proofs/machine/assembler.ts";
import { stateCommitment } from "#protocol/proofs/machine/commitment.ts";
import { initialState } from "#protocol/proofs/machine/program.ts";
import { samplerInstance, samplerProgram } from "#protocol/proofs/machine/sampler-program.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { publicSignals, type StepWitness, stepCircuitInput, stepStatement } from "#protocol/proofs/step-statement.ts";
import { anyRun, must, provedRun, stepCalculator } from "../../../testing/step-fixtures.ts";
import { type Combination, type ConstraintSystem, readConstraints } from "./r1cs.ts";
import { inverse, reduce, scalarFromBytes } from "./scalar-field.ts";
import type { WitnessCalculator } from "./witness-calculator.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
let calculator: WitnessCalculator;
let system: ConstraintSystem;
let bySignal: ReturnType<typeof occurrences>;

beforeAll(async () => {
  // What `npm run circuits` runs: it compiles the sources and fails if the committed keys are for other constraints.
  const compiled = spawnSync(process.execPath, ["tools/circuits.mjs"], { cwd: root, encoding: "utf8" });
  if (compiled.status !== 0) throw new Error(`${compiled.stdout}${compiled.stderr}`);
  system = readConstraints(readFileSync(`${root}.cache/circuits/step.r1cs`));
  bySignal = occurrences();
  calculator = await stepCalculator();
});

const samplerRun: StepWitness = {
  program: samplerProgram,
  state: samplerInstance(new Uint8Array(32).fill(9)),
  blindingBefore: 0n,
  blindingAfter: 0n,
};

/** Place of the context among all signals: the last public one. */
const contextSignal = 4;
/** The first signal that is no input: behind the context come program, registers, memory, pc and two blindings. */
const firstInner = contextSignal + 1 + 64 + 8 + 16 + 1 + 2;

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

/**
 * A change, not zero, of one signal that breaks no constraint, or null. In a row the change d leaves
 * d · (linear + quadratic · d), so a row without a quadratic part allows none, and one with it allows one at most.
 */
function freeChange(
  places: ReadonlyMap<number, readonly [bigint, bigint, bigint]>,
  rows: readonly (readonly [bigint, bigint, bigint])[],
): bigint | null {
  const parts = [...places].map(([row, [fa, fb, fc_]]) => {
    const [a, b] = rows[row] as readonly [bigint, bigint, bigint];
    return { linear: reduce(fa * b + a * fb - fc_), quadratic: reduce(fa * fb) };
  });
  if (parts.some(({ linear, quadratic }) => (linear === 0n) !== (quadratic === 0n))) return null;
  const [first, ...others] = parts.filter(({ quadratic }) => quadratic !== 0n);
  if (first === undefined) return 1n;
  const only = reduce(-first.linear * inverse(first.quadratic));
  return others.every(({ linear, quadratic }) => reduce(linear + quadratic * only) === 0n) ? only : null;
}

/**
 * Signals that could change together, all constraints still holding to first order, with one, context and private inputs as
 * they are. A row in which one signal is left determines it; where that ends with none left there is no such direction.
 */
function undetermined(rows: readonly (readonly [bigint, bigint, bigint])[]): number[] {
  const open = rows.map(() => new Set<number>());
  const fixed = (signal: number): boolean => signal === 0 || (signal >= contextSignal && signal < firstInner);
  for (const [signal, places] of bySignal.entries()) {
    if (fixed(signal)) continue;
    for (const [row, [fa, fb, fc_]] of places) {
      const [a, b] = rows[row] as readonly [bigint, bigint, bigint];
      if (reduce(fa * b + a * fb - fc_) !== 0n) open[row]?.add(signal);
    }
  }
  const left = new Set([...bySignal.keys()].filter((signal) => !fixed(signal)));
  const ready = [...open.keys()].filter((row) => open[row]?.size === 1);
  for (let row = ready.pop(); row !== undefined; row = ready.pop()) {
    const [signal] = open[row] ?? [];
    if (signal === undefined || !left.delete(signal)) continue;
    for (const other of bySignal[signal]?.keys() ?? []) {
      if (open[other]?.delete(signal) && open[other].size === 1) ready.push(other);
    }
  }
  return [...left];
}

/** The sampler, every example program at its start, and random programs in random states. */
function runs(): [name: string, run: StepWitness][] {
  const examples = readdirSync(`${root}public/programs`).map((file): [string, StepWitness] => {
    const { program } = must(assemble(readFileSync(`${root}public/programs/${file}`, "utf8")));
    const state = must(initialState([27, 192, 3, 0xffff_ffff]));
    return [file, { program, state, blindingBefore: 11n, blindingAfter: 12n }];
  });
  const random = fc.sample(anyRun, { numRuns: 4, seed: 7 });
  return [
    ["the sampler", samplerRun],
    ...examples,
    ...random.map((run, i): [string, StepWitness] => [`random program ${i}`, run]),
  ];
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
  });

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

  it("refuses a first state out of range although no step looks at it and its commitment is right", () => {
    // A halted machine reads register 0 only.
    const run: StepWitness = {
      program: new Uint32Array(64),
      state: { registers: new Uint32Array(8).fill(5), memory: new Uint32Array(16).fill(5), pc: 0 },
      blindingBefore: 0n,
      blindingAfter: 0n,
    };
    const statement = stepStatement(run, 1n, poseidon);
    const input = stepCircuitInput(statement, run);
    expect(calculator.calculate(input).ok).toBe(true);
    // 2^32 more in one word and one less in the next of the same field element: the same packing.
    const carried = (words: readonly bigint[] | undefined, place: number): bigint[] =>
      (words ?? []).map((value, i) => (i === place ? value + 2n ** 32n : i === place + 1 ? value - 1n : value));
    // The fetch takes pc modulo 64, so 64 would run from 0 as well.
    const beyond = { ...statement, before: stateCommitment({ ...run.state, pc: 64 }, 0n, poseidon) };
    for (const bad of [
      ...[1, 2, 3, 4, 5].map((place) => ({ ...input, registers: carried(input.registers, place) })),
      ...[0, 4, 6, 12].map((place) => ({ ...input, memory: carried(input.memory, place) })),
      { ...stepCircuitInput(beyond, run), pc: [64n] },
    ]) {
      expect(calculator.calculate(bad)).toMatchObject({ ok: false, code: "bad-proof" });
    }
  });

  it.each(runs())(
    "constrains every signal of %s: no entry can be any other, nor several together",
    (_, run) => {
      const values = valuesOf(provedRun(calculator, run, 5n).witness);
      const rows = system.constraints.map(({ a, b, c }) => [sum(a, values), sum(b, values), sum(c, values)] as const);
      for (const [a, b, c] of rows) if ((a * b - c) % fieldOrder !== 0n) throw new Error("the witness is not one");
      const free: [signal: number, change: bigint][] = [];
      for (const [signal, places] of bySignal.entries()) {
        const change = freeChange(places, rows);
        if (change !== null) free.push([signal, change]);
      }
      // Only the context: another one is another statement, and its square is all the circuit says about it. That a proof is
      // bound to its context is the verifier's test.
      expect(free).toEqual([[contextSignal, fieldOrder - 10n]]);
      expect(undetermined(rows)).toEqual([]);
    },
    60_000,
  );
});
