/**
 * The holder's key in a credential: a JSON Web Key (RFC 7517, RFC 8812) of a secp256k1 point.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concatBytes } from "#protocol/codec/bytes.ts";
import { fromBase64url, isObject, type JsonObject, toBase64url } from "./jws.ts";

/** A compressed public key as the `cnf` claim names it. */
export function confirmationOf(publicKey: Uint8Array): { readonly jwk: Readonly<Record<string, string>> } {
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(toBase64url) as [string, string];
  return { jwk: { kty: "EC", crv: "secp256k1", x, y } };
}

/** The compressed public key that a payload's `cnf` names; null if it names none of a kind that is known here. */
export function holderKeyOf({ cnf }: JsonObject): Uint8Array | null {
  const { jwk } = isObject(cnf) ? cnf : {};
  const { kty, crv, x: across, y: up } = isObject(jwk) ? jwk : {};
  if (kty !== "EC" || crv !== "secp256k1") return null;
  const [x, y] = [across, up].map((part) => (typeof part === "string" ? fromBase64url(part) : undefined));
  if (x?.length !== 32 || y?.length !== 32) return null;
  try {
    return secp256k1.Point.fromBytes(concatBytes(Uint8Array.of(4), x, y)).toBytes(true);
  } catch {
    return null;
  }
}
