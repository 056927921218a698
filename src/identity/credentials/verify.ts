/**
 * What a credential of ours, or of anybody whose address is a `did:key` of secp256k1, says and for whom: issuer, holder,
 * claims, times. Whether it was revoked is for the chain to say.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { didOf, publicKeyOfDid } from "../did.ts";
import { checkCredential, type ShownBinding } from "./check.ts";
import { holderKeyOf } from "./holder-key.ts";
import { credentialAlgorithm, credentialTypes, isSignedBy, type JsonObject } from "./jws.ts";
import { type CredentialMark, contentDigest, markOfStatus } from "./mark.ts";
import { badCredential, type Disclosure, type ReadCredential, readCredential } from "./read.ts";

/** Claims about the credential itself; all others are about its holder. */
export const ownClaims: ReadonlySet<string> = new Set([
  ..."iss iat nbf exp aud sub jti cnf vct vct#integrity status".split(" "),
  ..."_sd _sd_alg ... __proto__".split(" "),
]);

/** What a credential says; its issuer's signature is right. */
export interface CredentialFacts {
  readonly issuerKey: Uint8Array;
  readonly issuer: string;
  readonly holderKey: Uint8Array;
  readonly holder: string;
  readonly type: string;
  /** What is shown of its holder. */
  readonly claims: JsonObject;
  /** What can be shown or hidden, as far as it is here. */
  readonly disclosures: readonly Disclosure[];
  /** So many more claims may be hidden; some of these places are empty. */
  readonly hidden: number;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
  /** Where it is revoked; null if it cannot be. */
  readonly mark: CredentialMark | null;
  /** What a mark that names it carries. */
  readonly contentDigest: Uint8Array;
  readonly binding: ShownBinding | null;
}

/** How a credential is to be checked. */
export interface VerifyOrder {
  readonly nowMs: number;
  /** What the holder's proof must name; null: no proof is wanted. */
  readonly shownTo: { readonly audience: string; readonly nonce: string } | null;
  /** Who stands for the holder's key, if that may have been replaced: then nobody else's proof counts. */
  readonly currentKey?: (holderKey: Uint8Array) => Promise<Result<Uint8Array>>;
}

/** Clocks may differ by so much. */
const skewMs = 5 * 60_000;

/** A proof is good for so long, whatever its nonce. */
const bindingAgeMs = 24 * 3_600_000;

function issuerOf({ token }: ReadCredential): Result<Uint8Array> {
  const { alg, typ, kid } = token.header;
  const { iss } = token.payload;
  if (typeof typ !== "string" || !credentialTypes.includes(typ)) {
    return rejected("bad-credential", "This token is no credential: it does not say that it is one (dc+sd-jwt).");
  }
  const named = typeof iss === "string" ? iss : typeof kid === "string" ? (kid.split("#")[0] ?? "") : "";
  const key = publicKeyOfDid(named);
  if (alg === credentialAlgorithm && key.ok) return key;
  return rejected(
    "unsupported-feature",
    "The issuer's key is of a kind that is not known here: only issuers with addresses of this system (did:key:zQ3s…, ES256K) can be checked.",
  );
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

/** Refuses what is not good at this time. */
function judgeTimes({ payload }: ReadCredential["token"], nowMs: number): Result<null> {
  const { iat, nbf, exp } = payload;
  for (const time of [iat, nbf, exp]) {
    if (time !== undefined && !(typeof time === "number" && time >= 0 && time < 1e11)) {
      return badCredential("A time in this credential is none.");
    }
  }
  if (typeof exp === "number" && exp * 1_000 + skewMs <= nowMs) {
    return rejected("expired", `This credential expired on ${day(exp * 1_000)} UTC; its issuer can make a new one.`);
  }
  const from = Math.max(typeof iat === "number" ? iat : 0, typeof nbf === "number" ? nbf : 0) * 1_000;
  if (from - skewMs > nowMs) {
    const message = `This credential is good from ${day(from)} UTC on only. If that has passed, this device's clock is wrong.`;
    return rejected("time-too-early", message);
  }
  return accepted(null);
}

/** Refuses a proof that was made for somebody else or at another time. */
function judgeBinding(binding: ShownBinding, { shownTo, nowMs }: VerifyOrder): Result<null> {
  if (shownTo === null) return accepted(null);
  if (binding.audience !== shownTo.audience) {
    return rejected("wrong-holder", "This was presented to somebody else, not to you: it may have been passed on.");
  }
  if (binding.nonce !== shownTo.nonce) {
    return rejected(
      "wrong-holder",
      "This was presented for another occasion: its nonce is not yours. It may be an old copy.",
    );
  }
  const ageMs = nowMs - binding.madeAtMs;
  return ageMs <= bindingAgeMs && ageMs >= -skewMs
    ? accepted(null)
    : rejected(
        "expired",
        "This was presented more than a day ago, or by a clock that is wrong; have it presented again.",
      );
}

/** Checks all that can be checked without the chain. */
export async function verifyCredential(text: string, order: VerifyOrder): Promise<Result<CredentialFacts>> {
  const read = readCredential(text);
  if (!read.ok) return read;
  const issuerKey = issuerOf(read.value);
  if (!issuerKey.ok) return issuerKey;
  const holderKey = holderKeyOf(read.value.token.payload);
  if (holderKey === null) {
    return rejected(
      "wrong-holder",
      "This credential is bound to no holder's key of a kind that is known here: anybody could show it.",
    );
  }
  const prover = (await order.currentKey?.(holderKey)) ?? accepted(holderKey);
  if (!prover.ok) return prover;
  const checked = await checkCredential(read.value, {
    isIssuers: (signed, signature) => isSignedBy(issuerKey.value, signed, signature),
    isHolders: order.shownTo === null ? null : (signed, signature) => isSignedBy(prover.value, signed, signature),
  });
  if (!checked.ok) return checked;
  const { claims, binding } = checked.value;
  const timely = judgeTimes(read.value.token, order.nowMs);
  if (!timely.ok) return timely;
  const meant = binding === null ? accepted(null) : judgeBinding(binding, order);
  if (!meant.ok) return meant;
  return factsOf(read.value, issuerKey.value, holderKey, claims, binding);
}

function factsOf(
  { token, disclosures, hidden }: ReadCredential,
  issuerKey: Uint8Array,
  holderKey: Uint8Array,
  claims: JsonObject,
  binding: ShownBinding | null,
): Result<CredentialFacts> {
  const { vct, iat, exp, status } = token.payload;
  if (typeof vct !== "string" || vct === "") return badCredential("This credential does not say of what type it is.");
  const mark = markOfStatus(status);
  if (mark === null) {
    return rejected(
      "unsupported-feature",
      "Whether this credential was revoked stands where it cannot be looked up from here.",
    );
  }
  return accepted({
    issuerKey,
    issuer: didOf(issuerKey),
    holderKey,
    holder: didOf(holderKey),
    type: vct,
    claims: Object.fromEntries(Object.entries(claims).filter(([name]) => !ownClaims.has(name))),
    disclosures,
    hidden,
    issuedAtMs: (typeof iat === "number" ? iat : 0) * 1_000,
    expiresAtMs: typeof exp === "number" ? exp * 1_000 : null,
    mark: mark ?? null,
    contentDigest: contentDigest(token.payload),
    binding,
  });
}
