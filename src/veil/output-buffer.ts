/**
 * What a run writes: one growing buffer for each stream and a bound for both together. A buffer, not a list: a hostile
 * guest writes a byte at a time.
 * @module
 */

/** Where a guest can write. */
export type OutputStream = "output" | "error";

const firstCapacityBytes = 256;

class Growing {
  private buffer = new Uint8Array(firstCapacityBytes);
  private size = 0;

  append(bytes: Uint8Array, limitBytes: number): void {
    const end = this.size + bytes.length;
    if (end > this.buffer.length) {
      const larger = new Uint8Array(Math.max(end, Math.min(2 * this.buffer.length, limitBytes)));
      larger.set(this.buffer.subarray(0, this.size));
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.size);
    this.size = end;
  }

  get bytes(): Uint8Array {
    return this.buffer.slice(0, this.size);
  }
}

/** The output of one run. */
export class OutputBuffer {
  private readonly streams = { output: new Growing(), error: new Growing() };
  private readonly limitBytes: number;
  private usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Keeps what there is room for and says how many bytes that was; fewer than were given: the bound is reached. */
  append(stream: OutputStream, bytes: Uint8Array): number {
    const kept = Math.min(bytes.length, this.limitBytes - this.usedBytes);
    this.streams[stream].append(kept < bytes.length ? bytes.subarray(0, kept) : bytes, this.limitBytes);
    this.usedBytes += kept;
    return kept;
  }

  /** Copies of all that was kept. */
  get written(): { readonly output: Uint8Array; readonly errorOutput: Uint8Array } {
    return { output: this.streams.output.bytes, errorOutput: this.streams.error.bytes };
  }
}
