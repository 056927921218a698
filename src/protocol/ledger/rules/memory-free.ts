/**
 * `memory.free`: gives a lease back. Its bytes return to the offer while that stands; the price does not.
 * @module
 */
import { returnBytes } from "../../programs/memory-market.ts";
import { accepted } from "../../result.ts";
import type { Command } from "../command.ts";
import { takenLease } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";

/** The first input is a lease that stands. One whose time is over goes by itself. */
export const memoryFree: Rule<Extract<Command, { type: "memory.free" }>> = (_command, context) => {
  const taken = takenLease(context);
  if (!taken.ok) return taken;
  const { offer, bytes } = taken.value.lease;
  return accepted({ ...noEffect, takes: 1, writes: returnBytes(context.values, offer, bytes) });
};
