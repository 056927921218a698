/**
 * Sums of multiples of points, Σ sᵢPᵢ: the kernels of assembly/multiples.ts with their memory behind one method. This is
 * where a prover spends its time; wasmcurves takes two to three times as long for it.
 * @module
 */
import { base64 } from "@scure/base";
import { growTo } from "../kernel-memory.ts";
import { g1KernelBase64, g2KernelBase64 } from "../multiples.generated.ts";
import { type Group, sizes } from "./curve.ts";

interface Exports {
  heapBase(): number;
  bytesOfPoint(): number;
  bytesOfWork(entries: number, buckets: number): number;
  sumMultiples(
    pointsFrom: number,
    pointsTo: number,
    scalarsFrom: number,
    scalarsTo: number,
    scalarWords: number,
    count: number,
    windowBits: number,
    windows: number,
    atOnce: number,
    work: number,
    result: number,
  ): void;
}

/** Sizes a scalar may have, in bytes: few make its sum proportionally faster. */
export type ScalarBytes = 4 | 8 | 32;

/** Most points that are sorted into buckets at once: what shares an inversion, and what bounds the memory of small sums. */
const entriesAtOnce = 32_768;
/** 64 MB for either group: 2^18 points of G1. */
const maximumPages = 1_024;
/** Widest window: what a digit's load of 32 bits holds at any bit offset, and 2^14 buckets. */
const widestWindowBits = 15;
/** Products of field elements that an addition into a bucket takes, and a bucket in the sum over all. */
const additionCost = 6;
const bucketCost = 27;

/** How a sum is cut into windows: the width that takes the fewest products. */
function plan(count: number, scalarBytes: ScalarBytes): { windowBits: number; windows: number; atOnce: number } {
  // Two bits more than a scalar has; the order of the groups has 254.
  const bits = scalarBytes === 32 ? 256 : 8 * scalarBytes + 2;
  let best = { windowBits: 0, windows: 0, cost: Number.POSITIVE_INFINITY };
  for (let windowBits = 2; windowBits <= widestWindowBits; windowBits++) {
    const windows = Math.ceil(bits / windowBits);
    const cost = windows * (count * additionCost + 2 ** (windowBits - 1) * bucketCost);
    if (cost < best.cost) best = { windowBits, windows, cost };
  }
  const { windowBits, windows } = best;
  return { windowBits, windows, atOnce: Math.max(1, Math.min(windows, Math.floor(entriesAtOnce / count))) };
}

/** Sums over one group. */
export class PointSums {
  /** The group. */
  readonly group: Group;
  readonly #kernel: Exports;
  readonly #memory: WebAssembly.Memory;

  private constructor(group: Group, kernel: Exports, memory: WebAssembly.Memory) {
    this.group = group;
    this.#kernel = kernel;
    this.#memory = memory;
  }

  /** Starts an instance with a memory of its own. */
  static async start(group: Group): Promise<PointSums> {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages });
    const code = base64.decode(group === "g1" ? g1KernelBase64 : g2KernelBase64) as Uint8Array<ArrayBuffer>;
    const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
    return new PointSums(group, instance.exports as unknown as Exports, memory);
  }

  /** Bytes of memory the instance holds now; it never shrinks. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * Σ scalar × point as a Jacobian point. Points are affine, as the curve's kernel has them; scalars are `scalarBytes` each,
   * little-endian, plain, below the groups' order. @throws RangeError when the engine gives no more memory.
   */
  sum(points: Uint8Array, scalars: Uint8Array, scalarBytes: ScalarBytes): Uint8Array {
    const kernel = this.#kernel;
    const affineBytes = this.group === "g1" ? sizes.g1 : sizes.g2;
    const resultBytes = this.group === "g1" ? sizes.g1Jacobian : sizes.g2Jacobian;
    const count = scalars.length / scalarBytes;
    if (points.length !== count * affineBytes) throw new Error("a sum takes as many scalars as points");
    if (count === 0) return new Uint8Array(resultBytes);
    const { windowBits, windows, atOnce } = plan(count, scalarBytes);
    let end = (kernel.heapBase() + 7) & ~7;
    const take = (bytes: number): number => {
      const at = end;
      end = (at + bytes + 7) & ~7;
      return at;
    };
    const result = take(resultBytes);
    const pointsTo = take(count * kernel.bytesOfPoint());
    const scalarsTo = take(count * (scalarBytes + 4));
    // Points and scalars come in where the work area is: they are read before it is written to.
    const workBytes = kernel.bytesOfWork(count * atOnce, 2 ** (windowBits - 1) * atOnce);
    const work = take(Math.max(workBytes, points.length + scalars.length));
    const scalarsFrom = work + points.length;
    growTo(this.#memory, end);
    const memory = new Uint8Array(this.#memory.buffer);
    memory.set(points, work);
    memory.set(scalars, scalarsFrom);
    kernel.sumMultiples(
      work,
      pointsTo,
      scalarsFrom,
      scalarsTo,
      scalarBytes / 4,
      count,
      windowBits,
      windows,
      atOnce,
      work,
      result,
    );
    return memory.slice(result, result + resultBytes);
  }
}
