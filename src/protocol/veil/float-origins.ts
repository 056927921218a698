/**
 * Which NaNs somebody can see. The bits of a NaN that arithmetic makes differ between processors; a value gets its one
 * form only where its bits are stored, reinterpreted, handed on or merged, and costs nothing where they cannot be seen.
 * @module
 */
import { type EditList, edit } from "./edits.ts";
import { isFloat, valueType } from "./types.ts";

/** A value on the stack that needs no attention: not a float, or a float of one form. */
export const cleanOrigin = 0;

/**
 * Follows floats from where they are made to where they are seen, through locals. An origin above zero is the number of
 * an edit, plus one; below zero the complement of a local.
 */
export class FloatOrigins {
  private readonly edits: EditList;
  private trackedLocals = 0;
  private observed = new Uint8Array(256);
  private firstFlow = new Int32Array(256);
  private queue: number[] = [];
  /** Values put into locals, as linked lists: origin, next. */
  private readonly flowOrigins: number[] = [];
  private readonly flowNext: number[] = [];
  private dirty = false;

  constructor(edits: EditList) {
    this.edits = edits;
  }

  /** Starts a function; locals from `trackedLocals` on count as always seen. */
  begin(trackedLocals: number): void {
    this.trackedLocals = trackedLocals;
    this.dirty = false;
  }

  /** A float of unknown form was just made; `at` is the place behind the instruction. */
  made(type: number, at: number): number {
    const kind = type === valueType.f32 ? edit.canonicalF32 : edit.canonicalF64;
    return this.edits.add(kind, at, at, 0) + 1;
  }

  /** What reading a local gives. */
  ofLocal(local: number, type: number): number {
    return isFloat(type) && local < this.trackedLocals ? ~local : cleanOrigin;
  }

  /** A value goes into a local. */
  intoLocal(local: number, origin: number): void {
    if (origin === cleanOrigin) return;
    if (local >= this.trackedLocals) {
      this.observe(origin);
      return;
    }
    this.prepare();
    this.flowOrigins.push(origin);
    this.flowNext.push(this.firstFlow[local] as number);
    this.firstFlow[local] = this.flowOrigins.length;
  }

  /** Somebody sees the bits of a value. */
  observe(origin: number): void {
    if (origin > 0) this.edits.setArgument(origin - 1, 1);
    else if (origin < 0) this.observeLocal(~origin);
  }

  /** Ends the function: whatever may be in a local that is seen is seen. */
  finish(): void {
    for (let local = this.queue.pop(); local !== undefined; local = this.queue.pop()) {
      for (let flow = this.firstFlow[local] as number; flow > 0; flow = this.flowNext[flow - 1] as number) {
        this.observe(this.flowOrigins[flow - 1] as number);
      }
    }
  }

  private observeLocal(local: number): void {
    this.prepare();
    if (this.observed[local] === 1) return;
    this.observed[local] = 1;
    this.queue.push(local);
  }

  /** Most functions have no floats in locals: room for them is cleared when the first comes. */
  private prepare(): void {
    if (this.dirty) return;
    this.dirty = true;
    this.flowOrigins.length = 0;
    this.flowNext.length = 0;
    this.queue.length = 0;
    if (this.trackedLocals > this.observed.length) {
      this.observed = new Uint8Array(this.trackedLocals * 2);
      this.firstFlow = new Int32Array(this.trackedLocals * 2);
    } else {
      this.observed.fill(0, 0, this.trackedLocals);
      this.firstFlow.fill(0, 0, this.trackedLocals);
    }
  }
}
