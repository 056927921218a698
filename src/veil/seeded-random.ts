/**
 * The random bytes of a run: the key stream of ChaCha20 (RFC 8439) under the run's seed as the key and a nonce of zeros.
 * @module
 */
import { chacha20 } from "@noble/ciphers/chacha.js";

const nonce = new Uint8Array(12);

/** Of a block of ChaCha20. */
const blockBytes = 64;

/** One stream of random bytes. */
export class SeededRandom {
  private readonly seed: Uint8Array;
  private block = 0;
  /** What is left of the block before. */
  private rest = new Uint8Array(0);

  /** `seed` has 32 bytes. */
  constructor(seed: Uint8Array) {
    this.seed = seed;
  }

  /** The next bytes. */
  bytes(length: number): Uint8Array {
    const result = new Uint8Array(length);
    const kept = Math.min(length, this.rest.length);
    result.set(this.rest.subarray(0, kept));
    this.rest = this.rest.subarray(kept);
    if (kept === length) return result;
    const blocks = Math.ceil((length - kept) / blockBytes);
    const stream = chacha20(this.seed, nonce, new Uint8Array(blocks * blockBytes), undefined, this.block);
    this.block += blocks;
    result.set(stream.subarray(0, length - kept), kept);
    this.rest = stream.slice(length - kept);
    return result;
  }
}
