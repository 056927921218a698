/**
 * Commands: what a transaction wants to happen. One file per rule in rules/; this is their shape on the wire.
 * @module
 */

import { taggedHash } from "../codec/hash.ts";
import {
  amount,
  byteString,
  bytes32,
  encode,
  list,
  nullable,
  record,
  type Schema,
  text,
  union,
  unsigned,
} from "../codec/schema.ts";
import { type SignedLink, signedLinkSchema, voteKeyBytes, voteSignatureBytes } from "../consensus/certificate.ts";
import { type AuditLeaf, auditLeafBytes } from "../files/audit-tree.ts";
import { limits } from "../parameters.ts";
import { type ProofJob, proofJobFields } from "../programs/proof-queue.ts";
import { machineLimits } from "../proofs/machine/instruction.ts";
import { type ProcessReceipt, processReceiptSchema } from "./process-receipt.ts";

/** Tagged union of all commands this version knows; anything else is refused with `unknown-command`. */
export type Command =
  /** Moves coins: what the inputs hold becomes the outputs. `memo` is public. */
  | { readonly type: "coin.pay"; readonly memo: Uint8Array }
  /** Asks whoever is willing (on `dev` the seed's faucet) to pay `amountNano` to a key. Moves nothing itself. */
  | {
      readonly type: "coin.request";
      readonly amountNano: bigint;
      readonly keyHash: Uint8Array;
      readonly memo: Uint8Array;
    }
  /** Has a program of the Veil machine proved: each of its segments pays `segmentFeeNano` to who proves it. */
  | ({
      readonly type: "proof.post";
      readonly segments: number;
      readonly segmentFeeNano: bigint;
    } & ProofJob)
  /** Lends memory until a height. `burnNano` leaves circulation, so that filling the list of offers is dear. */
  | {
      readonly type: "memory.offer";
      readonly bytes: number;
      readonly untilHeight: number;
      /** Price of a MiB for the whole time. */
      readonly priceNano: bigint;
      readonly burnNano: bigint;
    }
  /** Takes an offer back; what is lent from it stays lent. */
  | { readonly type: "memory.withdraw"; readonly offer: Uint8Array }
  /** Takes a part of an offer as a lease, and pays the provider. */
  | { readonly type: "memory.allocate"; readonly offer: Uint8Array; readonly bytes: number; readonly name: string }
  /** Gives a lease back before its time. */
  | { readonly type: "memory.free" }
  /** Says that a program runs now, within a lease. With its input in the open anybody can run it again. */
  | {
      readonly type: "process.start";
      readonly programDigest: Uint8Array;
      readonly inputDigest: Uint8Array;
      readonly publicInput: Uint8Array | null;
    }
  /** Says how it ended, in its owner's word; null if the owner cannot tell any more. The lease is free again. */
  | { readonly type: "process.stop"; readonly receipt: ProcessReceipt | null }
  /**
   * Bonds coins behind a key that votes on blocks. `possession` shows that its secret is known. Blocks that the owner makes
   * with `beaconKey` have the stake's weight.
   */
  | {
      readonly type: "stake.bond";
      readonly key: Uint8Array;
      readonly beaconKey: Uint8Array;
      readonly possession: Uint8Array;
      readonly stakeNano: bigint;
    }
  /** Ends a voter's voting; its coins stay bonded for a while. */
  | { readonly type: "stake.exit" }
  /** Takes the coins of a voter that left long enough ago. */
  | { readonly type: "stake.withdraw" }
  /** Shows that voters broke the rules: those who signed both. They lose a share of their stake and their place. */
  | { readonly type: "stake.slash"; readonly first: SignedLink; readonly second: SignedLink }
  /** Names the key with which an identity goes on. Both keys, 33 bytes each, sign `rotationDigest`. */
  | {
      readonly type: "did.rotate";
      readonly previous: Uint8Array;
      readonly next: Uint8Array;
      readonly previousSignature: Uint8Array;
      readonly nextSignature: Uint8Array;
    }
  /** Keeps files for others until a height. `bondNano` answers for what is kept; deals bind parts of it. */
  | {
      readonly type: "storage.offer";
      /** Where the keeper is found on the network. */
      readonly peer: string;
      readonly bytes: number;
      readonly untilHeight: number;
      /** Price of a MiB for each audit that is passed. */
      readonly priceNano: bigint;
      readonly bondNano: bigint;
    }
  /** Takes an offer back, with what no deal has bound. */
  | { readonly type: "storage.withdraw"; readonly offer: Uint8Array }
  /** Asks a keeper to answer for bytes that were left with it, for so many audits, and locks their price. */
  | {
      readonly type: "data.store";
      readonly offer: Uint8Array;
      readonly bytes: number;
      /** From `auditRoot` over them. */
      readonly root: Uint8Array;
      readonly periods: number;
    }
  /** Says that the keeper has the bytes of a deal and answers for them. */
  | { readonly type: "data.accept"; readonly offer: Uint8Array; readonly deal: Uint8Array }
  /** Shows the leaves that the audit of number `period` has drawn, and takes its pay. */
  | {
      readonly type: "data.prove";
      readonly offer: Uint8Array;
      readonly deal: Uint8Array;
      readonly period: number;
      readonly leaves: readonly AuditLeaf[];
    }
  /** Ends a deal before its time. */
  | { readonly type: "data.delete"; readonly offer: Uint8Array; readonly deal: Uint8Array };

const auditLeafSchema: Schema<AuditLeaf> = record<AuditLeaf>({
  leaf: byteString(1, auditLeafBytes),
  path: list(bytes32, limits.auditPathHashes),
});

/** Wire form of {@link Command}. */
export const commandSchema: Schema<Command> = union<Command>("unknown-command", {
  "coin.pay": { number: 0, fields: { memo: byteString(0, limits.memoBytes) } },
  "coin.request": {
    number: 1,
    fields: { amountNano: amount, keyHash: bytes32, memo: byteString(0, limits.memoBytes) },
  },
  "proof.post": {
    number: 2,
    fields: { ...proofJobFields, segments: unsigned(machineLimits.jobSegments), segmentFeeNano: amount },
  },
  "memory.offer": {
    number: 3,
    fields: { bytes: unsigned(limits.memoryOfferBytes), untilHeight: unsigned(), priceNano: amount, burnNano: amount },
  },
  "memory.withdraw": { number: 4, fields: { offer: bytes32 } },
  "memory.allocate": {
    number: 5,
    fields: { offer: bytes32, bytes: unsigned(limits.leaseBytes), name: text(limits.leaseNameBytes) },
  },
  "memory.free": { number: 6, fields: {} },
  "process.start": {
    number: 7,
    fields: {
      programDigest: bytes32,
      inputDigest: bytes32,
      publicInput: nullable(byteString(0, limits.publicInputBytes)),
    },
  },
  "process.stop": { number: 8, fields: { receipt: nullable(processReceiptSchema) } },
  "stake.bond": {
    number: 9,
    fields: {
      key: byteString(voteKeyBytes, voteKeyBytes),
      beaconKey: bytes32,
      possession: byteString(voteSignatureBytes, voteSignatureBytes),
      stakeNano: amount,
    },
  },
  "stake.exit": { number: 10, fields: {} },
  "stake.withdraw": { number: 11, fields: {} },
  "stake.slash": { number: 12, fields: { first: signedLinkSchema, second: signedLinkSchema } },
  "did.rotate": {
    number: 13,
    fields: {
      previous: byteString(33, 33),
      next: byteString(33, 33),
      previousSignature: byteString(64, 64),
      nextSignature: byteString(64, 64),
    },
  },
  "storage.offer": {
    number: 14,
    fields: {
      peer: text(limits.peerIdBytes),
      bytes: unsigned(limits.storageOfferBytes),
      untilHeight: unsigned(),
      priceNano: amount,
      bondNano: amount,
    },
  },
  "storage.withdraw": { number: 15, fields: { offer: bytes32 } },
  "data.store": {
    number: 16,
    fields: {
      offer: bytes32,
      bytes: unsigned(limits.storageOfferBytes),
      root: bytes32,
      periods: unsigned(limits.dealPeriods),
    },
  },
  "data.accept": { number: 17, fields: { offer: bytes32, deal: bytes32 } },
  "data.prove": {
    number: 18,
    fields: {
      offer: bytes32,
      deal: bytes32,
      period: unsigned(limits.dealPeriods),
      leaves: list(auditLeafSchema, limits.auditLeaves, 1),
    },
  },
  "data.delete": { number: 19, fields: { offer: bytes32, deal: bytes32 } },
});

/** Blinding factor of a command that is not veiled: anyone can recompute its commitment. */
export const openBlinding: Uint8Array = new Uint8Array(32);

/** `Commit(T) = H(command ‖ r)`: 32 bytes that fix a command without showing it. */
export function commitCommand(command: Command, blinding: Uint8Array = openBlinding): Uint8Array {
  return taggedHash("aether/commitment/1", encode(commandSchema, command), blinding);
}
