/**
 * What a module may be at most, and what every compiler of the world stays below by far. All of it is consensus: a node
 * that allows more runs programs that others refuse.
 * @module
 */

/** Bounds on a module before anything else is done with it. */
export const moduleLimits = {
  /** The largest programs in use (interpreters, codecs) have 10 MiB. */
  moduleBytes: 16 * 1_048_576,
  /** Of the metered module: charges can multiply code, and a small module must not fill a tab. */
  meteredBytes: 64 * 1_048_576,
  /** Of one function; compilers of the engines are not linear in it. */
  bodyBytes: 1_048_576,
  /** Of one metered function: where browsers draw the line (7 654 321), and all valid modules must stay valid. */
  meteredBodyBytes: 7_654_321,
  customSections: 256,
  types: 16_384,
  /** Of a function. A call's operands are checked one by one. */
  parameters: 128,
  /** Of a function or block. Every `br_table` target checks all of them, so the bound keeps checking linear. */
  results: 8,
  blockParameters: 16,
  imports: 4_096,
  functions: 65_536,
  exports: 65_536,
  nameBytes: 4_096,
  tables: 16,
  /** Elements of a table at its start; no table grows. */
  tableElements: 262_144,
  globals: 16_384,
  elementSegments: 16_384,
  dataSegments: 65_536,
  /** Parameters included. Browsers stop at 50 000 and the metered function has up to six of its own. */
  locals: 49_000,
  /** Of all functions together: seven bytes declare as many as one function may have, and engines expand them. */
  moduleLocals: 1_048_576,
  /** Interpreters and state machines nest as deep as they have cases. */
  nesting: 4_096,
  operandHeight: 16_384,
  /** Targets of one `br_table`. */
  branchTargets: 16_384,
  /** 4 GiB: what 32-bit addresses reach. */
  memoryPages: 65_536,
} as const;
