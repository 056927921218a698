/**
 * Whether a seat is still its voter's where somebody else read it. A bitmap names seats, and means whoever had them in the
 * block that shows it: a voter that has left and taken its coins back makes room for another key.
 * @module
 */
import type { NetworkParameters } from "../parameters.ts";
import type { SeatedVoter } from "../programs/stake.ts";
import { certifiableBlocks } from "./finality.ts";

/**
 * Whether nobody else can have one of these seats, as they were after the block at `height`, in any block of a chain that
 * was `knownHeight` blocks high a while ago (it may have grown meanwhile, by what a stall is allowed to last). Only then is
 * it the fault of whoever shows an aggregate that these voters did not sign it.
 */
export function keepSeats(
  voters: readonly SeatedVoter[],
  height: number,
  knownHeight: number,
  { finality }: NetworkParameters,
): boolean {
  const newest = Math.max(height, knownHeight) + certifiableBlocks;
  return voters.every(({ exitHeight }) => (exitHeight ?? height) + finality.unbondingBlocks > newest);
}
