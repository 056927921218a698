/**
 * Who proposed the newest blocks, whether with a stake, and which of them proved a segment of somebody's job. The state keeps it, one value a
 * block that takes the place of the oldest, so that whoever has the state needs no older header or body.
 * @module
 */
import { concatBytes, equalBytes } from "../codec/bytes.ts";
import { programValueKey } from "../ledger/state-key.ts";
import type { ValueSource, ValueWrite } from "./proof-queue.ts";

/** A block as the state remembers it. */
export interface RecentBlock {
  readonly height: number;
  /** Name of the proposer, from `proposerKeyOf`. */
  readonly proposer: Uint8Array;
  /** Whether it proved a segment that somebody had posted. */
  readonly provedJob: boolean;
  /** Whether its proposer had a stake that votes. */
  readonly bonded: boolean;
}

const nameBytes = 32;
const provedFlag = 1;
const bondedFlag = 2;

/** Keys of the places, made once: as many as the longest memory of any network has. */
const placeKeys: Uint8Array[] = [];

function placeKey(height: number, memoryBlocks: number): Uint8Array {
  const place = height % memoryBlocks;
  placeKeys[place] ??= programValueKey("recent", String(place));
  return placeKeys[place];
}

/** What a block leaves of itself. */
export function recentBlockWrite(
  { height, proposer, provedJob, bonded }: RecentBlock,
  memoryBlocks: number,
): ValueWrite {
  const flags = (provedJob ? provedFlag : 0) | (bonded ? bondedFlag : 0);
  return { key: placeKey(height, memoryBlocks), value: concatBytes(proposer, Uint8Array.of(flags)) };
}

/** The newest blocks before one at `nextHeight`, oldest first: all that are remembered, or as many as are asked for. */
export function readRecentBlocks(
  source: ValueSource,
  nextHeight: number,
  memoryBlocks: number,
  most = memoryBlocks,
): readonly RecentBlock[] {
  const blocks: RecentBlock[] = [];
  for (let height = Math.max(1, nextHeight - Math.min(most, memoryBlocks)); height < nextHeight; height++) {
    const value = source.get(placeKey(height, memoryBlocks));
    if (value === undefined) continue;
    const flags = value[nameBytes] ?? 0;
    const [provedJob, bonded] = [(flags & provedFlag) !== 0, (flags & bondedFlag) !== 0];
    blocks.push({ height, proposer: value.subarray(0, nameBytes), provedJob, bonded });
  }
  return blocks;
}

/** Those of a proposer. */
export function blocksOf(blocks: readonly RecentBlock[], proposer: Uint8Array): readonly RecentBlock[] {
  return blocks.filter((block) => equalBytes(block.proposer, proposer));
}
