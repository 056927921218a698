/**
 * Blocks: a header and the transactions that its root names. What makes one valid is in apply.ts and consensus/.
 * @module
 */
import { decode, encode, list, record, type Schema } from "../codec/schema.ts";
import { type Header, headerSchema } from "../consensus/header.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";
import { type Transaction, transactionSchema } from "./transaction.ts";

/** A block as it travels and is stored. */
export interface Block {
  readonly header: Header;
  readonly transactions: readonly Transaction[];
}

/** Wire form of {@link Block}. */
export const blockSchema: Schema<Block> = record<Block>({
  header: headerSchema,
  transactions: list(transactionSchema, limits.blockTransactions),
});

/** Canonical bytes of a block. */
export function encodeBlock(block: Block): Uint8Array {
  return encode(blockSchema, block);
}

/** Strictly decodes a block. */
export function decodeBlock(bytes: Uint8Array): Result<Block> {
  return decode(blockSchema, bytes, limits.blockBytes);
}
