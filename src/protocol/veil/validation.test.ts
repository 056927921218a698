import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Random } from "#testing/random.ts";
import { generateModule } from "#testing/veil/generated-modules.ts";
import { generous } from "#testing/veil/metered-run.ts";
import {
  body,
  type Code,
  flat,
  functionType,
  moduleOf,
  name,
  sectionOf,
  signed,
  smallModule,
  unsigned,
  vector,
} from "#testing/veil/module-builder.ts";
import { moduleLimits } from "./limits.ts";
import { checkModule, meterModule } from "./meter.ts";
import { extended, op } from "./opcodes.ts";
import { section } from "./sections.ts";
import { valueType } from "./types.ts";

const { i32, i64, f64, funcref, externref } = valueType;
const nothing = functionType([], []);
const valid = (bytes: Uint8Array): boolean => WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);

/** One function without parameters and results. */
const single = (...code: readonly Code[]): Uint8Array =>
  smallModule({ types: [nothing], functions: [0], bodies: [body([], ...code)], memory: [1] });

/** Refusals that a browser does not share: features and bounds. */
const oursAlone = ["unsupported-feature", "too-many", "too-large", "too-deep", "reserved-name"];

/** Checks a module against the engine's own opinion and, if both accept, its metered form. */
function compare(bytes: Uint8Array): "accepted" | "refused" | "stricter" {
  const checked = checkModule(bytes);
  if (checked.ok) {
    if (!valid(bytes)) throw new Error("accepted, but the engine refuses it");
    for (const [mode, counters] of [
      ["trap", "shared"],
      ["call", "own"],
    ] as const) {
      const metered = meterModule(bytes, { mode, counters, memoryPages: moduleLimits.memoryPages });
      if (!metered.ok) throw new Error(`checked, but not metered: ${metered.message}`);
      if (!valid(metered.value.bytes)) throw new Error(`the metered module (${mode}) is invalid`);
    }
    return "accepted";
  }
  expect(checked.context?.["offset"]).toBeGreaterThanOrEqual(0);
  expect(checked.message).toMatch(/^At byte \d+: .+\.$/);
  expect(meterModule(bytes, generous)).toEqual(checked);
  if (!valid(bytes)) return "refused";
  if (!oursAlone.includes(checked.code)) throw new Error(`refused, but valid: ${checked.code} ${checked.message}`);
  return "stricter";
}

describe("damaged modules", () => {
  const shipped = new URL("../../../node_modules/@bitauth/libauth/build/lib/bin/sha256/sha256.wasm", import.meta.url);
  const originals: [string, () => Uint8Array][] = [
    ["a compiler's output", () => new Uint8Array(readFileSync(shipped))],
    ["a generated module", () => generateModule(1, { seedBytes: 3_000, withoutNan: false })],
    ["another", () => generateModule(5, { seedBytes: 6_000, withoutNan: false })],
    ["a module of everything", () => moduleOfEverything()],
  ];

  it.each(originals)("made from %s are judged as the engine judges them; nothing throws", (_name, make) => {
    const original = make();
    expect(compare(original)).toBe("accepted");
    const random = new Random(7);
    const verdicts = { accepted: 0, refused: 0, stricter: 0 };
    const repeats = Math.min(1_500, Math.ceil(12_000_000 / original.length));
    for (let run = 0; run < repeats; run++) {
      let bytes: Uint8Array = original.slice();
      for (let damage = random.between(1, 3); damage > 0; damage--) {
        const at = random.between(8, bytes.length - 1);
        const kind = random.between(0, 3);
        if (kind === 0) bytes[at] = random.between(0, 255);
        else if (kind === 1) bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7));
        else if (kind === 2) bytes = flat(bytes.subarray(0, at), random.between(0, 255), bytes.subarray(at));
        else bytes = flat(bytes.subarray(0, at), bytes.subarray(at + 1));
      }
      verdicts[compare(bytes)]++;
    }
    expect(verdicts.refused).toBeGreaterThan(repeats / 10);
    expect(verdicts.accepted).toBeGreaterThan(0);
  });

  it("cut anywhere are judged as the engine judges them", () => {
    const original = moduleOfEverything();
    const verdicts = Array.from(original, (_, length) => compare(original.slice(0, length)));
    // Whole sections may stand alone as long as nothing needs what is missing.
    expect(verdicts.filter((verdict) => verdict === "accepted").length).toBeLessThan(5);
  });

  it("that are noise are refused", () => {
    const random = new Random(3);
    for (let run = 0; run < 2_000; run++) {
      const noise = random.bytes(random.between(0, 200));
      compare(run % 2 === 0 ? noise : moduleOf(sectionOf(random.between(0, 13), noise)));
      compare(single(noise));
    }
  });
});

/** Every section, every kind of segment, most kinds of instruction. */
function moduleOfEverything(): Uint8Array {
  const zero = [op.i32Const, 0, op.end];
  return smallModule({
    types: [nothing, functionType([i32, f64], [i32, i64]), functionType([], [f64])],
    imports: [
      [name("env"), name("host"), 0, 2],
      [name("env"), name("constant"), 3, i32, 0],
    ],
    importedFunctions: 1,
    functions: [0, 1, 1],
    tables: [
      [funcref, 1, 4, 9],
      [externref, 0, 2],
    ],
    memory: [1, 3],
    globals: [
      [i64, 1, op.i64Const, signed(-5), op.end],
      [funcref, 0, op.refFunc, 1, op.end],
      [i32, 1, op.globalGet, 0, op.end],
    ],
    elements: [
      [0, zero, vector([0, 1])],
      [1, 0, vector([1])],
      [2, 0, zero, 0, vector([2])],
      [3, 0, vector([3])],
      [4, zero, vector([[op.refNull, funcref, op.end]])],
      [5, externref, vector([[op.refNull, externref, op.end]])],
      [6, 1, zero, externref, vector([[op.refNull, externref, op.end]])],
      [7, funcref, vector([[op.refFunc, 2, op.end]])],
    ],
    data: [
      [0, op.globalGet, 0, op.end, vector([1, 2])],
      [1, vector([3])],
      [2, 0, zero, vector([4])],
    ],
    bodies: [
      body(
        [[2, i32]],
        [0, 0, 0].map((n) => [op.i32Const, n]),
        op.prefix,
        extended.memoryInit,
        1,
        0,
        op.prefix,
        extended.dataDrop,
        1,
      ),
      body(
        [[1, f64]],
        [op.localGet, 0, op.localGet, 1, op.block, 1, op.unreachable, op.end, op.drop, op.drop],
        [op.localGet, 0, op.localGet, 1, op.loop, 1, op.localGet, 0, op.branchIf, 0, op.call, 2, op.end],
      ),
      body(
        [],
        [
          op.refFunc,
          3,
          op.refIsNull,
          op.i32Const,
          1,
          op.tableGet,
          1,
          op.refIsNull,
          op.i32Add,
          op.memorySize,
          0,
          op.i32Add,
        ],
        [op.localGet, 1, op.prefix, 6, op.globalGet, 1, op.i64Add],
        [
          op.i32Const,
          0,
          op.i32Const,
          0,
          op.i32Const,
          0,
          op.prefix,
          extended.tableInit,
          5,
          1,
          op.prefix,
          extended.elementDrop,
          5,
        ],
        [op.i32Const, 0, op.callIndirect, 2, 0, op.drop, op.prefix, extended.tableSize, 1, op.drop],
      ),
    ],
  });
}

describe("the white list", () => {
  const refusals: [string, Uint8Array, string][] = [
    ["vectors", single(0xfd, 0x0c, new Uint8Array(16), op.drop), "SIMD"],
    ["threads", single(0xfe, 0x03, 0x00), "threads"],
    ["shared memory", moduleOf(sectionOf(section.memory, 1, 3, 1, 2)), "threads"],
    ["64-bit memory", moduleOf(sectionOf(section.memory, 1, 4, 1)), "64-bit"],
    ["several memories", moduleOf(sectionOf(section.memory, 2, 0, 1, 0, 1)), "more than one memory"],
    ["exceptions", moduleOf(sectionOf(13, 0)), "exceptions"],
    ["throwing", single(0x08, 0), "exceptions"],
    ["tail calls", single(0x12, 0), "tail calls"],
    ["garbage collection", moduleOf(sectionOf(section.type, 1, 0x5f, 0)), "garbage collection"],
    ["its instructions", single(0xfb, 0), "garbage collection"],
    ["typed references", single(0x14, 0), "typed function references"],
    [
      "growing tables",
      single(op.refNull, funcref, op.i32Const, 1, op.prefix, extended.tableGrow, 0),
      "tables do not grow",
    ],
    [
      "computed constants",
      moduleOf(sectionOf(section.global, 1, i32, 0, op.i32Const, 1, op.i32Const, 2, op.i32Add, op.end)),
      "one instruction",
    ],
    ["components", flat(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), "component"],
  ];

  it.each(refusals)("leaves out %s", (_name, bytes, words) => {
    const checked = checkModule(bytes);
    expect(checked).toMatchObject({ ok: false, code: "unsupported-feature" });
    if (!checked.ok) expect(checked.message).toContain(words);
  });
});

describe("the binary format", () => {
  const custom = (...content: readonly Code[]): Uint8Array => moduleOf(sectionOf(0, ...content));
  const malformed: [string, Uint8Array][] = [
    ["a number of six bytes", moduleOf(sectionOf(section.memory, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 1))],
    ["a number above 32 bits", moduleOf(sectionOf(section.memory, 1, 0, 0x81, 0x80, 0x80, 0x80, 0x10))],
    ["a constant with unused bits", single(op.i32Const, 0xff, 0xff, 0xff, 0xff, 0x4f, op.drop)],
    ["a long constant with unused bits", single(op.i64Const, new Uint8Array(9).fill(0x80), 0x02, op.drop)],
    ["a name that is no UTF-8", custom(2, 0xc0, 0x80)],
    ["a name with half a surrogate pair", custom(3, 0xed, 0xa0, 0x80)],
    ["sections in the wrong order", moduleOf(sectionOf(section.function, 0), sectionOf(section.type, 0))],
    ["a section twice", moduleOf(sectionOf(section.type, 0), sectionOf(section.type, 0))],
    ["a section longer than its content", moduleOf(sectionOf(section.type, 0, 0))],
    ["an unknown section", moduleOf(sectionOf(14))],
    ["functions without code", moduleOf(sectionOf(section.type, 1, nothing), sectionOf(section.function, 1, 0))],
    ["another version", flat(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)],
  ];

  it.each(malformed)("has no room for %s", (_name, bytes) => {
    expect(valid(bytes)).toBe(false);
    const checked = checkModule(bytes);
    expect(checked.ok ? "" : checked.code).toMatch(/^(malformed-module|truncated)$/);
  });

  it("allows long forms of numbers within their bounds", () => {
    const bytes = moduleOf(sectionOf(section.memory, 0x81, 0x80, 0x80, 0x80, 0x00, 0x80 + 1, 0x00, 0x81, 0x00));
    expect(compare(moduleOf(sectionOf(section.memory, 0x81, 0x80, 0x80, 0x80, 0x00, 0, 0x81, 0x00)))).toBe("accepted");
    expect(compare(single(op.i32Const, 0xff, 0xff, 0xff, 0xff, 0x7f, op.drop))).toBe("accepted");
    expect(compare(bytes)).not.toBe("accepted");
  });
});

describe("limits", () => {
  const blocks = (depth: number): Uint8Array =>
    single(
      Array.from({ length: depth }, () => [op.block, 0x40]),
      new Uint8Array(depth).fill(op.end),
    );
  const withLocals = (...counts: readonly number[]): Uint8Array =>
    smallModule({
      types: [nothing],
      functions: counts.map(() => 0),
      bodies: counts.map((count) => body([[count, i64]])),
    });
  const branching = (targets: number): Uint8Array =>
    single(op.i32Const, 0, op.branchTable, unsigned(targets), new Uint8Array(targets + 1));

  it.each<[string, (count: number) => Uint8Array, number, string]>([
    ["nesting", blocks, moduleLimits.nesting, "too-deep"],
    ["locals", (count) => withLocals(count), moduleLimits.locals, "too-many"],
    ["branch targets", branching, moduleLimits.branchTargets, "too-many"],
    [
      "parameters",
      (count) => moduleOf(sectionOf(section.type, 1, functionType(new Array<number>(count).fill(i32), []))),
      moduleLimits.parameters,
      "too-many",
    ],
    [
      "results",
      (count) => moduleOf(sectionOf(section.type, 1, functionType([], new Array<number>(count).fill(i32)))),
      moduleLimits.results,
      "too-many",
    ],
    [
      "operands",
      (count) =>
        single(
          Array.from({ length: count }, () => [op.i32Const, 0]),
          op.unreachable,
        ),
      moduleLimits.operandHeight,
      "too-many",
    ],
    [
      "elements of a table",
      (count) => moduleOf(sectionOf(section.table, 1, funcref, 0, unsigned(count))),
      moduleLimits.tableElements,
      "too-many",
    ],
    [
      "bytes in a function",
      (count) => single(new Uint8Array(count - 2).fill(op.nop)),
      moduleLimits.bodyBytes,
      "too-many",
    ],
  ])("on %s hold to the unit, and what they allow stays valid when metered", (_name, make, most, code) => {
    expect(compare(make(most))).toBe("accepted");
    expect(checkModule(make(most + 1))).toMatchObject({ ok: false, code });
  });

  it("refuse 50 000 locals, and a million in many functions", () => {
    expect(checkModule(withLocals(50_000))).toMatchObject({ ok: false, code: "too-many" });
    expect(checkModule(withLocals(0xffffffff))).toMatchObject({ ok: false, code: "too-many" });
    const many = new Array<number>(22).fill(moduleLimits.locals);
    expect(checkModule(withLocals(...many))).toMatchObject({ ok: false, code: "too-many" });
  });

  it("refuse a function whose metered form no browser takes", () => {
    // A branch of two bytes begins a block of ten.
    const branches = new Uint8Array(moduleLimits.bodyBytes - 10).map(
      (_, i) => [op.localGet, 0, op.branchIf, 0][i % 4] as number,
    );
    const bytes = smallModule({
      types: [functionType([i32], [])],
      functions: [0],
      bodies: [body([], branches.subarray(0, branches.length - (branches.length % 4)))],
    });
    expect(valid(bytes)).toBe(true);
    const metered = meterModule(bytes, generous);
    expect(metered.ok && valid(metered.value.bytes)).toBe(true);
    const roots = smallModule({
      types: [functionType([], [valueType.f32])],
      functions: [0],
      bodies: [
        body(
          [],
          op.f32Const,
          0,
          0,
          0,
          0,
          Array.from({ length: 240_000 }, () => [0x91, 0x8b]),
        ),
      ],
    });
    expect(checkModule(roots).ok).toBe(true);
    const swollen = meterModule(roots, generous);
    expect(swollen.ok ? valid(swollen.value.bytes) : swollen.code).toBe(true);
  });
});
