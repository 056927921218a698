/**
 * A document's new key, sealed for each of those who stay (`hybrid-seal.ts`), and unwrapped. Loaded by the vault's thread alone.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { rotationLimits } from "#protocol/documents/limits.ts";
import {
  formerContext,
  type MemberWrap,
  memberWrapContext,
  type Rotation,
  type RotationBody,
  rotationDigest,
} from "#protocol/documents/rotation.ts";
import type { KeyRecord } from "#protocol/mail/credentials.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { agree, cipherOf, cipherOfAgreed } from "./hybrid-seal.ts";
import type { IdentityKeys } from "./keys.ts";
import type { LetterWriter } from "./letters.ts";

const purpose = "aether/document-wrap/1";
const nonceBytes = 24;

/** What is said of a rotation before keys are sealed. */
export type RotationPlan = Omit<RotationBody, "author" | "members" | "former" | "wraps">;

/** Seals a new key for the owners of records that were checked, and the former one with it, and signs all of that. */
export function signRotation(
  plan: RotationPlan,
  members: readonly Pick<KeyRecord, "signingKey" | "encryptionKey">[],
  keys: { readonly former: Uint8Array; readonly next: Uint8Array },
  { writer, random }: { readonly writer: LetterWriter; readonly random: (length: number) => Uint8Array },
): Result<Rotation> {
  if (members.length > rotationLimits.members)
    return rejected("too-many", `A new key goes to ${rotationLimits.members} people at most. Nothing was changed.`);
  const wraps: MemberWrap[] = [];
  for (const { signingKey, encryptionKey } of members) {
    const agreed = agree(encryptionKey, random);
    if (agreed === null)
      return rejected("no-encryption-key", "A member's encryption key is not one. Nothing was changed.");
    const context = memberWrapContext(plan, signingKey, agreed.encapsulation);
    const sealed = cipherOf(agreed.secret, context, purpose).encrypt(keys.next);
    wraps.push({ encapsulation: agreed.encapsulation, sealed });
  }
  const nonce = random(nonceBytes);
  const former = concatBytes(nonce, xchacha20poly1305(keys.next, nonce, formerContext(plan)).encrypt(keys.former));
  const body = { ...plan, author: writer.signingKey, members: members.map((one) => one.signingKey), former, wraps };
  return accepted({ type: "rotation", ...body, signature: writer.sign(rotationDigest(body)) });
}

const notOpened = rejected(
  "bad-response",
  "The new key of this document does not open with your keys: whoever removed somebody has sealed it for other ones. Ask them to invite you again; if you were in it before them, you can remove them (`edit NAME --remove WHO`).",
);

/** The key that a rotation brings, for one of its members. */
export function unwrapRotation(rotation: Rotation, keys: IdentityKeys): Result<Uint8Array> {
  const { members, removed, wraps } = rotation;
  const wrap = wraps[members.findIndex((one) => equalBytes(one, keys.signingKey))];
  if (wrap === undefined) {
    return removed.some((one) => equalBytes(one, keys.signingKey))
      ? rejected(
          "wrong-holder",
          "You were removed from this document. What you had stays; what is written now is not for you.",
        )
      : rejected(
          "wrong-holder",
          "This document has a new key, which you were not given: the keys in use here are none of its members'. Choose the space in which you joined it (`space`), or ask somebody who has it for another invitation.",
        );
  }
  for (const { encryptionSeed } of [keys, ...(keys.earlier ?? [])]) {
    try {
      const context = memberWrapContext(rotation, keys.signingKey, wrap.encapsulation);
      return accepted(cipherOfAgreed(wrap.encapsulation, encryptionSeed, context, purpose).decrypt(wrap.sealed));
    } catch {
      // Sealed for another of them, or damaged.
    }
  }
  return notOpened;
}

/** The key before a rotation, for whoever has the one it brought; null if its author has sealed none. */
export function formerKey(rotation: Rotation, key: Uint8Array): Uint8Array | null {
  const { former } = rotation;
  try {
    const cipher = xchacha20poly1305(key, former.subarray(0, nonceBytes), formerContext(rotation));
    return cipher.decrypt(former.subarray(nonceBytes));
  } catch {
    return null;
  }
}
