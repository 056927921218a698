/**
 * What the rules see of the state: outputs and changes. Its keys are in state-key.ts, the tree that commits to it in
 * state-tree.ts.
 * @module
 */
import { bigEndian, concatBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { decode, encode, record, type Schema, unsigned } from "../codec/schema.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";
import { namespace } from "./state-key.ts";
import { type OutPoint, type Output, outPointSchema, outputSchema } from "./transaction.ts";

/** One key's value before and after; null means absent. Undoing swaps the two. */
export interface StateChange {
  readonly key: Uint8Array;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

/** Read access to a state. */
export interface StateView {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries whose key starts with `prefix`, in key order. */
  entries(prefix: Uint8Array): Iterable<readonly [key: Uint8Array, value: Uint8Array]>;
}

/** An unspent output as the state keeps it: it names itself, so that a scan of the state finds a key's coins. */
export interface StoredOutput {
  readonly outPoint: OutPoint;
  readonly output: Output;
  /** Height of the block that made it. */
  readonly height: number;
}

const storedOutputSchema: Schema<StoredOutput> = record<StoredOutput>({
  outPoint: outPointSchema,
  output: outputSchema,
  height: unsigned(),
});

/** State key of an output. */
export function outputKey(outPoint: OutPoint): Uint8Array {
  const digest = taggedHash("aether/output/1", outPoint.txId, bigEndian(outPoint.index, 4));
  return concatBytes(Uint8Array.of(namespace.output), digest.subarray(0, 31));
}

/** State value of an output. */
export function encodeStoredOutput(stored: StoredOutput): Uint8Array {
  return encode(storedOutputSchema, stored);
}

/** Reads an output back from a state value. */
export function decodeStoredOutput(value: Uint8Array): Result<StoredOutput> {
  return decode(storedOutputSchema, value, limits.transactionBytes);
}
