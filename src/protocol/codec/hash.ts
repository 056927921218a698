/**
 * Domain-separated SHA-256. Every hash of the protocol is `SHA-256(tag(domain) ‖ message)` with
 * `tag(domain) = SHA-256(utf8(domain))`, so a digest made for one purpose can never stand for another.
 * @module
 */
import { sha256 as pureSha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "./bytes.ts";

/**
 * Many hashes by one call: each of a prefix byte and a pair of hashes. Pairs and digests stand in memory that the
 * implementation keeps, as 32-bit words in the machine's byte order: whoever copies words copies bytes.
 */
export interface PairHasher {
  /** Pairs by one call at most. */
  readonly capacity: number;
  /** 16 words for each pair. */
  readonly pairs: Uint32Array;
  /** 8 words for each digest; the next call overwrites them. */
  readonly digests: Uint32Array;
  hash(prefix: number, count: number): void;
}

/** A synchronous SHA-256: 32 bytes out. Implementations are held to the pure one by an equivalence suite. */
export interface Sha256 {
  (message: Uint8Array): Uint8Array;
  /** There where it is faster than one by one. */
  readonly pairHasher?: PairHasher;
}

/** The reference implementation (noble, pure JavaScript). */
export const sha256: Sha256 = pureSha256;

/** Every domain that is hashed under a tag. */
export type HashDomain =
  | "aether/tx/1"
  | "aether/commitment/1"
  | "aether/stamp/1"
  | "aether/header/1"
  | "aether/shreds/1"
  | "aether/shred-order/1"
  | "aether/work/1"
  | "aether/beacon/1"
  | "aether/committee/1"
  | "aether/entropy/1"
  | "aether/oracle/1"
  | "aether/proposer/1"
  | "aether/segment-place/1"
  | "aether/proved-by/1"
  | "aether/energy/1"
  | "aether/energy-seed/1"
  | "aether/energy-instance/1"
  | "aether/reward/1"
  | "aether/key/1"
  | "aether/output/1"
  | "aether/program-value/1"
  | "aether/checksum/1"
  | "aether/contacts/1"
  | "aether/earlier-secrets/1"
  | "aether/held-credentials-key/1"
  | "aether/held-credentials/1"
  | "aether/credential-content/1"
  | "aether/credential-salt/1"
  | "aether/proof-seed/1"
  | "aether/proof-context/1"
  | "aether/sampler/1"
  | "aether/vault/1"
  | "aether/process-input/1"
  | "aether/process-output/1"
  | "aether/process-stop/1"
  | "aether/processes-of/1"
  | "aether/metering/1"
  | "aether/vote/1"
  | "aether/certificate/1"
  | "aether/possession/1"
  | "aether/rotation/1"
  | "aether/recovery-share/1"
  | "aether/recovery-words/1"
  | "aether/encryption-seed/1"
  | "aether/envelope/1"
  | "aether/block-allowance/1"
  | "aether/audit/1"
  | "aether/audit-draw/1"
  | "aether/deal-end/1"
  | "aether/stripe/1"
  | "aether/placement/1"
  | "aether/release-secret/1"
  | "aether/release-tag/1"
  | "aether/release-mark/1"
  | "aether/letter/1"
  | "aether/letter-signature/1"
  | "aether/encryption-key/1"
  | "aether/mail-pass/1"
  | "aether/pair-anchor/1"
  | "aether/pair-peer/1"
  | "aether/pair-commitment/1"
  | "aether/pair-transcript/1"
  | "aether/pair-words/1"
  | "aether/pair-keys/1"
  | "aether/pair-possession/1"
  | "aether/device-certificate/1"
  | "aether/device-removal/1"
  | "aether/devices-key/1"
  | "aether/devices-mark/1"
  | "aether/devices/1"
  | "aether/document-access/1"
  | "aether/document-anchor/1"
  | "aether/document-chain/1"
  | "aether/document-context/1"
  | "aether/document-founder/1"
  | "aether/document-former/1"
  | "aether/document-key-check/1"
  | "aether/document-link/1"
  | "aether/document-presence/1"
  | "aether/document-rotation/1"
  | "aether/document-rotation-link/1"
  | "aether/document-salt/1"
  | "aether/document-tag/1"
  | "aether/document-update/1"
  | "aether/document-wrap/1"
  | "aether/held-documents-key/1"
  | "aether/held-documents/1"
  | "aether/file-proof-key/1"
  | "aether/file-sharing/1"
  | "aether/file-wrap/1"
  | "aether/held-files-key/1"
  | "aether/held-files/1"
  | "aether/sync-answer/1"
  | "aether/sync-book-key/1"
  | "aether/sync-book/1"
  | "aether/sync-hello-key/1"
  | "aether/sync-hello/1"
  | "aether/sync-item/1"
  | "aether/sync-keys/1"
  | "aether/sync-mark/1"
  | "aether/sync-range/1";

const tags = new Map<HashDomain, Uint8Array>();

/** The 32-byte tag of a domain. */
export function tag(domain: HashDomain): Uint8Array {
  let bytes = tags.get(domain);
  if (bytes === undefined) {
    bytes = sha256(utf8ToBytes(domain));
    tags.set(domain, bytes);
  }
  return bytes;
}

/** `SHA-256(tag(domain) ‖ parts…)`, 32 bytes. */
export function taggedHash(domain: HashDomain, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(tag(domain), ...parts));
}
