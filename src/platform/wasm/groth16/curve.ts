/**
 * BN254 in WebAssembly: the compiled kernel of wasmcurves with an instance and a memory of its own. Synchronous, one thread,
 * no evaluated code: it runs in a worker under the page's policy. Addresses are offsets into the instance's memory; points and
 * field elements there are in Montgomery form.
 * @module
 */
import { base64 } from "@scure/base";
import * as kernel from "wasmcurves/build/bn128_wasm.js";
import { KernelMemory } from "../kernel-memory.ts";

/** Bytes of field elements and points in memory. */
export const sizes = {
  field: 32,
  g1: 64,
  g1Jacobian: 96,
  g2: 128,
  g2Jacobian: 192,
  gt: 384,
  /** Points on the wire and in key files: the x-coordinate, big-endian, with the sign of y. */
  g1Compressed: 32,
  g2Compressed: 64,
} as const;

/** Memory that is always free above what callers took: the kernel's own tables (2 048 points of G2) and a margin. */
const scratchBytes = 4 * 1024 * 1024;
/** 128 MB: a tab must not be taken down by one. */
const maximumPages = 2_048;

type Call = (...parameters: readonly number[]) => number;

/** Names of one group's functions, by what they do. */
interface GroupNames {
  readonly prefix: "g1m" | "g2m";
  /** Its field, and where the constant b of the curve's equation is. */
  readonly field: "f1m" | "f2m";
  readonly constant: number;
  readonly affineBytes: number;
  readonly jacobianBytes: number;
}

const groups = {
  g1: {
    prefix: "g1m",
    field: "f1m",
    constant: kernel.pG1b,
    affineBytes: sizes.g1,
    jacobianBytes: sizes.g1Jacobian,
  },
  g2: {
    prefix: "g2m",
    field: "f2m",
    constant: kernel.pG2b,
    affineBytes: sizes.g2,
    jacobianBytes: sizes.g2Jacobian,
  },
} as const satisfies Record<string, GroupNames>;

/** One of the two groups. */
export type Group = keyof typeof groups;

/** An instance of the kernel. */
export class Curve extends KernelMemory {
  /** Addresses of the generators, Jacobian. */
  readonly g1Generator = kernel.pG1gen;
  readonly g2Generator = kernel.pG2gen;
  readonly #functions: Readonly<Record<string, Call>>;
  readonly #memory: WebAssembly.Memory;

  private constructor(functions: Readonly<Record<string, Call>>, memory: WebAssembly.Memory) {
    super(memory, scratchBytes);
    this.#functions = functions;
    this.#memory = memory;
  }

  /** Starts an instance; about 20 ms. */
  static async start(): Promise<Curve> {
    const memory = new WebAssembly.Memory({ initial: 80, maximum: maximumPages });
    const code = base64.decode(kernel.code) as Uint8Array<ArrayBuffer>;
    const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
    return new Curve(instance.exports as unknown as Record<string, Call>, memory);
  }

  /** Calls a function of the kernel by name. */
  call(name: string, ...parameters: readonly number[]): number {
    const found = this.#functions[name];
    if (found === undefined) throw new Error(`the kernel has no ${name}`);
    return found(...parameters);
  }

  /** The kernel keeps it itself, in its first word. */
  override mark(): number {
    return new DataView(this.#memory.buffer).getUint32(0, true);
  }

  override release(mark: number): void {
    new DataView(this.#memory.buffer).setUint32(0, mark, true);
  }

  /** Affine form of a Jacobian point, out of memory. */
  toAffine(group: Group, point: number): Uint8Array {
    const { prefix, affineBytes } = groups[group];
    const mark = this.mark();
    const affine = this.take(affineBytes);
    this.call(`${prefix}_toAffine`, point, affine);
    const bytes = this.view(affine, affineBytes).slice();
    this.release(mark);
    return bytes;
  }

  /** Compresses affine points; half the bytes. */
  compressAll(group: Group, affine: Uint8Array): Uint8Array {
    const { prefix, affineBytes } = groups[group];
    const mark = this.mark();
    const from = this.put(affine);
    const to = this.take(affine.length / 2);
    this.call(`${prefix}_batchLEMtoC`, from, affine.length / affineBytes, to);
    const bytes = this.view(to, affine.length / 2).slice();
    this.release(mark);
    return bytes;
  }

  /**
   * Takes memory for an affine point and decompresses into it; null if no point has this x-coordinate. Asked first, because
   * the kernel's square root of what is no square never ends in the one field and traps in the other.
   */
  decompress(group: Group, compressed: Uint8Array): number | null {
    const { prefix, field, constant, affineBytes } = groups[group];
    const at = this.take(affineBytes);
    const mark = this.mark();
    const from = this.put(compressed);
    const x = this.put(Uint8Array.from(compressed).reverse());
    const right = this.take(affineBytes / 2);
    // The two highest bits are flags.
    const top = this.view(x + affineBytes / 2 - 1, 1);
    top[0] = (top[0] as number) & 0x3f;
    this.call(`${field}_toMontgomery`, x, x);
    this.call(`${field}_square`, x, right);
    this.call(`${field}_mul`, x, right, right);
    this.call(`${field}_add`, right, constant, right);
    const exists = this.call(`${field}_isSquare`, right) !== 0;
    if (exists) this.call(`${prefix}_CtoLEM`, from, at);
    this.release(mark);
    return exists ? at : null;
  }
}
