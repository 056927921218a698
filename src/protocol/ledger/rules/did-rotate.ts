/**
 * `did.rotate`: an identity goes on with another key. From then on whatever its earlier keys may open, this one opens and
 * they do not; what they own as voters is its own.
 * @module
 */
import { equalBytes } from "../../codec/bytes.ts";
import { keyHashOf } from "../../crypto/signature.ts";
import type { ValueWrite } from "../../programs/proof-queue.ts";
import { readVoters, voterWrites } from "../../programs/stake.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { readSuccession, rotationDigest, successionWrites, successorOf } from "../succession.ts";
import { noEffect, type Rule, type RuleContext } from "./rule.ts";

/**
 * The previous key stands for itself, the next one was never part of a rotation, and both have signed: nobody retires
 * another's key, and nobody makes another's key a successor.
 */
export const didRotate: Rule<Extract<Command, { type: "did.rotate" }>> = (command, context) => {
  const { previous, next, previousSignature, nextSignature } = command;
  const { values, transaction } = context;
  if (equalBytes(previous, next)) return rejected("rule-violated", "A key cannot take over from itself.");
  if (successorOf(values, keyHashOf(previous)) !== null) {
    return rejected("key-replaced", "This key was replaced already; only its successor can be replaced again.");
  }
  // So there are no cycles, and no key ever stands for two identities.
  if (readSuccession(values, keyHashOf(next)) !== null) {
    return rejected("rule-violated", "The new key has been part of a rotation before; take one that has not.");
  }
  const digest = rotationDigest(transaction.network, { previous, next, expiry: transaction.expiry });
  return accepted({
    ...noEffect,
    writes: [
      ...successionWrites(values, { previous, next, height: context.height }),
      ...ownerWrites(context, previous, next),
    ],
    signatureChecks: [
      { digest, signature: previousSignature, publicKey: previous },
      { digest, signature: nextSignature, publicKey: next },
    ],
  });
};

/** Stakes follow, or blocks made under the new key would not have their weight. */
function ownerWrites({ values }: RuleContext, previous: Uint8Array, next: Uint8Array): readonly ValueWrite[] {
  const [from, to] = [keyHashOf(previous), keyHashOf(next)];
  const voters = readVoters(values);
  if (!voters.some(({ owner }) => equalBytes(owner, from))) return [];
  return voterWrites(
    values,
    voters.map((voter) => (equalBytes(voter.owner, from) ? { ...voter, owner: to } : voter)),
  );
}
