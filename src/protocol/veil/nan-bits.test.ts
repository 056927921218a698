import { expect, it } from "vitest";
import { meteredWithAllNans } from "#testing/veil/all-nans.ts";
import { FloatPrograms, floatArguments, storesAfter, storesOf } from "#testing/veil/float-programs.ts";
import { generous, startMetered } from "#testing/veil/metered-run.ts";
import { body, type Code, functionType, smallModule } from "#testing/veil/module-builder.ts";
import { meterModule } from "./meter.ts";
import { op } from "./opcodes.ts";
import { valueType } from "./types.ts";

const { i32, i64, f32, f64 } = valueType;

/** 64-bit words that are a NaN but not the one, or whose low half is such a NaN of 32 bits. */
function strangeNans(memory: Uint8Array): number {
  const view = new DataView(memory.buffer);
  let strange = 0;
  for (let at = 0; at < memory.length; at += 8) {
    const low = view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    if ((high & 0x7ff00000) === 0x7ff00000 && (high & 0xfffff) !== 0) strange += Number(high !== 0x7ff80000);
    else if ((low & 0x7f800000) === 0x7f800000 && (low & 0x7fffff) !== 0) strange += Number(low !== 0x7fc00000);
  }
  return strange;
}

it("programs full of NaNs show the same bits as if every NaN were made canonical", () => {
  let bare = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const bytes = new FloatPrograms(seed).module();
    const metered = meterModule(bytes, generous);
    if (!metered.ok) throw new Error(`${metered.message} (seed ${seed})`);
    expect(storesAfter(metered.value), `seed ${seed}`).toEqual(storesAfter(meteredWithAllNans(bytes)));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
    (exports["f0"] as (...all: readonly number[]) => void)(...floatArguments);
    bare += strangeNans(storesOf(exports["memory"] as WebAssembly.Memory));
  }
  // On this processor the bare programs do show others: the comparison means something.
  expect(bare).toBeGreaterThan(50);
});

/** Bits of floats of one width: numbers, zeros, infinities, NaNs with payloads and signs. */
const samples: Readonly<Record<number, readonly bigint[]>> = {
  [f32]: [
    0n,
    0x80000000n,
    0x3f800000n,
    0xbfc00000n,
    0x7f800000n,
    0xff800000n,
    0x7fc00000n,
    0xffc00000n,
    0x7f800001n,
  ].concat([0xffbfffffn, 0x7fffffffn, 0xffc12345n]),
  [f64]: [0n, 1n << 63n, 0x3ff0000000000000n, 0xbff8000000000000n, 0x7ff0000000000000n, 0xfff0000000000000n].concat([
    0x7ff8000000000000n,
    0xfff8000000000000n,
    0x7ff0000000000001n,
    0xfff7ffffffffffffn,
    0x7fffffffffffffffn,
  ]),
};
const width = (type: number): bigint => (type === f32 ? 32n : 64n);
const isNan = (bits: bigint, type: number): boolean =>
  (bits & ((1n << (width(type) - 1n)) - 1n)) > (type === f32 ? 0x7f800000n : 0x7ff0000000000000n);
const oneNan: Readonly<Record<number, bigint>> = { [f32]: 0x7fc00000n, [f64]: 0x7ff8000000000000n };

/** Instructions on floats that give floats: opcode, operands, their type, type of the result. */
const instructions: readonly (readonly [number, 1 | 2, number, number])[] = [
  ...Array.from({ length: 7 }, (_, i) => [0x8b + i, 1, f32, f32] as const),
  ...Array.from({ length: 7 }, (_, i) => [0x92 + i, 2, f32, f32] as const),
  ...Array.from({ length: 7 }, (_, i) => [0x99 + i, 1, f64, f64] as const),
  ...Array.from({ length: 7 }, (_, i) => [0xa0 + i, 2, f64, f64] as const),
  [0xb6, 1, f64, f32],
  [0xbb, 1, f32, f64],
];

/** What changes only signs gives exact bits; of everything else a NaN is the one. */
function signed(code: number, a: bigint, b: bigint, type: number): bigint | undefined {
  const sign = 1n << (width(type) - 1n);
  if (code === 0x8b || code === 0x99) return a & ~sign;
  if (code === 0x8c || code === 0x9a) return a ^ sign;
  if (code === 0x98 || code === 0xa6) return (a & ~sign) | (b & sign);
  return undefined;
}

it("every instruction that gives a float gives exact bits or the one NaN, whatever bits it takes", () => {
  for (const [code, operands, type, result] of instructions) {
    const asNumber = (of: number): number => (of === f32 ? i32 : i64);
    const made = (local: number): Code => [op.localGet, local, type === f32 ? 0xbe : 0xbf];
    const code1 = [made(0), operands === 2 ? made(1) : [], code, result === f32 ? 0xbc : 0xbd];
    const bytes = smallModule({
      types: [functionType([asNumber(type), asNumber(type)], [asNumber(result)])],
      functions: [0],
      bodies: [body([], code1)],
    });
    const run = startMetered(bytes);
    const given = (bits: bigint): number | bigint =>
      type === f32 ? Number(BigInt.asIntN(32, bits)) : BigInt.asIntN(64, bits);
    for (const a of samples[type] ?? []) {
      for (const b of operands === 2 ? (samples[type] ?? []) : [0n]) {
        const bits = BigInt.asUintN(Number(width(result)), BigInt(run.call("f0", given(a), given(b)).value as number));
        const exact = signed(code, a, b, type);
        if (exact !== undefined) expect(bits, `0x${code.toString(16)} ${a} ${b}`).toBe(exact);
        else if (isNan(bits, result)) expect(bits, `0x${code.toString(16)} ${a} ${b}`).toBe(oneNan[result]);
      }
    }
  }
});

it("values that are only moved keep their bits: memory, locals, blocks, select, calls, globals", () => {
  const moved: Code = [
    [op.i32Const, 8, op.i32Const, 0, 0x2b, 3, 0, op.localTee, 0, op.globalSet, 0, op.block, f64, op.globalGet, 0],
    [op.call, 1, op.end, op.localGet, 0, op.i32Const, 0, op.callIndirect, 1, 0, op.i32Const, 1, op.select, 0x39, 3, 0],
  ];
  const bytes = smallModule({
    types: [functionType([], []), functionType([f64], [f64])],
    functions: [0, 1],
    tables: [[valueType.funcref, 0, 1]],
    elements: [[0, op.i32Const, 0, op.end, 1, 1]],
    memory: [1],
    globals: [[f64, 1, op.f64Const, new Uint8Array(8), op.end]],
    bodies: [body([[1, f64]], moved), body([], op.localGet, 0)],
  });
  const run = startMetered(bytes);
  const view = new DataView(run.memory?.buffer ?? new ArrayBuffer(0));
  for (const bits of samples[f64] ?? []) {
    view.setBigUint64(0, bits, true);
    expect(run.call("f0").verdict).toBe("returned");
    expect(view.getBigUint64(8, true)).toBe(bits);
  }
});
