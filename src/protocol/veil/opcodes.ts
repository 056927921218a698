/**
 * The white list of instructions as data: which there are, what follows them in the bytes, what they take and give. Plain
 * ones (numbers in, number out) are fully described here; the others have a name and a case in body-checker.ts.
 * @module
 */
import { valueType } from "./types.ts";

const { i32, i64, f32, f64, unknown: nothing } = valueType;

/** How an instruction is read and checked. */
export const form = {
  forbidden: 0,
  /** Takes numbers, gives one; no immediate. */
  plain: 1,
  load: 2,
  store: 3,
  /** The frequent ones. */
  local: 4,
  constant: 5,
  /** Everything else: control, globals, tables, references. */
  special: 6,
} as const;

/** Instructions that the checker or the meter must know by name. */
export const op = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  branchTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Equal: 0x46,
  i32GreaterUnsigned: 0x4b,
  i64LessSigned: 0x53,
  f32Equal: 0x5b,
  f64Equal: 0x61,
  i32Add: 0x6a,
  i32Or: 0x72,
  i64Add: 0x7c,
  i64Subtract: 0x7d,
  i64Multiply: 0x7e,
  i64Or: 0x84,
  i64ShiftRightUnsigned: 0x88,
  i64ExtendI32Unsigned: 0xad,
  refNull: 0xd0,
  refIsNull: 0xd1,
  refFunc: 0xd2,
  /** Instructions of two bytes: {@link extended}. */
  prefix: 0xfc,
} as const;

/** Instructions behind the prefix 0xfc. 0 to 7 are saturating conversions. */
export const extended = {
  lastConversion: 7,
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elementDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

/** The empty block type. */
export const emptyBlock = 0x40;

/** Instructions of one pattern: opcodes `first` to `last` take `operands` values of one type. */
interface Row {
  readonly first: number;
  readonly last: number;
  readonly operand: number;
  readonly operands: 1 | 2;
  readonly result: number;
}

const row = (first: number, last: number, operand: number, operands: 1 | 2, result: number): Row => ({
  first,
  last,
  operand,
  operands,
  result,
});

const plainRows: readonly Row[] = [
  row(0x45, 0x45, i32, 1, i32), // i32.eqz
  row(0x46, 0x4f, i32, 2, i32), // i32 comparisons
  row(0x50, 0x50, i64, 1, i32), // i64.eqz
  row(0x51, 0x5a, i64, 2, i32), // i64 comparisons
  row(0x5b, 0x60, f32, 2, i32), // f32 comparisons
  row(0x61, 0x66, f64, 2, i32), // f64 comparisons
  row(0x67, 0x69, i32, 1, i32), // clz ctz popcnt
  row(0x6a, 0x78, i32, 2, i32), // i32 arithmetic
  row(0x79, 0x7b, i64, 1, i64),
  row(0x7c, 0x8a, i64, 2, i64), // i64 arithmetic
  row(0x8b, 0x91, f32, 1, f32), // abs neg ceil floor trunc nearest sqrt
  row(0x92, 0x98, f32, 2, f32), // add sub mul div min max copysign
  row(0x99, 0x9f, f64, 1, f64),
  row(0xa0, 0xa6, f64, 2, f64),
  row(0xa7, 0xa7, i64, 1, i32), // i32.wrap_i64
  row(0xa8, 0xa9, f32, 1, i32),
  row(0xaa, 0xab, f64, 1, i32),
  row(0xac, 0xad, i32, 1, i64), // i64.extend_i32
  row(0xae, 0xaf, f32, 1, i64),
  row(0xb0, 0xb1, f64, 1, i64),
  row(0xb2, 0xb3, i32, 1, f32),
  row(0xb4, 0xb5, i64, 1, f32),
  row(0xb6, 0xb6, f64, 1, f32), // f32.demote_f64
  row(0xb7, 0xb8, i32, 1, f64),
  row(0xb9, 0xba, i64, 1, f64),
  row(0xbb, 0xbb, f32, 1, f64), // f64.promote_f32
  row(0xbc, 0xbc, f32, 1, i32), // reinterpretations
  row(0xbd, 0xbd, f64, 1, i64),
  row(0xbe, 0xbe, i32, 1, f32),
  row(0xbf, 0xbf, i64, 1, f64),
  row(0xc0, 0xc1, i32, 1, i32), // sign extension
  row(0xc2, 0xc4, i64, 1, i64),
];

/** Loads and stores: opcode, type of the value, natural alignment as a power of two. */
const memoryRows: readonly (readonly [number, number, number])[] = [
  [0x28, i32, 2],
  [0x29, i64, 3],
  [0x2a, f32, 2],
  [0x2b, f64, 3],
  [0x2c, i32, 0],
  [0x2d, i32, 0],
  [0x2e, i32, 1],
  [0x2f, i32, 1],
  [0x30, i64, 0],
  [0x31, i64, 0],
  [0x32, i64, 1],
  [0x33, i64, 1],
  [0x34, i64, 2],
  [0x35, i64, 2],
  [0x36, i32, 2],
  [0x37, i64, 3],
  [0x38, f32, 2],
  [0x39, f64, 3],
  [0x3a, i32, 0],
  [0x3b, i32, 1],
  [0x3c, i64, 0],
  [0x3d, i64, 1],
  [0x3e, i64, 2],
];

const firstStore = 0x36;

/** By opcode: {@link form}, type and number of operands, type of the result, alignment. */
export const instructions = {
  form: new Uint8Array(256),
  operand: new Uint8Array(256),
  operands: new Uint8Array(256),
  result: new Uint8Array(256),
  alignment: new Uint8Array(256),
} as const;

for (const { first, last, operand, operands, result } of plainRows) {
  instructions.form.fill(form.plain, first, last + 1);
  instructions.operand.fill(operand, first, last + 1);
  instructions.operands.fill(operands, first, last + 1);
  instructions.result.fill(result, first, last + 1);
}
for (const [code, type, alignment] of memoryRows) {
  const stores = code >= firstStore;
  instructions.form[code] = stores ? form.store : form.load;
  instructions.operand[code] = stores ? type : i32;
  instructions.result[code] = stores ? nothing : type;
  instructions.alignment[code] = alignment;
}
instructions.form.fill(form.local, op.localGet, op.localTee + 1);
instructions.form.fill(form.constant, op.i32Const, op.f64Const + 1);
for (const code of Object.values(op)) if (instructions.form[code] === 0) instructions.form[code] = form.special;

/** Operand and result of the saturating conversions 0xfc 0 to 7. */
export const saturating: readonly (readonly [number, number])[] = [
  [f32, i32],
  [f32, i32],
  [f64, i32],
  [f64, i32],
  [f32, i64],
  [f32, i64],
  [f64, i64],
  [f64, i64],
];

/** 1 where a NaN result may have any bits: arithmetic, rounding and conversion between floats. */
export const makesNan = new Uint8Array(256);
for (const [first, last] of [
  [0x8d, 0x97],
  [0x9b, 0xa5],
  [0xb6, 0xb6],
  [0xbb, 0xbb],
] as const) {
  makesNan.fill(1, first, last + 1);
}

/** 1 where the result is a float but never a NaN: conversions of integers. */
export const makesNumber = new Uint8Array(256);
for (const [first, last] of [
  [0xb2, 0xb5],
  [0xb7, 0xba],
] as const) {
  makesNumber.fill(1, first, last + 1);
}

/** 1 where a plain instruction shows or hands on the bits of a float: abs, neg, copysign, reinterpretation. */
export const showsBits = new Uint8Array(256);
for (const code of [0x8b, 0x8c, 0x98, 0x99, 0x9a, 0xa6, 0xbc, 0xbd]) showsBits[code] = 1;

/** What a refused opcode belongs to, as far as it is a known one. */
export function featureOf(code: number): string | undefined {
  if (code === 0x12 || code === 0x13) return "tail calls";
  if (code >= 0x06 && code <= 0x0a) return "exceptions";
  if (code === 0x18 || code === 0x19 || code === 0x1f) return "exceptions";
  if (code === 0x14 || code === 0x15 || (code >= 0xd3 && code <= 0xd6)) return "typed function references";
  if (code === 0xfb) return "garbage collection";
  if (code === 0xfd) return "vectors (SIMD)";
  if (code === 0xfe) return "threads";
  return undefined;
}
