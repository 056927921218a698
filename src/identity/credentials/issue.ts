/**
 * Makes a credential (SD-JWT VC): each claim about the holder is a disclosure of its own, and decoys hide how many there
 * are. The signature is asked for; no key is here.
 * @module
 */
import { bigEndian, equalBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { didOf } from "../did.ts";
import { confirmationOf } from "./holder-key.ts";
import { isObject, type JsonObject, mostCredentialLength } from "./jws.ts";
import { credentialLibrary, hiddenFrame, refusalOf, type TokenSigner } from "./library.ts";
import { type CredentialMark, contentDigest, statusOfMark } from "./mark.ts";
import { readCredential } from "./read.ts";
import { ownClaims } from "./verify.ts";

/** What is to be said about whom. */
export interface CredentialOrder {
  readonly issuerKey: Uint8Array;
  readonly holderKey: Uint8Array;
  /** A word, or a URI. */
  readonly type: string;
  readonly claims: JsonObject;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
  /** Null: it cannot be revoked. */
  readonly mark: CredentialMark | null;
}

/** Claims of one credential. */
const mostClaims = 64;

/** Digests come in multiples of this, so that their number tells little about the claims. */
const digestStep = 8;

const namePattern = /^[\p{L}\p{N}_-]{1,64}$/u;

/** Whether no name of a value would be taken for a digest. */
function isPlain(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > 8) return false;
  const parts = Object.entries(value);
  const names = Array.isArray(value) ? [] : parts.map(([name]) => name);
  return (
    !names.some((name) => ["_sd", "...", "_sd_alg", "__proto__"].includes(name)) &&
    parts.every(([, part]) => isPlain(part, depth + 1))
  );
}

/** The type as it stands in a credential: a word of ours becomes a URN. */
export function typeName(type: string): Result<string> {
  if (/^[a-z][a-z0-9+.-]*:[\x21-\x7e]{1,256}$/i.test(type)) return accepted(type);
  if (namePattern.test(type)) return accepted(`urn:aether:${type}`);
  return rejected("invalid-argument", "A type is a word of letters, digits, - and _, or a URI.");
}

/** Refuses claims that a credential cannot carry. */
export function checkClaims(claims: unknown): Result<JsonObject> {
  if (!isObject(claims)) return rejected("invalid-argument", 'Claims are a JSON object: {"name": value, …}.');
  const names = Object.keys(claims);
  if (names.length === 0) return rejected("invalid-argument", "A credential needs at least one claim: NAME=VALUE.");
  if (names.length > mostClaims) return rejected("too-many", `A credential has at most ${mostClaims} claims.`);
  const odd = names.find((name) => !namePattern.test(name));
  if (odd !== undefined) {
    return rejected("invalid-argument", "A claim's name is a word of at most 64 letters, digits, - and _.");
  }
  const own = names.find((name) => ownClaims.has(name));
  if (own !== undefined) {
    return rejected("reserved-name", `No claim may be called ${own}: the credential itself uses that name.`);
  }
  return isPlain(claims)
    ? accepted(claims)
    : rejected("reserved-name", "A name within a claim is reserved, or it is too deep.");
}

/** Makes a credential; refuses what it cannot carry, and when the signer does. */
export async function issueCredential(
  order: CredentialOrder,
  tools: { readonly random: (length: number) => Uint8Array; readonly sign: TokenSigner },
): Promise<Result<string>> {
  const claims = checkClaims(order.claims);
  if (!claims.ok) return claims;
  const type = typeName(order.type);
  if (!type.ok) return type;
  const names = Object.keys(claims.value);
  const { issuedAtMs, expiresAtMs, mark } = order;
  const seconds = (ms: number): number => Math.floor(ms / 1_000);
  const payload: Record<string, unknown> = {
    iss: didOf(order.issuerKey),
    vct: type.value,
    iat: seconds(issuedAtMs),
    ...(expiresAtMs === null ? {} : { exp: seconds(expiresAtMs) }),
    ...(mark === null ? {} : { status: statusOfMark(mark) }),
    cnf: confirmationOf(order.holderKey),
    ...claims.value,
  };
  const decoys = digestStep * Math.ceil(names.length / digestStep) - names.length;
  try {
    const text = await credentialLibrary(tools).issue(payload, hiddenFrame(names, decoys));
    if (text.length > mostCredentialLength)
      return rejected("too-large", "These claims are too long for one credential.");
    const read = readCredential(text);
    return read.ok ? accepted(text) : read;
  } catch (error) {
    return refusalOf(error);
  }
}

/** A credential that is made but for its mark and signature. */
export interface CredentialDraft {
  /** What its mark is to carry. */
  readonly contentDigest: Uint8Array;
  /** The credential with its mark, signed. */
  finish(mark: CredentialMark | null, sign: TokenSigner): Promise<Result<string>>;
}

/** Random bytes that are the same each time the seed is. */
function randomOf(seed: Uint8Array): (length: number) => Uint8Array {
  let drawn = 0n;
  return (length) => {
    if (length > 32) throw new Error("a salt has 32 bytes at most");
    return taggedHash("aether/credential-salt/1", seed, bigEndian(drawn++, 8)).subarray(0, length);
  };
}

/**
 * Makes a credential before its mark is there, so that the mark can name it: both times with the same salts. Refuses what it
 * cannot carry, before anything is on the chain.
 */
export async function draftCredential(
  order: Omit<CredentialOrder, "mark">,
  random: (length: number) => Uint8Array,
): Promise<Result<CredentialDraft>> {
  const seed = random(32);
  const make = async (mark: CredentialMark | null, sign: TokenSigner) => {
    const text = await issueCredential({ ...order, mark }, { random: randomOf(seed), sign });
    const read = text.ok ? readCredential(text.value) : text;
    return read.ok ? accepted({ text: read.value.text, digest: contentDigest(read.value.token.payload) }) : read;
  };
  const unsigned = await make(null, () => Promise.resolve(accepted(new Uint8Array(64))));
  if (!unsigned.ok) return unsigned;
  const { digest } = unsigned.value;
  const finish: CredentialDraft["finish"] = async (mark, sign) => {
    const made = await make(mark, sign);
    if (!made.ok) return made;
    if (!equalBytes(made.value.digest, digest)) throw new Error("a credential came out another than its draft");
    return accepted(made.value.text);
  };
  return accepted({ contentDigest: digest, finish });
}
