/**
 * Seeded randomness (sfc32): equal seeds give equal runs. Never for keys.
 * @module
 */

/** A stream of random numbers. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  constructor(seed: number) {
    this.a = 0x9e3779b9 ^ seed;
    this.b = 0x243f6a88 + seed;
    this.c = 0xb7e15162 - seed;
    for (let i = 0; i < 16; i++) this.next32();
  }

  /** An unsigned 32-bit number. */
  next32(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    return t >>> 0;
  }

  /** At least 0, below 1. */
  fraction(): number {
    return this.next32() / 0x1_0000_0000;
  }

  /** A whole number at least `minimum`, at most `maximum`. */
  between(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.fraction() * (maximum - minimum + 1));
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next32() & 255);
  }
}
