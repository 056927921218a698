/**
 * What a test may ask of the prover's page.
 */

/** How a proof went. */
export interface ProofRun {
  readonly outcome: "proved" | string;
  readonly verified: boolean;
  readonly ms: number;
  readonly stages: readonly string[];
  /** Longest time the page's own thread did not answer. */
  readonly longestStallMs: number;
}

/** The page's functions. */
export interface ProverPage {
  /** Proves the sampler's segment for a block height; cancels when it reaches the stage, if one is named. */
  prove(height: number, cancelAt?: string): Promise<ProofRun>;
  /** Milliseconds of verifying: one proof alone, and one proof in a batch of 16. */
  verifyTimes(): Promise<{ readonly singleMs: number; readonly batchedMs: number }>;
}
