/**
 * The parts of a signed token (RFC 7515, compact): strict base64url and JSON in, ES256K signatures (RFC 8812). What may be
 * signed with an identity's key is decided here, because the vault asks this file before it signs.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { base64urlnopad } from "@scure/base";
import { equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { publicKeyOfDid } from "../did.ts";

/** A JSON object as it was parsed. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The one way these tokens are signed here: ECDSA over secp256k1 and SHA-256. */
export const credentialAlgorithm = "ES256K";

/** What a credential's token says it is; wallets of 2024 wrote the second. */
export const credentialTypes: readonly string[] = ["dc+sd-jwt", "vc+sd-jwt"];

/** What a holder's proof says it is. */
export const bindingType = "kb+jwt";

/** Longest credential, in characters: disclosures included. */
export const mostCredentialLength = 65_536;

/** Bytes of base64url without padding; undefined if anything about it is not exactly so. */
export function fromBase64url(text: string): Uint8Array | undefined {
  try {
    return base64urlnopad.decode(text);
  } catch {
    return undefined;
  }
}

/** Base64url without padding. */
export function toBase64url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/** The JSON that base64url spells; undefined if it is none. */
export function jsonOfBase64url(text: string): unknown {
  const bytes = fromBase64url(text);
  const decoded = bytes === undefined ? undefined : decodeUtf8(bytes, 0, bytes.length);
  if (decoded === undefined) return undefined;
  try {
    return JSON.parse(decoded);
  } catch {
    return undefined;
  }
}

/** Whether a parsed value is an object, and neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A token's two parts, parsed; undefined if it is none. What is signed are the first two parts as they stand. */
export interface ReadToken {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signature: Uint8Array;
  readonly signed: string;
}

/** Reads a token of three parts. */
export function readToken(text: string): ReadToken | undefined {
  const [head = "", body = "", tail = "", ...more] = text.split(".");
  if (more.length > 0) return undefined;
  const header = jsonOfBase64url(head);
  const payload = jsonOfBase64url(body);
  const signature = fromBase64url(tail);
  if (!isObject(header) || !isObject(payload) || signature === undefined) return undefined;
  return { header, payload, signature, signed: `${head}.${body}` };
}

/** What a token's signature is made over. */
function digestOf(signed: string): Uint8Array {
  return sha256(utf8ToBytes(signed));
}

/** Whether a key signed a token. Others than we may sign with a high s: in a token that changes nothing. */
export function isSignedBy(publicKey: Uint8Array, signed: string, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  try {
    return secp256k1.verify(signature, digestOf(signed), publicKey, { prehash: false, lowS: false });
  } catch {
    return false;
  }
}

/**
 * What the vault signs for a token, if it is one that this identity may sign: a credential that names it as its issuer, or a
 * proof that it holds one. Transactions cannot be passed off as such: what is hashed begins with a token's header.
 */
export function tokenDigest(signed: string, signingKey: Uint8Array): Result<Uint8Array> {
  const refused = rejected("invalid-argument", "This is neither a credential of yours nor a proof that you hold one.");
  if (signed.length > mostCredentialLength) return refused;
  const token = readToken(`${signed}.`);
  if (token === undefined || token.signed !== signed) return refused;
  const { alg, typ } = token.header;
  const { iss, sd_hash: shown, aud, nonce } = token.payload;
  const issuer = typeof iss === "string" ? publicKeyOfDid(iss) : refused;
  const isOwn = typ === credentialTypes[0] && issuer.ok && equalBytes(issuer.value, signingKey);
  const isProof = typ === bindingType && [shown, aud, nonce].every((claim) => typeof claim === "string");
  return alg === credentialAlgorithm && (isOwn || isProof) ? accepted(digestOf(signed)) : refused;
}
