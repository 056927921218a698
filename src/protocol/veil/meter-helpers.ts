/**
 * Bodies of the functions that metered code calls: the end of fuel or stack, capped growth of memory, payment for bulk
 * instructions.
 * @module
 */
import { BinaryWriter } from "./binary-writer.ts";
import { costTable } from "./costs.ts";
import { helper, type IndexMap } from "./index-map.ts";
import { emptyBlock, op } from "./opcodes.ts";
import { valueType } from "./types.ts";

/** Why a metered program was stopped, in the global `stop`; zero: it was not. */
export const stopReason = {
  none: 0,
  outOfFuel: 1,
  outOfStack: 2,
  /** The engine refused memory that the cap allows: a fault of this node, no verdict on the program. */
  memoryRefused: 3,
} as const;

/** Ends the run and says why. */
function writeStop(out: BinaryWriter, map: IndexMap, reason: number): void {
  out.bytes(op.i32Const, reason, op.globalSet);
  out.unsigned32(map.stop);
  out.byte(op.unreachable);
}

/** Whether a 64-bit global is below zero. */
function writeIsNegative(out: BinaryWriter, global: number): void {
  out.byte(op.globalGet);
  out.unsigned32(global);
  out.bytes(op.i64Const, 0, op.i64LessSigned);
}

/** What happens when fuel is below zero: the run ends, or the host is asked for more. */
export function writeOutOfFuel(out: BinaryWriter, map: IndexMap): void {
  if (map.mode === "trap") writeStop(out, map, stopReason.outOfFuel);
  else {
    out.byte(op.call);
    out.unsigned32(map.refill);
  }
}

/**
 * What happens when fuel or stack, which is in a local, is below zero. Stack first: in the mode with calls, fuel is below
 * zero at every refill. Without calls the reason is chosen on the spot.
 */
export function writeExhausted(out: BinaryWriter, map: IndexMap, depthLocal: number): void {
  if (map.mode === "call") {
    out.byte(op.call);
    out.unsigned32(map.helper(helper.exhausted));
    return;
  }
  out.bytes(op.i32Const, stopReason.outOfStack, op.i32Const, stopReason.outOfFuel);
  out.byte(op.localGet);
  out.unsigned32(depthLocal);
  out.bytes(op.i64Const, 0, op.i64LessSigned, op.select, op.globalSet);
  out.unsigned32(map.stop);
  out.byte(op.unreachable);
}

/** The helper behind it. */
function writeExhaustedBody(out: BinaryWriter, map: IndexMap): void {
  out.byte(0);
  writeIsNegative(out, map.depth);
  out.bytes(op.if, emptyBlock);
  writeStop(out, map, stopReason.outOfStack);
  out.byte(op.end);
  writeOutOfFuel(out, map);
  out.byte(op.end);
}

/** Takes what is on the stack, a 64-bit price, from the fuel; the fuel itself must lie below it. */
function writePayment(out: BinaryWriter, map: IndexMap): void {
  out.bytes(op.i64Subtract, op.globalSet);
  out.unsigned32(map.fuel);
  writeIsNegative(out, map.fuel);
  out.bytes(op.if, emptyBlock);
  writeOutOfFuel(out, map);
  out.byte(op.end);
}

/** Charges for `length`, the only parameter, and gives it back. 64 bits: no length wraps. */
function writeBulk(out: BinaryWriter, map: IndexMap, unitShift: number): void {
  out.bytes(0, op.globalGet);
  out.unsigned32(map.fuel);
  out.bytes(op.localGet, 0, op.i64ExtendI32Unsigned);
  out.bytes(op.i64Const, unitShift, op.i64ShiftRightUnsigned);
  writePayment(out, map);
  out.bytes(op.localGet, 0, op.end);
}

/** Refuses growth above the cap as an engine would, pays for the rest, and tells an engine's refusal from the cap's. */
function writeMemoryGrow(out: BinaryWriter, map: IndexMap, capPages: number): void {
  const pages = 0;
  const before = 1;
  out.bytes(1, 1, valueType.i32);
  out.bytes(op.localGet, pages, op.i32Const);
  out.signed32(capPages);
  out.bytes(op.i32GreaterUnsigned, op.memorySize, 0, op.localGet, pages, op.i32Add, op.i32Const);
  out.signed32(capPages);
  // -1 as one byte of a signed number.
  out.bytes(op.i32GreaterUnsigned, op.i32Or, op.if, emptyBlock, op.i32Const, 0x7f, op.return, op.end);
  out.byte(op.globalGet);
  out.unsigned32(map.fuel);
  out.bytes(op.localGet, pages, op.i64ExtendI32Unsigned, op.i64Const);
  out.signed32(costTable.page);
  out.byte(op.i64Multiply);
  writePayment(out, map);
  out.bytes(op.localGet, pages, op.memoryGrow, 0, op.localTee, before, op.i32Const, 0x7f, op.i32Equal);
  out.bytes(op.if, emptyBlock);
  writeStop(out, map, stopReason.memoryRefused);
  out.bytes(op.end, op.localGet, before, op.end);
}

/** The entrance of a function, its length before it: takes the counters from the globals and puts them back. */
export function writeEntrance(out: BinaryWriter, map: IndexMap, index: number, parameters: number): void {
  const body = new BinaryWriter();
  const depth = parameters;
  body.bytes(1, 1, valueType.i64);
  const numbered = (code: number, number: number): void => {
    body.byte(code);
    body.unsigned32(number);
  };
  for (let i = 0; i < parameters; i++) numbered(op.localGet, i);
  numbered(op.globalGet, map.fuel);
  numbered(op.globalGet, map.depth);
  numbered(op.localTee, depth);
  numbered(op.call, map.function(index));
  numbered(op.globalSet, map.fuel);
  numbered(op.localGet, depth);
  numbered(op.globalSet, map.depth);
  body.byte(op.end);
  out.sized(body);
}

/** The body of a helper, its length before it. */
export function writeHelper(out: BinaryWriter, map: IndexMap, kind: number, capPages: number): void {
  const body = new BinaryWriter();
  if (kind === helper.exhausted) writeExhaustedBody(body, map);
  else if (kind === helper.memoryGrow) writeMemoryGrow(body, map, capPages);
  else writeBulk(body, map, Math.log2(kind === helper.bulkBytes ? costTable.bytesPerUnit : costTable.elementsPerUnit));
  out.sized(body);
}
