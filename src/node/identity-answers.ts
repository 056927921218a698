/**
 * What the chain says of a key that was replaced, or that has replaced others.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { earlierKeys, readSuccession, successorOf } from "#protocol/ledger/succession.ts";
import type { SuccessionView } from "#sdk/identity.ts";
import type { Chain } from "./chain.ts";
import { isFinal } from "./finality-answers.ts";

/** Answers by the hash of a key. */
export function succession(chain: Chain, keyHash: Uint8Array): SuccessionView {
  const { state } = chain;
  const successor = successorOf(state, keyHash);
  const record = readSuccession(state, successor === null ? keyHash : keyHashOf(successor));
  const sinceHeight = record?.type === "later" ? record.height : null;
  const final = sinceHeight !== null && isFinal(chain, sinceHeight);
  const replacedHeight = replacedAt(chain, keyHash, successor);
  return { successor, replacedHeight, earlier: earlierKeys(state, keyHash), sinceHeight, final };
}

/** Where a key gave way: each key that came later names the one before it and its block. */
function replacedAt({ state }: Chain, keyHash: Uint8Array, successor: Uint8Array | null): number | null {
  let record = successor === null ? null : readSuccession(state, keyHashOf(successor));
  while (record?.type === "later") {
    const before = keyHashOf(record.previous);
    if (equalBytes(before, keyHash)) return record.height;
    record = readSuccession(state, before);
  }
  return null;
}
