/**
 * Passkeys as the shell sees them: made and asked in the window, the only thread that may, and always by their owner.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** A passkey by which a vault opens, and what it is asked with. */
export interface KnownPasskey {
  readonly credentialId: Uint8Array;
  readonly salt: Uint8Array;
}

/** What a passkey made of its salt: 32 secret bytes, always the same ones. Whoever has it wipes it. */
export interface PasskeyAnswer extends KnownPasskey {
  readonly secret: Uint8Array;
}

/** The passkeys of this device. */
export interface Passkeys {
  /** Why there can be none on this page, in words; null if there can. */
  obstacle(): Promise<string | null>;
  /** Lets the owner make one that is none of those known, and answers with what it makes of a new salt. */
  create(label: string, known: readonly KnownPasskey[]): Promise<Result<PasskeyAnswer>>;
  /** Lets the owner use one of those known. */
  ask(known: readonly KnownPasskey[]): Promise<Result<PasskeyAnswer>>;
}
