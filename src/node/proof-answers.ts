/**
 * Answers about provable jobs: how far one is, its receipt, and whether a receipt from anywhere holds.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { headerHash } from "#protocol/consensus/header.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import type { Command } from "#protocol/ledger/command.ts";
import { provedSegments, readProofQueue } from "#protocol/programs/proof-queue.ts";
import { runToHalt } from "#protocol/proofs/machine/interpreter.ts";
import { initialState, programFromWords } from "#protocol/proofs/machine/program.ts";
import {
  decodeReceipt,
  encodeReceipt,
  type ProvedSegment,
  type Receipt,
  receiptVersion,
} from "#protocol/proofs/receipt.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { ProofJobView, ReceiptView, SegmentProofView } from "#sdk/contract.ts";
import { type TransactionStanding, whyGone } from "#sdk/standing.ts";
import type { Chain } from "./chain.ts";
import { records, segmentPlaceKey } from "./chain-records.ts";
import type { SegmentVerifier, Store } from "./ports.ts";
import { checkReceipt } from "./receipt-check.ts";
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
  /** Why a transaction that was known here is gone. */
  obituary(id: Uint8Array): Rejected | undefined;
}

async function posted(
  source: ProofSource,
  id: Uint8Array,
): Promise<Result<{ readonly job: PostedJob; readonly standing: TransactionStanding }>> {
  const found = await source.locate(id);
  if (found === null) {
    const why = source.obituary(id);
    if (why !== undefined) return { ...why, message: whyGone("The job was not queued, and nothing was paid: ", why) };
    const { bodiesFrom } = source.chain.reader.kept;
    const horizon = bodiesFrom > 1 ? ` This node keeps jobs posted from block ${bodiesFrom} on.` : "";
    return rejected("not-found", `No job ${toHex(id)} is known here.${horizon}`);
  }
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
      // A snapshot may have led away from the branch on which it was proved.
      if (entry === undefined || !(await source.chain.reader.isOnChain(entry))) return null;
      return { segment, height: entry.height, blockHash: entry.hash };
    }),
  );
  return proved.filter((proof) => proof !== null);
}

/** How many segments of a job are proved: the state knows, even where the blocks with the proofs were never seen. */
function provedCount({ chain }: ProofSource, id: Uint8Array, job: PostedJob, standing: TransactionStanding): number {
  if (standing.state !== "included") return 0;
  const line = readProofQueue(chain.state).find((queued) => equalBytes(queued.id, id));
  return line === undefined ? job.segments : provedSegments(line).filter(Boolean).length;
}

/** How far a job is. */
export async function proofJob(source: ProofSource, id: Uint8Array): Promise<Result<ProofJobView>> {
  const found = await posted(source, id);
  if (!found.ok) return found;
  const { job, standing } = found.value;
  const { program, input, segments, segmentFeeNano } = job;
  const proved = provedCount(source, id, job, standing);
  const proofs = await provedIn(source, id, segments);
  return accepted({ id, standing, program, input, segments, segmentFeeNano, proved, proofs, output: outputOf(job) });
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
  const { program, input, segments, proved: done, proofs } = view.value;
  if (done < segments)
    return rejected("not-found", `${done} of ${segments} segments are proved so far; blocks to come prove the rest.`);
  const proved = await Promise.all(proofs.map((proof) => carried(source.chain, proof)));
  const whole = proved.filter((segment) => segment !== null);
  if (whole.length < segments) {
    const message = `All ${segments} segments are proved, but ${segments - whole.length} of the blocks with the proofs are not kept here. A node that keeps everything, such as a seed, has them.`;
    return rejected("pruned", message);
  }
  const network = source.chain.context.networkId;
  return accepted(encodeReceipt({ version: receiptVersion, network, jobId: id, program, input, segments: whole }));
}

/** Whether the blocks a receipt names are on our chain, and the job it names, if it is still kept here, is the one proved. */
async function standsOnChain({ chain, locate }: ProofSource, receipt: Receipt): Promise<boolean> {
  for (const { header } of receipt.segments) {
    const entry = await chain.reader.find(headerHash(header));
    if (entry === undefined || !(await chain.reader.isOnChain(entry))) return false;
  }
  const posted = await locate(receipt.jobId);
  if (posted === null) return chain.reader.kept.bodiesFrom > 1;
  const { command, standing } = posted;
  const same = (a: readonly number[], b: readonly number[]) =>
    a.length === b.length && a.every((word, i) => word === b[i]);
  return (
    standing.state === "included" &&
    command.type === "proof.post" &&
    same(command.program, receipt.program) &&
    same(command.input, receipt.input)
  );
}

/** Checks a receipt with all its proofs. */
export async function verifyReceipt(source: ProofSource, bytes: Uint8Array): Promise<Result<ReceiptView>> {
  const receipt = decodeReceipt(bytes);
  if (!receipt.ok) return receipt;
  const { statements, segmentVerifier } = source;
  const contents = await checkReceipt(receipt.value, statements, (claims) => segmentVerifier.verifyBatch(claims));
  if (!contents.ok) return contents;
  const { claims, output } = contents.value;
  const { jobId, network, program, input } = receipt.value;
  const sameNetwork = equalBytes(network, source.chain.context.networkId);
  const onChain = sameNetwork && (await standsOnChain(source, receipt.value));
  return accepted({ jobId, sameNetwork, onChain, program, input, output, segments: claims.length });
}
