/**
 * Answers about provable jobs: how far one is, its receipt, and whether a receipt from anywhere holds.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import type { Command } from "#protocol/ledger/command.ts";
import { runToHalt } from "#protocol/proofs/machine/interpreter.ts";
import { initialState, programFromWords } from "#protocol/proofs/machine/program.ts";
import {
  decodeReceipt,
  encodeReceipt,
  openReceipt,
  type ProvedSegment,
  receiptVersion,
} from "#protocol/proofs/receipt.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ProofJobView, ReceiptView, SegmentProofView, TransactionStanding } from "#sdk/contract.ts";
import type { Chain } from "./chain.ts";
import { records, segmentPlaceKey } from "./chain-records.ts";
import type { SegmentVerifier, Store } from "./ports.ts";
import type { SegmentStatements } from "./segment-statements.ts";

type PostedJob = Extract<Command, { type: "proof.post" }>;

/** What the answers are read from. */
export interface ProofSource {
  readonly chain: Chain;
  readonly store: Store;
  readonly segmentVerifier: SegmentVerifier;
  readonly statements: SegmentStatements;
  /** The command of a transaction and where it stands; null if it is not known here. */
  locate(id: Uint8Array): Promise<{ readonly command: Command; readonly standing: TransactionStanding } | null>;
}

async function posted(
  source: ProofSource,
  id: Uint8Array,
): Promise<Result<{ readonly job: PostedJob; readonly standing: TransactionStanding }>> {
  const found = await source.locate(id);
  if (found === null) return rejected("not-found", `No job ${toHex(id)} is known here.`);
  const { command, standing } = found;
  if (command.type !== "proof.post") {
    return rejected("not-found", `The transaction ${toHex(id)} posts no job; it is a ${command.type}.`);
  }
  return accepted({ job: command, standing });
}

/** The output of a job that the ledger took in, and that therefore halts. */
function outputOf({ program, input, segments }: PostedJob): readonly number[] {
  const words = programFromWords(program);
  const start = initialState(input);
  const run = words.ok && start.ok ? runToHalt(words.value, start.value, segments) : null;
  return run?.ok ? Array.from(run.value.at(-1)?.memory ?? []) : [];
}

async function provedIn(source: ProofSource, id: Uint8Array, segments: number): Promise<readonly SegmentProofView[]> {
  const keys = Array.from({ length: segments }, (_, segment) => segmentPlaceKey(id, segment));
  const places = await source.store.getMany("transactions", keys);
  const proved = await Promise.all(
    places.map(async (bytes, segment) => {
      const place = bytes === undefined ? undefined : records.place.decode(bytes);
      const entry = place?.ok ? await source.chain.reader.find(place.value.blockHash) : undefined;
      return entry === undefined ? null : { segment, height: entry.height, blockHash: entry.hash };
    }),
  );
  return proved.filter((proof) => proof !== null);
}

/** How far a job is. */
export async function proofJob(source: ProofSource, id: Uint8Array): Promise<Result<ProofJobView>> {
  const found = await posted(source, id);
  if (!found.ok) return found;
  const { job, standing } = found.value;
  const { program, input, segments, segmentFeeNano } = job;
  const proofs = await provedIn(source, id, segments);
  return accepted({ id, standing, program, input, segments, segmentFeeNano, proofs, output: outputOf(job) });
}

async function carried(chain: Chain, proof: SegmentProofView): Promise<ProvedSegment | null> {
  const bytes = await chain.reader.body(proof.blockHash);
  const block = bytes === undefined ? undefined : decodeBlock(bytes);
  return block?.ok && block.value.work !== null ? { header: block.value.header, proof: block.value.work.proof } : null;
}

/** The receipt of a finished job. */
export async function proofReceipt(source: ProofSource, id: Uint8Array): Promise<Result<Uint8Array>> {
  const view = await proofJob(source, id);
  if (!view.ok) return view;
  const { program, input, segments, proofs } = view.value;
  if (proofs.length < segments) {
    return rejected(
      "not-found",
      `${proofs.length} of ${segments} segments are proved so far; blocks to come prove the rest.`,
    );
  }
  const proved = await Promise.all(proofs.map((proof) => carried(source.chain, proof)));
  const whole = proved.filter((segment) => segment !== null);
  if (whole.length < segments) {
    return rejected("not-found", "Some blocks with its proofs are pruned here; ask a node that keeps them.");
  }
  const network = source.chain.context.networkId;
  return accepted(encodeReceipt({ version: receiptVersion, network, jobId: id, program, input, segments: whole }));
}

/** Checks a receipt with all its proofs. */
export async function verifyReceipt(source: ProofSource, bytes: Uint8Array): Promise<Result<ReceiptView>> {
  const receipt = decodeReceipt(bytes);
  if (!receipt.ok) return receipt;
  const contents = openReceipt(receipt.value);
  if (!contents.ok) return contents;
  const { claims, output } = contents.value;
  const good = await source.segmentVerifier.verifyBatch(claims.map((claim) => source.statements.claimOf(claim)));
  const bad = good.indexOf(false);
  if (bad >= 0) return rejected("bad-proof", `The proof of segment ${bad} is wrong: this receipt shows nothing.`);
  const { jobId, network, program, input } = receipt.value;
  const sameNetwork = equalBytes(network, source.chain.context.networkId);
  return accepted({ jobId, sameNetwork, program, input, output, segments: claims.length });
}
