/**
 * Whether a receipt holds by its proofs alone: the same in a node and in the program that checks a file.
 * @module
 */
import { openReceipt, type Receipt, type ReceiptContents } from "#protocol/proofs/receipt.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { SegmentVerifier } from "./ports.ts";
import type { SegmentStatements } from "./segment-statements.ts";

/** Checks a receipt with all its proofs; gives what it shows. */
export async function checkReceipt(
  receipt: Receipt,
  statements: SegmentStatements,
  verifyBatch: SegmentVerifier["verifyBatch"],
): Promise<Result<ReceiptContents>> {
  const contents = openReceipt(receipt);
  if (!contents.ok) return contents;
  const good = await verifyBatch(contents.value.claims.map((claim) => statements.claimOf(claim)));
  const bad = good.indexOf(false);
  return bad < 0
    ? contents
    : rejected("bad-proof", `The proof of segment ${bad} is wrong: this receipt shows nothing.`);
}
