/**
 * The work of erasure codes on our WebAssembly kernel (assembly/erasure.ts): what `combinePlainly` gives, at memory's pace.
 * Engines without SIMD get a scalar build of the same source.
 * @module
 */
import type { CombineShards } from "#protocol/files/erasure-code.ts";
import { scalarErasureKernelBase64, simdErasureKernelBase64 } from "./erasure.generated.ts";
import { type KernelBuild, startBuild } from "./kernel-build.ts";
import { KernelMemory } from "./kernel-memory.ts";
import { lazily } from "./lazily.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  stepBytes(): number;
  combine(from: number, count: number, coefficients: number, rows: number, size: number, to: number): void;
}

const builds = { simd: simdErasureKernelBase64, scalar: scalarErasureKernelBase64 };

/** An instance of the kernel; each thread has one. */
export class ErasureKernel extends KernelMemory {
  readonly build: KernelBuild;
  readonly #kernel: Exports;
  #end: number;

  private constructor(build: KernelBuild, kernel: Exports) {
    super(kernel.memory);
    this.build = build;
    this.#kernel = kernel;
    this.#end = kernel.heapBase();
  }

  /** Starts an instance. */
  static async start(asked?: KernelBuild): Promise<ErasureKernel> {
    const { build, kernel } = await startBuild<Exports>(builds, asked);
    return new ErasureKernel(build, kernel);
  }

  mark(): number {
    return this.#end;
  }

  release(mark: number): void {
    this.#end = mark;
  }

  /** Sums of multiples of shards of one size. @throws RangeError when the engine gives no memory for them. */
  readonly combine: CombineShards = (shards, coefficients, rows) => {
    const size = shards[0]?.length ?? 0;
    const step = this.#kernel.stepBytes();
    const stride = Math.ceil(size / step) * step;
    const mark = this.mark();
    const from = this.take(shards.length * stride);
    const to = this.take(rows * stride);
    const factors = this.put(coefficients);
    for (const [i, shard] of shards.entries()) this.view(from + i * stride, size).set(shard);
    this.#kernel.combine(from, shards.length, factors, rows, stride, to);
    this.release(mark);
    return Array.from({ length: rows }, (_, row) => this.view(to + row * stride, size).slice());
  };
}

/** The kernel's work on this thread, started with its first use. */
export const startCombining: () => Promise<CombineShards> = lazily(async () => (await ErasureKernel.start()).combine);
