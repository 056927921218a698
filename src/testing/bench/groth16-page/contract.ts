/**
 * What the driver asks of the page that measures proofs in a browser, and what its two threads answer.
 */

/** One proof and how long it took, and verifications of it. */
export interface Turn {
  readonly proveMs: number;
  readonly verifyMs: number;
  /** Of one proof in a batch of 16; ours only. */
  readonly batchedMs: number;
  /** Ours, to be checked by snarkjs outside; empty of snarkjs, which checked itself. */
  readonly proof: Uint8Array;
  /** Bytes of the kernels' memories; 0 of snarkjs. */
  readonly memoryBytes: number;
}

/** A thread with one of the contenders, its files loaded at the first call. */
export interface ContenderThread {
  /** Makes one proof and verifies it. `signals` are its public signals. */
  turn(signals: readonly string[], verificationKey: object): Promise<Turn>;
}

/** The page's functions. */
export interface Groth16Page {
  /** Both contenders take turns; the first turn of each is a warm-up and not among the answers. */
  run(
    turns: number,
    signals: readonly string[],
    verificationKey: object,
  ): Promise<{
    readonly ours: readonly (Omit<Turn, "proof"> & { readonly proof: readonly number[] })[];
    readonly theirs: readonly Turn[];
  }>;
}
