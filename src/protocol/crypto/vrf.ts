/**
 * ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 0x03): a hash that only the key's owner can compute and everyone can
 * check. Stands on the curve of @noble/curves; passes the vectors of the RFC's appendix B.3.
 * @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "../codec/bytes.ts";

/** Length of a proof: a point, a 16-byte challenge, a scalar. */
export const vrfProofBytes = 80;

const Point = ed25519.Point;
type CurvePoint = InstanceType<typeof Point>;
const order = Point.Fn.ORDER;
const suite = Uint8Array.of(3);
const zero = Uint8Array.of(0);
const challengeBytes = 16;

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
function decodePoint(bytes: Uint8Array): CurvePoint | null {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return null;
  }
}

/** Section 5.4.1.1: try counters until a hash is a point; the chance of 256 misses is 2^-256. */
function encodeToCurve(salt: Uint8Array, message: Uint8Array): CurvePoint {
  for (let counter = 0; counter < 256; counter++) {
    const digest = sha512(concatBytes(suite, Uint8Array.of(1), salt, message, Uint8Array.of(counter), zero));
    const point = decodePoint(digest.subarray(0, 32))?.clearCofactor();
    if (point !== undefined && !point.is0()) return point;
  }
  throw new Error("no point after 256 tries");
}

/** Section 5.4.3. */
function challenge(points: readonly CurvePoint[]): bigint {
  const encoded = points.map((point) => point.toBytes());
  return littleEndian(sha512(concatBytes(suite, Uint8Array.of(2), ...encoded, zero)).subarray(0, challengeBytes));
}

function outputOf(gamma: CurvePoint): Uint8Array {
  return sha512(concatBytes(suite, Uint8Array.of(3), gamma.clearCofactor().toBytes(), zero));
}

/** Public key of a 32-byte secret. */
export function vrfPublicKey(secret: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secret);
}

/** Proves the value of the function at `message`: 80 bytes, deterministic. */
export function vrfProve(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const { prefix, scalar, pointBytes, point } = ed25519.utils.getExtendedPublicKey(secret);
  const h = encodeToCurve(pointBytes, message);
  const gamma = h.multiply(scalar);
  const k = Point.Fn.create(littleEndian(sha512(concatBytes(prefix, h.toBytes()))));
  const c = challenge([point, h, gamma, Point.BASE.multiply(k), h.multiply(k)]);
  const s = Point.Fn.create(k + c * scalar);
  return concatBytes(gamma.toBytes(), toLittleEndian(c, challengeBytes), toLittleEndian(s, 32));
}

/** The output that a proof claims (section 5.2), unverified: lets a chain of proofs be checked in one batch. */
export function vrfClaimedOutput(proof: Uint8Array): Uint8Array | null {
  const gamma = proof.length === vrfProofBytes ? decodePoint(proof.subarray(0, 32)) : null;
  return gamma === null ? null : outputOf(gamma);
}

/** The 64-byte output if `proof` is right for key and message, else null. Low-order keys are refused (section 5.4.5). */
export function vrfVerify(publicKey: Uint8Array, message: Uint8Array, proof: Uint8Array): Uint8Array | null {
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
}
