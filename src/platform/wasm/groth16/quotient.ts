/**
 * The quotient of a proof's polynomials: the kernel of assembly/quotient.ts with its memory behind one function.
 * @module
 */
import { base64 } from "@scure/base";
import { growTo } from "../kernel-memory.ts";
import { quotientKernelBase64 } from "../quotient.generated.ts";
import type { KeyFile } from "./proving-key.ts";
import { inverse, rootOfUnity, scalarBytes, scalarsToBytes } from "./scalar-field.ts";

interface Exports {
  heapBase(): number;
  bytesOfElement(): number;
  readAll(from: number, count: number, to: number): void;
  writeAll(from: number, count: number, to: number): void;
  multiplyMatrices(
    rows: number,
    rowsEnd: number,
    factors: number,
    witness: number,
    a: number,
    b: number,
    c: number,
    size: number,
  ): void;
  fillPowers(base: number, count: number, to: number): void;
  toCoefficients(values: number, size: number, roots: number): void;
  toValues(coefficients: number, size: number, roots: number): void;
  shift(coefficients: number, bits: number, powers: number, constant: number): void;
  combine(a: number, b: number, c: number, size: number): void;
}

/** 64 MB: domains up to 2^18. */
const maximumPages = 1_024;

/** Computes quotients. */
export class QuotientKernel {
  readonly #kernel: Exports;
  readonly #memory: WebAssembly.Memory;

  private constructor(kernel: Exports, memory: WebAssembly.Memory) {
    this.#kernel = kernel;
    this.#memory = memory;
  }

  /** Starts an instance with a memory of its own. */
  static async start(): Promise<QuotientKernel> {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages });
    const code = base64.decode(quotientKernelBase64) as Uint8Array<ArrayBuffer>;
    const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
    return new QuotientKernel(instance.exports as unknown as Exports, memory);
  }

  /** Bytes of memory the instance holds now; it never shrinks. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * The quotient's values on the coset, plain scalars: what the points H are multiplied with. `witness` are plain scalars.
   * @throws RangeError when the engine gives no more memory.
   */
  values(key: Pick<KeyFile, "rows" | "factors">, domainBits: number, witness: Uint8Array): Uint8Array {
    const kernel = this.#kernel;
    const size = 2 ** domainBits;
    const element = kernel.bytesOfElement();
    const signals = witness.length / scalarBytes;
    const factors = key.factors.length / scalarBytes;
    const constants = scalarsToBytes([
      rootOfUnity(domainBits),
      inverse(rootOfUnity(domainBits)),
      rootOfUnity(domainBits + 1),
      inverse(BigInt(size)),
    ]);
    let end = (kernel.heapBase() + 7) & ~7;
    const take = (bytes: number): number => {
      const at = end;
      end = (at + bytes + 7) & ~7;
      return at;
    };
    const constantsAt = take(4 * element);
    const [root, inverseRoot, shift, inverseSize] = [0, 1, 2, 3].map((i) => constantsAt + i * element) as [
      number,
      number,
      number,
      number,
    ];
    const factorsAt = take(factors * element);
    const witnessAt = take(signals * element);
    const rowsAt = take(key.rows.length);
    const [a, b, c] = [take(size * element), take(size * element), take(size * element)];
    // Plain scalars come in, and leave, where the powers are in between.
    const powers = take(Math.max(size * element, witness.length, key.factors.length));
    growTo(this.#memory, end);
    const memory = new Uint8Array(this.#memory.buffer);
    for (const [scalars, to] of [
      [constants, constantsAt],
      [key.factors, factorsAt],
      [witness, witnessAt],
    ] as const) {
      memory.set(scalars, powers);
      kernel.readAll(powers, scalars.length / scalarBytes, to);
    }
    memory.set(key.rows, rowsAt);
    kernel.multiplyMatrices(rowsAt, rowsAt + key.rows.length, factorsAt, witnessAt, a, b, c, size);
    kernel.fillPowers(inverseRoot, size / 2, powers);
    for (const values of [a, b, c]) kernel.toCoefficients(values, size, powers);
    kernel.fillPowers(shift, size, powers);
    for (const values of [a, b, c]) kernel.shift(values, domainBits, powers, inverseSize);
    kernel.fillPowers(root, size / 2, powers);
    for (const values of [a, b, c]) kernel.toValues(values, size, powers);
    kernel.combine(a, b, c, size);
    kernel.writeAll(a, size, powers);
    return memory.slice(powers, powers + size * scalarBytes);
  }
}
