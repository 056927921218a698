/**
 * Where a newcomer begins to trust: a block that somebody it believes says is final, by a link or a flag. Votes of long ago
 * cost nothing to sign again, so without it a node that has seen nothing can be led onto a made-up history (weak
 * subjectivity). A device that knows a final block of its own keeps to that.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { firstEpochOf } from "#protocol/consensus/votes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FinalityMark } from "./chain-records.ts";

/** How a checkpoint is written in links and flags: height and hash. */
export function checkpointText({ height, hash }: FinalisedBlock): string {
  return `${height}:${toHex(hash)}`;
}

/** Reads what {@link checkpointText} writes. */
export function readCheckpoint(text: string): Result<FinalisedBlock> {
  const [, height = "", name = ""] = /^(\d{1,15}):([0-9a-fA-F]{64})$/.exec(text) ?? [];
  const hash = fromHex(name);
  if (hash?.length !== 32 || Number(height) < 1) {
    return rejected("invalid-argument", `"${text}" is no checkpoint: it is a height, a colon and the block's hash.`);
  }
  return accepted({ height: Number(height), hash });
}

/** What a node knows to be decided at its start; the checkpoint counts only if it knows nothing itself. */
export function markWith(stored: FinalityMark | null, checkpoint: FinalisedBlock | null): FinalityMark | null {
  if (checkpoint === null || (stored !== null && stored.finalised.height > 0)) return stored;
  const justified = { epoch: firstEpochOf(checkpoint.height), hash: checkpoint.hash };
  return { finalised: checkpoint, justified, finalisedBy: null, justifiedBy: null };
}
