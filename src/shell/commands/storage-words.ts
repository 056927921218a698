/**
 * What is said of commands about storage deals. A peer's name in here was typed by anybody, so it goes through `sanitise`.
 * @module
 */
import type { Command as LedgerCommand } from "#protocol/ledger/command.ts";
import { formatAmount } from "#wallet/amount.ts";
import { bytes, short } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";

type StorageCommand = Extract<
  LedgerCommand,
  { type: `storage.${string}` | "data.store" | "data.accept" | "data.prove" | "data.delete" }
>;

/** Whether a command is about keeping files. */
export function isStorageCommand(command: LedgerCommand): command is StorageCommand {
  return command.type.startsWith("storage.") || command.type.startsWith("data.");
}

/** One sentence on what a command about keeping files does. */
export function storageCommandWords(command: StorageCommand): string {
  switch (command.type) {
    case "storage.offer":
      return `Offers to keep ${bytes(command.bytes)} for others on ${sanitise(command.peer)} until block ${command.untilHeight}, at ${formatAmount(command.priceNano)} AETH a MiB and audit; bonds ${formatAmount(command.bondNano)} AETH.`;
    case "storage.withdraw":
      return `Takes back the offer of storage ${short(command.offer)}. Deals made with it go on.`;
    case "data.store":
      return `Asks the keeper of the offer ${short(command.offer)} to answer for ${bytes(command.bytes)} for ${command.periods} audit${command.periods === 1 ? "" : "s"}, and locks their price until it shows them.`;
    case "data.accept":
      return `Answers for the bytes of the deal ${short(command.deal)} with a part of the keeper's bond.`;
    case "data.prove":
      return `Shows the ${command.leaves.length} parts that audit ${command.period} of the deal ${short(command.deal)} has drawn, and is paid for it.`;
    case "data.delete":
      return `Ends the deal ${short(command.deal)}: its running audit is the last, then what is left comes back.`;
  }
}
