/**
 * Transactions: their shape, their one encoding, their id. What makes one valid is in validation.ts and rules/.
 * @module
 */
import { taggedHash } from "../codec/hash.ts";
import {
  amount,
  byteString,
  bytes32,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  unsigned,
} from "../codec/schema.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";
import { type Command, commandSchema } from "./command.ts";
import { type Lock, lockSchema, type Witness, witnessSchema } from "./lock.ts";

/** The only transaction version of this protocol version. */
export const transactionVersion = 1;

/** Kinds of output by their number on the wire. An unknown kind is refused; only coins have an amount. */
export const outputKind = { coin: 0, memoryLease: 1, process: 2, stake: 3 } as const;

/** Names one output: the transaction that made it and its place there. */
export interface OutPoint {
  readonly txId: Uint8Array;
  readonly index: number;
}

/** A thing somebody may use once. */
export interface Output {
  /** See {@link outputKind}. */
  readonly kind: number;
  /** In nano-AETH for coins; nothing for other kinds. */
  readonly amount: bigint;
  readonly lock: Lock;
  /** What it is, for kinds that are no coins: the encoding of a record in things.ts. */
  readonly data: Uint8Array;
}

/** The part of a transaction that its id covers and its witnesses sign. */
export interface TransactionBody {
  readonly version: number;
  /** Genesis hash of the network it is for: no replay on another. */
  readonly network: Uint8Array;
  /** Consumed. */
  readonly inputs: readonly OutPoint[];
  /** Referenced, not consumed. */
  readonly reads: readonly OutPoint[];
  readonly outputs: readonly Output[];
  readonly command: Command;
  readonly feeNano: bigint;
  /** Last height at which it may be mined. */
  readonly expiry: number;
  /** Random, so that two equal commands have different ids. */
  readonly nonce: bigint;
  /** `commitCommand(command)`. */
  readonly commitment: Uint8Array;
}

/** A transaction as it travels. */
export interface Transaction extends TransactionBody {
  /** 8-byte hashcash nonce over the id for the free lane; null when a fee is paid. */
  readonly stamp: Uint8Array | null;
  /** One per input, same order. */
  readonly witnesses: readonly Witness[];
}

/**
 * Whether the state remembers its id until it expires. Without inputs it could be replayed, as it consumes nothing that it
 * would need again; without outputs nothing else would show that it was mined.
 */
export function isRemembered({ inputs, outputs }: Pick<TransactionBody, "inputs" | "outputs">): boolean {
  return inputs.length === 0 || outputs.length === 0;
}

/** Wire form of {@link OutPoint}. */
export const outPointSchema: Schema<OutPoint> = record<OutPoint>(
  { txId: bytes32, index: unsigned(limits.outputs - 1) },
  (txId: Uint8Array, index: number) => ({ txId, index }),
);

/** Wire form of {@link Output}. */
export const outputSchema: Schema<Output> = record<Output>(
  { kind: unsigned(0xffff), amount, lock: lockSchema, data: byteString(0, limits.outputDataBytes) },
  (kind: number, nano: bigint, lock: Lock, data: Uint8Array) => ({ kind, amount: nano, lock, data }),
);

const bodyFields = {
  version: unsigned(0xffff),
  network: bytes32,
  inputs: list(outPointSchema, limits.inputs),
  reads: list(outPointSchema, limits.reads),
  outputs: list(outputSchema, limits.outputs),
  command: commandSchema,
  feeNano: amount,
  expiry: unsigned(),
  nonce: amount,
  commitment: bytes32,
};

/** Wire form of {@link TransactionBody}. */
export const transactionBodySchema: Schema<TransactionBody> = record<TransactionBody>(bodyFields);

/** Wire form of {@link Transaction}. */
export const transactionSchema: Schema<Transaction> = record<Transaction>({
  ...bodyFields,
  stamp: nullable(byteString(8, 8)),
  witnesses: list(witnessSchema, limits.inputs),
});

/** Canonical bytes of a transaction. */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  return encode(transactionSchema, transaction);
}

/** Canonical bytes of what is signed. */
export function encodeBody(body: TransactionBody): Uint8Array {
  return encode(transactionBodySchema, body);
}

/** Strictly decodes a transaction; any byte string gives a value or a typed rejection. */
export function decodeTransaction(bytes: Uint8Array): Result<Transaction> {
  return decode(transactionSchema, bytes, limits.transactionBytes);
}

/** `SHA-256(tag("aether/tx/1") ‖ body)`: 32 bytes, independent of stamp and witnesses. */
export function transactionId(body: TransactionBody): Uint8Array {
  return taggedHash("aether/tx/1", encodeBody(body));
}
