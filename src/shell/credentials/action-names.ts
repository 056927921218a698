/**
 * The words behind `credential`, apart from what they do, which is loaded later.
 * @module
 */

/** Them all, in the order of a credential's life. */
export const credentialActionNames = [
  "issue",
  "hold",
  "list",
  "export",
  "remove",
  "request",
  "present",
  "verify",
  "revoke",
] as const;

/** One of them. */
export type CredentialAction = (typeof credentialActionNames)[number];
