/**
 * Checks an SD-JWT under given keys: the issuer's signature, what is shown, the holder's proof. Knows nothing of addresses,
 * times or the chain.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { bindingType, type JsonObject } from "./jws.ts";
import { credentialLibrary, type TokenCheck } from "./library.ts";
import { badCredential, type ReadCredential } from "./read.ts";

/** By which keys a credential is checked. */
export interface CheckKeys {
  readonly isIssuers: TokenCheck;
  /** Null where no proof of the holder is wanted. */
  readonly isHolders: TokenCheck | null;
}

/** The proof that whoever shows a credential holds it. */
export interface ShownBinding {
  readonly audience: string;
  readonly nonce: string;
  readonly madeAtMs: number;
}

/** What holds of a credential. */
export interface CheckedCredential {
  /** All that is shown: the claims in clear and those disclosed, in their places. */
  readonly claims: JsonObject;
  readonly binding: ShownBinding | null;
}

const noProof = rejected(
  "wrong-holder",
  "Nothing shows that whoever gave you this holds it: it may be a copy. Ask for it to be presented to you.",
);

/** What the holder's proof says; null if it is not one. */
function bindingOf({ binding }: ReadCredential): ShownBinding | null {
  const { typ } = binding?.header ?? {};
  const { aud, nonce, iat } = binding?.payload ?? {};
  if (typ !== bindingType || typeof aud !== "string" || typeof nonce !== "string") return null;
  return typeof iat === "number" && nonce !== "" ? { audience: aud, nonce, madeAtMs: iat * 1_000 } : null;
}

/** Checks signatures, disclosures and, if keys for it are given, the holder's proof. */
export async function checkCredential(read: ReadCredential, keys: CheckKeys): Promise<Result<CheckedCredential>> {
  const { token, text } = read;
  if (!keys.isIssuers(token.signed, token.signature)) {
    return badCredential("This credential was changed, or somebody else made it: the signature is not its issuer's.");
  }
  const library = credentialLibrary({
    isIssuers: keys.isIssuers,
    ...(keys.isHolders === null ? {} : { isHolders: keys.isHolders }),
  });
  // Times are judged by who knows the time, in words; the library must not do it in its own.
  const untimed = { skewSeconds: Number.POSITIVE_INFINITY };
  const binding = keys.isHolders === null ? null : bindingOf(read);
  if (keys.isHolders !== null) {
    if (binding === null) return noProof;
    const { signed, signature } = read.binding as NonNullable<ReadCredential["binding"]>;
    if (!keys.isHolders(signed, signature)) {
      return rejected(
        "wrong-holder",
        "This credential is somebody else's: whoever presents it does not have its holder's key.",
      );
    }
  }
  try {
    const checked = await library.verify(text, {
      ...untimed,
      ...(binding === null ? {} : { keyBindingNonce: binding.nonce }),
    });
    return accepted({ claims: checked.payload as JsonObject, binding });
  } catch {
    // Signatures are right, so what is left is the digest that binds the proof to what is shown.
    return badCredential("What is shown was changed after its holder presented it.");
  }
}
