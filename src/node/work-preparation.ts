/**
 * Doing what a block has to show besides its nonce: the proof of the assigned segment and the thermodynamic sample. Both
 * depend on parent and proposer alone, so they are begun as soon as the head moves, before anybody knows what the block
 * will hold, and thrown away when it moves again.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { type EnergySample, encodeEnergySample } from "#protocol/consensus/energy-sample.ts";
import { energySeedFor, segmentFor, type WorkPlace } from "#protocol/consensus/proof-of-compute.ts";
import type { BlockWork } from "#protocol/ledger/block.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { ValueSource } from "#protocol/programs/proof-queue.ts";
import { segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { SampleView, WorkView } from "#sdk/compute.ts";
import type { ComputeActivity } from "./activity.ts";
import { findEnergySample } from "./energy-search.ts";
import type { BlockSampler, Clock, Pace, ProvingJob, SegmentProver } from "./ports.ts";
import type { SegmentStatements } from "./segment-statements.ts";

/**
 * A prover or sampling unit that gives no sign of life for this long hangs. One stage of a proof takes a second; a phone
 * that is slowed down fifty times stays below this.
 */
const silentMs = 120_000;

/** Looked after this often: a pause that ends between two looks must not count as silence. */
const lookEveryMs = 5_000;

/** What work is done with. */
export interface WorkParts {
  readonly clock: Clock;
  readonly prover: SegmentProver;
  readonly sampler: BlockSampler;
  readonly statements: SegmentStatements;
  readonly parameters: NetworkParameters;
  /** Absent: work goes on without rest. */
  readonly pace?: Pace | undefined;
  /** Hears who is busy. */
  readonly activity?: Pick<ComputeActivity, "update">;
  /** Whether nothing may be computed now: silence is then no sign of trouble. */
  paused?(): boolean;
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
function listenForSilence(clock: Clock, paused: () => boolean) {
  let heardAtMs = clock.nowMs();
  let cancelTimer: () => void = () => undefined;
  const result = new Promise<Rejected>((resolve) => {
    const look = (): void => {
      if (paused()) heardAtMs = clock.nowMs();
      const leftMs = heardAtMs + silentMs - clock.nowMs();
      if (leftMs <= 0) resolve(silent);
      else cancelTimer = clock.schedule(Math.min(leftMs, lookEveryMs), look);
    };
    look();
  });
  const heard = (): void => {
    heardAtMs = clock.nowMs();
  };
  return { result, heard, end: () => cancelTimer() };
}

const idle: WorkView = { stage: "idle", jobId: null, progress: null, sample: null };

function whyOut({ code, message }: Rejected): string {
  return code === "not-found" ? "it found no sample good enough for a block." : message;
}

/** One block's work at a time. */
export class WorkPreparation {
  private readonly parts: WorkParts;
  private current: Preparation | null = null;
  /** Where the work stands. */
  view: WorkView = idle;

  constructor(parts: WorkParts) {
    this.parts = parts;
  }

  /** Starts the work for a place, or joins it if it is under way or done; `values` is the state after the parent. */
  prepare(values: ValueSource, place: WorkPlace): Promise<Result<BlockWork>> {
    const { keyHash, beaconKey } = place.proposer;
    const name = `${toHex(place.parent)}${toHex(keyHash)}${toHex(beaconKey)}`;
    if (this.current?.name === name && this.view.stage !== "failed") return this.current.result;
    this.cancel();
    const claim = segmentFor(values, place);
    const preparation: Preparation = {
      name,
      cancelled: false,
      proving: null,
      result: Promise.resolve().then(() => this.work(preparation, claim, energySeedFor(place))),
    };
    this.current = preparation;
    this.view = { ...idle, stage: "sampling", jobId: claim.segment.jobId };
    return preparation.result;
  }

  /** Throws away what is being done; a thread that proves ends at once. */
  cancel(): void {
    if (this.current !== null) abandon(this.current);
    this.current = null;
    this.view = idle;
    this.parts.activity?.update({ sampling: false, proving: false });
  }

  /** Throws it away and lets go of the threads that did it. */
  stop(): void {
    this.cancel();
    this.parts.sampler.release?.();
  }

  /** One attempt, whatever becomes of it: a refusal at worst, for devices fail in ways that nobody has foreseen. */
  private async work(
    preparation: Preparation,
    claim: ReturnType<typeof segmentFor>,
    energySeed: Uint8Array,
  ): Promise<Result<BlockWork>> {
    if (preparation.cancelled) return stopped;
    const silence = listenForSilence(this.parts.clock, () => this.parts.paused?.() === true);
    const attempt = this.attempt(preparation, claim, energySeed, silence.heard).catch((error: unknown) =>
      rejected("out-of-memory", `Proof and sample could not be made (${String(error)}).`),
    );
    const result = await Promise.race([attempt, silence.result]);
    silence.end();
    if (preparation.cancelled) return stopped;
    if (!result.ok) abandon(preparation);
    this.view = { ...this.view, stage: result.ok ? "ready" : "failed", progress: null };
    this.parts.activity?.update({ sampling: false, proving: false });
    return result;
  }

  private async attempt(
    preparation: Preparation,
    claim: ReturnType<typeof segmentFor>,
    energySeed: Uint8Array,
    onSign: () => void,
  ): Promise<Result<BlockWork>> {
    const { prover, statements, activity } = this.parts;
    const sample = await this.findSample(preparation, energySeed, onSign);
    if (!sample.ok || preparation.cancelled) return sample.ok ? stopped : sample;
    onSign();
    this.view = { ...this.view, stage: "proving" };
    activity?.update({ sampling: false, proving: true });
    preparation.proving = prover.start(statements.of(claim), segmentWitness(claim.segment), (progress) => {
      onSign();
      if (!preparation.cancelled) this.view = { ...this.view, progress };
    });
    const proof = await preparation.proving.result;
    return proof.ok ? accepted({ proof: proof.value, sample: encodeEnergySample(sample.value) }) : proof;
  }

  private async findSample(
    preparation: Preparation,
    energySeed: Uint8Array,
    onSign: () => void,
  ): Promise<Result<EnergySample>> {
    const { sampler, parameters, clock, pace, activity } = this.parts;
    const tell = (runs: number, found: boolean): void => {
      onSign();
      if (preparation.cancelled) return;
      const { name: unit, emulated } = sampler.describe();
      const sample: SampleView = { unit, emulated, runs, found };
      this.view = { ...this.view, sample };
      activity?.update({ sampling: emulated && !found });
    };
    const search = (): Promise<Result<EnergySample>> =>
      findEnergySample(sampler, energySeed, parameters, {
        cancelled: () => preparation.cancelled,
        onProgress: ({ runs }) => tell(runs, false),
        ...(pace === undefined
          ? {}
          : { pace: { nowMs: () => clock.nowMs(), rest: (tookMs: number) => pace.rest(tookMs) } }),
      });
    tell(0, false);
    let found = await search();
    // A device that solves no instance of sixteen, or refuses what blocks need, is no good here whatever it says of itself.
    if (!found.ok && !preparation.cancelled && sampler.takeOut?.(whyOut(found))) found = await search();
    if (found.ok) tell(this.view.sample?.runs ?? 0, true);
    return found;
  }
}

/** What is still being done for it ends, and changes nothing any more. */
function abandon(preparation: Preparation): void {
  preparation.cancelled = true;
  preparation.proving?.cancel();
}
