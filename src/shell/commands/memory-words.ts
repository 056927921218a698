/**
 * Memory, leases, processes, receipts and all outputs that are no coins in words. Names and numbers in here were typed by anybody, so names go through
 * `sanitise`.
 * @module
 */
import { isMark } from "#identity/credentials/mark.ts";
import type { Command as LedgerCommand } from "#protocol/ledger/command.ts";
import type { ProcessExit, ProcessReceipt } from "#protocol/ledger/process-receipt.ts";
import { type LeaseRecord, leaseOf, processOf, stakeOf } from "#protocol/ledger/things.ts";
import type { Output } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { formatAmount } from "#wallet/amount.ts";
import { bytes, short } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";

/** What everybody who sees a receipt must know. */
export const selfAttested = "self-attested: only its owner says so";

/** "64.0 MiB for demo until block 500". */
export function leaseWords({ bytes: size, name, untilHeight }: LeaseRecord): string {
  return `${bytes(size)} for ${sanitise(name)} until block ${untilHeight}`;
}

/** An output that is no coin to be spent. */
export function thingWords(output: Output): string {
  if (isMark(output)) return `the mark of a credential, ${formatAmount(output.amount)} AETH`;
  const lease = leaseOf(output);
  if (lease !== null) return `a lease of ${leaseWords(lease)}`;
  const process = processOf(output);
  if (process !== null) return `a process of program ${short(process.programDigest)} with ${leaseWords(process.lease)}`;
  const stake = stakeOf(output);
  if (stake !== null) return `a stake behind the voting key ${short(stake.key)}`;
  return `a thing of kind ${output.kind}`;
}

/** What of a command everybody can read. */
export function visibleParts(command: LedgerCommand): string {
  switch (command.type) {
    case "process.start":
      return command.publicInput === null
        ? "keys, digests of program and input"
        : "keys, the program's digest, the whole input";
    case "process.stop":
      return "keys, how it ended, fuel, memory, the output's digest";
    case "stake.bond":
    case "stake.exit":
    case "stake.withdraw":
    case "stake.slash":
      return "keys, amounts, votes";
    case "did.rotate":
      return "both addresses, and that the second took over from the first";
    case "data.prove":
      return "keys, amounts, and the parts of the sealed file that were drawn";
    case "data.store":
    case "data.accept":
    case "data.delete":
    case "storage.offer":
    case "storage.withdraw":
    case "memory.allocate":
    case "memory.free":
    case "memory.offer":
    case "memory.withdraw":
      return "keys, amounts, sizes, names";
    default:
      return "keys, amounts, memo";
  }
}

/** One sentence on what a command about memory or processes does. */
export function memoryCommandWords(
  command: Extract<LedgerCommand, { type: `memory.${string}` | `process.${string}` }>,
): string {
  switch (command.type) {
    case "memory.offer":
      return `Offers ${bytes(command.bytes)} of memory until block ${command.untilHeight} at ${formatAmount(command.priceNano)} AETH a MiB; burns ${formatAmount(command.burnNano)} AETH.`;
    case "memory.withdraw":
      return `Takes back the offer ${short(command.offer)}. What is lent from it stays lent.`;
    case "memory.allocate":
      return `Takes ${bytes(command.bytes)} of memory from the offer ${short(command.offer)} for ${sanitise(command.name)}.`;
    case "memory.free":
      return "Gives a lease of memory back.";
    case "process.start":
      return `Starts the program ${short(command.programDigest)} within a lease. Its input is ${command.publicInput === null ? "not public" : "public"}. \`receipts\` tells how it ended.`;
    case "process.stop":
      return command.receipt === null
        ? "Stops a process without a receipt."
        : `Stops a process: ${exitWords(command.receipt.exit)} (${selfAttested}).`;
  }
}

const exitNames: Readonly<Record<ProcessExit["type"], string>> = {
  exit: "exit code",
  trap: "trapped",
  "out-of-fuel": "out of fuel",
  "out-of-stack": "out of stack",
  "too-much-output": "wrote too much",
  killed: "killed",
  "out-of-time": "out of time on its node",
  "node-fault": "failed by its node",
};

/** How a process ended. */
export function exitWords({ type, code }: ProcessExit): string {
  return type === "exit" ? `${exitNames.exit} ${code}` : exitNames[type];
}

/** Fuel and memory of a receipt. */
export function figureWords(receipt: ProcessReceipt): { readonly fuel: string; readonly memory: string } {
  const number = (value: number): string => value.toLocaleString("en");
  const pages = (count: number): string => bytes(count * limits.memoryPageBytes);
  return {
    fuel: `${number(receipt.fuelUsed)} of ${number(receipt.fuelLimit)}`,
    memory: `${pages(receipt.memoryPeakPages)} at its peak of ${pages(receipt.memoryPages)}`,
  };
}
