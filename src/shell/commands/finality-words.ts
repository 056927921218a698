/**
 * Finality in words: the same in `finality`, `status`, and on the page.
 * @module
 */
import { networks } from "#protocol/parameters.ts";
import type { NodeStatus } from "#sdk/contract.ts";
import type { VoteSilence } from "#sdk/finality.ts";

/** What stands where finality is asked for while nobody votes. */
const notYet = "not yet";

/** The page's fact: the newest final block, or that there is none. */
export function finalityFact(status: Pick<NodeStatus, "network" | "height" | "finalisedHeight">): string {
  const { network, height, finalisedHeight } = status;
  if (finalisedHeight === null) return notYet;
  const stalls = height - finalisedHeight >= networks[network].finality.stallBlocks;
  return `block ${finalisedHeight}${stalls ? ", stands still" : ""}`;
}

/** The line of `status`. */
export function finalityLine(status: Pick<NodeStatus, "network" | "height" | "finalisedHeight">): string {
  const { height, finalisedHeight } = status;
  if (finalisedHeight === null) return `${notYet}: nobody votes; \`man stake\` says how`;
  const open = height - finalisedHeight;
  const rest = open === 0 ? "the newest" : `${open} ${open === 1 ? "block" : "blocks"} after it not yet`;
  return `${finalityFact(status)} (${rest})`;
}

/** What follows from finality standing still for long. */
export function leakWarning(stalledBlocks: number): string {
  return `Nothing has become final for ${stalledBlocks} blocks: more than a third of the stake is not heard. The weight of who is away goes until two thirds of the rest can go on. If the network is cut in two and stays so while that happens, both halves could finalise different blocks and nobody would be to blame: wait with what must not be reversed, and see \`peers\`.`;
}

/** Why the stake of this device casts no votes; what passes by itself is no warning. */
export function silenceWords({ message, passes }: VoteSilence): readonly [string, "warning" | "dim"] {
  return [`This device does not vote: ${message}`, passes ? "dim" : "warning"];
}

/** That a transaction can never be undone. */
export const finalWords = "Final: no branch without it can be chosen any more.";
