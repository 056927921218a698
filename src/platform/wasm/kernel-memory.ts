/**
 * The memory of a kernel: how it grows, and how it is handed out.
 * @module
 */
import { limits } from "#protocol/parameters.ts";

/** Sees to it that a memory has so many bytes. @throws RangeError when the engine gives no more. */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / limits.memoryPageBytes));
}

/** A kernel's memory as its users take it: what was taken is given back in the reverse order. */
export abstract class KernelMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #spareBytes: number;

  /** `spareBytes`: always free above what was taken, for the kernel's own use. */
  protected constructor(memory: WebAssembly.Memory, spareBytes = 0) {
    this.#memory = memory;
    this.#spareBytes = spareBytes;
  }

  /** Bytes of memory the instance holds now. It never shrinks; end the thread to give it back. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Where free memory begins: hand it to {@link release} to give back all that was taken since. */
  abstract mark(): number;

  /** Gives back everything taken after the mark. */
  abstract release(mark: number): void;

  /** Takes memory. @throws RangeError when the engine gives no more. */
  take(bytes: number): number {
    const at = this.mark();
    const end = (at + bytes + 7) & ~7;
    growTo(this.#memory, end + this.#spareBytes);
    this.release(end);
    return at;
  }

  /** A view of memory, valid until the next {@link take}. */
  view(at: number, bytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer, at, bytes);
  }

  /** Takes memory and copies bytes into it. */
  put(bytes: Uint8Array): number {
    const at = this.take(bytes.length);
    this.view(at, bytes.length).set(bytes);
    return at;
  }
}
