/**
 * What a device stands on, in words: the same in `finality` and `doctor`.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { CheckpointStanding } from "./finality.ts";

/** Digits of a block's hash that tell it apart, as everywhere in the shell. */
const shortDigits = 12;

/** Which block somebody said to be final, and who. */
export function checkpointWords({ source, block, groups }: CheckpointStanding): string {
  if (block === null || source === "none") return "none: this device believes whom it met first";
  const by = {
    link: "from a link or flag",
    pinned: "pinned in this version of the app",
    peers: `agreed on by ${groups} independent peers`,
  }[source];
  return `block ${block.height} (${toHex(block.hash).slice(0, shortDigits)}), ${by}`;
}
