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

/** Other kinds of key that people meet in `did:key`, by the start of their multicodec. */
const otherKinds: readonly (readonly [first: number, second: number, name: string])[] = [
  [0xed, 0x01, "an Ed25519"],
  [0xec, 0x01, "an X25519"],
  [0xeb, 0x01, "a BLS12-381"],
  [0x80, 0x24, "a P-256"],
  [0x81, 0x24, "a P-384"],
  [0x85, 0x24, "an RSA"],
];

/** More than any secp256k1 address has: keeps base58, which takes quadratic time, from long texts. */
const mostEncodedLength = 64;

function invalid(message: string): Result<never> {
  return rejected("invalid-address", `Not a valid address: ${message}`);
}

/** The public key in an address. Says what is wrong with one that is none. */
export function publicKeyOfDid(did: string): Result<Uint8Array> {
  if (!did.startsWith("did:")) return invalid("it must start with did:key:z.");
  if (!did.startsWith(prefix)) return invalid("only did:key addresses (did:key:z…) are known here.");
  const encoded = did.slice(prefix.length);
  if (encoded.includes("#")) return invalid("leave out the # and what follows it.");
  if (encoded.length > mostEncodedLength) return invalid("it is too long.");
  let bytes: Uint8Array;
  try {
    bytes = base58.decode(encoded);
  } catch {
    return invalid("it holds characters that no address has (0, O, I and l are not used); check for typing errors.");
  }
  const [first, second] = bytes;
  const other = otherKinds.find((kind) => kind[0] === first && kind[1] === second);
  if (other !== undefined)
    return invalid(`it names ${other[2]} key; only secp256k1 keys (did:key:zQ3s…) are known here.`);
  if (first !== multicodec[0] || second !== multicodec[1]) return invalid("it is incomplete or mistyped.");
  const publicKey = bytes.slice(multicodec.length);
  if (!secp256k1.utils.isValidPublicKey(publicKey, true)) return invalid("it is incomplete or mistyped.");
  return accepted(publicKey);
}
