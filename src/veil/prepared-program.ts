/**
 * A program between the gate and the sandbox: checked, metered and, if it is a component, split into core modules and
 * the glue between them. Made on this machine from the program's bytes alone, never received from anybody.
 * @module
 */

/** A core module that may be instantiated. */
export interface PreparedModule {
  /** Metered in the mode "call". */
  readonly bytes: Uint8Array;
  /** What instantiating it takes from the fuel. */
  readonly startFuel: number;
}

/** What a sandbox is handed to run. */
export type PreparedProgram =
  /** One module for the world `aether:os`, with counters of its own. */
  | { readonly type: "core"; readonly module: PreparedModule }
  /** Modules with shared counters, by the name under which the glue asks for them. */
  | { readonly type: "component"; readonly modules: ReadonlyMap<string, PreparedModule>; readonly glue: string };
