/**
 * Where finality has its place: the types that fork choice refers to. Voting itself is not part of this version.
 * @module
 */

/** A block that can never be undone. Null everywhere until voting exists; fork choice already obeys it. */
export interface FinalisedBlock {
  readonly height: number;
  readonly hash: Uint8Array;
}
