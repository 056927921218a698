/**
 * Answers about memory and processes: from the state, what waits in the pool, and the blocks that are kept.
 * @module
 */
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { lapsesAfter } from "#protocol/ledger/lapse.ts";
import { openedBy } from "#protocol/ledger/succession.ts";
import { type LeaseRecord, leaseOf, type ProcessRecord, processOf } from "#protocol/ledger/things.ts";
import type { Output, Transaction } from "#protocol/ledger/transaction.ts";
import { type MemoryOffer, standingOffers } from "#protocol/programs/memory-market.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { LeaseView, ProcessEnd, ProcessRunView, ProcessView } from "#sdk/memory.ts";
import { type TransactionStanding, whyGone } from "#sdk/standing.ts";
import type { Store } from "./ports.ts";
import { newestStops, stopOf } from "./transaction-rows.ts";
import { mostThings, type ThingSource, unspentThings } from "./unspent-things.ts";

/** What the answers are read from. */
export interface MemorySource extends ThingSource {
  readonly store: Store;
  /** A transaction and where it stands; null if it is not known here. */
  locate(id: Uint8Array): Promise<{ readonly transaction: Transaction; readonly standing: TransactionStanding } | null>;
}

/** Offers that stand in the next block. */
export function memoryOffers({ chain }: MemorySource): readonly MemoryOffer[] {
  return standingOffers(chain.state, chain.head.height + 1);
}

/** Leases that can be used or freed; with a name, those under it. */
export function leases(source: MemorySource, keyHash: Uint8Array, name?: string): readonly LeaseView[] {
  const { height } = source.chain.head;
  const named = (output: Output): LeaseRecord | null => {
    const lease = leaseOf(output);
    return name === undefined || lease?.name === name ? lease : null;
  };
  return unspentThings(source, keyHash, named).map(({ outPoint, thing, pending }) => ({
    outPoint,
    lease: thing,
    pending,
    expired: thing.untilHeight <= height,
  }));
}

/** Processes that nobody has stopped; with a name, those within a lease of it. */
export function processes(source: MemorySource, keyHash: Uint8Array, name?: string): readonly ProcessView[] {
  const named = (output: Output): ProcessRecord | null => {
    const process = processOf(output);
    return name === undefined || process?.lease.name === name ? process : null;
  };
  return unspentThings(source, keyHash, named).map(({ outPoint, thing, pending }) => ({
    outPoint,
    process: thing,
    pending,
  }));
}

async function endOf(source: MemorySource, processId: Uint8Array): Promise<ProcessEnd | null> {
  const waiting = source.pool.spenderOf({ txId: processId, index: 0 });
  const id = waiting === undefined ? await stopOf(source.store, processId) : fromHex(waiting);
  const found = id === undefined ? null : await source.locate(id);
  if (id === undefined || found?.transaction.command.type !== "process.stop") return null;
  return { id, standing: found.standing, receipt: found.transaction.command.receipt };
}

function notFound({ chain, pool }: MemorySource, id: Uint8Array): Rejected {
  const why = pool.obituary(id);
  if (why !== undefined) return { ...why, message: whyGone("It is not on the ledger, and will not be: ", why) };
  const { bodiesFrom } = chain.reader.kept;
  const horizon =
    bodiesFrom > 1 ? ` This node keeps processes started from block ${bodiesFrom} on; a seed keeps all.` : "";
  return rejected("not-found", `No process ${toHex(id)} is known here.${horizon}`);
}

/** A process by the id of its start or of its stop. */
export async function processRun(source: MemorySource, id: Uint8Array): Promise<Result<ProcessRunView>> {
  const found = await source.locate(id);
  if (found === null) return notFound(source, id);
  const { standing, transaction } = found;
  const { command } = transaction;
  const started = transaction.inputs[0];
  if (command.type === "process.stop" && started !== undefined) return processRun(source, started.txId);
  const output = transaction.outputs[0];
  const process = output === undefined ? null : processOf(output);
  if (command.type !== "process.start" || process === null || output?.lock.type !== "key") {
    return rejected("not-found", `The transaction ${toHex(id)} starts no process; it is a ${command.type}.`);
  }
  const { publicInput } = command;
  const end = await endOf(source, id);
  const lapsed = end === null && (lapsesAfter(output) ?? 0) <= source.chain.head.height;
  return accepted({ id, standing, owner: output.lock.keyHash, process, publicInput, end, lapsed });
}

/** Processes of a key that were stopped, newest first: those whose stop waits, then those in blocks. */
export async function receipts(source: MemorySource, keyHash: Uint8Array): Promise<readonly ProcessRunView[]> {
  const own = openedBy(source.chain.state, keyHash);
  const waiting = [...source.pool.best()]
    .filter(({ prepared, inputs }) => {
      const lock = inputs[0]?.output.lock;
      const stops = prepared.transaction.command.type === "process.stop";
      return stops && lock?.type === "key" && own.some((hash) => equalBytes(lock.keyHash, hash));
    })
    .map(({ prepared }) => prepared.id);
  const stops = [...waiting];
  // A key's are newer than those of the key it took over from.
  for (const hash of own) {
    if (stops.length < mostThings) stops.push(...(await newestStops(source.store, hash, mostThings - stops.length)));
  }
  const runs: ProcessRunView[] = [];
  for (const id of stops.slice(0, mostThings)) {
    const run = await processRun(source, id);
    if (run.ok) runs.push(run.value);
  }
  return runs;
}
