/**
 * What WASI is built upon here: the private parts of one run, and the ends it may come to. Everything a guest can do wrong
 * is either an error that WASI has a value for, or the end of the run.
 * @module
 */
import { costTable } from "#protocol/veil/costs.ts";
import type { FileSystem } from "../file-system.ts";
import type { OutputStream } from "../output-buffer.ts";
import type { RunInput } from "../run.ts";
import type { SeededRandom } from "../seeded-random.ts";

/** One run, as its WASI host sees it. */
export interface WasiSystem {
  readonly input: RunInput;
  readonly files: FileSystem;
  readonly random: SeededRandom;
  /** Takes units from the fuel; ends the run if there are too few. */
  charge(units: number): void;
  /** Appends to what the run has written; ends it if that is too much. */
  write(stream: OutputStream, bytes: Uint8Array): void;
  /** Ends the run as the program wishes. */
  exit(code: number): never;
  /** Ends the run as a trap. */
  trap(message: string): never;
}

/** Bounds on what one call moves and what a run holds. */
export const wasiLimits = {
  /** Live handles of a run, of all kinds together. */
  handles: 1_024,
  /** Of the list that an open folder holds: more count as more handles, or all handles together would hold millions. */
  entriesPerHandle: 64,
  /** Of one read, write or splice; programs go on where it ended. */
  transferBytes: 65_536,
  randomBytes: 1_048_576,
  /** That a guest hands over by one call. Programs write some thousands at once; a list may be as long as the memory. */
  liftedBytes: 16_777_216,
  /** In one list: no more are alive. */
  liftedHandles: 1_024,
  /** Of one kind of resource that components of a program define for each other, in the table of one of them. */
  ownHandles: 65_536,
} as const;

/** Takes what moving bytes costs. */
export function chargeBytes(system: WasiSystem, count: number): void {
  system.charge(Math.ceil(count / costTable.bytesPerUnit));
}
