/**
 * What the chain says of a key that was replaced, or that has replaced others.
 * @module
 */
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
  return { successor, earlier: earlierKeys(state, keyHash), sinceHeight, final };
}
