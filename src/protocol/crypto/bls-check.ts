/**
 * What is checked about BLS signatures, and by whom: without the arithmetic, so that who only asks need not load it.
 * @module
 */
import { type Result, rejected } from "../result.ts";

/** Bytes of keys and signatures. */
export const blsSizes = { secretKey: 32, publicKey: 48, signature: 96 } as const;

/** Keys that one signature is checked for at most: what bounds the work of a single check. */
export const maximumBlsKeys = 4_096;

/** What signatures are over: a message, or one's own key as proof of possession. The two can never stand for each other. */
export const blsTags = {
  message: "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_",
  possession: "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_",
} as const;

/** Kind of a signature. */
export type BlsTag = keyof typeof blsTags;

/** One signature to check, of one or many who all signed the same. */
export interface BlsCheck {
  /** Compressed keys of everyone whose signatures were added up; one key twice counts twice. */
  readonly publicKeys: readonly Uint8Array[];
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** Which kind of signature; `message` unless said otherwise. */
  readonly tag?: BlsTag;
}

/** Why signatures are not added up. */
export const noSignature = rejected("bad-signature", "One of the signatures to add up is not one, or there are none.");

/** Why a sum of signatures is not given out. */
export const signaturesCancel = rejected("bad-signature", "The signatures cancel each other.");

/** Checks many signatures at once, off the calling thread if it can. Wrong lengths and bad points are just `false`. */
export interface BlsVerifier {
  verifyBatch(checks: readonly BlsCheck[]): Promise<readonly boolean[]>;
}

/** Adds signatures up to one. */
export interface BlsAggregator {
  /** Refuses bad ones, none at all, and a sum at infinity. */
  aggregate(signatures: readonly Uint8Array[]): Promise<Result<Uint8Array>>;
}

/** Bytes of randomness that weigh a check against the others of a batch: a false batch passes with probability 2^−127. */
export const blsRandomnessBytes = 16;

/** Checks that are verified as one batch at most: what bounds the memory of their hashes. */
export const maximumBlsBatch = 64;
