import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { poseidon1, poseidon2, poseidon3, poseidon4, poseidon5, poseidon16 } from "poseidon-lite";
import { describe, expect, it } from "vitest";
import { fieldOrder } from "../field.ts";
import { poseidon } from "../poseidon.ts";
import { assemble } from "./assembler.ts";
import { programCommitment, stateCommitment } from "./commitment.ts";
import { decodeInstruction, encodeInstruction, machineLimits, operations } from "./instruction.ts";
import { isHalted, runSteps, runToHalt } from "./interpreter.ts";
import { initialState, type MachineState, type Program, programFromWords } from "./program.ts";

const programs = new URL("../../../../public/programs/", import.meta.url);
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function must<T>(result: { ok: true; value: T } | { ok: false; message: string }): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** Assembles a source, runs it to its end and returns the last state. */
function run(source: string, input: readonly number[], segments: number = machineLimits.jobSegments): MachineState {
  const { program } = must(assemble(source));
  return must(runToHalt(program, must(initialState(input)), segments)).at(-1) as MachineState;
}

function example(name: string, input: readonly number[]): Readonly<Uint32Array> {
  return run(readFileSync(new URL(`${name}.asm`, programs), "utf8"), input).memory;
}

describe("instructions", () => {
  it("round-trip through their 29-bit words, all of which are valid", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** machineLimits.wordBits - 1 }), (value) => {
        const instruction = decodeInstruction(value);
        expect(operations).toContain(instruction.operation);
        expect(encodeInstruction(instruction)).toBe(value);
      }),
    );
  });

  it.each<[string, readonly number[], number]>([
    ["add r3, r1, r2", [0xffffffff, 2], 1],
    ["sub r3, r1, r2", [1, 2], 0xffffffff],
    ["mul r3, r1, r2", [0xffffffff, 0xfffffffe], 2],
    ["and r3, r1, r2", [0xf0f0f0f0, 0xff00ff00], 0xf000f000],
    ["or r3, r1, r2", [0xf0f0f0f0, 0xff00ff00], 0xfff0fff0],
    ["xor r3, r1, r2", [0xf0f0f0f0, 0xff00ff00], 0x0ff00ff0],
    ["sltu r3, r1, r2", [0x7fffffff, 0x80000000], 1],
    ["sltu r3, r1, r2", [5, 5], 0],
    ["addi r3, r1, 0xffff", [0xffffffff], 0xfffe],
    ["shl r3, r1, r2", [3, 31], 0x80000000],
    ["shl r3, r1, r2", [3, 33], 6],
    ["shr r3, r1, r2", [0x80000000, 31], 1],
    ["shr r3, r1, r2", [0x80000000, 32], 0x80000000],
    ["li r3, 65535", [], 65535],
    ["lw r3, 0xffff(r2)", [7, 2], 2],
    ["mov r3, r1", [9], 9],
  ])("%s of %j is %i", (line, input, expected) => {
    expect(run(`lw r1, 0(r0)\nlw r2, 1(r0)\n${line}`, input).registers[3]).toBe(expected);
  });

  it("wrap the pc from the last instruction to the first, and every branch target", () => {
    const addi = encodeInstruction({ operation: "addi", rd: 1, rs: 1, rt: 0, immediate: 1 });
    const wrapping = must(programFromWords(Array.from({ length: 64 }, () => addi)));
    expect(runSteps(wrapping, must(initialState([])), 65)).toMatchObject({ pc: 1 });
    const far = encodeInstruction({ operation: "beq", rd: 0, rs: 0, rt: 0, immediate: 64 + 5 });
    expect(runSteps(must(programFromWords([far])), must(initialState([])), 1).pc).toBe(5);
  });
});

describe("the assembler", () => {
  it.each<[string, RegExp]>([
    ["li r1, 1\nfoo r1", /^Line 2: "foo" is not an instruction/],
    ["\n\nadd r1, r2", /^Line 3: add takes 3 operands, not 2/],
    ["li r8, 1", /^Line 1: "r8" is not a register/],
    ["li r1, 65536", /^Line 1: "65536" is not a whole number/],
    ["li r1, -1", /^Line 1: "-1" is not/],
    ["lw r1, r2", /^Line 1: "r2" is not an address/],
    ["jmp nowhere", /^Line 1: There is no label "nowhere:"/],
    ["a: halt\na: halt", /^Line 2: The label "a:" is there twice/],
    ["", /1 to 64 instructions, not 0/],
    ["halt\n".repeat(65), /1 to 64 instructions, not 65/],
    [`${"halt\n".repeat(64)}end:`, /"end:" lies beyond/],
    ["x".repeat(20_000), /at most 16384/],
    ["toString r1", /"tostring" is not an instruction/],
  ])("says where %j is wrong", (source, message) => {
    const result = assemble(source);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.message).toMatch(message);
  });

  it("takes no property of objects for an instruction", () => {
    expect(assemble("constructor r1").ok).toBe(false);
  });

  it("never throws, whatever the text", () => {
    const piece = fc.constantFrom(
      "add",
      "li",
      "r1",
      "r9",
      ",",
      " ",
      "\n",
      "a:",
      "(",
      ")",
      "0x",
      "5",
      ";",
      "constructor",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => typeof assemble(pieces.join("")).ok === "boolean"),
    );
  });

  it("reads labels, comments and both number forms", () => {
    const { program, length } = must(assemble("start: LI R1, 0x10 ; sixteen\n# nothing\nend: jmp start\n"));
    expect(length).toBe(2);
    expect([program[0], program[1], program[2]]).toEqual([15 | (1 << 4) | (16 << 13), 13, 0]);
  });
});

describe("example programs", () => {
  it("are six, and each assembles", () => {
    const names = readdirSync(programs);
    expect(names).toHaveLength(6);
    for (const name of names) expect(assemble(readFileSync(new URL(name, programs), "utf8")).ok).toBe(true);
  });

  it("compute what they say", () => {
    expect(example("fibonacci", [50])[1]).toBe(Number(12586269025n & 0xffffffffn));
    expect(example("gcd", [84, 36])[2]).toBe(12);
    expect(example("gcd", [0, 36])[2]).toBe(36);
    expect(example("gcd", [36, 0])[2]).toBe(36);
    expect(example("collatz", [27])[1]).toBe(111);
    expect(Array.from(example("sort", [5, 0xffffffff, 3, 9, 3, 0, 77, 6]).subarray(0, 8))).toEqual([
      0, 3, 3, 5, 6, 9, 77, 0xffffffff,
    ]);
  });

  it("take square roots and checksums like a plain implementation", () => {
    fc.assert(
      fc.property(word, (n) => {
        expect(example("square-root", [n])[1]).toBe(Math.floor(Math.sqrt(n)));
      }),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const expected = words.reduce((hash, value) => Math.imul(hash ^ value, 0x01000193) >>> 0, 0x811c9dc5);
        expect(example("checksum", words)[8]).toBe(expected);
      }),
    );
  });
});

describe("runs", () => {
  it("are cut into segments that chain, the last one halted", () => {
    const { program } = must(assemble(readFileSync(new URL("collatz.asm", programs), "utf8")));
    const boundaries = must(runToHalt(program, must(initialState([27])), machineLimits.jobSegments));
    for (const [i, state] of boundaries.slice(1).entries()) {
      expect(runSteps(program, boundaries[i] as MachineState, 64)).toEqual(state);
      expect(isHalted(program, state)).toBe(i === boundaries.length - 2);
    }
    expect(runToHalt(program, must(initialState([27])), boundaries.length - 2)).toMatchObject({
      code: "does-not-halt",
    });
    expect(runToHalt(program, must(initialState([27])), boundaries.length - 1).ok).toBe(true);
  });

  it("refuse programs and inputs out of range", () => {
    expect(programFromWords([2 ** 29])).toMatchObject({ code: "out-of-range" });
    expect(programFromWords([1.5])).toMatchObject({ code: "out-of-range" });
    expect(initialState([2 ** 32])).toMatchObject({ code: "out-of-range" });
    expect(initialState(Array.from({ length: 17 }, () => 0))).toMatchObject({ code: "too-many" });
  });
});

describe("commitments", () => {
  it("use the Poseidon of the reference library", () => {
    const references = [poseidon1, poseidon2, poseidon3, poseidon4, poseidon5, poseidon16];
    const element = fc.bigInt({ min: 0n, max: fieldOrder - 1n });
    for (const [i, reference] of references.entries()) {
      const width = [1, 2, 3, 4, 5, 16][i] as number;
      fc.assert(
        fc.property(fc.array(element, { minLength: width, maxLength: width }), (inputs) => {
          expect(poseidon(inputs)).toBe(reference(inputs));
        }),
        { numRuns: 5 },
      );
    }
    expect(() => poseidon([])).toThrow();
  });

  it("change with every word, the pc and the blinding", () => {
    const program: Program = must(programFromWords(Array.from({ length: 64 }, (_, i) => i)));
    const words = new Set([programCommitment(program, poseidon)]);
    for (const place of [0, 15, 16, 63]) {
      const changed = Uint32Array.from(program);
      changed[place] = 0x1000;
      words.add(programCommitment(changed, poseidon));
    }
    expect(words.size).toBe(5);
    const zero: MachineState = { registers: new Uint32Array(8), memory: new Uint32Array(16), pc: 0 };
    const seen = new Set([stateCommitment(zero, 0n, poseidon), stateCommitment(zero, 1n, poseidon)]);
    seen.add(stateCommitment({ ...zero, pc: 1 }, 0n, poseidon));
    for (let i = 0; i < 8; i++) {
      seen.add(stateCommitment({ ...zero, registers: new Uint32Array(8).fill(1, i, i + 1) }, 0n, poseidon));
    }
    for (let i = 0; i < 16; i++) {
      seen.add(stateCommitment({ ...zero, memory: new Uint32Array(16).fill(1, i, i + 1) }, 0n, poseidon));
    }
    expect(seen.size).toBe(27);
  });
});
