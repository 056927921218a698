import { expect, it } from "vitest";
import { Random } from "#testing/random.ts";
import { meteredWithAllNans } from "#testing/veil/all-nans.ts";
import { generous, MeteredRun } from "#testing/veil/metered-run.ts";
import { body, type Code, functionType, signed, smallModule } from "#testing/veil/module-builder.ts";
import { type MeteredModule, meterModule } from "./meter.ts";
import { op } from "./opcodes.ts";
import { valueType } from "./types.ts";

const { i32, f32, f64 } = valueType;

/** Locals 0 to 3 are f64 parameters, 4 to 7 f32, 8 counts; slot n of memory gets what is stored n-th. */
const wide = [0, 1, 2, 3];
const narrow = [4, 5, 6, 7];
const counter = 8;

/** Writes programs that make NaNs, move them about and sometimes show their bits. */
class FloatPrograms {
  private slots = 0;
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  module(): Uint8Array {
    const statements = this.statements(24, 0);
    const main = body([[1, i32]], statements);
    const parameters = [f64, f64, f64, f64, f32, f32, f32, f32];
    // Function 1 hands its arguments on: bits are seen by who calls and who is called.
    const pass = body([], op.localGet, 0, op.localGet, 1, 0xa0, op.localGet, 1, 0xa6);
    const types = [functionType(parameters, []), functionType([f64, f64], [f64])];
    return smallModule({
      types,
      functions: [0, 1],
      bodies: [main, pass],
      memory: [1],
      globals: [[f64, 1, op.f64Const, new Uint8Array(8), op.end]],
    });
  }

  private pick<T>(...choices: readonly T[]): T {
    return choices[this.random.between(0, choices.length - 1)] as T;
  }

  private statements(count: number, depth: number): Code {
    return Array.from({ length: count }, () => this.statement(depth));
  }

  private statement(depth: number): Code {
    const type = this.pick<number>(f32, f64);
    const kind = this.random.between(0, depth > 2 ? 3 : 7);
    if (kind <= 2) return [this.value(type, 2), op.localSet, this.local(type)];
    if (kind === 3) return this.shown(type);
    if (kind === 4) return [this.value(f64, 1), op.globalSet, 0];
    const inner = this.statements(this.random.between(1, 4), depth + 1);
    if (kind === 5) return [this.condition(), op.if, 0x40, inner, op.else, this.statements(1, depth + 1), op.end];
    if (kind === 6) return [op.block, 0x40, this.condition(), op.branchIf, 0, inner, op.end];
    // One counter for all: however loops nest, they end.
    const count = [op.localGet, counter, op.i32Const, 1, op.i32Add, op.localTee, counter];
    const again = [count, op.i32Const, 40, 0x48, op.branchIf, 0];
    return [op.loop, 0x40, inner, again, op.end];
  }

  private shown(type: number): Code {
    const address = [op.i32Const, signed(this.slots++ * 8)];
    const value = this.value(type, 2);
    if (this.pick(true, false)) return [address, value, type === f64 ? [0x39, 3, 0] : [0x38, 2, 0]];
    return type === f64 ? [address, value, 0xbd, 0x37, 3, 0] : [address, value, 0xbc, 0x36, 2, 0];
  }

  private condition(): Code {
    return [this.value(f64, 1), this.value(f64, 1), this.pick(0x61, 0x62, 0x63, 0x66)];
  }

  private local(type: number): number {
    return type === f64 ? this.pick(...wide) : this.pick(...narrow);
  }

  private value(type: number, depth: number): Code {
    const kind = depth === 0 ? 0 : this.random.between(0, 8);
    const is64 = type === f64;
    const next = (of: number): Code => this.value(of, depth - 1);
    if (kind <= 1) return [op.localGet, this.local(type)];
    if (kind <= 4)
      return [
        next(type),
        next(type),
        is64 ? this.pick(0xa0, 0xa1, 0xa2, 0xa3, 0xa6) : this.pick(0x92, 0x93, 0x94, 0x95, 0x98),
      ];
    if (kind === 5) return [next(type), is64 ? this.pick(0x9a, 0x9f, 0x9b) : this.pick(0x8c, 0x91, 0x8d)];
    if (kind === 6) return is64 ? [next(f32), 0xbb] : [next(f64), 0xb6];
    if (kind === 7) return [next(type), op.localTee, this.local(type)];
    if (is64 && this.pick(true, false)) return [next(f64), next(f64), op.call, 1];
    return [next(type), next(type), op.localGet, counter, op.select];
  }
}

const values = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 2, 0, Number.POSITIVE_INFINITY];

function memoryAfter(metered: MeteredModule): Uint8Array {
  const run = new MeteredRun(metered, { ...generous, fuel: 1_000_000 });
  expect(run.call("f0", ...values).verdict).toBe("returned");
  return new Uint8Array(run.memory?.buffer ?? new ArrayBuffer(0)).slice(0, 4_096);
}

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
    expect(memoryAfter(metered.value), `seed ${seed}`).toEqual(memoryAfter(meteredWithAllNans(bytes)));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
    (exports["f0"] as (...all: number[]) => void)(...values);
    bare += strangeNans(new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer).slice(0, 4_096));
  }
  // On this processor the bare programs do show others: the comparison means something.
  expect(bare).toBeGreaterThan(50);
});
