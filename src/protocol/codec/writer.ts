/**
 * Growing output buffer that writes the CBOR subset of consensus objects: unsigned integers, byte and text strings,
 * arrays, null (RFC 8949 core deterministic encoding). A number that has no encoding is a bug of ours and throws: written
 * modulo 2^64 it would be another number.
 * @module
 */
import { utf8ToBytes } from "./bytes.ts";

const initialCapacityBytes = 512;

/** Major types of RFC 8949 that consensus objects use. */
export const major = { unsigned: 0, bytes: 2, text: 3, array: 4, simple: 7 } as const;

const largest = (1n << 64n) - 1n;

/** The one simple value in use: null. */
export const nullByte = 0xf6;

/** Writes canonical CBOR items one after another. */
export class Writer {
  private buffer = new Uint8Array(initialCapacityBytes);
  private view = new DataView(this.buffer.buffer);
  private length = 0;

  /** A copy of all bytes written so far. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  unsigned(value: number | bigint): void {
    this.head(major.unsigned, value);
  }

  bytes(value: Uint8Array): void {
    this.head(major.bytes, value.length);
    this.raw(value);
  }

  text(value: string): void {
    const encoded = utf8ToBytes(value);
    this.head(major.text, encoded.length);
    this.raw(encoded);
  }

  arrayHead(length: number): void {
    this.head(major.array, length);
  }

  null(): void {
    this.reserve(1);
    this.buffer[this.length++] = nullByte;
  }

  private raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  /** Major type and argument in the shortest form, which is the only canonical one. */
  private head(type: number, argument: number | bigint): void {
    const fits = typeof argument === "bigint" ? argument <= largest : Number.isSafeInteger(argument);
    if (!fits || argument < 0) throw new RangeError(`${argument} is not a whole number below 2^64`);
    this.reserve(9);
    const prefix = type << 5;
    if (argument < 24) {
      this.buffer[this.length++] = prefix | Number(argument);
    } else if (argument < 0x100) {
      this.buffer[this.length++] = prefix | 24;
      this.buffer[this.length++] = Number(argument);
    } else if (argument < 0x10000) {
      this.buffer[this.length++] = prefix | 25;
      this.view.setUint16(this.length, Number(argument));
      this.length += 2;
    } else if (argument < 0x1_0000_0000) {
      this.buffer[this.length++] = prefix | 26;
      this.view.setUint32(this.length, Number(argument));
      this.length += 4;
    } else {
      this.buffer[this.length++] = prefix | 27;
      this.view.setBigUint64(this.length, BigInt(argument));
      this.length += 8;
    }
  }

  private reserve(extraBytes: number): void {
    if (this.length + extraBytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extraBytes));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}
