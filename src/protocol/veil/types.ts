/**
 * Types of WebAssembly as far as programs here have them, by the bytes that stand for them.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { malformed, unsupported } from "./failure.ts";

/** Value types by their byte. `unknown` is what unreachable code leaves on the stack; it matches everything. */
export const valueType = {
  unknown: 0,
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  funcref: 0x70,
  externref: 0x6f,
} as const;

/** What a function or block takes and gives. */
export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

const names: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(valueType).map(([name, byte]) => [byte, name]),
);

/** A value type in words. */
export function typeName(type: number): string {
  return names[type] ?? `0x${type.toString(16)}`;
}

/** Whether it is a number, which an untyped `select` asks for. */
export function isNumeric(type: number): boolean {
  return type >= valueType.f64 || type === valueType.unknown;
}

/** Whether it is `f32` or `f64`. */
export function isFloat(type: number): boolean {
  return type === valueType.f32 || type === valueType.f64;
}

/** Reads a value type. */
export function readValueType(reader: BinaryReader): number {
  const type = reader.byte();
  if (type >= valueType.f64 && type <= valueType.i32) return type;
  if (type === valueType.funcref || type === valueType.externref) return type;
  const at = reader.position - 1;
  if (type === 0x7b) throw unsupported(at, "vectors (SIMD) are not allowed.");
  if (type >= 0x62 && type <= 0x74)
    throw unsupported(at, "references other than funcref and externref are not allowed.");
  throw malformed(at, `0x${type.toString(16)} is no value type.`);
}

/** Reads a reference type. */
export function readReferenceType(reader: BinaryReader): number {
  const at = reader.position;
  const type = readValueType(reader);
  if (type !== valueType.funcref && type !== valueType.externref) throw malformed(at, "a reference type belongs here.");
  return type;
}
