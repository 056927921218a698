/**
 * What goes from the state by itself when its time is over: remembered ids, leases of memory, processes; and the storage deals
 * whose next step has come. Nobody has to clear it away, so nobody can leave it lying: each block takes what is due, the oldest first and a bounded number, and
 * what is left waits for the next ones.
 * @module
 */
import { limits } from "../parameters.ts";
import type { ValueWrite } from "../programs/proof-queue.ts";
import { outputKey, type StateView, type StoredOutput } from "./state.ts";
import { lapseKey, lastHeightOf, namespace } from "./state-key.ts";
import { leaseOf, processOf } from "./things.ts";
import type { Output } from "./transaction.ts";

/**
 * Height of the last block in which an output can be taken; it goes with one of the next. Null for coins, which stay. A
 * process outlives its lease for a while, so that how it ended can still be said.
 */
export function lapsesAfter(output: Output): number | null {
  const lease = leaseOf(output);
  if (lease !== null) return lease.untilHeight;
  const process = processOf(output);
  return process === null ? null : process.lease.untilHeight + limits.processGraceBlocks;
}

/** The mark under which the end of an output is found: set when it is made, removed when it is taken. Coins have none. */
export function lapseMark({ outPoint, output }: Pick<StoredOutput, "outPoint" | "output">): ValueWrite | null {
  const lastHeight = lapsesAfter(output);
  if (lastHeight === null) return null;
  const value = outputKey(outPoint);
  return { key: lapseKey(value, lastHeight), value };
}

/** What a block of `height` clears away of the state before it. No transaction in the block can have taken any of it. */
export function clearances(state: StateView, height: number): readonly ValueWrite[] {
  const ids = due(state, namespace.rememberedId, height, limits.blockClearances).map(([key]) => key);
  const outputs = due(state, namespace.lapse, height, limits.blockClearances).flat();
  return [...ids, ...outputs].map((key) => ({ key, value: null }));
}

/**
 * State keys of the deals that a block of `height` looks after: those that nobody accepted in time, and, if it draws audits,
 * those whose period is over.
 */
export function dueDeals(state: StateView, height: number, drawsAudits: boolean): readonly Uint8Array[] {
  const waiting = due(state, namespace.waitingDeal, height, limits.blockReturnedDeals);
  const audits = drawsAudits ? due(state, namespace.audit, height, limits.blockAudits) : [];
  return [...waiting, ...audits].map(([, deal]) => deal);
}

function due(state: StateView, space: number, height: number, most: number): (readonly [Uint8Array, Uint8Array])[] {
  const found: (readonly [Uint8Array, Uint8Array])[] = [];
  for (const entry of state.entries(Uint8Array.of(space))) {
    if (lastHeightOf(entry[0]) >= height || found.length === most) break;
    found.push(entry);
  }
  return found;
}
