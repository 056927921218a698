/**
 * From a program's bytes to what a sandbox runs, for core modules of the world `aether:os`: is it for this world, is it
 * granted what it needs, is it valid, and its metered form.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import { meterModule } from "#protocol/veil/meter.ts";
import type { PreparedProgram } from "./prepared-program.ts";
import type { Capability } from "./run.ts";
import { checkWorld } from "./world.ts";

/** Checks and meters a core module. */
export function prepareCore(
  bytes: Uint8Array,
  granted: readonly Capability[],
  memoryPages: number,
): Result<Extract<PreparedProgram, { type: "core" }>> {
  const fits = checkWorld(bytes, granted);
  if (!fits.ok) return fits;
  const module = meterModule(bytes, { mode: "call", counters: "own", memoryPages });
  return module.ok ? accepted({ type: "core", module: module.value }) : module;
}
