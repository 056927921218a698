/**
 * Recovery by shares, as an interface sees it: the vault makes, passes on and joins shares; none of them is in clear
 * outside of it. Everything that travels is sealed for one reader.
 * @module
 */
import type { Result } from "#protocol/result.ts";
import type { SpaceName } from "./spaces.ts";

/** What a vault is to be split into. */
export interface SplitOrder {
  /** So many shares bring the keys back. */
  readonly required: number;
  /** So long holders wait, once asked. */
  readonly waitMs: number;
  /** Who gets one: the key in their address, and the record by which they say what to seal with. */
  readonly holders: readonly { readonly key: Uint8Array; readonly record: Uint8Array }[];
}

/** What a share says of itself. */
export interface ShareFacts {
  /** Address of whom it helps to bring back. */
  readonly owner: string;
  /** Address of who sealed it. */
  readonly from: string;
  readonly required: number;
  readonly total: number;
  readonly waitMs: number;
  readonly madeAtMs: number;
  /** The space of this identity that holds it: mail about it comes there. */
  readonly space: SpaceName;
}

/** Requests to the vault about shares. */
export interface RecoveryVaultRequests {
  /** Splits this identity's recovery entropy, for the passphrase; gives one sealed share a holder, in their order. */
  splitVault(passphrase: string, order: SplitOrder): Promise<Result<readonly Uint8Array[]>>;
  /** What a share that was sealed for this identity, in any space, is about; also one for keys that were replaced since. */
  readShare(sealed: Uint8Array): Promise<Result<ShareFacts>>;
  /** Seals a share that this identity holds for the device of a request. */
  passShare(sealed: Uint8Array, request: Uint8Array): Promise<Result<Uint8Array>>;
  /** Makes a key for this device alone, kept under the passphrase until shares come; gives the request for them. */
  beginRecovery(passphrase: string): Promise<Result<Uint8Array>>;
  /**
   * Joins shares that were sealed for this device into the keys of `owner`, and makes its vault under the passphrase of the
   * request. `isDrill`: only says whether they would.
   */
  finishRecovery(
    owner: Uint8Array,
    shares: readonly Uint8Array[],
    passphrase: string,
    isDrill: boolean,
  ): Promise<Result<null>>;
}
