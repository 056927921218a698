/**
 * Voters that have taken their stake back, remembered for a while: each has shown that it knows its key's secret, so what it
 * signed together with others stays evidence against those who still have a stake.
 * @module
 */
import { equalBytes, toHex } from "../codec/bytes.ts";
import { byteString, decode, encode, list, record, type Schema, unsigned } from "../codec/schema.ts";
import { voteKeyBytes } from "../consensus/certificate.ts";
import { programValueKey } from "../ledger/state-key.ts";
import { limits } from "../parameters.ts";
import type { ValueSource, ValueWrite } from "./proof-queue.ts";

/** A key that has been shown to be its owner's, and the last block in which that counts. */
interface FormerVoter {
  readonly key: Uint8Array;
  readonly untilHeight: number;
}

const formerKey = programValueKey("stake", "former");

/** As many as there are places: if more leave within the time the oldest are forgotten. */
const formerSchema: Schema<readonly FormerVoter[]> = list(
  record<FormerVoter>({ key: byteString(voteKeyBytes, voteKeyBytes), untilHeight: unsigned() }),
  limits.voters,
);

const valueBytes = 65_536;

function read(source: ValueSource): readonly FormerVoter[] {
  const value = source.get(formerKey);
  if (value === undefined) return [];
  const decoded = decode(formerSchema, value, valueBytes);
  if (!decoded.ok) throw new Error(`the state holds a broken list of former voters: ${decoded.message}`);
  return decoded.value;
}

/** Keys, in hexadecimal, of voters that have left not long before a block of `height`. */
export function formerKeys(source: ValueSource, height: number): ReadonlySet<string> {
  return new Set(
    read(source)
      .filter(({ untilHeight }) => untilHeight >= height)
      .map(({ key }) => toHex(key)),
  );
}

/** What to write when a voter takes its stake back in a block of `height`. */
export function formerWrite(source: ValueSource, key: Uint8Array, height: number, blocks: number): ValueWrite {
  const others = read(source).filter((one) => one.untilHeight >= height && !equalBytes(one.key, key));
  const all = [...others, { key, untilHeight: height + blocks }].slice(-limits.voters);
  return { key: formerKey, value: encode(formerSchema, all) };
}
