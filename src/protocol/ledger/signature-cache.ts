/**
 * Remembers which transactions' signatures have been verified, so that a block does not verify again what the pool did.
 * Named by the leaf hash, which covers body and witnesses: what is remembered cannot be altered.
 * @module
 */
import { toHex } from "../codec/bytes.ts";

/** As many as the pool may hold, and a block on top. */
const mostRemembered = 60_000;

/** A bounded set of verified transactions; the oldest is forgotten first. */
export class SignatureCache {
  private readonly known = new Set<string>();

  /** Whether all signatures of the transaction with this leaf hash were good. */
  has(leafHash: Uint8Array): boolean {
    return this.known.has(toHex(leafHash));
  }

  /** Remembers a transaction whose signatures were all good. */
  add(leafHash: Uint8Array): void {
    this.known.add(toHex(leafHash));
    if (this.known.size <= mostRemembered) return;
    const oldest = this.known.values().next();
    if (!oldest.done) this.known.delete(oldest.value);
  }
}
