/**
 * A state with a block's changes on top while the block is being executed: reads fall through, writes collect, and the
 * whole comes out as one list of changes.
 * @module
 */
import { toHex } from "../codec/bytes.ts";
import {
  decodeStoredOutput,
  encodeStoredOutput,
  outputKey,
  type StateChange,
  type StateView,
  type StoredOutput,
} from "./state.ts";
import type { OutPoint } from "./transaction.ts";
import { type OutputSource, outPointName } from "./validation.ts";

interface Pending {
  readonly key: Uint8Array;
  readonly before: Uint8Array | null;
  after: Uint8Array | null;
}

/** Reads an output from a state. */
export function outputFromState(state: StateView, outPoint: OutPoint): StoredOutput | undefined {
  const value = state.get(outputKey(outPoint));
  if (value === undefined) return undefined;
  const stored = decodeStoredOutput(value);
  // The state is our own: a value under an output key that is no output is a bug, not bad input.
  if (!stored.ok) throw new Error(`the state holds a broken output: ${stored.message}`);
  return stored.value;
}

/** Collects the changes of one block. */
export class StateOverlay implements OutputSource {
  private readonly base: StateView;
  private readonly pending = new Map<string, Pending>();
  /** Outputs made or found in this block, so that none is decoded twice; null once spent. */
  private readonly outputs = new Map<string, StoredOutput | null>();

  constructor(base: StateView) {
    this.base = base;
  }

  output(outPoint: OutPoint): StoredOutput | undefined {
    const name = outPointName(outPoint);
    const known = this.outputs.get(name);
    if (known !== undefined) return known ?? undefined;
    const stored = outputFromState(this.base, outPoint);
    if (stored !== undefined) this.outputs.set(name, stored);
    return stored;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const pending = this.pending.get(toHex(key));
    return pending === undefined ? this.base.get(key) : (pending.after ?? undefined);
  }

  /** Sets or (null) deletes a value. */
  set(key: Uint8Array, after: Uint8Array | null): void {
    const name = toHex(key);
    const pending = this.pending.get(name);
    if (pending === undefined) this.pending.set(name, { key, before: this.base.get(key) ?? null, after });
    else pending.after = after;
  }

  /** Consumes an output. */
  spend(outPoint: OutPoint): void {
    this.outputs.set(outPointName(outPoint), null);
    this.set(outputKey(outPoint), null);
  }

  /** Creates an output. */
  create(stored: StoredOutput): void {
    this.outputs.set(outPointName(stored.outPoint), stored);
    this.set(outputKey(stored.outPoint), encodeStoredOutput(stored));
  }

  /** All changes; what was made and unmade within the block leaves no trace. */
  changes(): readonly StateChange[] {
    return [...this.pending.values()].filter(({ before, after }) => before !== null || after !== null);
  }
}
