/**
 * Results of checking untrusted input. Nothing that came from a peer, a user or a disk makes the protocol throw:
 * it returns a {@link Rejected}. Exceptions are kept for bugs in our own code.
 * @module
 */

/** Why something was refused. One code per rule, stable across versions; `explain` and logs print it. */
export type RejectionCode =
  // codec
  | "truncated"
  | "trailing-bytes"
  | "not-canonical"
  | "wrong-type"
  | "out-of-range"
  | "too-large"
  | "too-deep"
  // transactions
  | "unknown-version"
  | "unknown-command"
  | "unknown-kind"
  | "unknown-lock"
  | "wrong-network"
  | "too-many"
  | "duplicate-input"
  | "expired"
  | "expires-too-late"
  | "wrong-commitment"
  | "fee-too-low"
  | "stamp-missing"
  | "stamp-too-weak"
  | "lane-full"
  | "already-included"
  | "already-reported"
  | "missing-output"
  | "maybe-mined"
  | "spent-in-pool"
  | "replacement-fee-too-low"
  | "too-many-descendants"
  | "too-many-ancestors"
  | "pool-full"
  | "quota-exceeded"
  | "lock-not-satisfied"
  | "key-replaced"
  | "program-locked"
  | "bad-signature"
  | "not-balanced"
  | "rule-violated"
  // blocks and headers
  | "unknown-parent"
  | "wrong-height"
  | "wrong-target"
  | "insufficient-work"
  | "time-too-early"
  | "time-too-late"
  | "wrong-beacon"
  | "unsupported-field"
  | "wrong-transaction-root"
  | "wrong-shreds"
  | "badly-shredded"
  | "wrong-state-root"
  | "block-too-large"
  | "gas-exceeded"
  | "invalid-ancestor"
  | "not-drawn"
  // votes
  | "wrong-certificate"
  | "bad-vote"
  | "no-such-voter"
  | "voter-exists"
  | "voters-full"
  | "stake-locked"
  | "no-offence"
  | "below-finalised"
  | "unknown-voters"
  // proofs, samples and snapshots
  | "bad-proof"
  | "degenerate-key"
  | "bad-program"
  | "does-not-halt"
  | "bad-sample"
  | "queue-full"
  | "wrong-work"
  // memory and processes
  | "no-such-offer"
  | "offer-exhausted"
  | "lease-expired"
  // storage deals
  | "no-such-deal"
  | "bond-too-small"
  | "deal-over"
  // programs of the Veil
  | "malformed-module"
  | "invalid-module"
  | "unsupported-feature"
  | "reserved-name"
  | "not-granted"
  // node, network and storage
  | "not-found"
  | "pruned"
  | "timeout"
  | "disconnected"
  | "rate-limited"
  | "unsupported-protocol"
  | "bad-response"
  | "storage-full"
  | "storage-corrupt"
  | "storage-unavailable"
  | "out-of-memory"
  | "not-leader"
  // archives of public files
  | "wrong-digest"
  // messages
  | "mailbox-full"
  | "busy"
  | "not-serving"
  | "no-encryption-key"
  | "invalid-argument"
  // documents
  | "unknown-epoch"
  | "broken-chain"
  // identity, wallet
  | "wrong-passphrase"
  | "weak-passphrase"
  | "vault-locked"
  | "vault-missing"
  | "vault-exists"
  | "space-changed"
  | "invalid-phrase"
  | "backup-damaged"
  | "drill-failed"
  | "passkey-failed"
  | "passkey-unavailable"
  | "invalid-address"
  | "invalid-amount"
  | "insufficient-funds"
  | "over-budget"
  | "unavailable-on-network"
  // recovery by shares
  | "bad-share"
  | "too-few-shares"
  // credentials
  | "bad-credential"
  | "wrong-holder"
  | "revoked"
  | "not-yet-verifiable"
  | "cancelled";

/** Facts that go with a rejection, for machines; the message says the same for people. */
export type RejectionContext = Readonly<Record<string, string | number | bigint | boolean>>;

/** A refusal: what rule, in words, and the facts. */
export interface Rejected {
  readonly ok: false;
  readonly code: RejectionCode;
  /** One sentence for a person: what was wrong and, where it helps, what to do. */
  readonly message: string;
  readonly context?: RejectionContext;
}

/** Success with its value. */
export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
}

/** What every check of untrusted input returns. */
export type Result<T> = Accepted<T> | Rejected;

/** Wraps a value as success. */
export function accepted<T>(value: T): Accepted<T> {
  return { ok: true, value };
}

/** Makes a refusal. */
export function rejected(code: RejectionCode, message: string, context?: RejectionContext): Rejected {
  return context === undefined ? { ok: false, code, message } : { ok: false, code, message, context };
}
