/**
 * `process.start`: a program runs now, within a lease. The lease is consumed and held by the process, not merely read:
 * so one lease cannot back two processes, and nobody can run within another's.
 * @module
 */
import { equalBytes } from "../../codec/bytes.ts";
import { accepted, rejected } from "../../result.ts";
import { processInputDigest } from "../../veil/process-input.ts";
import type { Command } from "../command.ts";
import { processOutput } from "../things.ts";
import { takenLease } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";

/** The first input is a lease that stands, the first output the process under the same lock. */
export const processStart: Rule<Extract<Command, { type: "process.start" }>> = (command, context) => {
  const { programDigest, inputDigest, publicInput } = command;
  const taken = takenLease(context);
  if (!taken.ok) return taken;
  const { lease, lock } = taken.value;
  if (publicInput !== null && !equalBytes(processInputDigest(publicInput), inputDigest)) {
    return rejected("rule-violated", "The input's digest is not that of the input.");
  }
  return accepted({ ...noEffect, takes: 1, makes: [processOutput({ programDigest, inputDigest, lease }, lock)] });
};
