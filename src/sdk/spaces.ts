/**
 * Spaces: identities of one person that nobody else can tell belong together. One phrase makes them all.
 * @module
 */

/** In the order of their accounts (BIP32): a place in this list is part of the path to a space's keys. */
export const spaceNames = ["personal", "work", "public"] as const;

/** Which of them. */
export type SpaceName = (typeof spaceNames)[number];

/** A space as its owner sees it while the vault is open. */
export interface SpaceView {
  readonly space: SpaceName;
  readonly did: string;
  readonly keyHash: Uint8Array;
  /** Whether it is the one that signs now. */
  readonly chosen: boolean;
}
