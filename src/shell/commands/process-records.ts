/**
 * A program's run on the ledger: a start before it runs, a stop with its receipt after it. Neither waits for a block. The
 * user is asked once: who agrees to the start agrees to what will be said at the end.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { ProcessReceipt } from "#protocol/ledger/process-receipt.ts";
import type { LeaseRecord } from "#protocol/ledger/things.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { processInputDigest } from "#protocol/veil/process-input.ts";
import type { LeaseView } from "#sdk/memory.ts";
import { type OwnedProcess, planProcessStart, planProcessStop } from "#wallet/memory-plans.ts";
import { bytes } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { CommandContext } from "./command.ts";
import { unlocked } from "./identity.ts";
import { selfAttested } from "./memory-words.ts";
import { consent, planContext, signAndSend, signerOf } from "./spending.ts";

/** A run that is to be on the ledger. */
export interface ProcessOrder {
  /** Name of the lease that it runs within. */
  readonly name: string;
  readonly programDigest: Uint8Array;
  /** As `encodeProcessInput` gives it. */
  readonly input: Uint8Array;
  /** Put the whole input on the ledger, so that anybody can run the program again. */
  readonly isPublic: boolean;
}

/** A run whose start was sent. */
export interface StartedProcess {
  /** Id of the transaction that starts it: the process's id. */
  readonly id: Uint8Array;
  /** The lease's: the cap of the run's linear memory. */
  readonly memoryPages: number;
  readonly owned: OwnedProcess;
}

/** Pages of a lease. */
function pagesOf({ bytes: size }: LeaseRecord): number {
  return size / limits.memoryPageBytes;
}

/** The oldest lease of a key under a name that can back a process; says what to do if there is none. */
export async function leaseNamed(
  { client }: Pick<CommandContext, "client">,
  keyHash: Uint8Array,
  name: string,
): Promise<Result<LeaseView>> {
  const named = await client.leases(keyHash, name);
  if (!named.ok) return named;
  const standing = named.value.find(({ expired }) => !expired);
  if (standing !== undefined) return accepted(standing);
  const word = sanitise(name);
  const [ended] = named.value;
  if (ended !== undefined) {
    return rejected(
      "lease-expired",
      `The memory for ${word} was leased until block ${ended.lease.untilHeight}. \`alloc 64MiB --process ${word}\` leases it anew.`,
    );
  }
  const running = await client.processes(keyHash, name);
  const holder = running.ok ? running.value[0] : undefined;
  const message =
    holder === undefined
      ? `There is no memory for ${word}; \`alloc 64MiB --process ${word}\` leases some.`
      : `The memory for ${word} is held by the process ${toHex(holder.outPoint.txId)}, which has not been stopped. If it does not run any more, \`free ${word} --stop\` ends it without a receipt.`;
  return rejected("not-found", message);
}

/** Names of leases that a run may be within. */
export async function ownLeases({ client }: Pick<CommandContext, "client">): Promise<readonly string[]> {
  const vault = await client.vaultStatus();
  const keyHash = vault.ok ? vault.value.keyHash : null;
  const held = keyHash === null ? null : await client.leases(keyHash);
  return held?.ok ? held.value.filter(({ expired }) => !expired).map(({ lease }) => lease.name) : [];
}

/** Plans a start, shows it, asks, signs and sends. The lease's pages are the run's cap. */
export async function startProcess(
  context: CommandContext,
  order: ProcessOrder,
  flags: ReadonlySet<string>,
): Promise<Result<StartedProcess>> {
  const { name, programDigest, input, isPublic } = order;
  if (isPublic && input.length > limits.publicInputBytes) {
    const message = `The input has ${input.length} bytes with arguments and files; at most ${limits.publicInputBytes} can be public. Run it without publishing the input.`;
    return rejected("invalid-argument", message);
  }
  const keys = await unlocked(context);
  if (keys === null)
    return rejected("cancelled", "Without your keys nothing can be put on the ledger; nothing was run.");
  const planning = await planContext(context, keys.keyHash);
  if (!planning.ok) return planning;
  const lease = await leaseNamed(context, keys.keyHash, name);
  if (!lease.ok) return lease;
  const start = { programDigest, inputDigest: processInputDigest(input), publicInput: isPublic ? input : null };
  const plan = planProcessStart(lease.value, start, null, planning.value);
  if (!plan.ok) return plan;
  const covers = `what is said when it ends as well: how, fuel, memory and the output's digest (${selfAttested})`;
  const said = await consent(context, plan.value, flags, covers);
  if (said !== "agreed") return rejected("cancelled", "Nothing was run.");
  const signer = signerOf(context, keys.publicKey, planning.value.stampBits);
  const sent = await signAndSend(context, plan.value, signer, !flags.has("json"));
  if (!sent.ok) return sent;
  const { programDigest: program, inputDigest } = start;
  const process = { programDigest: program, inputDigest, lease: lease.value.lease };
  return accepted({
    id: sent.value,
    memoryPages: pagesOf(lease.value.lease),
    owned: { outPoint: { txId: sent.value, index: 0 }, process },
  });
}

/** Says how a process ended (null: nobody can tell); needs no further consent. Gives the id of the stop. */
export async function stopProcess(
  context: CommandContext,
  { owned }: Pick<StartedProcess, "owned">,
  receipt: ProcessReceipt | null,
): Promise<Result<Uint8Array>> {
  const { name, bytes: size } = owned.process.lease;
  const keys = await unlocked(context);
  if (keys === null) {
    const word = sanitise(name);
    const message = `Your keys are locked, so how it ended is not on the ledger. \`free ${word} --stop\` gives its ${bytes(size)} back.`;
    return rejected("vault-locked", message);
  }
  const planning = await planContext(context, keys.keyHash);
  if (!planning.ok) return planning;
  const plan = planProcessStop(owned, receipt, null, planning.value);
  if (!plan.ok) return plan;
  return signAndSend(context, plan.value, signerOf(context, keys.publicKey, planning.value.stampBits), false);
}
