import { measureEcdsa } from "./ecdsa.ts";
import { onNode } from "./node-platform.ts";
import type { BenchRow } from "./row.ts";

/** ECDSA rows in Node. */
export function run(): Promise<BenchRow[]> {
  return onNode(measureEcdsa);
}
