/**
 * A compiled kernel of wasmcurves with an instance and a memory of its own. Synchronous, one thread, no evaluated code: it
 * runs in a worker under the page's policy. Addresses are offsets into the instance's memory; points and field elements there
 * are in Montgomery form, little-endian.
 * @module
 */
import { base64 } from "@scure/base";
import { growTo } from "./kernel-memory.ts";

/** Memory that is always free above what callers took: the kernels' own tables (2 048 points of G2) and a margin. */
const scratchBytes = 4 * 1024 * 1024;
/** 128 MB: a tab must not be taken down by one. */
const maximumPages = 2_048;

type Call = (...parameters: readonly number[]) => number;

/** A started instance. */
export interface KernelInstance {
  readonly functions: Readonly<Record<string, Call>>;
  readonly memory: WebAssembly.Memory;
}

/** Starts an instance from its code in base64; about 20 ms. */
export async function startKernel(code: string): Promise<KernelInstance> {
  const memory = new WebAssembly.Memory({ initial: 80, maximum: maximumPages });
  const binary = base64.decode(code) as Uint8Array<ArrayBuffer>;
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
  return { functions: instance.exports as unknown as Record<string, Call>, memory };
}

/** An instance and the hand-out of its memory: what was taken is given back in the reverse order. */
export class CurveKernel {
  readonly #functions: Readonly<Record<string, Call>>;
  readonly #memory: WebAssembly.Memory;

  constructor({ functions, memory }: KernelInstance) {
    this.#functions = functions;
    this.#memory = memory;
  }

  /** Bytes of memory the instance holds now. It never shrinks; end the thread to give it back. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Calls a function of the kernel by name. */
  call(name: string, ...parameters: readonly number[]): number {
    const found = this.#functions[name];
    if (found === undefined) throw new Error(`the kernel has no ${name}`);
    return found(...parameters);
  }

  /** Where free memory begins: hand it to {@link release} to give back all that was taken since. */
  mark(): number {
    return new DataView(this.#memory.buffer).getUint32(0, true);
  }

  /** Gives back everything taken after the mark. */
  release(mark: number): void {
    new DataView(this.#memory.buffer).setUint32(0, mark, true);
  }

  /** Takes memory. @throws RangeError when the engine gives no more. */
  take(bytes: number): number {
    const at = this.mark();
    const end = (at + bytes + 7) & ~7;
    growTo(this.#memory, end + scratchBytes);
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
