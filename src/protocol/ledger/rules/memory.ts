/**
 * What the rules about memory and processes share.
 * @module
 */
import { limits } from "../../parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "../../result.ts";
import { lapsesAfter } from "../lapse.ts";
import { currentKeyHash, currentLock } from "../succession.ts";
import { type LeaseRecord, leaseOf, type ProcessRecord, processOf } from "../things.ts";
import type { Output } from "../transaction.ts";
import type { RuleContext } from "./rule.ts";

/** The key whose signature the first input needs, by its hash; null if there is no input or it has another lock. */
export function keyOfFirstInput({ inputs, values }: Pick<RuleContext, "inputs" | "values">): Uint8Array | null {
  const lock = inputs[0]?.output.lock;
  return lock?.type === "key" ? currentKeyHash(values, lock.keyHash) : null;
}

/** Memory is lent in whole pages, or a lease would say more than a program can have. */
export function wholePages(bytes: number): Result<number> {
  const pages = bytes / limits.memoryPageBytes;
  return pages > 0 && Number.isInteger(pages)
    ? accepted(pages)
    : rejected(
        "rule-violated",
        `Memory is counted in whole pages of ${limits.memoryPageBytes} bytes; ${bytes} is none.`,
      );
}

/** What has lapsed goes by itself: taking it is refused even while it still lies there for want of room in blocks. */
function checkTime(output: Output, untilHeight: number, height: number): Rejected | null {
  if ((lapsesAfter(output) ?? height) >= height) return null;
  return rejected("lease-expired", `The lease ended at height ${untilHeight}; allocate a new one.`, { untilHeight });
}

/** The lease that a transaction consumes first, with the lock it goes on under. */
export function takenLease({
  inputs,
  height,
  values,
}: RuleContext): Result<{ lease: LeaseRecord; lock: Output["lock"] }> {
  const output = inputs[0]?.output;
  const lease = output === undefined ? null : leaseOf(output);
  if (output === undefined || lease === null)
    return rejected("rule-violated", "The first input must be a lease of memory.");
  return checkTime(output, lease.untilHeight, height) ?? accepted({ lease, lock: currentLock(values, output.lock) });
}

/** The process that a transaction consumes first, with the lock it goes on under. */
export function takenProcess({ inputs, height, values }: RuleContext): Result<{
  process: ProcessRecord;
  lock: Output["lock"];
}> {
  const output = inputs[0]?.output;
  const process = output === undefined ? null : processOf(output);
  if (output === undefined || process === null) return rejected("rule-violated", "The first input must be a process.");
  return (
    checkTime(output, process.lease.untilHeight, height) ??
    accepted({ process, lock: currentLock(values, output.lock) })
  );
}
