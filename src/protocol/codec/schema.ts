/**
 * Schemas: one description of a consensus object that both encodes and strictly decodes it. Objects become tuples
 * (arrays) in field order. Schemas are not recursive, so depth is bounded by construction.
 * @module
 */
import { accepted, type RejectionCode, type Result, rejected } from "../result.ts";
import { DecodeFailure, Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** How a value of type `T` is written and read. */
export interface Schema<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

/** Canonical bytes of a value that is known to fit its schema. */
export function encode<T>(schema: Schema<T>, value: T): Uint8Array {
  const writer = new Writer();
  schema.write(writer, value);
  return writer.finish();
}

/** Decodes bytes from anywhere: never throws on them, refuses every non-canonical form, trailing bytes included. */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array, maximumBytes: number): Result<T> {
  if (bytes.length > maximumBytes) {
    return rejected("too-large", `${bytes.length} bytes; at most ${maximumBytes} are allowed.`, {
      sizeBytes: bytes.length,
      maximumBytes,
    });
  }
  const reader = new Reader(bytes);
  try {
    const value = schema.read(reader);
    if (!reader.atEnd) return rejected("trailing-bytes", "There are bytes after the end of the object.");
    return accepted(value);
  } catch (error) {
    if (error instanceof DecodeFailure) return rejected(error.code, error.message, error.context);
    throw error;
  }
}

/** Both ways of one kind of object. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): Result<T>;
}

/** The codec of a schema whose objects have so many bytes at most. */
export function codecOf<T>(schema: Schema<T>, maximumBytes: number): Codec<T> {
  return { encode: (value) => encode(schema, value), decode: (bytes) => decode(schema, bytes, maximumBytes) };
}

/** A whole number from 0 to `maximum` (at most 2^53 − 1). */
export function unsigned(maximum: number = Number.MAX_SAFE_INTEGER): Schema<number> {
  return {
    write: (writer, value) => writer.unsigned(value),
    read: (reader) => {
      const value = reader.unsigned();
      if (value > maximum) throw new DecodeFailure("out-of-range", `${value} is above the limit of ${maximum}.`);
      return Number(value);
    },
  };
}

/** Made once: a message of a hundred thousand small amounts costs none of them memory. */
const smallAmounts: readonly bigint[] = Array.from({ length: 256 }, (_, value) => BigInt(value));

/** A 64-bit amount as bigint. */
export const amount: Schema<bigint> = {
  write: (writer, value) => writer.unsigned(value),
  read: (reader) => {
    const value = reader.unsigned();
    return smallAmounts[value as number] ?? BigInt(value);
  },
};

/** A byte string of `minimum` to `maximum` bytes. */
export function byteString(minimum: number, maximum: number): Schema<Uint8Array> {
  return { write: (writer, value) => writer.bytes(value), read: (reader) => reader.bytes(minimum, maximum) };
}

/** Exactly 32 bytes: hashes, keys, targets. */
export const bytes32: Schema<Uint8Array> = byteString(32, 32);

/** Text of at most `maximum` UTF-8 bytes. */
export function text(maximum: number): Schema<string> {
  return { write: (writer, value) => writer.text(value), read: (reader) => reader.text(maximum) };
}

/** The value or null. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return {
    write: (writer, value) => (value === null ? writer.null() : schema.write(writer, value)),
    read: (reader) => (reader.takeNull() ? null : schema.read(reader)),
  };
}

/** Stands for every empty list, as nothing can be changed in it. */
const nothing: readonly never[] = Object.freeze([]);

/** A list of `minimum` to `maximum` items. */
export function list<T>(item: Schema<T>, maximum: number, minimum = 0): Schema<readonly T[]> {
  return {
    write: (writer, values) => {
      writer.arrayHead(values.length);
      for (const value of values) item.write(writer, value);
    },
    read: (reader) => {
      const length = reader.arrayLength(minimum, maximum);
      if (length === 0) return nothing;
      // The length is within the schema's bound, so that reserving room for it cannot be abused.
      const values = new Array<T>(length);
      for (let i = 0; i < length; i++) values[i] = item.read(reader);
      return values;
    },
  };
}

type Fields<T> = { readonly [K in keyof T]: Schema<T[K]> };

/**
 * Builds an object from its parts in the order of its fields. Optional, and for the smallest objects worth its line: a
 * literal takes a third of the time of properties set by name, and a mebibyte can hold 260 000 witnesses.
 */
export type Make<T> = (...parts: never[]) => T;

/** Names and schemas side by side: cheaper to walk than pairs. */
interface Parts {
  readonly names: readonly string[];
  readonly schemas: readonly Schema<unknown>[];
  readonly make: ((...parts: unknown[]) => object) | null;
}

/** Parts that `make` can be given. */
const mostMadeOf = 4;

function partsOf(fields: object, make?: Make<object>): Parts {
  const names = Object.keys(fields);
  const parts = { names, schemas: Object.values(fields) as Schema<unknown>[] };
  if (make === undefined) return { ...parts, make: null };
  const checked = make as (...parts: unknown[]) => object;
  const made = checked(...names) as Record<string, unknown>;
  if (names.length > mostMadeOf || !names.every((name) => made[name] === name)) {
    throw new Error(`parts are made in another order than ${names.join(", ")}`);
  }
  return { ...parts, make: checked };
}

function writeParts(writer: Writer, { names, schemas }: Parts, value: object): void {
  for (let i = 0; i < names.length; i++) {
    (schemas[i] as Schema<unknown>).write(writer, (value as Record<string, unknown>)[names[i] as string]);
  }
}

/** Reads the parts; `type` is set first if there is one. */
function readParts(reader: Reader, { names, schemas, make }: Parts, type?: string): object {
  if (make !== null) {
    const [a, b, c, d] = schemas;
    // Written out, because a list of arguments would be an object again.
    return make(a?.read(reader), b?.read(reader), c?.read(reader), d?.read(reader));
  }
  const value: Record<string, unknown> = {};
  if (type !== undefined) value.type = type;
  for (let i = 0; i < names.length; i++) value[names[i] as string] = (schemas[i] as Schema<unknown>).read(reader);
  return value;
}

/** An object as a tuple of its fields in the order written here. */
export function record<T extends object>(fields: Fields<T>, make?: Make<T>): Schema<T> {
  const parts = partsOf(fields, make);
  const count = parts.names.length;
  return {
    write: (writer, value) => {
      writer.arrayHead(count);
      writeParts(writer, parts, value);
    },
    read: (reader) => {
      reader.arrayLength(count, count);
      return readParts(reader, parts) as T;
    },
  };
}

/** One alternative of a tagged union: its number on the wire and its fields. */
export interface Alternative<T extends object> {
  readonly number: number;
  readonly fields: Fields<T>;
  /** With the type in it. */
  readonly make?: Make<T & { readonly type: string }>;
}

type Alternatives<U extends { readonly type: string }> = {
  readonly [K in U["type"]]: Alternative<Omit<Extract<U, { readonly type: K }>, "type">>;
};

/** A union told apart by `type`, as the tuple `[number, …fields]`. An unknown number is refused with `unknownCode`. */
export function union<U extends { readonly type: string }>(
  unknownCode: RejectionCode,
  alternatives: Alternatives<U>,
): Schema<U> {
  const cases = (Object.entries(alternatives) as [string, Alternative<object>][]).map(([type, alternative]) => ({
    type,
    number: alternative.number,
    parts: partsOf(alternative.fields, alternative.make),
    length: Object.keys(alternative.fields).length + 1,
  }));
  const byType = new Map(cases.map((entry) => [entry.type, entry]));
  const byNumber = new Map(cases.map((entry) => [entry.number, entry]));
  const longest = Math.max(...cases.map((entry) => entry.length));
  return {
    write: (writer, value) => {
      const found = byType.get(value.type);
      if (found === undefined) throw new Error(`no alternative ${value.type}`);
      writer.arrayHead(found.length);
      writer.unsigned(found.number);
      writeParts(writer, found.parts, value);
    },
    read: (reader) => {
      const length = reader.arrayLength(1, longest);
      const number = Number(reader.unsigned());
      const found = byNumber.get(number);
      if (found === undefined)
        throw new DecodeFailure(unknownCode, `Alternative ${number} is not known here.`, { number });
      if (length !== found.length) {
        throw new DecodeFailure("too-many", `${found.type} has ${found.length} parts, not ${length}.`);
      }
      return readParts(reader, found.parts, found.type) as U;
    },
  };
}
