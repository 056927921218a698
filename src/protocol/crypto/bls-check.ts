/**
 * What is checked about BLS signatures, and by whom: without the arithmetic, so that who only asks need not load it.
 * @module
 */

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

/** Checks many signatures at once, off the calling thread if it can. Wrong lengths and bad points are just `false`. */
export interface BlsVerifier {
  verifyBatch(checks: readonly BlsCheck[]): Promise<readonly boolean[]>;
}
