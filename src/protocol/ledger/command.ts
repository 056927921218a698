/**
 * Commands: what a transaction wants to happen. One file per rule in rules/; this is their shape on the wire.
 * @module
 */

import { taggedHash } from "../codec/hash.ts";
import { amount, byteString, bytes32, encode, type Schema, union, unsigned } from "../codec/schema.ts";
import { limits } from "../parameters.ts";
import { type ProofJob, proofJobFields } from "../programs/proof-queue.ts";
import { machineLimits } from "../proofs/machine/instruction.ts";

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
    } & ProofJob);

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
});

/** Blinding factor of a command that is not veiled: anyone can recompute its commitment. */
export const openBlinding: Uint8Array = new Uint8Array(32);

/** `Commit(T) = H(command ‖ r)`: 32 bytes that fix a command without showing it. */
export function commitCommand(command: Command, blinding: Uint8Array = openBlinding): Uint8Array {
  return taggedHash("aether/commitment/1", encode(commandSchema, command), blinding);
}
