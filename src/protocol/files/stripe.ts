/**
 * What belongs together of a file: the shards of one sealed piece. Who keeps one of them knows the names of the others, so
 * that keepers can see that one is gone and make it anew without its owner, and without a key.
 * @module
 */
import { concatBytes, equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { bytes32, list, record, type Schema, unsigned } from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { type ErasureCode, mostShards } from "./erasure-code.ts";

/** Shards of one code. Those of a code that needs one are copies: they have the same name. */
export interface Stripe {
  /** Shards that are needed. */
  readonly data: number;
  /** SHA-256 of each shard, data before parity. */
  readonly shards: readonly Uint8Array[];
}

/** Codec of a stripe; whether its numbers fit {@link checkStripe} says. */
export const stripeSchema: Schema<Stripe> = record<Stripe>({
  data: unsigned(mostShards),
  shards: list(bytes32, mostShards, 1),
});

/** The code of a stripe. */
export function codeOf({ data, shards }: Stripe): ErasureCode {
  return { data, parity: shards.length - data };
}

/** Keepers make lost shards anew at their own cost, so nobody may ask for many more than are needed. */
const mostParity = (data: number): number => data + 4;

/** A stripe needs one of its shards at least and no more than it has, and not many more; of copies all are the same. */
export function checkStripe({ data, shards }: Stripe): Result<null> {
  const [first = new Uint8Array()] = shards;
  const isCode = data >= 1 && data <= shards.length && shards.length <= data + mostParity(data);
  const fits = isCode && (data > 1 || shards.every((shard) => equalBytes(shard, first)));
  return fits ? accepted(null) : rejected("out-of-range", "The numbers of the shards do not fit together.");
}

/** What a stripe goes by, 32 bytes. Copies go by their one name, so that who knows no more than that finds them. */
export function stripeId({ data, shards }: Stripe): Uint8Array {
  const names = data === 1 ? shards.slice(0, 1) : shards;
  return taggedHash("aether/stripe/1", concatBytes(Uint8Array.of(data), ...names));
}
