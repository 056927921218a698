/**
 * Growing output buffer for the binary format of WebAssembly. Numbers are written in their shortest form, which makes
 * the metered module the same on every node.
 * @module
 */
import { utf8ToBytes } from "../codec/bytes.ts";

const initialCapacityBytes = 1_024;

/** Writes numbers, names and runs of bytes one after another. */
export class BinaryWriter {
  private buffer: Uint8Array;
  /** Bytes written so far. */
  length = 0;

  constructor(capacityBytes = initialCapacityBytes) {
    this.buffer = new Uint8Array(capacityBytes);
  }

  /** A copy of all that was written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  /** Forgets what was written and keeps the room. */
  clear(): void {
    this.length = 0;
  }

  byte(value: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = value;
  }

  bytes(...values: readonly number[]): void {
    this.reserve(values.length);
    for (const value of values) this.buffer[this.length++] = value;
  }

  unsigned32(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.buffer[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.length++] = rest;
  }

  /** A signed number, for constants; |value| < 2^31. */
  signed32(value: number): void {
    this.reserve(5);
    let rest = value;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const done = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
      this.buffer[this.length++] = done ? low : low | 0x80;
      if (done) return;
    }
  }

  name(text: string): void {
    const encoded = utf8ToBytes(text);
    this.unsigned32(encoded.length);
    this.copy(encoded, 0, encoded.length);
  }

  /** The bytes `source[from, to)` as they are. Mostly few: a loop then beats a call into the runtime. */
  copy(source: Uint8Array, from: number, to: number): void {
    const count = to - from;
    this.reserve(count);
    if (count <= 32) for (let i = from; i < to; i++) this.buffer[this.length++] = source[i] as number;
    else {
      this.buffer.set(source.subarray(from, to), this.length);
      this.length += count;
    }
  }

  /** All that another writer holds. */
  append(other: BinaryWriter): void {
    this.copy(other.buffer, 0, other.length);
  }

  /** A section: its id, its size, its content. */
  section(id: number, content: BinaryWriter): void {
    this.byte(id);
    this.sized(content);
  }

  /** Length, then content. */
  sized(content: BinaryWriter): void {
    this.unsigned32(content.length);
    this.append(content);
  }

  private reserve(extraBytes: number): void {
    if (this.length + extraBytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extraBytes));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}
