/**
 * Types of a function's locals. A few bytes can declare tens of thousands, so runs are kept, and only as many are spelled
 * out as the body has bytes: no body of a compiler uses more.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { invalid, tooMany } from "./failure.ts";
import { moduleLimits } from "./limits.ts";
import { readValueType } from "./types.ts";

/** Locals of one function at a time, parameters first. */
export class LocalTypes {
  /** Parameters and declared locals. */
  count = 0;
  /** Declared ones alone: those are zeroed at every entry. */
  declared = 0;
  /** Groups of declared locals, and where their bytes are. */
  groups = 0;
  groupsFrom = 0;
  groupsTo = 0;
  /** Of the first this many the type is found at once. */
  spelledOut = 0;
  private types = new Uint8Array(256);
  private runEnds: number[] = [];
  private runTypes: number[] = [];

  /** Starts anew: the parameters, then the declarations at the beginning of a body that ends where `reader` does. */
  read(reader: BinaryReader, parameters: readonly number[]): void {
    this.runEnds = [];
    this.runTypes = [];
    this.count = 0;
    const most = parameters.length + reader.end - reader.position;
    for (const type of parameters) this.addRun(1, type);
    const at = reader.position;
    this.groups = reader.count("groups of locals", reader.end - reader.position);
    this.groupsFrom = reader.position;
    for (let i = 0; i < this.groups; i++) {
      const count = reader.unsigned32();
      if (this.count + count > moduleLimits.locals) {
        throw tooMany(at, "locals in a function", this.count + count, moduleLimits.locals);
      }
      this.addRun(count, readValueType(reader));
    }
    this.groupsTo = reader.position;
    this.declared = this.count - parameters.length;
    this.spellOut(Math.min(this.count, most));
  }

  /** Type of a local. */
  type(index: number, offset: number): number {
    if (index < this.spelledOut) return this.types[index] as number;
    if (index >= this.count) throw invalid(offset, `there is no local ${index}.`);
    let low = 0;
    let high = this.runEnds.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.runEnds[middle] as number) > index) high = middle;
      else low = middle + 1;
    }
    return this.runTypes[low] as number;
  }

  private addRun(count: number, type: number): void {
    this.count += count;
    this.runEnds.push(this.count);
    this.runTypes.push(type);
  }

  private spellOut(count: number): void {
    if (count > this.types.length) this.types = new Uint8Array(count * 2);
    this.spelledOut = count;
    let from = 0;
    for (let run = 0; from < count; run++) {
      const to = Math.min(count, this.runEnds[run] as number);
      this.types.fill(this.runTypes[run] as number, from, to);
      from = to;
    }
  }
}
