/**
 * Keys that were replaced, as an interface sees them: what the chain says of a key, and the vault's part in replacing its own.
 * @module
 */
import type { Result } from "#protocol/result.ts";
import type { SpaceName } from "./spaces.ts";

/** What the chain says of a key. */
export interface SuccessionView {
  /** The public key that stands for it, 33 bytes; null if it stands for itself. */
  readonly successor: Uint8Array | null;
  /** The block in which this very key was replaced, also if its successor was since; null if it stands for itself. */
  readonly replacedHeight: number | null;
  /** Public keys that it took over from, the newest first. */
  readonly earlier: readonly Uint8Array[];
  /** The block in which the key that stands for it took over; null if it was never part of a rotation. */
  readonly sinceHeight: number | null;
  /** Whether that can never be undone. */
  readonly final: boolean;
}

/** Requests to a node about keys. */
export interface IdentityRequests {
  /** What the chain says of a key, by its hash. */
  succession(keyHash: Uint8Array): Promise<Result<SuccessionView>>;
}

/** New keys that wait in the vault to take over. */
export interface WaitingSuccessor {
  /** Compressed signing key, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** Whether its recovery words were typed back: nothing is signed before. */
  readonly isProved: boolean;
}

/** New keys whose words were shown, or proved before. */
export interface BegunRotation extends WaitingSuccessor {
  /** The twelve new words. */
  readonly phrase: string;
  /** Signing keys that take over in each space, in the order of `spaceNames`. */
  readonly successors: readonly Uint8Array[];
}

/** What the chain is told: two keys, each with its signature. */
export interface SignedRotation {
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
  readonly previousSignature: Uint8Array;
  readonly nextSignature: Uint8Array;
}

/** A word of the new phrase that was typed back; places count from 0. */
export interface ProvedWord {
  readonly place: number;
  readonly word: string;
}

/** Words of keys that have taken over already, and the key they must make. */
export interface GivenSuccessor {
  readonly phrase: string;
  readonly publicKey: Uint8Array;
}

/** Requests to the vault about replacing its keys. Until `finishRotation` the vault's identity is the one it was. */
export interface RotationVaultRequests {
  /** New keys that wait; null if none do. */
  waitingSuccessor(): Promise<Result<WaitingSuccessor | null>>;
  /**
   * Makes new keys of a new phrase and keeps them under the vault's passphrase; where some wait that were proved, shows
   * those. `given`: takes the keys of these words instead, which have taken over already from another device.
   */
  beginRotation(passphrase: string, given: GivenSuccessor | null): Promise<Result<BegunRotation>>;
  /** Proves that the new phrase was kept, by at least three of its words. */
  proveSuccessorWords(passphrase: string, answers: readonly ProvedWord[]): Promise<Result<null>>;
  /** Signs with both keys of a space that the new one takes over, on a network, in a block up to a height. */
  signRotation(
    passphrase: string,
    networkId: Uint8Array,
    expiry: number,
    space: SpaceName,
  ): Promise<Result<SignedRotation>>;
  /** Makes the new keys the vault's identity: names come along, the old secrets stay to open old messages. */
  finishRotation(passphrase: string): Promise<Result<null>>;
}
