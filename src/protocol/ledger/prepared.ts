/**
 * A transaction together with what is computed from it once: its bytes, id and size. Everything after the decoder works
 * on this, so no layer encodes or hashes the same transaction again.
 * @module
 */
import { accepted, type Result } from "../result.ts";
import { decodeTransaction, encodeTransaction, type Transaction, transactionId } from "./transaction.ts";
import { leafHashOf } from "./transaction-tree.ts";

/** A transaction and its derived facts. */
export interface PreparedTransaction {
  readonly transaction: Transaction;
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** Its leaf in the transaction tree; covers the witnesses, so it also names a verified transaction. */
  readonly leafHash: Uint8Array;
}

/** Derives the facts of a transaction; `bytes` are its encoding if the caller already has it. */
export function prepareTransaction(
  transaction: Transaction,
  bytes = encodeTransaction(transaction),
): PreparedTransaction {
  return { transaction, bytes, id: transactionId(transaction), leafHash: leafHashOf(bytes) };
}

/** Decodes and prepares in one step. */
export function decodePrepared(bytes: Uint8Array): Result<PreparedTransaction> {
  const decoded = decodeTransaction(bytes);
  return decoded.ok ? accepted(prepareTransaction(decoded.value, bytes)) : decoded;
}
