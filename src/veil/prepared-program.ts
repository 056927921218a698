/**
 * A program between the gate and the sandbox: checked, metered and, if it is a component, split into core modules and
 * the glue between them. Made on this machine from the program's bytes alone, never received from anybody.
 * @module
 */
import type { Capability } from "./run.ts";

/** A core module that may be instantiated. */
export interface PreparedModule {
  /** Metered in the mode "call". */
  readonly bytes: Uint8Array;
  /** What instantiating it takes from the fuel. */
  readonly startFuel: number;
  /** It takes calls from one component to another within a program; what it imports is known by name. */
  readonly isAdapter?: boolean;
}

/** An interface that a component takes, and what it must be granted for that. */
export interface ComponentNeed {
  readonly capability: Capability;
  readonly interfaceName: string;
}

/** What a sandbox is handed to run. */
export type PreparedProgram =
  /** One module for the world `aether:os`, with counters of its own. */
  | { readonly type: "core"; readonly module: PreparedModule }
  | {
      readonly type: "component";
      /** With shared counters, by the name under which the glue asks for them. */
      readonly modules: ReadonlyMap<string, PreparedModule>;
      /** Text of one expression, whose value is jco's `instantiate`. Written on this machine, by jco alone. */
      readonly glue: string;
      readonly needs: readonly ComponentNeed[];
    };
