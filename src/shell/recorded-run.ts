/**
 * A run on the ledger: within a lease of memory, its start signed before it and a receipt after it.
 * @module
 */
import { sha256 } from "#protocol/codec/hash.ts";
import { type ProcessReceipt, processOutputDigest } from "#protocol/ledger/process-receipt.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { meteringDigest } from "#protocol/veil/costs.ts";
import { encodeProcessInput } from "#protocol/veil/process-input.ts";
import type { RunResult } from "#veil/run.ts";
import type { CommandContext } from "./commands/command.ts";
import { unlocked } from "./commands/identity.ts";
import { leaseNamed, startProcess, stopProcess } from "./commands/process-records.ts";
import { holdFuel } from "./fuel-holding.ts";
import type { ParsedOptions } from "./language/options.ts";
import { type ProgramOrder, runProgram } from "./program-run.ts";
import { orderOf } from "./run-order.ts";

/** What came of it. */
export interface RecordedRun {
  readonly order: ProgramOrder;
  readonly result: RunResult;
  /** Transaction of the start. */
  readonly process: Uint8Array;
  /** Transaction with the receipt; null if it could not be sent, which has been told. */
  readonly receipt: Uint8Array | null;
}

function receiptOf({ limits: asked }: ProgramOrder, result: RunResult): ProcessReceipt {
  const { end, output, fuelUsed, memoryPeakPages } = result;
  return {
    exit: { type: end.type, code: end.type === "exit" ? end.code : 0 },
    outputDigest: processOutputDigest(output),
    fuelUsed,
    fuelLimit: asked.fuel,
    memoryPeakPages,
    memoryPages: asked.memoryPages,
    meteringDigest: meteringDigest(),
  };
}

/** Runs what was typed within the lease of that name. What fails after the start was signed ends the process as well. */
export async function recordedRun(
  context: CommandContext,
  options: ParsedOptions,
  leaseName: string,
): Promise<Result<RecordedRun>> {
  const { flags } = options;
  const keys = await unlocked(context);
  if (keys === null) return rejected("cancelled", "Nothing was run.");
  const lease = await leaseNamed(context, keys.keyHash, leaseName);
  if (!lease.ok) return lease;
  const order = await orderOf(context, options, lease.value.lease.bytes / limits.memoryPageBytes);
  if (!order.ok) return order;
  const held = await holdFuel(context, order.value, true);
  if (!held.ok) return held;
  const { settle } = held.value;
  const { program, input } = order.value;
  const started = await startProcess(
    context,
    {
      name: leaseName,
      programDigest: sha256(program),
      input: encodeProcessInput(input),
      isPublic: flags.has("public"),
    },
    flags,
  );
  if (!started.ok) {
    await settle(started);
    return started;
  }
  const result = await runProgram(context, order.value, flags.has("json"));
  await settle(result);
  const stopped = await stopProcess(context, started.value, result.ok ? receiptOf(order.value, result.value) : null);
  if (!stopped.ok) context.refuse(stopped);
  if (!result.ok) return result;
  const receipt = stopped.ok ? stopped.value : null;
  return accepted({ order: order.value, result: result.value, process: started.value.id, receipt });
}
