/**
 * `proof.post`: queues a program of the Veil machine to be proved, segment by segment, by the blocks to come. The program
 * is run here, under its segment cap, so that nothing enters the queue that cannot be finished.
 * @module
 */
import { enqueueJob, queuedJobs, readProofQueue, segmentPriceNano } from "../../programs/proof-queue.ts";
import { runToHalt } from "../../proofs/machine/interpreter.ts";
import { initialState, programFromWords } from "../../proofs/machine/program.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";

/** A job needs a program that halts within the segments it pays for, and a free place in the queue. */
export const proofPost: Rule<Extract<Command, { type: "proof.post" }>> = (command, context) => {
  if (context.transaction.inputs.length === 0) {
    return rejected("rule-violated", "A job must consume coins: it pays for each of its segments.");
  }
  const { segments, segmentFeeNano } = command;
  // Before the program is run: whoever sends jobs while there is no place shall cost next to nothing.
  const waiting = readProofQueue(context.values).length;
  if (waiting >= queuedJobs) {
    return rejected("queue-full", `${queuedJobs} jobs wait to be proved already; try again after a few blocks.`);
  }
  const leastNano = segmentPriceNano(waiting, context.parameters);
  if (segmentFeeNano < leastNano) {
    const message = `With ${waiting} jobs before it, a segment must pay at least ${leastNano} nano-AETH, not ${segmentFeeNano}. Post it again at that price, or when fewer wait.`;
    return rejected("fee-too-low", message, { leastNano });
  }
  const lockedNano = segmentFeeNano * BigInt(segments);
  const inNano = context.inputs.reduce((sum, { output }) => sum + output.amount, 0n);
  // Escrow counts in 64 bits: a price beyond all coins must be refused before it is added.
  if (lockedNano > inNano) {
    const message = `The inputs hold ${inNano} nano-AETH; the job's segments cost ${lockedNano}.`;
    return rejected("not-balanced", message, { inNano, lockedNano });
  }
  const program = programFromWords(command.program);
  if (!program.ok) return program;
  const start = initialState(command.input);
  if (!start.ok) return start;
  const boundaries = runToHalt(program.value, start.value, segments);
  if (!boundaries.ok) return boundaries;
  const needed = boundaries.value.length - 1;
  if (needed !== segments) {
    return rejected("rule-violated", `The program halts after ${needed} segments; the job pays for ${segments}.`, {
      needed,
    });
  }
  const queued = { id: context.transactionId, segments, provedBits: 0n, segmentFeeNano };
  return accepted({
    ...noEffect,
    lockedNano,
    writes: enqueueJob(context.values, queued, { program: command.program, input: command.input }),
  });
};
