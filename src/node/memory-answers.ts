/**
 * Answers about memory and processes: from the state, what waits in the pool, and the blocks that are kept.
 * @module
 */
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { lapsesAfter } from "#protocol/ledger/lapse.ts";
import { type LeaseRecord, leaseOf, type ProcessRecord, processOf } from "#protocol/ledger/things.ts";
import type { OutPoint, Output, Transaction } from "#protocol/ledger/transaction.ts";
import { type MemoryOffer, standingOffers } from "#protocol/programs/memory-market.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { LeaseView, ProcessEnd, ProcessRunView, ProcessView } from "#sdk/memory.ts";
import type { TransactionStanding } from "#sdk/standing.ts";
import type { Chain } from "./chain.ts";
import type { Mempool } from "./mempool.ts";
import type { Store } from "./ports.ts";
import { newestStops, stopOf } from "./transaction-rows.ts";

/** What the answers are read from. */
export interface MemorySource {
  readonly chain: Chain;
  readonly pool: Mempool;
  readonly store: Store;
  /** A transaction and where it stands; null if it is not known here. */
  locate(id: Uint8Array): Promise<{ readonly transaction: Transaction; readonly standing: TransactionStanding } | null>;
}

/** Most lines one list answers with. */
const mostLines = 100;

/** Offers that stand in the next block. */
export function memoryOffers({ chain }: MemorySource): readonly MemoryOffer[] {
  return standingOffers(chain.state, chain.head.height + 1);
}

interface Unspent<Thing> {
  readonly outPoint: OutPoint;
  readonly thing: Thing;
  readonly pending: boolean;
}

/** A key's unspent things of a kind, oldest first: those of the state, then those that waiting transactions make. */
function unspent<Thing>(
  { chain, pool }: MemorySource,
  keyHash: Uint8Array,
  read: (output: Output) => Thing | null,
): readonly Unspent<Thing>[] {
  const free = (outPoint: OutPoint): boolean => pool.spenderOf(outPoint) === undefined;
  const confirmed = chain.coins
    .thingsOf(keyHash)
    .filter(({ outPoint }) => free(outPoint))
    .sort((a, b) => a.height - b.height)
    .map(({ outPoint, output }) => ({ outPoint, output, pending: false }));
  const waiting = [...pool.best()].flatMap(({ prepared: { id, transaction } }) =>
    transaction.outputs.flatMap((output, index) => {
      const ours = output.lock.type === "key" && equalBytes(output.lock.keyHash, keyHash);
      const outPoint = { txId: id, index };
      return ours && free(outPoint) ? [{ outPoint, output, pending: true }] : [];
    }),
  );
  return [...confirmed, ...waiting]
    .flatMap(({ outPoint, output, pending }) => {
      const thing = read(output);
      return thing === null ? [] : [{ outPoint, thing, pending }];
    })
    .slice(0, mostLines);
}

/** Leases that can be used or freed; with a name, those under it. */
export function leases(source: MemorySource, keyHash: Uint8Array, name?: string): readonly LeaseView[] {
  const { height } = source.chain.head;
  const named = (output: Output): LeaseRecord | null => {
    const lease = leaseOf(output);
    return name === undefined || lease?.name === name ? lease : null;
  };
  return unspent(source, keyHash, named).map(({ outPoint, thing, pending }) => ({
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
  return unspent(source, keyHash, named).map(({ outPoint, thing, pending }) => ({
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
  if (why !== undefined) return { ...why, message: `It is not on the ledger, and will not be: ${why.message}` };
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
  const waiting = [...source.pool.best()]
    .filter(({ prepared, inputs }) => {
      const lock = inputs[0]?.output.lock;
      const stops = prepared.transaction.command.type === "process.stop";
      return stops && lock?.type === "key" && equalBytes(lock.keyHash, keyHash);
    })
    .map(({ prepared }) => prepared.id);
  const stops = [...waiting, ...(await newestStops(source.store, keyHash, mostLines))].slice(0, mostLines);
  const runs: ProcessRunView[] = [];
  for (const id of stops) {
    const run = await processRun(source, id);
    if (run.ok) runs.push(run.value);
  }
  return runs;
}
