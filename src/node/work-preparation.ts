/**
 * Doing what a block has to show besides its nonce: the proof of the assigned segment and the thermodynamic sample. Both
 * depend on parent and proposer alone, so they are begun as soon as the head moves, before anybody knows what the block
 * will hold, and thrown away when it moves again.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { encodeEnergySample } from "#protocol/consensus/energy-sample.ts";
import { energySeedFor, segmentFor, type WorkPlace } from "#protocol/consensus/proof-of-compute.ts";
import type { BlockWork } from "#protocol/ledger/block.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { ValueSource } from "#protocol/programs/proof-queue.ts";
import { segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { findEnergySample } from "./energy-search.ts";
import type { Clock, ProvingJob, ProvingProgress, Sampler, SegmentProver } from "./ports.ts";
import type { SegmentStatements } from "./segment-statements.ts";

/** How far the work for the next block is. */
export type WorkStage = "idle" | "proving" | "ready" | "failed";

/**
 * A prover or sampling unit that gives no sign of life for this long hangs. One stage of a proof takes a second; a phone
 * that is slowed down fifty times stays below this.
 */
const silentMs = 120_000;

/** What work is done with. */
export interface WorkParts {
  readonly clock: Clock;
  readonly prover: SegmentProver;
  readonly sampler: Sampler;
  readonly statements: SegmentStatements;
  readonly parameters: NetworkParameters;
}

interface Preparation {
  readonly name: string;
  readonly result: Promise<Result<BlockWork>>;
  cancelled: boolean;
  proving: ProvingJob | null;
}

const stopped: Rejected = rejected("cancelled", "The work was for a head that has moved.");

const silent: Rejected = rejected(
  "timeout",
  `The prover or the sampling unit gave no sign of life for ${silentMs / 1_000} seconds and was ended.`,
);

/** Notices silence: resolves once nothing was heard for `silentMs`, unless it is ended before. */
function listenForSilence(clock: Clock) {
  let heardAtMs = clock.nowMs();
  let cancelTimer: () => void = () => undefined;
  const result = new Promise<Rejected>((resolve) => {
    const look = (): void => {
      const leftMs = heardAtMs + silentMs - clock.nowMs();
      if (leftMs <= 0) resolve(silent);
      else cancelTimer = clock.schedule(leftMs, look);
    };
    look();
  });
  const heard = (): void => {
    heardAtMs = clock.nowMs();
  };
  return { result, heard, end: () => cancelTimer() };
}

/** One block's work at a time. */
export class WorkPreparation {
  private readonly parts: WorkParts;
  private current: Preparation | null = null;
  /** Where the work stands. */
  stage: WorkStage = "idle";
  /** How far the proof is, while one is made. */
  progress: ProvingProgress | null = null;
  /** What is being proved: the job's id, or null for the built-in program. */
  jobId: Uint8Array | null = null;

  constructor(parts: WorkParts) {
    this.parts = parts;
  }

  /** Starts the work for a place, or joins it if it is under way or done; `values` is the state after the parent. */
  prepare(values: ValueSource, place: WorkPlace): Promise<Result<BlockWork>> {
    const { keyHash, beaconKey } = place.proposer;
    const name = `${toHex(place.parent)}${toHex(keyHash)}${toHex(beaconKey)}`;
    if (this.current?.name === name && this.stage !== "failed") return this.current.result;
    this.cancel();
    const claim = segmentFor(values, place);
    const preparation: Preparation = {
      name,
      cancelled: false,
      proving: null,
      result: Promise.resolve().then(() => this.work(preparation, claim, energySeedFor(place))),
    };
    this.current = preparation;
    this.stage = "proving";
    this.jobId = claim.segment.jobId;
    return preparation.result;
  }

  /** Throws away what is being done; a thread that proves ends at once. */
  cancel(): void {
    if (this.current !== null) abandon(this.current);
    this.current = null;
    this.stage = "idle";
    this.progress = null;
    this.jobId = null;
  }

  /** One attempt, whatever becomes of it: a refusal at worst, for devices fail in ways that nobody has foreseen. */
  private async work(
    preparation: Preparation,
    claim: ReturnType<typeof segmentFor>,
    energySeed: Uint8Array,
  ): Promise<Result<BlockWork>> {
    if (preparation.cancelled) return stopped;
    const silence = listenForSilence(this.parts.clock);
    const attempt = this.attempt(preparation, claim, energySeed, silence.heard).catch((error: unknown) =>
      rejected("out-of-memory", `Proof and sample could not be made (${String(error)}).`),
    );
    const result = await Promise.race([attempt, silence.result]);
    silence.end();
    if (preparation.cancelled) return stopped;
    if (!result.ok) abandon(preparation);
    this.stage = result.ok ? "ready" : "failed";
    this.progress = null;
    return result;
  }

  private async attempt(
    preparation: Preparation,
    claim: ReturnType<typeof segmentFor>,
    energySeed: Uint8Array,
    onSign: () => void,
  ): Promise<Result<BlockWork>> {
    const { prover, sampler, statements, parameters } = this.parts;
    const cancelled = () => preparation.cancelled;
    const search = { cancelled, onProgress: onSign };
    const sample = await findEnergySample(sampler, energySeed, parameters, search);
    if (!sample.ok || preparation.cancelled) return sample.ok ? stopped : sample;
    onSign();
    preparation.proving = prover.start(statements.of(claim), segmentWitness(claim.segment), (progress) => {
      onSign();
      if (!preparation.cancelled) this.progress = progress;
    });
    const proof = await preparation.proving.result;
    return proof.ok ? accepted({ proof: proof.value, sample: encodeEnergySample(sample.value) }) : proof;
  }
}

/** What is still being done for it ends, and changes nothing any more. */
function abandon(preparation: Preparation): void {
  preparation.cancelled = true;
  preparation.proving?.cancel();
}
