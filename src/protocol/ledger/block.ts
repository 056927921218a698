/**
 * Blocks: a header, the transactions that its root names, the work that its `oracle` and `energy` name, and
 * the votes that its `finality` names. What makes
 * one valid is in apply.ts and consensus/.
 * @module
 */
import { byteString, decode, encode, list, nullable, record, type Schema } from "../codec/schema.ts";
import { type Certificate, certificateSchema } from "../consensus/certificate.ts";
import { type Header, headerSchema } from "../consensus/header.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";
import { type Transaction, transactionSchema } from "./transaction.ts";

/** Proof of Compute as a block carries it: what its proposer had to do before it could look for a nonce. */
export interface BlockWork {
  /** Encoded proof of the assigned segment; `oracle` in the header is its hash. */
  readonly proof: Uint8Array;
  /** Encoded thermodynamic sample; `energy` in the header is its hash. */
  readonly sample: Uint8Array;
}

/** What stands under a header. */
export interface BlockContents {
  readonly transactions: readonly Transaction[];
  /** Null in the genesis block alone. */
  readonly work: BlockWork | null;
  /** The newest votes that its proposer knew; `finality` in the header is its hash. */
  readonly certificate: Certificate | null;
}

/** A block as it travels and is stored. */
export interface Block extends BlockContents {
  readonly header: Header;
}

const contentFields = {
  transactions: list(transactionSchema, limits.blockTransactions),
  work: nullable(
    record<BlockWork>({ proof: byteString(1, limits.proofBytes), sample: byteString(1, limits.sampleBytes) }),
  ),
  certificate: nullable(certificateSchema),
};

const contentsSchema: Schema<BlockContents> = record<BlockContents>(contentFields);

/** Wire form of {@link Block}. */
export const blockSchema: Schema<Block> = record<Block>({ header: headerSchema, ...contentFields });

/** Canonical bytes of a body: what shreds are cut of, and what decides by its length whether there are any. */
export function encodeContents({ transactions, work, certificate }: BlockContents): Uint8Array {
  return encode(contentsSchema, { transactions, work, certificate });
}

/** Strictly decodes a body. */
export function decodeContents(bytes: Uint8Array): Result<BlockContents> {
  return decode(contentsSchema, bytes, limits.blockBytes);
}

/** Canonical bytes of a block. */
export function encodeBlock(block: Block): Uint8Array {
  return encode(blockSchema, block);
}

/** Strictly decodes a block. */
export function decodeBlock(bytes: Uint8Array): Result<Block> {
  return decode(blockSchema, bytes, limits.blockBytes);
}
