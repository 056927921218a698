/**
 * Receipts of proved jobs: program, input, and for each segment the proof with the header of the block that carried it.
 * Whoever holds one can check without a node that the program gives the output on that input, and nothing more: headers
 * and targets can be invented, so job, network, proposer and time count only where a chain is found to carry those headers.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { byteString, bytes32, decode, encode, list, record, type Schema, unsigned } from "../codec/schema.ts";
import { type Header, headerHash, headerSchema } from "../consensus/header.ts";
import { claimOf, oracleHash, type SegmentClaim } from "../consensus/proof-of-compute.ts";
import { mayHaveWork } from "../consensus/validate-header.ts";
import { limits } from "../parameters.ts";
import { type ProofJob, proofJobFields } from "../programs/proof-queue.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { machineLimits } from "./machine/instruction.ts";
import { runToHalt } from "./machine/interpreter.ts";
import { initialState, programFromWords } from "./machine/program.ts";

/** The only version of receipts. */
export const receiptVersion = 1;

/** Longest receipt: 64 segments of a header and a proof, and the job. */
export const receiptBytes: number = machineLimits.jobSegments * (limits.headerBytes + limits.proofBytes) + 4_096;

/** A proof and the header of the block it came in. */
export interface ProvedSegment {
  readonly header: Header;
  readonly proof: Uint8Array;
}

/** A proved job. */
export interface Receipt extends ProofJob {
  readonly version: number;
  /** Genesis hash of the network it was proved on. */
  readonly network: Uint8Array;
  /** Id of the transaction that posted the job. */
  readonly jobId: Uint8Array;
  /** One for each segment, in order. */
  readonly segments: readonly ProvedSegment[];
}

const receiptSchema: Schema<Receipt> = record<Receipt>({
  version: unsigned(0xffff),
  network: bytes32,
  jobId: bytes32,
  ...proofJobFields,
  segments: list(
    record<ProvedSegment>({ header: headerSchema, proof: byteString(1, limits.proofBytes) }),
    machineLimits.jobSegments,
    1,
  ),
});

/** Canonical bytes of a receipt. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  return encode(receiptSchema, receipt);
}

/** Strictly decodes a receipt. */
export function decodeReceipt(bytes: Uint8Array): Result<Receipt> {
  const decoded = decode(receiptSchema, bytes, receiptBytes);
  if (decoded.ok && decoded.value.version !== receiptVersion) {
    return rejected("unknown-version", `Receipt version ${decoded.value.version} is not known here; update the app.`);
  }
  return decoded;
}

/** What a receipt says: claims that remain to be verified, and the memory in which the program halts. */
export interface ReceiptContents {
  readonly claims: readonly SegmentClaim[];
  /** Sixteen words. */
  readonly output: readonly number[];
}

/** Checks everything about a receipt but the proofs themselves. */
export function openReceipt(receipt: Receipt): Result<ReceiptContents> {
  const program = programFromWords(receipt.program);
  if (!program.ok) return program;
  const start = initialState(receipt.input);
  if (!start.ok) return start;
  const boundaries = runToHalt(program.value, start.value, machineLimits.jobSegments);
  if (!boundaries.ok) return boundaries;
  const states = boundaries.value;
  if (states.length - 1 !== receipt.segments.length) {
    return rejected(
      "bad-proof",
      `The program has ${states.length - 1} segments; ${receipt.segments.length} are proved.`,
    );
  }
  const claims: SegmentClaim[] = [];
  for (const [index, { header, proof }] of receipt.segments.entries()) {
    const state = states[index];
    const named = header.oracle !== null && equalBytes(header.oracle, oracleHash(proof));
    if (state === undefined || !named || !mayHaveWork(headerHash(header), header.target)) {
      return rejected("bad-proof", `The header of segment ${index} is not one of a block that carries this proof.`);
    }
    claims.push(claimOf({ jobId: receipt.jobId, index, program: program.value, state }, header, proof));
  }
  const end = states[states.length - 1];
  return accepted({ claims, output: end === undefined ? [] : Array.from(end.memory) });
}
