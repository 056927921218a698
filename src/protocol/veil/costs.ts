/**
 * What work costs in fuel, and the digest that names these prices and the rewriter in a receipt. A unit is about the
 * work of a simple instruction. Changing anything here or how code is metered needs a new version.
 * @module
 */
import { bigEndian, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { hostCosts } from "./host-costs.ts";
import { extended, form, instructions, op } from "./opcodes.ts";

/** Prices, by name. */
export const costTable = {
  version: 1,
  /** What is not named below. */
  simple: 1,
  /** Markers that no processor executes. */
  free: 0,
  memoryAccess: 2,
  /** Division, remainder, square root: what processors do not pipeline. */
  division: 8,
  branchTable: 4,
  call: 6,
  /** Bounds and signature are checked at run time. */
  indirectCall: 12,
  /** A call that may leave WebAssembly; what the host does with the bytes it charges itself. */
  hostCall: 64,
  /** Of entering a function, besides one for every {@link costTable.localsPerUnit} declared locals: they are zeroed. */
  entry: 2,
  localsPerUnit: 4,
  /** Bulk instructions, besides one for every {@link costTable.bytesPerUnit} bytes or one for each element. */
  bulk: 16,
  bytesPerUnit: 8,
  elementsPerUnit: 1,
  memoryGrow: 64,
  /** A fresh page is faulted in and zeroed. Refused growth does not pay it. */
  page: 4_096,
} as const;

/**
 * What the rewriter does to a module, besides the prices: places of charges and tests, frames, canonical values. One
 * more with every change that makes a byte or a figure differ.
 */
export const rewriterVersion = 3;

/** Units of stack, so that depth is limited before the engine's own, unknown, stack ends. */
export const frameCosts = {
  /** Return address, saved registers, spilled temporaries. */
  fixed: 8,
  /** A function that calls nothing and has at most this many locals and operands is free: one such frame at a time. */
  freeLeaf: 64,
} as const;

/** Price by opcode; behind the prefix {@link extendedCost} counts. */
export const instructionCost = new Uint8Array(256).fill(costTable.simple);
for (let code = 0; code < 256; code++) {
  if (instructions.form[code] === form.load || instructions.form[code] === form.store) {
    instructionCost[code] = costTable.memoryAccess;
  }
}
for (const code of [0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82, 0x91, 0x95, 0x9f, 0xa3]) {
  instructionCost[code] = costTable.division;
}
for (const code of [op.nop, op.block, op.loop, op.else, op.end, op.prefix]) instructionCost[code] = costTable.free;
instructionCost[op.branchTable] = costTable.branchTable;
instructionCost[op.call] = costTable.call;
instructionCost[op.callIndirect] = costTable.indirectCall;
instructionCost[op.memoryGrow] = costTable.memoryGrow;
instructionCost[op.tableGet] = costTable.memoryAccess;
instructionCost[op.tableSet] = costTable.memoryAccess;

/** Price of an instruction behind the prefix 0xfc, without what depends on its operands. */
export function extendedCost(code: number): number {
  const isBulk = code > extended.lastConversion && code !== extended.tableSize;
  return isBulk ? costTable.bulk : costTable.simple;
}

let digest: Uint8Array | undefined;

/** 32 bytes that name prices and rewriter; a receipt carries them. */
export function meteringDigest(): Uint8Array {
  digest ??= taggedHash(
    "aether/metering/1",
    bigEndian(rewriterVersion, 4),
    ...[costTable, frameCosts, hostCosts]
      .flatMap(Object.entries<number>)
      .flatMap(([name, value]) => [utf8ToBytes(`${name}=`), bigEndian(value, 8)]),
    instructionCost,
  );
  return digest.slice();
}
