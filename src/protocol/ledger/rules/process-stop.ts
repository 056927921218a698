/**
 * `process.stop`: a process has ended, with its owner's word on how. The lease is free for another process, unless its
 * time is over. The word is self-attested: the chain only holds that no more memory is claimed than was leased.
 * @module
 */
import { limits } from "../../parameters.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { leaseOutput } from "../things.ts";
import { takenProcess } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";

/** The first input is the process; while its lease stands, the first output is that lease again. */
export const processStop: Rule<Extract<Command, { type: "process.stop" }>> = ({ receipt }, context) => {
  const taken = takenProcess(context);
  if (!taken.ok) return taken;
  const { process, lock } = taken.value;
  const { bytes, untilHeight } = process.lease;
  const leasedPages = bytes / limits.memoryPageBytes;
  if (receipt !== null && receipt.memoryPages > leasedPages) {
    const message = `The receipt speaks of ${receipt.memoryPages} pages; the lease has ${leasedPages}.`;
    return rejected("rule-violated", message, { leasedPages });
  }
  if (receipt !== null && receipt.memoryPeakPages > receipt.memoryPages) {
    return rejected("rule-violated", "The receipt's peak of memory is above its own cap.");
  }
  const stands = untilHeight >= context.height;
  return accepted({ ...noEffect, takes: 1, makes: stands ? [leaseOutput(process.lease, lock)] : [] });
};
