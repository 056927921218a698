import { measureBeacon } from "./beacon.ts";
import { onNode } from "./node-platform.ts";
import type { BenchRow } from "./row.ts";

/** Beacon rows in Node. */
export function run(): Promise<BenchRow[]> {
  return onNode(measureBeacon);
}
