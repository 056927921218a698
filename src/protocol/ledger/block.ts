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

/** A block as it travels and is stored. */
export interface Block {
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  /** Null in the genesis block alone. */
  readonly work: BlockWork | null;
  /** The newest votes that its proposer knew; `finality` in the header is its hash. */
  readonly certificate: Certificate | null;
}

/** Wire form of {@link Block}. */
export const blockSchema: Schema<Block> = record<Block>({
  header: headerSchema,
  transactions: list(transactionSchema, limits.blockTransactions),
  work: nullable(
    record<BlockWork>({ proof: byteString(1, limits.proofBytes), sample: byteString(1, limits.sampleBytes) }),
  ),
  certificate: nullable(certificateSchema),
});

/** Canonical bytes of a block. */
export function encodeBlock(block: Block): Uint8Array {
  return encode(blockSchema, block);
}

/** Strictly decodes a block. */
export function decodeBlock(bytes: Uint8Array): Result<Block> {
  return decode(blockSchema, bytes, limits.blockBytes);
}
