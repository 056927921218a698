/**
 * Random programs full of NaNs, and what they leave in memory.
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { type MeteredModule, meterModule } from "#protocol/veil/meter.ts";
import { op } from "#protocol/veil/opcodes.ts";
import { valueType } from "#protocol/veil/types.ts";
import { Random } from "../random.ts";
import { generous, MeteredRun } from "./metered-run.ts";
import { body, type Code, functionType, signed, smallModule, unsigned } from "./module-builder.ts";

const { i32, f32, f64, funcref } = valueType;

/** Arguments of a program's function `f0`: what makes NaNs. */
export const floatArguments: readonly number[] = [
  ...[0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[-1, 2, 0, Number.POSITIVE_INFINITY],
];

/** Bytes of memory that a program's stores reach; behind them is noise, full of NaNs of any bits. */
const storedBytes = 4_096;
const noiseBytes = 1_024;

/** What a program leaves in memory, metered or bare. */
export function storesOf(memory: WebAssembly.Memory | undefined): Uint8Array {
  return new Uint8Array(memory?.buffer ?? new ArrayBuffer(0)).slice(0, storedBytes);
}

/** Runs a metered program. */
export function storesAfter(metered: MeteredModule): Uint8Array {
  const run = new MeteredRun(metered, { ...generous, fuel: 1_000_000 });
  const { verdict } = run.call("f0", ...floatArguments);
  if (verdict !== "returned") throw new Error(verdict);
  return storesOf(run.memory);
}

/** Locals 0 to 3 are f64 parameters, 4 to 7 f32, 8 counts, the others begin with zero; slot n of memory gets what is stored n-th. */
const wide = [0, 1, 2, 3, 9, 10, 11];
const narrow = [4, 5, 6, 7, 12, 13, 14];
const counter = 8;

/** Ends a loop's turn. One counter for all: however loops nest, they end. */
const again = [
  [op.localGet, counter, op.i32Const, 1, op.i32Add, op.localTee, counter],
  [op.i32Const, 40, 0x48, op.branchIf, 0],
];

/** Writes programs that make NaNs, move them about and sometimes show their bits. */
export class FloatPrograms {
  private slots = 0;
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  module(): Uint8Array {
    const statements = this.statements(24, 0);
    const groups = [
      [1, i32],
      [3, f64],
      [3, f32],
    ] as const;
    const main = body(groups, statements);
    const parameters = [f64, f64, f64, f64, f32, f32, f32, f32];
    // Function 1 hands its arguments on: bits are seen by who calls and who is called.
    const pass = body([], op.localGet, 0, op.localGet, 1, 0xa0, op.localGet, 1, 0xa6);
    const pair = body([], op.localGet, 0, op.localGet, 1, 0xa1, op.localGet, 1, op.localGet, 0, 0xa3);
    const types = [
      functionType(parameters, []),
      functionType([f64, f64], [f64]),
      functionType([f64, f64], [f64, f64]),
      functionType([f32], [f32]),
    ];
    return smallModule({
      types,
      functions: [0, 1, 2],
      tables: [[funcref, 0, 1]],
      elements: [[0, op.i32Const, 0, op.end, 1, 1]],
      bodies: [main, pass, pair],
      memory: [1],
      globals: [
        [f64, 1, op.f64Const, new Uint8Array(8), op.end],
        [f32, 1, op.f32Const, new Uint8Array(4), op.end],
      ],
      data: [[0, op.i32Const, signed(storedBytes), op.end, unsigned(noiseBytes), this.noise()]],
    });
  }

  /** Half of its words are NaNs of 64 bits, the halves of many are NaNs of 32. */
  private noise(): Uint8Array {
    const bytes = this.random.bytes(noiseBytes);
    for (let at = 7; at < noiseBytes; at += this.pick(8, 16)) {
      bytes[at] = this.pick(0x7f, 0xff);
      bytes[at - 1] = this.pick(0xf0, 0xf8, 0xff, 0xa0, 0xc0);
    }
    return bytes;
  }

  /** A value as a program finds it in memory, bits and all. */
  private loaded(type: number): Code {
    const address = [op.i32Const, signed(storedBytes + 8 * this.random.between(0, noiseBytes / 8 - 1))];
    const asFloat = type === f64 ? [0x2b, 3, 0] : [0x2a, 2, 0];
    const asNumber = type === f64 ? [0x29, 3, 0, 0xbf] : [0x28, 2, 0, 0xbe];
    return [address, this.pick<Code>(asFloat, asNumber)];
  }

  /** A value that comes through a block, by its end or by a branch. */
  private throughBlock(type: number, depth: number): Code {
    const next = (): Code => this.value(type, depth);
    const kind = this.random.between(0, 4);
    if (kind === 0) return [op.block, type, next(), this.condition(), op.branchIf, 0, op.end];
    if (kind === 1) return [this.condition(), op.if, type, next(), op.else, next(), op.end];
    if (kind === 2) return [op.block, type, next(), op.localGet, counter, op.branchTable, 1, 0, 0, op.end];
    if (kind === 3) return [op.loop, type, next(), op.end];
    // A block that takes what it gives; only for the narrow there is a type.
    return [this.value(f32, depth), op.block, 3, 0x91, op.end, type === f64 ? 0xbb : []];
  }

  /** A value that comes back from a call. */
  private called(depth: number): Code {
    const [a, b] = [this.value(f64, depth), this.value(f64, depth)];
    const kind = this.random.between(0, 2);
    if (kind === 0) return [a, b, op.call, 1];
    if (kind === 1) return [a, b, op.i32Const, 0, op.callIndirect, 1, 0];
    return [a, b, op.call, 2, this.pick(0xa0, 0xa6)];
  }

  private pick<T>(...choices: readonly T[]): T {
    return choices[this.random.between(0, choices.length - 1)] as T;
  }

  private statements(count: number, depth: number): Code {
    return Array.from({ length: count }, () => this.statement(depth));
  }

  private statement(depth: number): Code {
    const type = this.pick<number>(f32, f64);
    const kind = this.random.between(0, depth > 2 ? 3 : 8);
    if (kind === 8) return this.summed(type, depth);
    if (kind <= 2) return [this.value(type, 2), op.localSet, this.local(type)];
    if (kind === 3) return this.shown(type);
    if (kind === 4)
      return this.pick<Code>([this.value(f64, 1), op.globalSet, 0], [this.value(f32, 1), op.globalSet, 1]);
    const inner = this.statements(this.random.between(1, 4), depth + 1);
    if (kind === 5) return [this.condition(), op.if, 0x40, inner, op.else, this.statements(1, depth + 1), op.end];
    if (kind === 6) return [op.block, 0x40, this.condition(), op.branchIf, 0, inner, op.end];
    return [op.loop, 0x40, inner, again, op.end];
  }

  /** A loop that puts something into a local, which is shown behind it. */
  private summed(type: number, depth: number): Code {
    const local = type === f64 ? this.pick(9, 10, 11) : this.pick(12, 13, 14);
    const put = (value: Code): Code => [value, op.localSet, local];
    const add = type === f64 ? 0xa0 : 0x92;
    const first = this.pick<Code>([], put(this.value(type, 1)), put(this.loaded(type)));
    const way = this.pick<Code>([], [this.condition(), op.branchIf, 0]);
    const turn = put([op.localGet, local, this.value(type, 1), add]);
    const inner = this.statements(this.random.between(0, 1), depth + 1);
    const address = [op.i32Const, signed(this.slots++ * 8)];
    const show = [address, op.localGet, local, type === f64 ? [0x39, 3, 0] : [0x38, 2, 0]];
    return [first, op.block, 0x40, way, op.loop, 0x40, turn, inner, again, op.end, op.end, show];
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
    const kind = depth === 0 ? this.random.between(0, 2) : this.random.between(1, 12);
    const is64 = type === f64;
    const next = (of: number): Code => this.value(of, depth - 1);
    if (kind <= 1) return [op.localGet, this.local(type)];
    if (depth === 0 || kind === 9) return this.pick<Code>(this.loaded(type), [op.globalGet, is64 ? 0 : 1]);
    if (kind >= 11) return this.throughBlock(type, depth - 1);
    if (kind === 10 && is64) return this.called(depth - 1);
    if (kind <= 4)
      return [
        next(type),
        next(type),
        is64 ? this.pick(0xa0, 0xa1, 0xa2, 0xa3, 0xa6) : this.pick(0x92, 0x93, 0x94, 0x95, 0x98),
      ];
    if (kind === 5) return [next(type), is64 ? this.pick(0x9a, 0x9f, 0x9b) : this.pick(0x8c, 0x91, 0x8d)];
    if (kind === 6) return is64 ? [next(f32), 0xbb] : [next(f64), 0xb6];
    if (kind === 7) return [next(type), op.localTee, this.local(type)];
    return [next(type), next(type), op.localGet, counter, op.select];
  }
}

/** What a random program leaves in memory when metered, as a digest. */
export function floatDigest(seed: number): string {
  const metered = meterModule(new FloatPrograms(seed).module(), generous);
  if (!metered.ok) throw new Error(metered.message);
  return toHex(sha256(storesAfter(metered.value)));
}
