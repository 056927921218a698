/**
 * Who proposed the newest blocks, and which of them proved a segment of somebody's job. The state keeps it, one value a
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
}

const nameBytes = 32;

/** Keys of the places, made once: as many as the longest memory of any network has. */
const placeKeys: Uint8Array[] = [];

function placeKey(height: number, memoryBlocks: number): Uint8Array {
  const place = height % memoryBlocks;
  placeKeys[place] ??= programValueKey("recent", String(place));
  return placeKeys[place];
}

/** What a block leaves of itself. */
export function recentBlockWrite({ height, proposer, provedJob }: RecentBlock, memoryBlocks: number): ValueWrite {
  return { key: placeKey(height, memoryBlocks), value: concatBytes(proposer, Uint8Array.of(provedJob ? 1 : 0)) };
}

/** The newest blocks before one at `nextHeight`, oldest first. */
export function readRecentBlocks(
  source: ValueSource,
  nextHeight: number,
  memoryBlocks: number,
): readonly RecentBlock[] {
  const blocks: RecentBlock[] = [];
  for (let height = Math.max(1, nextHeight - memoryBlocks); height < nextHeight; height++) {
    const value = source.get(placeKey(height, memoryBlocks));
    if (value === undefined) continue;
    blocks.push({ height, proposer: value.subarray(0, nameBytes), provedJob: value[nameBytes] === 1 });
  }
  return blocks;
}

/** Those of a proposer. */
export function blocksOf(blocks: readonly RecentBlock[], proposer: Uint8Array): readonly RecentBlock[] {
  return blocks.filter((block) => equalBytes(block.proposer, proposer));
}
