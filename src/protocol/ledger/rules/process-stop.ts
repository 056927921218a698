/**
 * `process.stop`: a process has ended, with its owner's word on how. The lease is back; if its time is over, it goes with
 * the next block. The word is self-attested: the chain only holds that it agrees with itself and with the lease.
 * @module
 */
import { limits } from "../../parameters.ts";
import { accepted, type Rejected, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import type { ProcessReceipt } from "../process-receipt.ts";
import { leaseOutput } from "../things.ts";
import { takenProcess } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";

/** What no run can have been like, whoever says so. */
function checkReceipt(receipt: ProcessReceipt, leasedPages: number): Rejected | null {
  const { exit, fuelUsed, fuelLimit, memoryPages, memoryPeakPages } = receipt;
  if (memoryPages > leasedPages) {
    const message = `The receipt speaks of ${memoryPages} pages; the lease has ${leasedPages}.`;
    return rejected("rule-violated", message, { leasedPages });
  }
  if (memoryPeakPages > memoryPages)
    return rejected("rule-violated", "The receipt's peak of memory is above its own cap.");
  if (fuelUsed > fuelLimit) return rejected("rule-violated", "The receipt's fuel is above its own limit.");
  return exit.type === "exit" || exit.code === 0
    ? null
    : rejected("rule-violated", "The receipt has an exit code of a program that did not exit.");
}

/** The first input is the process, the first output its lease again. */
export const processStop: Rule<Extract<Command, { type: "process.stop" }>> = ({ receipt }, context) => {
  const taken = takenProcess(context);
  if (!taken.ok) return taken;
  const { process, lock } = taken.value;
  const absurd = receipt === null ? null : checkReceipt(receipt, process.lease.bytes / limits.memoryPageBytes);
  if (absurd !== null) return absurd;
  return accepted({ ...noEffect, takes: 1, makes: [leaseOutput(process.lease, lock)] });
};
