/**
 * What the driver may ask of the benchmark page.
 * @module
 */
import type { MeasuredRow } from "../row.ts";

/** Calls that the page's worker answers. */
export interface BenchPage {
  /** Runs one benchmark by its name. */
  run(name: string): Promise<readonly MeasuredRow[]>;
}
