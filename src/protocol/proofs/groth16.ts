/**
 * Groth16 proofs over BN254 as the chain carries them, and the guards that come before any pairing. A proof is 128 bytes,
 * A ‖ B ‖ C compressed: x-coordinates big-endian, the highest bit says which y. Proofs are malleable (anyone can re-blind
 * one), so a proof or its hash must never be an identifier.
 * @module
 */
import { equalBytes, fromBigEndian, fromHex } from "../codec/bytes.ts";
import { accepted, type Rejected, type Result, rejected } from "../result.ts";
import { fieldOrder } from "./field.ts";

/** Bytes of compressed points and of a whole proof. */
export const proofSizes = { g1: 32, g2: 64, proof: 128 } as const;

/** Proofs that are verified as one batch at most. */
export const maximumProofBatch = 64;

/** Order of the field of coordinates. */
const coordinateOrder = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const infinityBit = 0x40;
const flagBits = 0xc0;

/** A circuit's verification key: compressed points. */
export interface VerificationKey {
  readonly alpha: Uint8Array;
  readonly beta: Uint8Array;
  readonly gamma: Uint8Array;
  readonly delta: Uint8Array;
  /** One more than there are public signals. */
  readonly inputs: readonly Uint8Array[];
}

/** A proof and what it is said to prove. */
export interface ProofClaim {
  readonly proof: Uint8Array;
  readonly publicSignals: readonly bigint[];
}

/** Checks proofs for one key. */
export interface ProofVerifier {
  /**
   * The verdict on each claim, in their order. `randomness` weighs the claims of a batch against each other and must be
   * unpredictable to whoever made them: 16 fresh bytes per claim.
   */
  verifyBatch(claims: readonly ProofClaim[], randomness: Uint8Array): Promise<readonly Result<true>[]>;
}

/** Bytes of randomness a verifier takes per claim: a false batch passes with probability 2^−128. */
export const batchRandomnessBytes = 16;

/** Why a compressed point is refused, or null: length, no infinity, every coordinate below the field's order. */
function pointProblem(bytes: Uint8Array, length: number): string | null {
  if (bytes.length !== length) return `has ${bytes.length} bytes, not ${length}`;
  if (((bytes[0] as number) & infinityBit) !== 0) return "is at infinity or not canonical";
  for (let at = 0; at < length; at += 32) {
    const coordinate = Uint8Array.from(bytes.subarray(at, at + 32));
    if (at === 0) coordinate[0] = (coordinate[0] as number) & ~flagBits;
    if (fromBigEndian(coordinate) >= coordinateOrder) return "has a coordinate that is not below the field's order";
  }
  return null;
}

/** The three points of a proof. */
export function splitProof(proof: Uint8Array): {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly c: Uint8Array;
} {
  const { g1, g2 } = proofSizes;
  return { a: proof.subarray(0, g1), b: proof.subarray(g1, g1 + g2), c: proof.subarray(g1 + g2) };
}

/** Everything about a claim that can be refused without arithmetic on curves; null if nothing. */
export function claimProblem(key: VerificationKey, claim: ProofClaim): Rejected | null {
  const { proof, publicSignals } = claim;
  if (proof.length !== proofSizes.proof) {
    return rejected("bad-proof", `A proof has ${proofSizes.proof} bytes, not ${proof.length}.`, {
      sizeBytes: proof.length,
    });
  }
  const expected = key.inputs.length - 1;
  if (publicSignals.length !== expected) {
    return rejected("bad-proof", `The circuit has ${expected} public signals, not ${publicSignals.length}.`);
  }
  const place = publicSignals.findIndex((signal) => signal < 0n || signal >= fieldOrder);
  if (place >= 0) return rejected("bad-proof", `Public signal ${place} is not below the field's order.`, { place });
  const { a, b, c } = splitProof(proof);
  for (const [name, bytes, length] of [
    ["A", a, proofSizes.g1],
    ["B", b, proofSizes.g2],
    ["C", c, proofSizes.g1],
  ] as const) {
    const problem = pointProblem(bytes, length);
    if (problem !== null) return rejected("bad-proof", `Point ${name} of the proof ${problem}.`);
  }
  return null;
}

/** Refuses keys under which anyone can forge (γ = δ, points at infinity) or that are malformed; null if it is sound. */
export function keyProblem(key: VerificationKey): Rejected | null {
  const { g1, g2 } = proofSizes;
  const points: readonly (readonly [string, Uint8Array, number])[] = [
    ["alpha", key.alpha, g1],
    ["beta", key.beta, g2],
    ["gamma", key.gamma, g2],
    ["delta", key.delta, g2],
    ...key.inputs.map((input, i) => [`input ${i}`, input, g1] as const),
  ];
  for (const [name, bytes, length] of points) {
    const problem = pointProblem(bytes, length);
    if (problem !== null) return rejected("degenerate-key", `The verification key's ${name} ${problem}.`);
  }
  if (key.inputs.length === 0) return rejected("degenerate-key", "The verification key has no inputs.");
  if (equalBytes(key.gamma, key.delta)) {
    return rejected("degenerate-key", "The verification key has γ = δ (no phase 2): anyone can forge proofs under it.");
  }
  return null;
}

/** A verification key as the generated pins hold it: hexadecimal points. */
export interface HexVerificationKey {
  readonly alpha: string;
  readonly beta: string;
  readonly gamma: string;
  readonly delta: string;
  readonly inputs: readonly string[];
}

/** Reads a verification key, refusing what {@link keyProblem} refuses. */
export function readVerificationKey(hex: HexVerificationKey): Result<VerificationKey> {
  const point = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
  const key: VerificationKey = {
    alpha: point(hex.alpha),
    beta: point(hex.beta),
    gamma: point(hex.gamma),
    delta: point(hex.delta),
    inputs: hex.inputs.map(point),
  };
  return keyProblem(key) ?? accepted(key);
}
