/**
 * What a test may ask of the page that runs programs.
 */
import type { Capability, RunEnd, RunLimits } from "#veil/run.ts";

/** A run as it can be said from outside the page. */
export interface PageRequest {
  readonly program: readonly number[] | string;
  readonly capabilities?: readonly Capability[];
  readonly arguments?: readonly string[];
  readonly input?: string;
  readonly files?: readonly { readonly path: string; readonly text: string }[];
  readonly limits?: Partial<RunLimits>;
  /** Ends it from outside: so long after it was asked for, or when its first output arrives. */
  readonly kill?: { readonly afterMs: number } | "first-output";
}

/** How it went. */
export interface PageReport {
  readonly end: RunEnd | { readonly type: "refused"; readonly code: string; readonly message: string };
  /** Texts, cut after 10 000 characters. */
  readonly output: string;
  readonly errorOutput: string;
  readonly outputBytes: number;
  readonly fuelUsed: number;
  readonly memoryPeakPages: number;
  readonly files: readonly string[];
  /** From the request to the end, to the kill and from there to the end. */
  readonly ms: number;
  readonly msAfterKill: number;
  /** When pieces of output arrived and how long they were. */
  readonly pieces: readonly { readonly atMs: number; readonly bytes: number }[];
  /** Longest task of the page's own thread meanwhile; 0 if none was over 50 ms. */
  readonly longestTaskMs: number;
}

/** The page's functions. */
export interface VeilPage {
  run(request: PageRequest): Promise<PageReport>;
  /** Throws the runner away: the next run starts with no frame. */
  forget(): void;
}
