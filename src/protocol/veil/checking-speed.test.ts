import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { slowness } from "#testing/best-time.ts";
import { Random } from "#testing/random.ts";
import { generous } from "#testing/veil/metered-run.ts";
import {
  body,
  type Code,
  flat,
  functionType,
  moduleOf,
  name,
  sectionOf,
  smallModule,
  unsigned,
  vector,
} from "#testing/veil/module-builder.ts";
import { shippedMeter } from "#testing/veil/shipped-meter.ts";
import { moduleLimits } from "./limits.ts";
import { op } from "./opcodes.ts";
import { section } from "./sections.ts";
import { valueType } from "./types.ts";

const { i32, i64, f64, funcref } = valueType;
const mebibyte = 1_048_576;
/** As for every decoder of untrusted bytes. */
const mostMs = 50;
/** Metering writes as well; a program of 10 MiB must not hold a worker for seconds. */
const mostMeteringMs = 120;

const repeat = (unit: readonly Code[], bytes: number): Uint8Array => {
  const one = flat(...unit);
  const all = new Uint8Array(Math.floor(bytes / one.length) * one.length);
  for (let at = 0; at < all.length; at += one.length) all.set(one, at);
  return all;
};

/** Room that a hostile body has within a mebibyte and the limit of a body. */
const room = mebibyte - 4_096;
const widest = new Array<number>(moduleLimits.parameters).fill(i64);
const results = new Array<number>(moduleLimits.results).fill(f64);
const otherResults = new Array<number>(moduleLimits.results).fill(f64);

/** One function of type 0 (nothing); type 1 takes most, 2 and 3 give most, and functions of these types follow. */
const hostile = (locals: readonly (readonly [number, number])[], ...code: readonly Code[]): Uint8Array =>
  smallModule({
    types: [functionType([], []), functionType(widest, []), functionType([], results), functionType([], otherResults)],
    functions: [0, 1, 2],
    memory: [1],
    bodies: [body(locals, ...code), body([]), body([], op.unreachable)],
  });

const zero = [op.i32Const, 0];
const manyLocals = Array.from({ length: 400 }, (_, i): [number, number] => [120, i % 2 === 0 ? f64 : i32]);

const modules: [string, () => Uint8Array][] = [
  ["nothing but nops", () => hostile([], repeat([op.nop], room))],
  ["calls of many operands that nobody computed", () => hostile([], op.unreachable, repeat([op.call, 1], room))],
  ["calls of many results", () => hostile([], repeat([op.call, 2, repeat([op.drop], moduleLimits.results)], room))],
  [
    "calls of many results that nobody takes",
    () => hostile([], repeat([op.block, 0x40, repeat([op.call, 2], 2_000), op.unreachable, op.end], room)),
  ],
  [
    "a br_table of many targets with many operands of two types",
    () =>
      hostile(
        [],
        op.block,
        2,
        op.block,
        3,
        repeat(
          [op.block, 0x40, op.call, 2, zero, op.branchTable, unsigned(15_999), repeat([1, 2], 16_000), op.end],
          room,
        ),
        op.unreachable,
        op.end,
        repeat([op.drop], moduleLimits.results),
        op.unreachable,
        op.end,
        repeat([op.drop], moduleLimits.results),
      ),
  ],
  ["conditional branches", () => hostile([], repeat([zero, op.branchIf, 0], room))],
  ["blocks", () => hostile([], repeat([op.block, 0x40, op.end], room))],
  ["ifs with two arms", () => hostile([], repeat([zero, op.if, 0x40, op.else, op.end], room))],
  ["nests of loops", () => hostile([], repeat([repeat([op.loop, 0x40], 2_000), repeat([op.end], 1_000)], room))],
  ["far locals of many runs", () => hostile(manyLocals, repeat([op.localGet, unsigned(47_999), op.drop], room))],
  [
    "floats through locals",
    () => hostile([[2, f64]], repeat([op.localGet, 0, op.localGet, 1, 0xa0, op.localTee, 0, op.localSet, 1], room)),
  ],
  ["floats that are seen", () => hostile([[2, f64]], repeat([op.localGet, 0, 0x9f, 0xbd, op.drop], room))],
  ["stores", () => hostile([], repeat([zero, zero, 0x36, 2, 0], room))],
  ["unknown operands", () => hostile([], op.unreachable, repeat([op.select, op.drop], room))],
  [
    "most locals in many functions",
    () => {
      const one = body([[40_000, i32]]);
      return smallModule({
        types: [functionType([], [])],
        functions: new Array<number>(26).fill(0),
        bodies: new Array<Uint8Array>(26).fill(one),
      });
    },
  ],
  [
    "small functions",
    () =>
      smallModule({
        types: [functionType([], [])],
        functions: new Array<number>(60_000).fill(0),
        bodies: new Array<Uint8Array>(60_000).fill(body([])),
      }),
  ],
  [
    "types",
    () => moduleOf(sectionOf(section.type, vector(new Array<Uint8Array>(8_000).fill(functionType(widest, []))))),
  ],
  [
    "elements",
    () =>
      smallModule({
        types: [functionType([], [])],
        functions: [0],
        bodies: [body([])],
        tables: [[funcref, 0, 1]],
        elements: [[0, zero, op.end, vector(new Array<number>(1_000_000).fill(0))]],
      }),
  ],
  [
    "imports of long names",
    () =>
      moduleOf(
        sectionOf(section.type, 1, functionType([], [])),
        sectionOf(
          section.import,
          vector(Array.from({ length: 250 }, () => [name("é".repeat(1_000)), name("e".repeat(2_000)), 0, 0])),
        ),
      ),
  ],
  ["globals", () => moduleOf(sectionOf(section.global, vector(new Array<Code>(16_000).fill([i32, 0, zero, op.end]))))],
  [
    "data segments",
    () =>
      smallModule({
        types: [],
        functions: [],
        bodies: [],
        memory: [1],
        data: new Array<Code>(65_000).fill([0, zero, op.end, 1, 7]),
      }),
  ],
  [
    "custom sections",
    () => moduleOf(...new Array<Uint8Array>(256).fill(sectionOf(0, name("n"), new Uint8Array(4_000)))),
  ],
];

const meter = await shippedMeter();

describe("checking takes less than 50 ms for a mebibyte", () => {
  it.each(modules)("of %s", (_name, make) => {
    const bytes = make();
    // Small ones are hostile by what they declare: they get the time of a mebibyte.
    const times = Math.max(1, bytes.length / mebibyte);
    expect(slowness(() => meter.checkModule(bytes), mostMs * times)).toBeNull();
    expect(slowness(() => meter.meterModule(bytes, generous), 4 * mostMs * times)).toBeNull();
  });

  it("of noise behind every kind of section", () => {
    const noise = new Random(1).bytes(mebibyte);
    for (let id = 0; id <= 13; id++) {
      const bytes = moduleOf(sectionOf(id, noise));
      expect(meter.checkModule(bytes).ok).toBe(false);
      expect(slowness(() => meter.checkModule(bytes), mostMs)).toBeNull();
    }
  });

  it("of what a compiler wrote, and metering it not much more", () => {
    const shipped = "@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.wasm";
    const bytes = new Uint8Array(readFileSync(new URL(`../../../node_modules/${shipped}`, import.meta.url)));
    const share = bytes.length / mebibyte;
    expect(meter.checkModule(bytes).ok).toBe(true);
    expect(slowness(() => meter.checkModule(bytes), mostMs * share)).toBeNull();
    expect(slowness(() => meter.meterModule(bytes, generous), mostMeteringMs * share)).toBeNull();
  });
});
