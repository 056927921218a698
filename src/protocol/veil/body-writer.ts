/**
 * Writes the metered form of a checked function body: the same instructions, with fuel and depth around them. Where the
 * function loops, fuel lives in a local; it returns to its global wherever other code may look at it.
 * @module
 */
import { BinaryWriter } from "./binary-writer.ts";
import type { BodyChecker } from "./body-checker.ts";
import { BranchHints } from "./branch-hints.ts";
import { edit } from "./edits.ts";
import { ModuleFailure } from "./failure.ts";
import { helper, type IndexMap } from "./index-map.ts";
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
  /** Whether fuel lives in its local. */
  private cached = false;
  /** Whether the code stands in a block of its own, so that everything leaves through one end. */
  private wrapped = false;

  constructor(body: BodyChecker, map: IndexMap) {
    this.code = new BinaryWriter(body.reader.bytes.length);
    this.body = body;
    this.map = map;
    this.source = body.reader.bytes;
  }

  /** Appends the metered form of the body that was just checked, its length before it. */
  write(): void {
    const { body, out } = this;
    const { edits } = body;
    out.clear();
    this.rareBranches = [];
    this.cached = body.loops;
    this.wrapped = body.loops || body.countsDepth;
    this.writeLocals();
    this.writePrologue();
    if (this.wrapped) this.openWrapper();
    let from = body.codeFrom;
    for (let i = 0; i < edits.count; i++) {
      const at = edits.from(i);
      if (at > from) out.copy(this.source, from, at);
      this.apply(i, at, edits.to(i));
      from = edits.to(i);
    }
    out.copy(this.source, from, body.reader.end);
    if (this.wrapped) {
      this.writeEpilogue();
      out.byte(op.end);
    }
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
    }
    out.unsigned32(locals.groups + 1 + seen32 + seen64);
    out.copy(this.source, locals.groupsFrom, locals.groupsTo);
    this.fuelLocal = locals.count;
    this.depthLocal = locals.count + 1;
    const ours = body.countsDepth ? 2 : 1;
    out.bytes(ours, valueType.i64);
    this.f32Local = locals.count + ours;
    this.f64Local = this.f32Local + seen32;
    if (seen32 === 1) out.bytes(1, valueType.f32);
    if (seen64 === 1) out.bytes(1, valueType.f64);
  }

  /** Takes the frame and the first basic block, and tests both by one comparison. */
  private writePrologue(): void {
    const { body, map, out } = this;
    if (body.countsDepth) {
      this.numbered(op.globalGet, map.depth);
      this.numbered(op.localTee, this.depthLocal);
      out.byte(op.i64Const);
      out.signed32(body.frameUnits);
      out.byte(op.i64Subtract);
      this.numbered(op.localTee, this.fuelLocal);
      this.numbered(op.globalSet, map.depth);
      this.numbered(op.localGet, this.fuelLocal);
    }
    this.numbered(op.globalGet, map.fuel);
    this.subtract(body.entryCost);
    this.numbered(op.localTee, this.fuelLocal);
    if (!this.cached) {
      this.numbered(op.globalSet, map.fuel);
      this.numbered(op.localGet, this.fuelLocal);
    }
    if (body.countsDepth) out.byte(op.i64Or);
    this.testNegative(body.countsDepth);
  }

  /** What happens if the top of the stack, fuel or (`depthToo`) fuel and stack together, is below zero. */
  private testNegative(depthToo: boolean): void {
    const { map, out } = this;
    out.bytes(op.i64Const, 0, op.i64LessSigned);
    this.rareBranches.push(out.length);
    out.bytes(op.if, emptyBlock);
    this.spill();
    if (depthToo) writeExhausted(out, map);
    else writeOutOfFuel(out, map);
    if (map.mode === "call") this.reload();
    out.byte(op.end);
  }

  private openWrapper(): void {
    const { body, map, out } = this;
    const { results } = body.type;
    const [only] = results;
    out.byte(op.block);
    if (only === undefined) out.byte(emptyBlock);
    else if (results.length === 1) out.byte(only);
    else out.signed32(map.type([], results));
  }

  private writeEpilogue(): void {
    if (this.body.countsDepth) {
      this.numbered(op.localGet, this.depthLocal);
      this.numbered(op.globalSet, this.map.depth);
    }
    this.spill();
  }

  private apply(index: number, from: number, to: number): void {
    const { map, out, body } = this;
    const argument = body.edits.argument(index);
    switch (body.edits.kind(index)) {
      case edit.functionIndex:
        out.unsigned32(map.function(argument));
        return;
      case edit.globalIndex:
        out.unsigned32(map.global(argument));
        return;
      case edit.charge:
        this.writeCharge(argument, false);
        return;
      case edit.testedCharge:
        this.writeCharge(argument, true);
        return;
      case edit.canonicalF32:
        if (argument === 1) this.canonicalise(this.f32Local, op.f32Const, canonicalNan.f32, op.f32Equal);
        return;
      case edit.canonicalF64:
        if (argument === 1) this.canonicalise(this.f64Local, op.f64Const, canonicalNan.f64, op.f64Equal);
        return;
      case edit.call:
        this.spill();
        this.numbered(op.call, map.function(argument));
        this.reload();
        return;
      case edit.callIndirect:
        this.spill();
        out.copy(this.source, from, to);
        this.reload();
        return;
      case edit.return:
        if (this.wrapped) this.numbered(op.branch, argument);
        else out.byte(op.return);
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

  private writeCharge(cost: number, tested: boolean): void {
    if (cost === 0 && !tested) return;
    const { map } = this;
    this.numbered(this.cached ? op.localGet : op.globalGet, this.cached ? this.fuelLocal : map.fuel);
    this.subtract(cost);
    if (tested) {
      this.numbered(op.localTee, this.fuelLocal);
      this.testNegative(false);
    } else this.numbered(this.cached ? op.localSet : op.globalSet, this.cached ? this.fuelLocal : map.fuel);
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
    this.spill();
    this.numbered(op.call, this.map.helper(kind));
    this.reload();
  }

  private spill(): void {
    if (!this.cached) return;
    this.numbered(op.localGet, this.fuelLocal);
    this.numbered(op.globalSet, this.map.fuel);
  }

  private reload(): void {
    if (!this.cached) return;
    this.numbered(op.globalGet, this.map.fuel);
    this.numbered(op.localSet, this.fuelLocal);
  }

  private subtract(cost: number): void {
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
