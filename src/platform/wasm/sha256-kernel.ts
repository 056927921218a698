/**
 * SHA-256 and the nonce search on our WebAssembly kernel. Same results as the pure hash (an equivalence suite holds it),
 * several times the speed. Engines without SIMD get a scalar build of the same source.
 * @module
 */
import { fromBigEndian } from "#protocol/codec/bytes.ts";
import { type PairHasher, sha256 as pureSha256, type Sha256 } from "#protocol/codec/hash.ts";
import { workHash } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { scalarKernelBase64, simdKernelBase64 } from "./kernel.generated.ts";
import { type KernelBuild, startBuild } from "./kernel-build.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  messageAt(): number;
  messageCapacity(): number;
  digestAt(): number;
  hash(length: number): void;
  pairsAt(): number;
  pairCapacity(): number;
  digestsAt(): number;
  hashPairs(prefix: number, count: number): void;
  prepare(): void;
  search(first: bigint, count: number, bound: bigint): number;
}

/** The kernel's two functions. */
export interface Sha256Kernel {
  readonly build: KernelBuild;
  readonly sha256: Sha256;
  /**
   * Tries `count` nonces from `first` on, 0 following 2^64 − 1: the first nonce whose work hash meets the target, or null.
   * `preimage` is 64 bytes, `target` 32 big-endian.
   */
  search(preimage: Uint8Array, target: Uint8Array, first: bigint, count: number): bigint | null;
}

const builds = { simd: simdKernelBase64, scalar: scalarKernelBase64 };

/** The kernel's memory never grows, so views of it stay good. */
function pairHasher(kernel: Exports): PairHasher {
  const capacity = kernel.pairCapacity();
  const { buffer } = kernel.memory;
  return {
    capacity,
    pairs: new Uint32Array(buffer, kernel.pairsAt(), capacity * 16),
    digests: new Uint32Array(buffer, kernel.digestsAt(), capacity * 8),
    hash: (prefix, count) => kernel.hashPairs(prefix, count),
  };
}

/** Starts an instance of its own; each thread has one. */
export async function createSha256Kernel(asked?: KernelBuild): Promise<Sha256Kernel> {
  const { build, kernel } = await startBuild<Exports>(builds, asked);
  const memory = new Uint8Array(kernel.memory.buffer);
  const messageAt = kernel.messageAt();
  const digestAt = kernel.digestAt();
  const capacity = kernel.messageCapacity();
  const search: Sha256Kernel["search"] = (preimage, target, first, count) => {
    const bound = fromBigEndian(target.subarray(0, 8));
    memory.set(preimage, messageAt);
    kernel.prepare();
    for (let done = 0; done < count; ) {
      const from = BigInt.asUintN(64, first + BigInt(done));
      const found = kernel.search(from, count - done, bound);
      if (found < 0 || done + found >= count) return null;
      // The kernel compares 64 bits; a hit on the bound itself may still miss the target.
      const nonce = BigInt.asUintN(64, from + BigInt(found));
      if (meetsTarget(workHash(preimage, nonce), target)) return nonce;
      done += found + 1;
    }
    return null;
  };
  const sha256 = (message: Uint8Array): Uint8Array => {
    if (message.length > capacity) return pureSha256(message);
    memory.set(message, messageAt);
    kernel.hash(message.length);
    return memory.slice(digestAt, digestAt + 32);
  };
  return { build, sha256: Object.assign(sha256, { pairHasher: pairHasher(kernel) }), search };
}
