/**
 * BLS signatures over BLS12-381 (draft-irtf-cfrg-bls-signature-05, suite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_): keys of
 * 48 bytes in G1, signatures of 96 bytes in G2, any number of which add up to one. Sums of keys mean something only if each
 * owner has proved possession of its secret: otherwise a rogue key cancels the others. Stricter than the draft in one thing:
 * the point at infinity is refused everywhere. The functions here are the pure reference of {@link BlsVerifier}.
 * @module
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bigEndian, concatBytes, fromBigEndian, toHex, utf8ToBytes } from "../codec/bytes.ts";
import { accepted, type Result, rejected } from "../result.ts";
import {
  type BlsAggregator,
  type BlsCheck,
  type BlsTag,
  type BlsVerifier,
  blsSizes,
  blsTags,
  maximumBlsKeys,
  noSignature,
  signaturesCancel,
} from "./bls-check.ts";

const curve = bls12_381.longSignatures;
const KeyPoint = bls12_381.G1.Point;
const SignaturePoint = bls12_381.G2.Point;
const groupOrder = bls12_381.fields.Fr.ORDER;
const minimumKeyMaterialBytes = 32;
/** Bytes that are reduced to a secret: half as many again as the order has, so that the reduction favours none. */
const expandedBytes = 48;

type Key = ReturnType<typeof curve.aggregatePublicKeys>;
type Signature = ReturnType<typeof curve.aggregateSignatures>;

/** Canonical, on the curve, in the group, not infinity (`KeyValidate` of the draft); or null. */
function readKey(bytes: Uint8Array): Key | null {
  if (bytes.length !== blsSizes.publicKey) return null;
  try {
    const point = KeyPoint.fromBytes(bytes);
    return point.is0() ? null : point;
  } catch {
    return null;
  }
}

function readSignature(bytes: Uint8Array): Signature | null {
  if (bytes.length !== blsSizes.signature) return null;
  try {
    const point = curve.Signature.fromBytes(bytes);
    return point.is0() ? null : point;
  } catch {
    return null;
  }
}

function readAll<T>(parts: readonly Uint8Array[], read: (bytes: Uint8Array) => T | null): T[] | null {
  if (parts.length === 0 || parts.length > maximumBlsKeys) return null;
  const points: T[] = [];
  for (const bytes of parts) {
    const point = read(bytes);
    if (point === null) return null;
    points.push(point);
  }
  return points;
}

/** The secret number of a key. @throws Error: a secret is our own, a wrong one is a bug. */
function scalarOf(secretKey: Uint8Array): bigint {
  const scalar = secretKey.length === blsSizes.secretKey ? fromBigEndian(secretKey) : 0n;
  if (scalar === 0n || scalar >= groupOrder) throw new Error("not a secret key of BLS12-381");
  return scalar;
}

function signTagged(secretKey: Uint8Array, message: Uint8Array, tag: BlsTag): Uint8Array {
  return curve.hash(message, blsTags[tag]).multiply(scalarOf(secretKey)).toBytes();
}

function verifyTagged(key: Key, message: Uint8Array, signature: Uint8Array, tag: BlsTag): boolean {
  const point = readSignature(signature);
  return point !== null && curve.verify(point, curve.hash(message, blsTags[tag]), key);
}

/**
 * `KeyGen` of the draft: a secret key of 32 bytes from at least 32 bytes of entropy. `keyInformation` tells keys of one
 * entropy apart. @throws Error if there is less entropy.
 */
export function blsSecretKey(keyMaterial: Uint8Array, keyInformation = new Uint8Array(0)): Uint8Array {
  if (keyMaterial.length < minimumKeyMaterialBytes) throw new Error("too little entropy for a key");
  const material = concatBytes(keyMaterial, Uint8Array.of(0));
  const information = concatBytes(keyInformation, bigEndian(expandedBytes, 2));
  let salt = utf8ToBytes("BLS-SIG-KEYGEN-SALT-");
  for (;;) {
    salt = sha256(salt);
    const scalar =
      fromBigEndian(expand(sha256, extract(sha256, material, salt), information, expandedBytes)) % groupOrder;
    if (scalar !== 0n) return bigEndian(scalar, blsSizes.secretKey);
  }
}

/** Compressed public key of a secret. */
export function blsPublicKey(secretKey: Uint8Array): Uint8Array {
  return KeyPoint.BASE.multiply(scalarOf(secretKey)).toBytes();
}

/** Whether these bytes are a public key: canonical, in the group, not infinity. */
export function isBlsPublicKey(publicKey: Uint8Array): boolean {
  return readKey(publicKey) !== null;
}

/** Signs a message; deterministic. */
export function blsSign(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  return signTagged(secretKey, message, "message");
}

/** Proof of possession of the secret: a signature of its own public key under a tag of its own. */
export function blsProvePossession(secretKey: Uint8Array): Uint8Array {
  return signTagged(secretKey, blsPublicKey(secretKey), "possession");
}

/** Whether `proof` shows that someone knows the secret of `publicKey`. */
export function blsVerifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean {
  const key = readKey(publicKey);
  return key !== null && verifyTagged(key, publicKey, proof, "possession");
}

/** Whether one signature is valid. */
export function blsVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return blsFastAggregateVerify([publicKey], message, signature);
}

/** Adds signatures up; refuses bad ones, none at all, and a sum at infinity. */
export function blsAggregateSignatures(signatures: readonly Uint8Array[]): Result<Uint8Array> {
  const points = readAll(signatures, readSignature);
  if (points === null) return noSignature;
  const sum = points.reduce((total, point) => total.add(point), SignaturePoint.ZERO);
  if (sum.is0()) return signaturesCancel;
  return accepted(sum.toBytes());
}

function sumOfKeys(publicKeys: readonly Uint8Array[]): Key | null {
  const points = readAll(publicKeys, readKey);
  if (points === null) return null;
  const sum = points.reduce((total, point) => total.add(point), KeyPoint.ZERO);
  return sum.is0() ? null : sum;
}

/** Adds public keys up; refuses bad ones, none at all, and a sum at infinity. */
export function blsAggregateKeys(publicKeys: readonly Uint8Array[]): Result<Uint8Array> {
  const sum = sumOfKeys(publicKeys);
  if (sum === null) return rejected("degenerate-key", "One of the keys is not one, there are none, or they cancel.");
  return accepted(sum.toBytes());
}

/** Whether `signature` is the sum of signatures of one message by all these keys, each of proved possession. */
export function blsFastAggregateVerify(
  publicKeys: readonly Uint8Array[],
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verifyBlsCheck({ publicKeys, message, signature });
}

/** Whether `signature` is the sum of each key's signature of its message. Equal messages are allowed: possession is proved. */
export function blsAggregateVerify(
  signed: readonly { readonly publicKey: Uint8Array; readonly message: Uint8Array }[],
  signature: Uint8Array,
): boolean {
  const point = readSignature(signature);
  const keys = readAll(
    signed.map(({ publicKey }) => publicKey),
    readKey,
  );
  if (point === null || keys === null) return false;
  // The curve's batch adds up keys of one message if the message is one object.
  const hashes = new Map<string, Signature>();
  const items = signed.map(({ message }, i) => {
    const name = toHex(message);
    const hash = hashes.get(name) ?? curve.hash(message, blsTags.message);
    hashes.set(name, hash);
    return { message: hash, publicKey: keys[i] as Key };
  });
  return curve.verifyBatch(point, items);
}

/** Whether one check holds; what {@link BlsVerifier} says of it. */
export function verifyBlsCheck({ publicKeys, message, signature, tag = "message" }: BlsCheck): boolean {
  const key = sumOfKeys(publicKeys);
  return key !== null && verifyTagged(key, message, signature, tag);
}

/** The reference: pure JavaScript, one after another. */
export const pureBlsVerifier: BlsVerifier & BlsAggregator = {
  verifyBatch: (checks) => Promise.resolve(checks.map(verifyBlsCheck)),
  aggregate: (signatures) => Promise.resolve(blsAggregateSignatures(signatures)),
};
