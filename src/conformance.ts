/**
 * The protocol as shipped, in one module for outside test suites: codecs, hashes, trees, signatures, consensus rules,
 * execution. Built to dist/conformance.js; needs no DOM and no Node.
 * @module
 */
export * from "./codec/bytes.ts";
export * from "./codec/hash.ts";
export * from "./codec/schema.ts";
export * from "./consensus/beacon.ts";
export * from "./consensus/difficulty.ts";
export * from "./consensus/energy-instance.ts";
export * from "./consensus/energy-sample.ts";
export * from "./consensus/fork-choice.ts";
export * from "./consensus/genesis.ts";
export * from "./consensus/header.ts";
export * from "./consensus/header-times.ts";
export * from "./consensus/proof-of-compute.ts";
export * from "./consensus/reversal-odds.ts";
export { validateHeaderAlone, validateHeaderInContext } from "./consensus/validate-header.ts";
export * from "./consensus/work.ts";
export * from "./crypto/signature.ts";
export * from "./crypto/vrf.ts";
export * from "./ledger/apply.ts";
export * from "./ledger/block.ts";
export * from "./ledger/command.ts";
export * from "./ledger/fee.ts";
export * from "./ledger/lock.ts";
export * from "./ledger/locks.ts";
export * from "./ledger/prepared.ts";
export * from "./ledger/signature-cache.ts";
export * from "./ledger/stamp.ts";
export * from "./ledger/state.ts";
export * from "./ledger/state-key.ts";
export * from "./ledger/state-proof.ts";
export * from "./ledger/state-tree.ts";
export * from "./ledger/transaction.ts";
export * from "./ledger/transaction-tree.ts";
export { validateTransaction } from "./ledger/validation.ts";
export * from "./messages/gossip.ts";
export * from "./messages/sync.ts";
export * from "./parameters.ts";
export * from "./programs/proof-queue.ts";
export * from "./proofs/receipt.ts";
export * from "./result.ts";
export { costTable, meteringDigest, rewriterVersion } from "./veil/costs.ts";
export { moduleLimits } from "./veil/limits.ts";
export * from "./veil/meter.ts";
export { stopReason } from "./veil/meter-helpers.ts";
