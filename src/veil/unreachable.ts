/**
 * What is said when something of the app that running a program takes could not be loaded.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";

/** Parts of the app come from the seed alone; nothing is lost while it is away, and nothing has run. */
export function unreachable(what: string): Rejected {
  return rejected(
    "disconnected",
    `${what} could not be loaded. Nothing ran. Try again when this node's seed can be reached.`,
  );
}
