/**
 * Credentials that the identity holds, as an interface sees them. The vault keeps them encrypted: all of these are refused
 * while it is locked.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** A credential that is held. */
export interface HeldCredentialView {
  readonly name: string;
  /** SD-JWT in its compact form, with all that it can show. */
  readonly text: string;
}

/** Requests to the vault about credentials; each change is durable when it answers. */
export interface CredentialVaultRequests {
  /** By name. */
  heldCredentials(): Promise<Result<readonly HeldCredentialView[]>>;
  /** Keeps one under a name; one that is held already stays under the name it has. Answers with all. */
  holdCredential(name: string, text: string): Promise<Result<readonly HeldCredentialView[]>>;
  /** Forgets the one of a name; answers with those left. */
  dropCredential(name: string): Promise<Result<readonly HeldCredentialView[]>>;
  /** Signs a token's first two parts: a credential that names this identity as its issuer, or a proof that it holds one. */
  signCredentialToken(token: string): Promise<Result<Uint8Array>>;
}
