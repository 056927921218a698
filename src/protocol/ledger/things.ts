/**
 * Outputs that are no coins: a lease of memory, a process that holds one, a voter's stake. What each is stands in its data, in one
 * encoding; only the rules in rules/ make and take them.
 * @module
 */
import { byteString, bytes32, decode, encode, record, type Schema, text, unsigned } from "../codec/schema.ts";
import { voteKeyBytes } from "../consensus/certificate.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";
import { type Output, outputKind } from "./transaction.ts";

/** The right to so much memory of a provider until a height. */
export interface LeaseRecord {
  /** Id of the transaction that made the offer it comes from. */
  readonly offer: Uint8Array;
  /** Key hash of who lends it. */
  readonly provider: Uint8Array;
  /** Whole pages. */
  readonly bytes: number;
  /** Last height at which it backs a new process. */
  readonly untilHeight: number;
  /** The owner's word for it; two leases may have one name. */
  readonly name: string;
}

/** A program that runs, as its owner says, with the lease that it holds meanwhile. */
export interface ProcessRecord {
  readonly programDigest: Uint8Array;
  readonly inputDigest: Uint8Array;
  readonly lease: LeaseRecord;
}

const leaseSchema: Schema<LeaseRecord> = record<LeaseRecord>({
  offer: bytes32,
  provider: bytes32,
  bytes: unsigned(limits.leaseBytes),
  untilHeight: unsigned(),
  name: text(limits.leaseNameBytes),
});

const processSchema: Schema<ProcessRecord> = record<ProcessRecord>({
  programDigest: bytes32,
  inputDigest: bytes32,
  lease: leaseSchema,
});

/** The right to leave with a stake: whoever opens it may take the voter out, and its coins back after a time. */
export interface StakeRecord {
  /** The voter's BLS12-381 public key, 48 bytes. */
  readonly key: Uint8Array;
}

const stakeSchema: Schema<StakeRecord> = record<StakeRecord>({ key: byteString(voteKeyBytes, voteKeyBytes) });

/** The output that is a stake; its coins are held in escrow, where they grow and shrink. */
export function stakeOutput(stake: StakeRecord, lock: Output["lock"]): Output {
  return { kind: outputKind.stake, amount: 0n, lock, data: encode(stakeSchema, stake) };
}

/** The output that is a lease. */
export function leaseOutput(lease: LeaseRecord, lock: Output["lock"]): Output {
  return { kind: outputKind.memoryLease, amount: 0n, lock, data: encode(leaseSchema, lease) };
}

/** The output that is a process. */
export function processOutput(process: ProcessRecord, lock: Output["lock"]): Output {
  return { kind: outputKind.process, amount: 0n, lock, data: encode(processSchema, process) };
}

/** Reads what a rule has written: an output of the kind is always one, so anything else is a bug. */
function readOwn<T>(schema: Schema<T>, { data }: Output): T {
  const decoded: Result<T> = decode(schema, data, limits.outputDataBytes);
  if (!decoded.ok) throw new Error(`an output holds a broken record: ${decoded.message}`);
  return decoded.value;
}

/** The lease that an output is; null if it is something else. Only for outputs that have passed their rule. */
export function leaseOf(output: Output): LeaseRecord | null {
  return output.kind === outputKind.memoryLease ? readOwn(leaseSchema, output) : null;
}

/** The process that an output is; null if it is something else. Only for outputs that have passed their rule. */
export function processOf(output: Output): ProcessRecord | null {
  return output.kind === outputKind.process ? readOwn(processSchema, output) : null;
}

/** The stake that an output is; null if it is something else. Only for outputs that have passed their rule. */
export function stakeOf(output: Output): StakeRecord | null {
  return output.kind === outputKind.stake ? readOwn(stakeSchema, output) : null;
}
