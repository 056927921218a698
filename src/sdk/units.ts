/**
 * The contract between an interface and the sampling units of this device: the emulated one and what is plugged in.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** How a unit is plugged in. */
export const unitTransports = ["serial", "usb"] as const;

/** One of {@link unitTransports}. */
export type UnitTransport = (typeof unitTransports)[number];

/** A sampling unit. */
export interface UnitView {
  readonly name: string;
  /** Software that says so. */
  readonly emulated: boolean;
  readonly transport: UnitTransport | null;
  readonly spins: number;
  readonly edges: number;
  readonly topology: string;
  readonly version: string;
  /** Whether it draws what is asked for now. */
  readonly active: boolean;
}

/** A unit that was just connected. */
export interface ConnectedUnit extends UnitView {
  /** Why samples of blocks are not drawn on it; empty when they are. */
  readonly notForBlocks: string;
}

/** Whether this browser offers a way of plugging in. */
export interface TransportView {
  readonly transport: UnitTransport;
  /** Empty when it does; else why not. */
  readonly missing: string;
}

/** What to draw: samples of a block's kind of instance. */
export interface SampleRequest {
  readonly samples: number;
  /** Names the instance, and on an emulated unit the randomness too; null: both are new. */
  readonly seed: string | null;
}

/** What was drawn. */
export interface SampleReport {
  /** Who drew it; `emulated` is the label the user sees. */
  readonly unit: string;
  readonly emulated: boolean;
  readonly spins: number;
  readonly samples: number;
  readonly lowestEnergy: number;
  readonly meanEnergy: number;
  /** The bar of a block's sample, and how many samples are at or below it. */
  readonly bar: number;
  readonly belowBar: number;
  /** SHA-256 of all packed samples: equal seeds give equal digests on emulated units. */
  readonly digest: Uint8Array;
  readonly elapsedMs: number;
}

/** How a unit does, by its own word and by our tests of its spins. */
export interface UnitHealth {
  readonly unit: string;
  readonly emulated: boolean;
  readonly good: boolean;
  /** In the device's words. */
  readonly detail: string;
  readonly samples: number;
  /** As the device measured; null if it does not. Never estimated here. */
  readonly microjoules: number | null;
  readonly goodSpins: number;
  readonly testedSpins: number;
  /** Why it is not used for randomness; empty when it is. */
  readonly takenOut: string;
}

/** A run's way. */
export interface SampleProgress {
  readonly samples: number;
  readonly of: number;
}

/** The sampling units. */
export interface SamplingUnits {
  list(): Promise<Result<{ readonly units: readonly UnitView[]; readonly transports: readonly TransportView[] }>>;
  /**
   * Lets the user choose a device, tests it, makes it the active unit, and lends it to block making if it is fit for that.
   * Needs a key press or click just before.
   */
  connect(transport: UnitTransport): Promise<Result<ConnectedUnit>>;
  /** Back to the emulated unit. */
  disconnect(): Promise<Result<null>>;
  /** Draws; `stopped` resolves when the user has had enough. */
  sample(
    request: SampleRequest,
    stopped: Promise<void>,
    onProgress: (progress: SampleProgress) => void,
  ): Promise<Result<SampleReport>>;
  health(): Promise<Result<UnitHealth>>;
  /** Hears when a device fails; the returned function ends it. */
  onNotice(listener: (message: string) => void): () => void;
}
