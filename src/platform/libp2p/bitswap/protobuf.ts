/**
 * The part of Protocol Buffers that messages of bitswap are made of: numbers and bytes under small field numbers.
 * @module
 */
import { joinBytes } from "#protocol/codec/bytes.ts";

/** A field of a message. */
export interface Field {
  readonly number: number;
  /** Bytes of what has a length; a number of what has none. */
  readonly value: Uint8Array | number;
}

const mostVarintBytes = 10;

/** The number at a place and where it ends; null if it is not there in full. Of those above 2^53 only that they are large is known. */
export function varintAt(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  let scale = 1;
  for (let i = at; i < bytes.length && i < at + mostVarintBytes; i++) {
    const byte = bytes[i] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: i + 1 };
    scale *= 128;
  }
  return null;
}

/** A number, seven bits in each byte, the lowest first. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Uint8Array.of(...bytes, left);
}

/** The fields of a message in their order; null behind the last if the bytes are those of none. */
export function* fieldsOf(bytes: Uint8Array): Generator<Field | null, void> {
  for (let at = 0; at < bytes.length; ) {
    const tag = varintAt(bytes, at);
    const number = Math.floor((tag?.value ?? 0) / 8);
    const wire = (tag?.value ?? 0) % 8;
    const first = tag === null || wire === 1 || wire === 5 ? null : varintAt(bytes, tag.end);
    if (tag === null || number === 0) return yield null;
    if (wire === 1 || wire === 5) {
      // Fixed numbers: none of bitswap's fields has one, and what is not known is passed over.
      at = tag.end + (wire === 1 ? 8 : 4);
      if (at > bytes.length) yield null;
      continue;
    }
    if (first === null || (wire !== 0 && wire !== 2)) return yield null;
    at = wire === 2 ? first.end + first.value : first.end;
    if (at > bytes.length) return yield null;
    yield { number, value: wire === 2 ? bytes.subarray(first.end, at) : first.value };
  }
}

/** A field of bytes. */
export function bytesField(number: number, value: Uint8Array): Uint8Array {
  return joinBytes([varint(number * 8 + 2), varint(value.length), value]);
}

/** A field of a number; zero is what is meant without it. */
export function numberField(number: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array() : joinBytes([varint(number * 8), varint(value)]);
}
