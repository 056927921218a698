/**
 * Strict cursor over canonical CBOR: accepts exactly the bytes that {@link Writer} produces and nothing else, so a
 * decoded value re-encodes to the same bytes without having to be re-encoded (a property test holds this).
 * @module
 */
import type { RejectionCode, RejectionContext } from "../result.ts";
import { decodeUtf8 } from "./utf8.ts";
import { major, nullByte } from "./writer.ts";

/** Thrown inside the codec only; `decode` in schema.ts turns it into a `Rejected`. */
export class DecodeFailure extends Error {
  readonly code: RejectionCode;
  readonly context: RejectionContext | undefined;

  constructor(code: RejectionCode, message: string, context?: RejectionContext) {
    super(message);
    this.code = code;
    this.context = context;
  }
}

const majorNames = [
  "an integer",
  "a negative integer",
  "bytes",
  "text",
  "an array",
  "a map",
  "a tag",
  "a simple value",
];

/** Stands for every empty byte string: nothing in it can change, and a message of a million costs one. */
const noBytes = new Uint8Array();

/** Up to here a loop copies faster than `set` starts. */
const loopCopyBytes = 64;

/**
 * Up to here strings share slabs: an array of its own costs 250 bytes and 0.2 µs beside its content, and a mebibyte can
 * hold 260 000 of them. Hashes and keys, of which a mebibyte holds few and which are kept for long, do not.
 */
const sharedBytes = 24;

const slabBytes = 1_024;

/** Up to here equal strings of a message are one: there are few different ones, and a message can hold very many. */
const internedBytes = 2;

/** Reads canonical CBOR items one after another; throws {@link DecodeFailure} on anything else. */
export class Reader {
  private position = 0;
  private readonly known = new Map<number, Uint8Array>();
  private slab = noBytes;
  private slabUsed = 0;
  private readonly source: Uint8Array;
  private readonly view: DataView;

  constructor(source: Uint8Array) {
    // A subclass (Node's Buffer) may slice without copying; what is read must not depend on who called.
    this.source = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.position;
  }

  /** Whether every byte has been consumed. */
  get atEnd(): boolean {
    return this.position === this.source.length;
  }

  /** An unsigned integer below 2^64. */
  unsigned(): bigint | number {
    return this.head(major.unsigned);
  }

  /** A byte string of `minimum` to `maximum` bytes; a copy, so that the message it came in can be freed. */
  bytes(minimum: number, maximum: number): Uint8Array {
    const length = this.boundedLength(major.bytes, minimum, maximum);
    if (length === 0) return noBytes;
    const from = this.position;
    if (length <= internedBytes) return this.interned(length);
    const value = length <= sharedBytes ? this.shared(length) : new Uint8Array(length);
    if (length <= loopCopyBytes) for (let i = 0; i < length; i++) value[i] = this.source[from + i] as number;
    else value.set(this.source.subarray(from, from + length));
    this.position = from + length;
    return value;
  }

  /** A string of one or two bytes; equal ones are one. */
  private interned(length: number): Uint8Array {
    const from = this.position;
    const first = this.source[from] as number;
    const name = length === 1 ? first : 0x10000 | (first << 8) | (this.source[from + 1] as number);
    this.position = from + length;
    let value = this.known.get(name);
    if (value === undefined) {
      value = this.shared(length);
      value.set(this.source.subarray(from, this.position));
      this.known.set(name, value);
    }
    return value;
  }

  /** Room for a short string in a slab. */
  private shared(length: number): Uint8Array {
    if (this.slabUsed + length > this.slab.length) {
      this.slab = new Uint8Array(slabBytes);
      this.slabUsed = 0;
    }
    const value = new Uint8Array(this.slab.buffer, this.slabUsed, length);
    this.slabUsed += length;
    return value;
  }

  /** A text string of at most `maximum` UTF-8 bytes; ill-formed UTF-8 is refused. */
  text(maximum: number): string {
    const length = this.boundedLength(major.text, 0, maximum);
    if (length === 0) return "";
    const from = this.position;
    this.position = from + length;
    const value = decodeUtf8(this.source, from, this.position);
    if (value === undefined) throw new DecodeFailure("not-canonical", "Text is not well-formed UTF-8.");
    return value;
  }

  /** The head of an array of `minimum` to `maximum` items. */
  arrayLength(minimum: number, maximum: number): number {
    const length = Number(this.head(major.array));
    if (length < minimum || length > maximum) {
      throw new DecodeFailure("too-many", `An array has ${length} items; ${minimum} to ${maximum} are allowed here.`, {
        length,
        maximum,
      });
    }
    return length;
  }

  /** Consumes a null if one is next. */
  takeNull(): boolean {
    if (this.source[this.position] !== nullByte) return false;
    this.position++;
    return true;
  }

  private boundedLength(type: number, minimum: number, maximum: number): number {
    const length = Number(this.head(type));
    if (length < minimum || length > maximum) {
      throw new DecodeFailure(
        "out-of-range",
        `A string has ${length} bytes; ${minimum} to ${maximum} are allowed here.`,
        {
          length,
          maximum,
        },
      );
    }
    if (this.position + length > this.source.length) {
      throw new DecodeFailure("truncated", "The bytes end in the middle of a string.");
    }
    return length;
  }

  private head(expected: number): bigint | number {
    const first = this.byte();
    const type = first >> 5;
    if (type !== expected) {
      throw new DecodeFailure("wrong-type", `Found ${majorNames[type]} where ${majorNames[expected]} belongs.`, {
        offset: this.position - 1,
      });
    }
    const info = first & 31;
    if (info < 24) return info;
    if (info === 24) return this.shortest(this.byte(), 24);
    if (info === 25)
      return this.shortest(
        this.take(2, (at) => this.view.getUint16(at)),
        0x100,
      );
    if (info === 26)
      return this.shortest(
        this.take(4, (at) => this.view.getUint32(at)),
        0x10000,
      );
    if (info === 27)
      return this.shortest(
        this.take(8, (at) => this.view.getBigUint64(at)),
        0x1_0000_0000,
      );
    throw new DecodeFailure("not-canonical", "Indefinite lengths and reserved encodings are not allowed.");
  }

  private shortest<N extends number | bigint>(value: N, minimum: number): N {
    if (value < minimum) throw new DecodeFailure("not-canonical", "A number is not in its shortest form.");
    return value;
  }

  private byte(): number {
    const value = this.source[this.position];
    if (value === undefined) throw new DecodeFailure("truncated", "The bytes end where more are needed.");
    this.position++;
    return value;
  }

  private take<N>(size: number, read: (at: number) => N): N {
    if (this.position + size > this.source.length) {
      throw new DecodeFailure("truncated", "The bytes end in the middle of a number.");
    }
    const value = read(this.position);
    this.position += size;
    return value;
  }
}
