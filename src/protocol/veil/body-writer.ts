/**
 * Writes the metered form of a checked function body: the same instructions, with fuel and depth around them. Both are
 * parameters that functions of a module hand to each other, and what is left of the fuel is a result more: engines keep
 * them in registers. They go to their globals where other code may look at them: hosts, tables, the meter's helpers.
 * @module
 */
import { BinaryWriter } from "./binary-writer.ts";
import type { BodyChecker } from "./body-checker.ts";
import { BranchHints } from "./branch-hints.ts";
import { edit } from "./edits.ts";
import { ModuleFailure } from "./failure.ts";
import { helper, type IndexMap, meterParameters } from "./index-map.ts";
import { moduleLimits } from "./limits.ts";
import { writeExhausted, writeOutOfFuel } from "./meter-helpers.ts";
import { emptyBlock, op } from "./opcodes.ts";
import { valueType } from "./types.ts";

/** The one NaN, as little-endian bytes: positive, quiet, nothing else. */
const canonicalNan = {
  f32: [0x00, 0x00, 0xc0, 0x7f],
  f64: [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f],
} as const;

/** Metered bodies and what engines are told about them. */
export interface MeteredCode {
  readonly code: BinaryWriter;
  readonly hints: BranchHints;
}

/** Writes bodies of one module, one after another. */
export class BodyWriter implements MeteredCode {
  readonly code: BinaryWriter;
  readonly hints = new BranchHints();
  private readonly body: BodyChecker;
  private readonly map: IndexMap;
  private readonly source: Uint8Array;
  private readonly out = new BinaryWriter();
  /** Where in the body fuel is tested. */
  private rareBranches: number[] = [];
  private fuelLocal = 0;
  private depthLocal = 0;
  private f32Local = 0;
  private f64Local = 0;

  constructor(body: BodyChecker, map: IndexMap) {
    this.code = new BinaryWriter(body.reader.bytes.length);
    this.body = body;
    this.map = map;
    this.source = body.moved;
  }

  /** Appends the metered form of the body that was just checked, its length before it. */
  write(): void {
    const { body, out } = this;
    const { edits } = body;
    out.clear();
    this.rareBranches = [];
    this.writeLocals();
    this.writePrologue();
    // A block of its own, so that everything leaves through one end.
    out.byte(op.block);
    this.writeBlockType();
    let from = body.codeFrom;
    for (let i = 0; i < edits.count; i++) {
      const at = edits.from(i);
      if (at > from) out.copy(this.source, from, at);
      this.apply(i, at, edits.to(i));
      from = edits.to(i);
    }
    out.copy(this.source, from, body.reader.end);
    this.numbered(op.localGet, this.fuelLocal);
    out.byte(op.end);
    if (out.length > moduleLimits.meteredBodyBytes) {
      const most = moduleLimits.meteredBodyBytes;
      throw new ModuleFailure(
        "too-large",
        body.codeFrom,
        `a function of ${out.length} bytes when metered; at most ${most}.`,
      );
    }
    this.code.sized(out);
    this.hints.add(this.map.function(body.functionIndex), this.rareBranches);
  }

  private writeLocals(): void {
    const { body, out } = this;
    const { locals, edits } = body;
    let seen32 = 0;
    let seen64 = 0;
    for (let i = 0; i < edits.count; i++) {
      const kind = edits.kind(i);
      if (kind === edit.canonicalF32) seen32 |= edits.argument(i);
      else if (kind === edit.canonicalF64) seen64 |= edits.argument(i);
      else if (kind === edit.readF32) seen32 |= edits.argument(i) >>> 31;
      else if (kind === edit.readF64) seen64 |= edits.argument(i) >>> 31;
    }
    out.unsigned32(locals.groups + seen32 + seen64);
    out.copy(this.source, locals.groupsFrom, locals.groupsTo);
    this.fuelLocal = locals.count - locals.declared;
    this.depthLocal = this.fuelLocal + 1;
    this.f32Local = locals.count + meterParameters.length;
    this.f64Local = this.f32Local + seen32;
    if (seen32 === 1) out.bytes(1, valueType.f32);
    if (seen64 === 1) out.bytes(1, valueType.f64);
  }

  /** Takes the frame and the first basic block, and tests both by one comparison. */
  private writePrologue(): void {
    const { body, map, out } = this;
    const { countsDepth } = body;
    if (countsDepth) {
      this.take(this.depthLocal, body.frameUnits);
      this.numbered(op.localTee, this.depthLocal);
    }
    this.take(this.fuelLocal, body.entryCost);
    this.numbered(op.localTee, this.fuelLocal);
    if (countsDepth) out.byte(op.i64Or);
    this.writeIsNegative();
    out.bytes(op.if, emptyBlock);
    this.spill(countsDepth);
    if (countsDepth) writeExhausted(out, map, this.depthLocal);
    else writeOutOfFuel(out, map);
    if (map.mode === "call") this.reload();
    out.byte(op.end);
  }

  /** Whether the counter on top of the stack is below zero; a rare branch follows. */
  private writeIsNegative(): void {
    this.out.bytes(op.i64Const, 0, op.i64LessSigned);
    this.rareBranches.push(this.out.length);
  }

  private writeBlockType(): void {
    const { results } = this.body.type;
    const [only] = results;
    if (only === undefined) this.out.byte(emptyBlock);
    else if (results.length === 1) this.out.byte(only);
    else this.out.signed32(this.map.type([], results));
  }

  private apply(index: number, from: number, to: number): void {
    const { map, out, body } = this;
    const argument = body.edits.argument(index);
    switch (body.edits.kind(index)) {
      case edit.functionIndex:
        out.unsigned32(map.entrance(argument));
        return;
      case edit.globalIndex:
        out.unsigned32(map.global(argument));
        return;
      case edit.localIndex:
      case edit.label:
        out.unsigned32(argument);
        return;
      case edit.charge:
        this.writeCharge(argument);
        return;
      case edit.testedCharge:
        this.writeTestedCharge(argument);
        return;
      case edit.loopOpen:
        this.writeCharge(argument);
        this.openLoop(from + 1, to);
        return;
      case edit.loopCharge:
        this.takeAndKeep(argument);
        this.writeIsNegative();
        out.bytes(op.branchIf, 1);
        return;
      case edit.loopEnd:
        this.endLoop(body.edits.argument(argument));
        return;
      case edit.canonicalF32:
        if (argument === 1) this.canonicalise32();
        return;
      case edit.readF32:
        if (argument < 0) this.canonicalise32();
        return;
      case edit.canonicalF64:
        if (argument === 1) this.canonicalise64();
        return;
      case edit.readF64:
        if (argument < 0) this.canonicalise64();
        return;
      case edit.call:
        this.writeCall(argument);
        return;
      case edit.callIndirect:
        this.spill(true);
        out.copy(this.source, from, to);
        this.reload();
        return;
      case edit.return:
        this.numbered(op.branch, argument);
        return;
      case edit.memoryGrow:
        this.callHelper(helper.memoryGrow);
        return;
      case edit.bulkBytes:
        this.callHelper(helper.bulkBytes);
        return;
      default:
        this.callHelper(helper.bulkElements);
    }
  }

  private writeCall(index: number): void {
    const { map } = this;
    if (index < this.body.shape.importedFunctions) {
      this.spill(true);
      this.numbered(op.call, map.function(index));
      this.reload();
      return;
    }
    this.numbered(op.localGet, this.fuelLocal);
    this.numbered(op.localGet, this.depthLocal);
    this.numbered(op.call, map.function(index));
    this.numbered(op.localSet, this.fuelLocal);
  }

  private writeCharge(cost: number): void {
    if (cost === 0) return;
    this.take(this.fuelLocal, cost);
    this.numbered(op.localSet, this.fuelLocal);
  }

  private writeTestedCharge(cost: number): void {
    const { map, out } = this;
    this.takeAndKeep(cost);
    this.writeIsNegative();
    out.bytes(op.if, emptyBlock);
    this.spill(false);
    writeOutOfFuel(out, map);
    if (map.mode === "call") this.reload();
    out.byte(op.end);
  }

  /** `block T (loop (block (loop T`: the test in the inner loop leads out to what {@link endLoop} writes. */
  private openLoop(typeFrom: number, typeTo: number): void {
    const { out, source } = this;
    out.byte(op.block);
    out.copy(source, typeFrom, typeTo);
    out.bytes(op.loop, emptyBlock, op.block, emptyBlock, op.loop);
    out.copy(source, typeFrom, typeTo);
  }

  /** A loop that ends leaves all three; one that is out of fuel gets some, gives back what it took, and begins anew. */
  private endLoop(cost: number): void {
    const { map, out } = this;
    out.bytes(op.end, op.branch, 2, op.end);
    this.spill(false);
    writeOutOfFuel(out, map);
    if (map.mode === "call") {
      this.numbered(op.globalGet, map.fuel);
      if (cost !== 0) {
        out.byte(op.i64Const);
        out.signed32(cost);
        out.byte(op.i64Add);
      }
      this.numbered(op.localSet, this.fuelLocal);
      out.bytes(op.branch, 0);
    }
    out.bytes(op.end, op.unreachable, op.end);
  }

  private canonicalise32(): void {
    this.canonicalise(this.f32Local, op.f32Const, canonicalNan.f32, op.f32Equal);
  }

  private canonicalise64(): void {
    this.canonicalise(this.f64Local, op.f64Const, canonicalNan.f64, op.f64Equal);
  }

  /** `x = x == x ? x : NaN`, with x on top of the stack. */
  private canonicalise(local: number, constant: number, nan: readonly number[], equal: number): void {
    const { out } = this;
    this.numbered(op.localTee, local);
    out.byte(constant);
    out.bytes(...nan);
    this.numbered(op.localGet, local);
    this.numbered(op.localGet, local);
    out.bytes(equal, op.select);
  }

  private callHelper(kind: number): void {
    this.spill(false);
    this.numbered(op.call, this.map.helper(kind));
    this.reload();
  }

  private spill(depthToo: boolean): void {
    this.numbered(op.localGet, this.fuelLocal);
    this.numbered(op.globalSet, this.map.fuel);
    if (!depthToo) return;
    this.numbered(op.localGet, this.depthLocal);
    this.numbered(op.globalSet, this.map.depth);
  }

  private reload(): void {
    this.numbered(op.globalGet, this.map.fuel);
    this.numbered(op.localSet, this.fuelLocal);
  }

  /** Takes `cost` and leaves what is left on the stack too. */
  private takeAndKeep(cost: number): void {
    if (cost === 0) {
      this.numbered(op.localGet, this.fuelLocal);
      return;
    }
    this.take(this.fuelLocal, cost);
    this.numbered(op.localTee, this.fuelLocal);
  }

  /** What a counter would be after `cost`. */
  private take(local: number, cost: number): void {
    this.numbered(op.localGet, local);
    this.out.byte(op.i64Const);
    this.out.signed32(cost);
    this.out.byte(op.i64Subtract);
  }

  /** An instruction with one index. */
  private numbered(code: number, index: number): void {
    this.out.byte(code);
    this.out.unsigned32(index);
  }
}
