/**
 * The protocol as shipped, in one module for outside test suites: codecs, hashes, trees, signatures, consensus rules,
 * execution. Built to dist/conformance.js; needs no DOM and no Node.
 * @module
 */

export * from "./platform/veil/run-guest.ts";
export * from "./protocol/codec/bytes.ts";
export * from "./protocol/codec/hash.ts";
export * from "./protocol/codec/schema.ts";
export * from "./protocol/consensus/beacon.ts";
export * from "./protocol/consensus/checkpoint-text.ts";
export * from "./protocol/consensus/contribution.ts";
export * from "./protocol/consensus/difficulty.ts";
export * from "./protocol/consensus/energy-instance.ts";
export * from "./protocol/consensus/energy-sample.ts";
export * from "./protocol/consensus/fork-choice.ts";
export * from "./protocol/consensus/genesis.ts";
export * from "./protocol/consensus/header.ts";
export * from "./protocol/consensus/header-times.ts";
export * from "./protocol/consensus/proof-of-compute.ts";
export * from "./protocol/consensus/reversal-odds.ts";
export * from "./protocol/consensus/state-document.ts";
export { checkWeight, validateHeaderAlone, validateHeaderInContext } from "./protocol/consensus/validate-header.ts";
export * from "./protocol/consensus/work.ts";
export * from "./protocol/crypto/signature.ts";
export * from "./protocol/crypto/vrf.ts";
export * from "./protocol/ledger/apply.ts";
export * from "./protocol/ledger/block.ts";
export * from "./protocol/ledger/command.ts";
export * from "./protocol/ledger/fee.ts";
export * from "./protocol/ledger/lock.ts";
export * from "./protocol/ledger/locks.ts";
export * from "./protocol/ledger/prepared.ts";
export * from "./protocol/ledger/signature-cache.ts";
export * from "./protocol/ledger/stamp.ts";
export * from "./protocol/ledger/state.ts";
export * from "./protocol/ledger/state-key.ts";
export * from "./protocol/ledger/state-proof.ts";
export * from "./protocol/ledger/state-tree.ts";
export * from "./protocol/ledger/transaction.ts";
export * from "./protocol/ledger/transaction-tree.ts";
export { validateTransaction } from "./protocol/ledger/validation.ts";
export * from "./protocol/messages/gossip.ts";
export * from "./protocol/messages/sync.ts";
export * from "./protocol/parameters.ts";
export * from "./protocol/programs/proof-queue.ts";
export * from "./protocol/proofs/receipt.ts";
export * from "./protocol/result.ts";
export { costTable, meteringDigest, rewriterVersion } from "./protocol/veil/costs.ts";
export { moduleLimits } from "./protocol/veil/limits.ts";
export * from "./protocol/veil/meter.ts";
export { stopReason } from "./protocol/veil/meter-helpers.ts";
export * from "./sdk/verify-state.ts";
export * from "./veil/prepared-program.ts";
export * from "./veil/run.ts";
