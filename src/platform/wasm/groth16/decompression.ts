/**
 * Decompression of the points of a key: the kernel of assembly/decompression.ts. Only for files whose hash was checked: an
 * x-coordinate without a point gives nonsense.
 * @module
 */
import { base64 } from "@scure/base";
import { decompressionKernelBase64 } from "../decompression.generated.ts";
import { sizes } from "./curve.ts";

interface Exports {
  heapBase(): number;
  decompress(from: number, count: number, to: number): void;
}

/** Points decompressed between two words of progress; one page of 64 KB has room for the compressed ones. */
const batchPoints = 2_048;
/** Theirs, twice that for the affine ones, and one for what the kernel has of its own. */
const pages = 4;

/** Decompresses points of G1 into affine ones as the curve's kernel has them, in batches: each gives its compressed bytes. */
export type Decompress = (compressed: Uint8Array) => Generator<number, Uint8Array>;

/** Starts a kernel of its own. */
export async function startDecompression(): Promise<Decompress> {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const code = base64.decode(decompressionKernelBase64) as Uint8Array<ArrayBuffer>;
  const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
  const kernel = instance.exports as unknown as Exports;
  const from = (kernel.heapBase() + 7) & ~7;
  const to = from + batchPoints * sizes.g1Compressed;
  const bytes = new Uint8Array(memory.buffer);
  return function* decompress(compressed) {
    const affine = new Uint8Array(compressed.length * 2);
    for (let at = 0; at < compressed.length; at += batchPoints * sizes.g1Compressed) {
      const part = compressed.subarray(at, at + batchPoints * sizes.g1Compressed);
      bytes.set(part, from);
      kernel.decompress(from, part.length / sizes.g1Compressed, to);
      affine.set(bytes.subarray(to, to + part.length * 2), at * 2);
      yield part.length;
    }
    return affine;
  };
}
