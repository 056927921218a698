/**
 * Stamps of transactions that a node makes by itself, looked for by the same threads as nonces of blocks.
 * @module
 */
import { bigEndian } from "#protocol/codec/bytes.ts";
import { stampBytes, stampPreimage, stampTarget } from "#protocol/ledger/stamp.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { NonceSearch } from "./ports.ts";

/** Finds a stamp of so many bits; the cap on making blocks does not hold it up, for it takes milliseconds. */
export async function findStamp(
  search: Pick<NonceSearch, "start">,
  txId: Uint8Array,
  bits: number,
): Promise<Result<Uint8Array>> {
  const found = await search.start(stampPreimage(txId), stampTarget(bits), 0n, "at-once").result;
  return found === null
    ? rejected("cancelled", "No stamp was found: the threads have ended.")
    : accepted(bigEndian(found, stampBytes));
}
