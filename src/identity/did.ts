/**
 * `did:key` of a secp256k1 key: the address people give each other. It holds the key itself, so nothing is looked up.
 * @module
 */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { base58 } from "@scure/base";
import { concatBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

const prefix = "did:key:z";

/** Multicodec of a compressed secp256k1 public key, as a varint. */
const multicodec = Uint8Array.of(0xe7, 0x01);

/** The address of a compressed public key of 33 bytes. */
export function didOf(publicKey: Uint8Array): string {
  return `${prefix}${base58.encode(concatBytes(multicodec, publicKey))}`;
}

function invalid(message: string): Result<never> {
  return rejected("invalid-address", `Not a valid address: ${message}`);
}

/** The public key in an address. Says what is wrong with one that is none. */
export function publicKeyOfDid(did: string): Result<Uint8Array> {
  if (!did.startsWith("did:")) return invalid("it must start with did:key:z.");
  if (!did.startsWith(prefix)) return invalid("only did:key addresses (did:key:z…) can be paid.");
  const encoded = did.slice(prefix.length);
  let bytes: Uint8Array;
  try {
    if (encoded.length > 64) return invalid("it is too long.");
    bytes = base58.decode(encoded);
  } catch {
    return invalid("it holds characters that no address has; check for typing errors.");
  }
  if (bytes[0] !== multicodec[0] || bytes[1] !== multicodec[1])
    return invalid("it is a key of another kind than secp256k1.");
  const publicKey = bytes.subarray(2);
  if (!secp256k1.utils.isValidPublicKey(publicKey, true)) return invalid("it is incomplete or mistyped.");
  return accepted(publicKey.slice());
}
