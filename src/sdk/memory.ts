/**
 * The contract between an interface and a node about memory and processes.
 * @module
 */
import type { ProcessReceipt } from "#protocol/ledger/process-receipt.ts";
import type { LeaseRecord, ProcessRecord } from "#protocol/ledger/things.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import type { MemoryOffer } from "#protocol/programs/memory-market.ts";
import type { Result } from "#protocol/result.ts";
import type { TransactionStanding } from "./standing.ts";

/** A lease that nothing spends, not even something that waits. */
export interface LeaseView {
  readonly outPoint: OutPoint;
  readonly lease: LeaseRecord;
  /** Whether what makes it still waits for a block; it can be used all the same. */
  readonly pending: boolean;
  /** Whether its time is over: the next block clears it away. */
  readonly expired: boolean;
}

/** A process that has not been stopped, as far as is known here. */
export interface ProcessView {
  /** Its transaction is the process's id. */
  readonly outPoint: OutPoint;
  readonly process: ProcessRecord;
  /** Whether its start still waits for a block. */
  readonly pending: boolean;
}

/** How a process ended, in its owner's word. */
export interface ProcessEnd {
  /** Id of the transaction that stops it. */
  readonly id: Uint8Array;
  readonly standing: TransactionStanding;
  /** Self-attested; null: the owner could not tell. */
  readonly receipt: ProcessReceipt | null;
}

/** A process from its start on. */
export interface ProcessRunView {
  /** Id of the transaction that started it. */
  readonly id: Uint8Array;
  readonly standing: TransactionStanding;
  /** Key hash of its owner. */
  readonly owner: Uint8Array;
  readonly process: ProcessRecord;
  /** Its encoded input, if everybody may have it. */
  readonly publicInput: Uint8Array | null;
  /** Null while it runs, and if nobody has stopped it. */
  readonly end: ProcessEnd | null;
  /** Whether nobody has stopped it and nobody can any more: the chain has cleared it away. */
  readonly lapsed: boolean;
}

/** Requests about memory and processes. */
export interface MemoryRequests {
  /** Offers of memory that stand. */
  memoryOffers(): Promise<Result<readonly MemoryOffer[]>>;
  /**
   * Leases of a key, oldest first; at most 100. With a name only those under it: anybody can lease for another's key, so a
   * list of all can be filled with what its owner never asked for.
   */
  leases(keyHash: Uint8Array, name?: string): Promise<Result<readonly LeaseView[]>>;
  /** Processes of a key that run, oldest first; at most 100. With a name only those within a lease of it. */
  processes(keyHash: Uint8Array, name?: string): Promise<Result<readonly ProcessView[]>>;
  /** Processes of a key that were stopped, newest first; at most 100, as far as blocks are kept here. */
  receipts(keyHash: Uint8Array): Promise<Result<readonly ProcessRunView[]>>;
  /** A process by the id of its start or of its stop. */
  process(id: Uint8Array): Promise<Result<ProcessRunView>>;
}
