/**
 * Strict cursor over the binary format of WebAssembly: integers no longer than the specification allows, with no bits
 * set that mean nothing, and names in well-formed UTF-8. Throws {@link ModuleFailure} on anything else.
 * @module
 */
import { decodeUtf8 } from "../codec/utf8.ts";
import { ModuleFailure, malformed, tooMany } from "./failure.ts";
import { moduleLimits } from "./limits.ts";

/** Reads numbers, names and runs of bytes one after another, up to `end`. */
export class BinaryReader {
  readonly bytes: Uint8Array;
  /** Place of the next byte. */
  position: number;
  /** Reading stops here; a section or function body narrows it. */
  end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** The next byte. */
  byte(): number {
    if (this.position >= this.end) throw this.truncated();
    return this.bytes[this.position++] as number;
  }

  /** The next byte without consuming it. */
  peek(): number {
    if (this.position >= this.end) throw this.truncated();
    return this.bytes[this.position] as number;
  }

  /** Passes over `count` bytes. */
  skip(count: number): void {
    if (count > this.end - this.position) throw this.truncated();
    this.position += count;
  }

  /** An unsigned number of 32 bits in one to five bytes. */
  unsigned32(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    byte = this.byte();
    if (byte > 0x0f) throw malformed(this.position - 1, "an unsigned number has more than 32 bits.");
    return (value | (byte << 28)) >>> 0;
  }

  /** Passes over a signed number of 32 bits in one to five bytes. */
  skipSigned32(): void {
    this.skipSigned(5, 4);
  }

  /** Passes over a signed number of 64 bits in one to ten bytes. */
  skipSigned64(): void {
    this.skipSigned(10, 1);
  }

  /** Of the last byte only `lastBits` count; what is above must repeat the sign. */
  private skipSigned(mostBytes: number, lastBits: number): void {
    for (let read = 1; ; read++) {
      const byte = this.byte();
      if (read === mostBytes) {
        const sign = byte >> (lastBits - 1);
        if (sign !== 0 && sign !== 0x7f >> (lastBits - 1)) {
          throw malformed(this.position - 1, "a signed number has more bits than its type.");
        }
        return;
      }
      if (byte < 0x80) return;
    }
  }

  /** How many of something follow, at most `most` and no more than there are bytes. */
  count(what: string, most: number): number {
    const at = this.position;
    const count = this.unsigned32();
    if (count > most) throw tooMany(at, what, count, most);
    if (count > this.end - this.position) throw this.truncated();
    return count;
  }

  /** A name: its length and its UTF-8 bytes. */
  name(): string {
    const at = this.position;
    const length = this.unsigned32();
    if (length > moduleLimits.nameBytes) throw tooMany(at, "bytes in a name", length, moduleLimits.nameBytes);
    const from = this.position;
    this.skip(length);
    const text = decodeUtf8(this.bytes, from, this.position);
    if (text === undefined) throw malformed(from, "a name is not well-formed UTF-8.");
    return text;
  }

  private truncated(): ModuleFailure {
    return new ModuleFailure("truncated", this.position, "the bytes end where more are needed.");
  }
}
