/**
 * What a test may ask of the page that runs metered modules.
 */

/** The page's functions. */
export interface DeterminismPage {
  /** For each module, in base64, everything that must be equal everywhere, in a line. */
  fingerprints(modules: readonly string[]): readonly string[];
  /** For each seed, the bytes that a random program full of NaNs leaves in memory, as a digest. */
  floatDigests(seeds: readonly number[]): readonly string[];
}
