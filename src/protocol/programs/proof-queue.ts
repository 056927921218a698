/**
 * The queue of provable jobs: programs of the Veil machine that users paid to have proved, one segment a block. The queue
 * and each job are values in the state; what the segments left will earn is held in escrow beside them.
 * @module
 */
import { toHex } from "../codec/bytes.ts";
import { amount, bytes32, decode, encode, list, record, type Schema, unsigned } from "../codec/schema.ts";
import { programValueKey } from "../ledger/state-key.ts";
import type { NetworkParameters } from "../parameters.ts";
import { machineLimits } from "../proofs/machine/instruction.ts";

/** Jobs that may wait at once: the whole queue stays a value of 3 KiB. */
export const queuedJobs = 64;

/** Longest encoding of the queue, and of a job. */
const valueBytes = 4_096;

/** One line of the queue. */
export interface QueueLine {
  /** Id of the transaction that posted it. */
  readonly id: Uint8Array;
  readonly segments: number;
  /** Bit i is set once segment i is proved. */
  readonly provedBits: bigint;
  /** What each proved segment pays its prover, in nano-AETH. */
  readonly segmentFeeNano: bigint;
}

/** What is to be run: words of the program and of the memory it starts with. */
export interface ProofJob {
  readonly program: readonly number[];
  readonly input: readonly number[];
}

/** One value of the state to be set or (null) deleted. */
export interface ValueWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Reads values of system programs. */
export interface ValueSource {
  get(key: Uint8Array): Uint8Array | undefined;
}

const queueSchema: Schema<readonly QueueLine[]> = list(
  record<QueueLine>({
    id: bytes32,
    segments: unsigned(machineLimits.jobSegments),
    provedBits: amount,
    segmentFeeNano: amount,
  }),
  queuedJobs,
);

/** Fields of a job, which the command that posts it shares. */
export const proofJobFields = {
  program: list(unsigned(2 ** machineLimits.wordBits - 1), machineLimits.programWords, 1),
  input: list(unsigned(2 ** 32 - 1), machineLimits.memoryWords),
} as const;

const jobSchema: Schema<ProofJob> = record<ProofJob>(proofJobFields);

const queueKey = programValueKey("proof", "queue");

/** State key of the coins held for segments that are not proved yet. */
export const proofEscrowKey: Uint8Array = programValueKey("proof", "escrow");

function jobKey(id: Uint8Array): Uint8Array {
  return programValueKey("proof", `job/${toHex(id)}`);
}

/** Reads what we wrote ourselves; anything else in the state is a bug. */
function readOwn<T>(schema: Schema<T>, value: Uint8Array): T {
  const decoded = decode(schema, value, valueBytes);
  if (!decoded.ok) throw new Error(`the state holds a broken proof value: ${decoded.message}`);
  return decoded.value;
}

/** The queue, oldest job first. */
export function readProofQueue(source: ValueSource): readonly QueueLine[] {
  const value = source.get(queueKey);
  return value === undefined ? [] : readOwn(queueSchema, value);
}

/** What each segment of the next job must pay at least: a queue that fills up grows dear before it is full. */
export function segmentPriceNano(waitingJobs: number, { proofs }: Pick<NetworkParameters, "proofs">): bigint {
  return proofs.leastSegmentFeeNano << BigInt(Math.floor(waitingJobs / proofs.jobsPerDoubling));
}

/** A queued job's program and input. */
export function readProofJob(source: ValueSource, id: Uint8Array): ProofJob | null {
  const value = source.get(jobKey(id));
  return value === undefined ? null : readOwn(jobSchema, value);
}

function escrowWrite(source: ValueSource, byNano: bigint): ValueWrite {
  const held = source.get(proofEscrowKey);
  const nano = (held === undefined ? 0n : readOwn(amount, held)) + byNano;
  return { key: proofEscrowKey, value: nano === 0n ? null : encode(amount, nano) };
}

function queueWrite(queue: readonly QueueLine[]): ValueWrite {
  return { key: queueKey, value: queue.length === 0 ? null : encode(queueSchema, queue) };
}

/** Appends a job whose whole price is locked with it. The caller has checked that there is room. */
export function enqueueJob(source: ValueSource, queued: QueueLine, job: ProofJob): readonly ValueWrite[] {
  return [
    queueWrite([...readProofQueue(source), queued]),
    { key: jobKey(queued.id), value: encode(jobSchema, job) },
    escrowWrite(source, queued.segmentFeeNano * BigInt(queued.segments)),
  ];
}

/** Whether each segment of a job is proved. */
export function provedSegments({ segments, provedBits }: QueueLine): readonly boolean[] {
  return Array.from({ length: segments }, (_, segment) => ((provedBits >> BigInt(segment)) & 1n) === 1n);
}

/** Marks a segment as proved; the job leaves with its last one. Gives what the prover has earned. */
export function settleSegment(
  source: ValueSource,
  id: Uint8Array,
  segment: number,
): { readonly writes: readonly ValueWrite[]; readonly earnedNano: bigint } {
  const queue = readProofQueue(source);
  const name = toHex(id);
  const job = queue.find((queued) => toHex(queued.id) === name);
  if (job === undefined) throw new Error(`the proved job ${name} is not in the queue`);
  const provedBits = job.provedBits | (1n << BigInt(segment));
  const done = provedBits === (1n << BigInt(job.segments)) - 1n;
  const left = queue.flatMap((queued) => (queued !== job ? [queued] : done ? [] : [{ ...job, provedBits }]));
  const writes = [queueWrite(left), escrowWrite(source, -job.segmentFeeNano)];
  if (done) writes.push({ key: jobKey(id), value: null });
  return { writes, earnedNano: job.segmentFeeNano };
}
