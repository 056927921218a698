/**
 * The target of the deliberate breach in canary.ts.
 * @module
 */

/** Something only the node may know. */
export interface Caged {
  readonly sings: boolean;
}
