/**
 * `@sd-jwt/core` as it is used here: SHA-256 and nothing else, salts from the caller's randomness. Loaded with the first
 * command about credentials.
 * @module
 */
import { SDJwtInstance } from "@sd-jwt/core";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import type { Rejected, Result } from "#protocol/result.ts";
import { credentialAlgorithm, credentialTypes, fromBase64url, toBase64url } from "./jws.ts";

/** Says whether a signature over a token's first two parts is right. */
export type TokenCheck = (signed: string, signature: Uint8Array) => boolean;

/** Signs a token's first two parts: 64 bytes. The vault does. */
export type TokenSigner = (signed: string) => Promise<Result<Uint8Array>>;

/** What an instance is made for; what is left out cannot be done with it. */
export interface InstanceParts {
  readonly random?: (length: number) => Uint8Array;
  readonly sign?: TokenSigner;
  readonly isIssuers?: TokenCheck;
  readonly isHolders?: TokenCheck;
}

/** A signer's refusal on its way through the library. */
class Refusal extends Error {
  readonly refused: Rejected;

  constructor(refused: Rejected) {
    super(refused.message);
    this.refused = refused;
  }
}

/** The refusal that made the library fail; what else fails in it is a bug. */
export function refusalOf(error: unknown): Rejected {
  if (error instanceof Refusal) return error.refused;
  throw error;
}

/** The library as a maker of credentials of our type. */
class Credentials extends SDJwtInstance<Record<string, unknown>> {
  protected override type = credentialTypes[0] as string;
}

/** Says to the library which claims are to be disclosures, and how many more it is to look like. */
export function hiddenFrame(names: readonly string[], decoys: number): Parameters<Credentials["issue"]>[1] {
  const frame = { _sd: [...names], ...(decoys > 0 ? { _sd_decoy: decoys } : {}) };
  return frame as unknown as Parameters<Credentials["issue"]>[1];
}

/** Makes one. */
export function credentialLibrary({ random, sign, isIssuers, isHolders }: InstanceParts): Credentials {
  const signer = async (signed: string): Promise<string> => {
    const signature = await (sign as TokenSigner)(signed);
    if (!signature.ok) throw new Refusal(signature);
    return toBase64url(signature.value);
  };
  const verifier = (check: TokenCheck | undefined) => (signed: string, signature: string) => {
    const bytes = fromBase64url(signature);
    return bytes !== undefined && check?.(signed, bytes) === true;
  };
  return new Credentials({
    hasher: (data) => sha256(typeof data === "string" ? utf8ToBytes(data) : new Uint8Array(data)),
    hashAlg: "sha-256",
    ...(random === undefined ? {} : { saltGenerator: (length: number) => toBase64url(random(length)) }),
    ...(sign === undefined
      ? {}
      : { signer, signAlg: credentialAlgorithm, kbSigner: signer, kbSignAlg: credentialAlgorithm }),
    verifier: verifier(isIssuers),
    kbVerifier: verifier(isHolders),
  });
}
