/**
 * The meter as it ships: bundled, without the test runner's indirections, which make every imported name a look-up and
 * the code three times as slow.
 */
import { rmSync } from "node:fs";
import { bundleForNode } from "../node-bundle.ts";

/** Exports of `protocol/veil/meter.ts`. */
export type Meter = typeof import("#protocol/veil/meter.ts");

/** Bundles the meter and loads it. */
export async function shippedMeter(): Promise<Meter> {
  const { script, directory } = await bundleForNode("src/protocol/veil/meter.ts");
  try {
    return (await import(/* @vite-ignore */ script.href)) as Meter;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
