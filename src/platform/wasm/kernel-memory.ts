/**
 * The memory of a kernel as it grows.
 * @module
 */
import { limits } from "#protocol/parameters.ts";

/** Sees to it that a memory has so many bytes. @throws RangeError when the engine gives no more. */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / limits.memoryPageBytes));
}
