/**
 * Reads an SD-JWT (RFC 9901) strictly, before any library sees it: `@sd-jwt/core` 0.19 lets a disclosure replace a claim
 * that the issuer signed in clear, ignores disclosures that nothing refers to, and takes base64url with foreign characters.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import {
  isObject,
  type JsonObject,
  jsonOfBase64url,
  mostCredentialLength,
  type ReadToken,
  readToken,
  toBase64url,
} from "./jws.ts";

/** One claim, or one entry of a list, that its holder may show or keep. */
export interface Disclosure {
  readonly encoded: string;
  readonly digest: string;
  /** Null for an entry of a list. */
  readonly name: string | null;
  readonly value: unknown;
}

/** A credential's text, taken apart; nothing has been believed yet. */
export interface ReadCredential {
  /** The text without what surrounds it. */
  readonly text: string;
  readonly token: ReadToken;
  readonly disclosures: readonly Disclosure[];
  /** Digests of claims that are not shown; some of them may be decoys. */
  readonly hidden: number;
  /** The holder's proof; null if there is none. */
  readonly binding: ReadToken | null;
}

/** Claims that can be shown or hidden in one credential. */
export const mostDisclosures = 256;

/** Objects and lists within each other. */
const deepest = 16;

/** Names by which digests stand in a payload. */
const reserved: ReadonlySet<string> = new Set(["_sd", "...", "_sd_alg"]);

/** Refuses a credential that is not well made. */
export function badCredential(message: string): Rejected {
  return rejected("bad-credential", `${message} Nothing in it can be believed; ask for it again.`);
}

function readDisclosure(encoded: string): Disclosure | null {
  const parts = jsonOfBase64url(encoded);
  if (!Array.isArray(parts) || typeof parts[0] !== "string") return null;
  const digest = toBase64url(sha256(utf8ToBytes(encoded)));
  if (parts.length === 2) return { encoded, digest, name: null, value: parts[1] };
  const [, name, value] = parts;
  if (parts.length !== 3 || typeof name !== "string" || reserved.has(name)) return null;
  return { encoded, digest, name, value };
}

/** Where a digest stands: in an object, which has claims in clear beside it, or in a list. */
interface Place {
  readonly digest: string;
  readonly beside: JsonObject | null;
}

/** All digests within a value; null if digests stand where none may. */
function placesIn(value: unknown, depth: number): readonly Place[] | null {
  if (depth > deepest) return null;
  if (typeof value !== "object" || value === null) return [];
  const places: Place[] = [];
  const isList = Array.isArray(value);
  for (const [name, part] of Object.entries(value)) {
    if (!isList && name === "_sd") {
      if (!Array.isArray(part) || !part.every((digest) => typeof digest === "string")) return null;
      places.push(...part.map((digest: string) => ({ digest, beside: value as JsonObject })));
    } else if (!isList && (name === "..." || name === "__proto__")) return null;
    else if (isList && isObject(part) && Object.hasOwn(part, "...")) {
      const digest = part["..."];
      if (typeof digest !== "string" || Object.keys(part).length !== 1) return null;
      places.push({ digest, beside: null });
    } else {
      const inside = placesIn(part, depth + 1);
      if (inside === null) return null;
      places.push(...inside);
    }
  }
  return places;
}

/** Whether each disclosure has exactly one place, of its kind, where no other claim has its name. */
function havePlaces(disclosures: readonly Disclosure[], places: readonly Place[]): boolean {
  const byDigest = new Map(places.map((place) => [place.digest, place]));
  // No digest may stand twice: one disclosure would show two claims.
  if (byDigest.size !== places.length) return false;
  if (new Set(disclosures.map(({ digest }) => digest)).size !== disclosures.length) return false;
  const taken = new Map<JsonObject, Set<string>>();
  return disclosures.every(({ digest, name }) => {
    const place = byDigest.get(digest);
    if (place === undefined || (place.beside === null) !== (name === null)) return false;
    if (place.beside === null || name === null) return true;
    const names = taken.get(place.beside) ?? new Set(Object.keys(place.beside));
    if (names.has(name) || name === "__proto__") return false;
    taken.set(place.beside, names.add(name));
    return true;
  });
}

/** Takes a credential apart; refuses what RFC 9901 (7.1) tells a verifier to refuse. */
export function readCredential(given: string): Result<ReadCredential> {
  const text = given.trim();
  if (text.length > mostCredentialLength) {
    return rejected("too-large", `A credential has at most ${mostCredentialLength} characters.`);
  }
  const [jwt = "", ...rest] = text.split("~");
  const last = rest.pop();
  const token = readToken(jwt);
  if (token === undefined || last === undefined) {
    return rejected("bad-credential", "This is no credential: it is not in the form of an SD-JWT (RFC 9901).");
  }
  const { _sd_alg: hash = "sha-256" } = token.payload;
  if (hash !== "sha-256") {
    return rejected(
      "bad-credential",
      "This credential hides its claims with another hash than SHA-256; it cannot be read here.",
    );
  }
  if (rest.length > mostDisclosures) return rejected("too-many", `At most ${mostDisclosures} claims can be shown.`);
  const disclosures: Disclosure[] = [];
  for (const encoded of rest) {
    const disclosure = readDisclosure(encoded);
    if (disclosure === null) return badCredential("A claim of this credential was changed or damaged.");
    disclosures.push(disclosure);
  }
  const places = [token.payload, ...disclosures.map(({ value }) => value)].map((value) => placesIn(value, 0));
  const all = places.flatMap((found) => found ?? []);
  if (places.includes(null) || !havePlaces(disclosures, all)) {
    return badCredential("A claim of this credential was changed: it is not what the issuer signed.");
  }
  const binding = last === "" ? null : readToken(last);
  if (binding === undefined) return badCredential("The holder's proof in this credential is damaged.");
  return accepted({ text, token, disclosures, hidden: all.length - disclosures.length, binding });
}
