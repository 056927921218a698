/**
 * What tests and benchmarks ask of the page that runs components, and the page of its thread.
 */
import type { MeasuredRow } from "../../bench/row.ts";
import type { CaseSummary } from "../component-cases.ts";

/** Calls that the page's thread answers. Components are files beside the page. */
export interface ComponentPage {
  /** All cases. */
  run(): Promise<readonly CaseSummary[]>;
  /** The benchmark; each of the named components makes so many calls. */
  measure(kinds: readonly string[], callCount: number): Promise<readonly MeasuredRow[]>;
}
