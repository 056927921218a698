/**
 * Which NaNs somebody can see. The bits of a NaN that arithmetic makes differ between processors; a value gets its one
 * form only where its bits are stored, reinterpreted, handed on or merged, and costs nothing where they cannot be seen.
 * What a loop puts into a local and somebody sees behind the loop gets it there: where the local is read.
 * @module
 */
import { type EditList, edit } from "./edits.ts";
import { isFloat, valueType } from "./types.ts";

/** A value on the stack that needs no attention and keeps its bits: not a float, or a float that came as it is. */
export const cleanOrigin = 0;

/** A float that is no NaN. */
export const numberOrigin = 0x7fffffff;

/** More than a function has locals: from here on the complement of an origin is the number of a reading's edit. */
const readings = 65_536;

/**
 * Follows floats from where they are made to where they are seen, through locals. An origin above zero is the number of
 * an edit, plus one; below zero the complement of a local, or
 * of {@link readings} and the number of an edit: then it was read behind a loop that puts something into it.
 */
export class FloatOrigins {
  private readonly edits: EditList;
  private trackedLocals = 0;
  private parameters = 0;
  private loops = 0;
  /** By local: whether everything that comes into it is made canonical before. */
  private observed = new Uint8Array(256);
  /** By local: whether it may hold bits of the program's own, which no reading may change. */
  private keepsBits = new Uint8Array(256);
  private firstFlow = new Int32Array(256);
  /** By local: the most loops around a place that puts something into it. */
  private writtenLoops = new Int32Array(256);
  /** Complements of origins, of locals all: somebody sees their bits. */
  private readonly queue: number[] = [];
  /** Readings that may be made canonical themselves. */
  private readonly late: number[] = [];
  /** Values put into locals, as linked lists: origin, next. */
  private readonly flowOrigins: number[] = [];
  private readonly flowNext: number[] = [];
  private dirty = false;

  constructor(edits: EditList) {
    this.edits = edits;
  }

  /** Starts a function; locals from `trackedLocals` on count as always seen. */
  begin(trackedLocals: number, parameters: number): void {
    this.trackedLocals = trackedLocals;
    this.parameters = parameters;
    this.loops = 0;
    this.dirty = false;
  }

  /** A loop begins. */
  enterLoop(): void {
    this.loops++;
  }

  /** The innermost loop ends. */
  leaveLoop(): void {
    this.loops--;
  }

  /** A float of unknown form was just made; `at` is the place behind the instruction. */
  made(type: number, at: number): number {
    const kind = type === valueType.f32 ? edit.canonicalF32 : edit.canonicalF64;
    return this.edits.add(kind, at, at, 0) + 1;
  }

  /** What reading a local gives; `at` is the place behind the instruction. */
  ofLocal(local: number, type: number, at: number): number {
    if (!isFloat(type) || local >= this.trackedLocals) return cleanOrigin;
    if (!this.dirty || (this.writtenLoops[local] as number) <= this.loops) return ~local;
    const kind = type === valueType.f32 ? edit.readF32 : edit.readF64;
    return ~(readings + this.edits.add(kind, at, at, local));
  }

  /** A value goes into a local. */
  intoLocal(local: number, type: number, origin: number): void {
    if (!isFloat(type) || origin === numberOrigin) return;
    if (local >= this.trackedLocals) {
      this.observe(origin);
      return;
    }
    this.prepare();
    if (origin === cleanOrigin || (origin < 0 && this.localOf(~origin) !== local)) this.keepsBits[local] = 1;
    if (origin === cleanOrigin) return;
    this.flowOrigins.push(origin);
    this.flowNext.push(this.firstFlow[local] as number);
    this.firstFlow[local] = this.flowOrigins.length;
    if (this.loops > (this.writtenLoops[local] as number)) this.writtenLoops[local] = this.loops;
  }

  /** Somebody sees the bits of a value. */
  observe(origin: number): void {
    if (origin < 0) {
      this.prepare();
      this.queue.push(~origin);
    } else if (origin > 0 && origin !== numberOrigin) this.edits.setArgument(origin - 1, 1);
  }

  /** Ends the function: whatever may be in a local that is seen is seen, there or where it is made. */
  finish(): void {
    if (!this.dirty) return;
    for (let read = this.queue.pop(); read !== undefined; read = this.queue.pop()) {
      const local = this.localOf(read);
      if (this.observed[local] === 1) continue;
      const mayChange = read >= readings && local >= this.parameters && this.keepsBits[local] === 0;
      if (mayChange) this.late.push(read - readings);
      else {
        this.observed[local] = 1;
        this.observeFlows(local);
      }
    }
    for (const read of this.late) {
      const argument = this.edits.argument(read);
      // One that is seen twice is here twice.
      if (argument >= 0 && this.observed[argument] === 0) this.edits.setArgument(read, ~argument);
    }
  }

  private localOf(read: number): number {
    return read < readings ? read : this.edits.argument(read - readings);
  }

  private observeFlows(local: number): void {
    for (let flow = this.firstFlow[local] as number; flow > 0; flow = this.flowNext[flow - 1] as number) {
      this.observe(this.flowOrigins[flow - 1] as number);
    }
  }

  /** Most functions have no floats in locals: room for them is cleared when the first comes. */
  private prepare(): void {
    if (this.dirty) return;
    this.dirty = true;
    for (const list of [this.flowOrigins, this.flowNext, this.queue, this.late]) list.length = 0;
    if (this.trackedLocals > this.observed.length) {
      const size = this.trackedLocals * 2;
      this.observed = new Uint8Array(size);
      this.keepsBits = new Uint8Array(size);
      this.firstFlow = new Int32Array(size);
      this.writtenLoops = new Int32Array(size);
      return;
    }
    for (const array of [this.observed, this.keepsBits, this.firstFlow, this.writtenLoops]) {
      array.fill(0, 0, this.trackedLocals);
    }
  }
}
