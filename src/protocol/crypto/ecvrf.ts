/**
 * ECVRF over edwards25519 with SHA-512 (RFC 9381): a hash that only the key's owner can compute and everyone can check. What
 * a suite adds is how a message becomes a point. Stands on the curve of @noble/curves.
 * @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "../codec/bytes.ts";

/** Length of a proof: a point, a 16-byte challenge, a scalar. */
export const vrfProofBytes = 80;

const Point = ed25519.Point;
/** A point of the curve. */
export type CurvePoint = InstanceType<typeof Point>;
const order = Point.Fn.ORDER;
const zero = Uint8Array.of(0);
const challengeBytes = 16;

/** What tells the suites of the RFC apart. */
export interface VrfSuite {
  /** `suite_string`: part of everything that is hashed. */
  readonly octet: number;
  /** Section 5.4.1: a point of prime order, never the neutral one, from a salt (the public key) and a message. */
  encodeToCurve(salt: Uint8Array, message: Uint8Array): CurvePoint;
}

/** The functions of one suite. */
export interface Vrf {
  /** Proves the value of the function at `message`: 80 bytes, deterministic. */
  prove(secret: Uint8Array, message: Uint8Array): Uint8Array;
  /** The output that a proof claims (section 5.2), unverified: lets a chain of proofs be checked in one batch. */
  claimedOutput(proof: Uint8Array): Uint8Array | null;
  /** The 64-byte output if `proof` is right for key and message, else null. Low-order keys are refused (section 5.4.5). */
  verify(publicKey: Uint8Array, message: Uint8Array, proof: Uint8Array): Uint8Array | null;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

function toLittleEndian(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = 0; i < length; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** Canonical point or null; RFC 8032 decoding without the lenient mode. */
export function decodePoint(bytes: Uint8Array): CurvePoint | null {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return null;
  }
}

/** Public key of a 32-byte secret; the same in all suites. */
export function vrfPublicKey(secret: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secret);
}

/** The functions of a suite. */
export function createVrf({ octet, encodeToCurve }: VrfSuite): Vrf {
  const suite = Uint8Array.of(octet);
  /** Section 5.4.3. */
  const challenge = (points: readonly CurvePoint[]): bigint => {
    const encoded = points.map((point) => point.toBytes());
    return littleEndian(sha512(concatBytes(suite, Uint8Array.of(2), ...encoded, zero)).subarray(0, challengeBytes));
  };
  const outputOf = (gamma: CurvePoint): Uint8Array =>
    sha512(concatBytes(suite, Uint8Array.of(3), gamma.clearCofactor().toBytes(), zero));
  return {
    prove: (secret, message) => {
      const { prefix, scalar, pointBytes, point } = ed25519.utils.getExtendedPublicKey(secret);
      const h = encodeToCurve(pointBytes, message);
      const gamma = h.multiply(scalar);
      const k = Point.Fn.create(littleEndian(sha512(concatBytes(prefix, h.toBytes()))));
      const c = challenge([point, h, gamma, Point.BASE.multiply(k), h.multiply(k)]);
      const s = Point.Fn.create(k + c * scalar);
      return concatBytes(gamma.toBytes(), toLittleEndian(c, challengeBytes), toLittleEndian(s, 32));
    },
    claimedOutput: (proof) => {
      const gamma = proof.length === vrfProofBytes ? decodePoint(proof.subarray(0, 32)) : null;
      return gamma === null ? null : outputOf(gamma);
    },
    verify: (publicKey, message, proof) => {
      if (publicKey.length !== 32 || proof.length !== vrfProofBytes) return null;
      const y = decodePoint(publicKey);
      const gamma = decodePoint(proof.subarray(0, 32));
      const c = littleEndian(proof.subarray(32, 48));
      const s = littleEndian(proof.subarray(48));
      if (y === null || gamma === null || s >= order || y.isSmallOrder()) return null;
      const h = encodeToCurve(publicKey, message);
      const u = Point.BASE.multiplyUnsafe(s).subtract(y.multiplyUnsafe(c));
      const v = h.multiplyUnsafe(s).subtract(gamma.multiplyUnsafe(c));
      return challenge([y, h, gamma, u, v]) === c ? outputOf(gamma) : null;
    },
  };
}
