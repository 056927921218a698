/**
 * The vault's requests about messages: it signs who may receive them, seals and opens. What X-Wing needs is loaded when
 * the vault is first open, not with the page.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { type IdentityKeys, signWith } from "#identity/keys.ts";
import type { Clock, Entropy } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import {
  encodeKeyRecord,
  encodeMailPass,
  keyRecordDigest,
  mailPassDigest,
  readKeyRecord,
} from "#protocol/mail/credentials.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type MailText, type MailVaultRequests, mostOpenedAtOnce, type SealedMail } from "#sdk/mail.ts";
import type { VaultKeeper } from "./vault-keeper.ts";

/** Makes the handlers. */
export function createVaultMail(
  vault: Pick<VaultKeeper, "lend" | "checkSigner">,
  parts: { readonly clock: Clock; readonly entropy: Entropy },
): MailVaultRequests {
  const lend: VaultKeeper["lend"] = (action, isUse) => vault.lend(action, isUse);
  const letters = () => import("#identity/letters.ts");
  return {
    mailCredentials: async ({ networkId, peerId }) => {
      const isOpen = lend(() => accepted(null), false);
      if (!isOpen.ok) return isOpen;
      const { encryptionKeyOf } = await import("#identity/hybrid-seal.ts");
      // Nobody types for this: it must not keep the vault open.
      return lend((keys) => {
        const { signingKey } = keys;
        const nowMs = parts.clock.nowMs();
        const record = { signingKey, encryptionKey: encryptionKeyOf(keys.encryptionSeed), madeAtMs: nowMs };
        const pass = { signingKey, networkId, peerId, untilMs: nowMs + mailLimits.passLifeMs };
        return accepted({
          record: encodeKeyRecord(record, signWith(keys, keyRecordDigest(record))),
          pass: peerId === "" ? null : encodeMailPass(pass, signWith(keys, mailPassDigest(pass))),
        });
      }, false);
    },
    sealMail: async (text, to, record, from) => {
      const madeAtMs = parts.clock.nowMs();
      const reader = readKeyRecord(record, madeAtMs);
      if (!reader.ok) return reader;
      if (!equalBytes(reader.value.signingKey, to)) {
        return rejected("bad-signature", "The encryption key is somebody else's. Nothing was sent.");
      }
      const [{ encryptionKeyOf }, { sealLetter }] = await Promise.all([import("#identity/hybrid-seal.ts"), letters()]);
      const fitting = vault.checkSigner(from);
      if (!fitting.ok) return fitting;
      return lend((keys): Result<SealedMail> => {
        const writer = { signingKey: keys.signingKey, sign: (digest: Uint8Array) => signWith(keys, digest) };
        const made = { madeAtMs, random: (length: number) => parts.entropy.bytes(length) };
        const own = { signingKey: keys.signingKey, encryptionKey: encryptionKeyOf(keys.encryptionSeed) };
        const envelope = sealLetter(text, reader.value, writer, made);
        if (!envelope.ok) return envelope;
        const copy = sealLetter(text, own, writer, made);
        return copy.ok ? accepted({ envelope: envelope.value, copy: copy.value }) : copy;
      }, true);
    },
    openMail: async (envelopes) => {
      if (envelopes.length > mostOpenedAtOnce) {
        return rejected("too-many", `At most ${mostOpenedAtOnce} messages are opened at once.`);
      }
      const { openLetter } = await letters();
      const open = (envelope: Uint8Array, keys: IdentityKeys): Result<MailText> => {
        // What was sealed before a rotation opens with the key of then.
        const letters = [keys, ...(keys.earlier ?? [])].map((one) => openLetter(envelope, one));
        const letter = letters.find(({ ok }) => ok) ?? (letters[0] as (typeof letters)[0]);
        if (!letter.ok) return letter;
        const { from, madeAtMs, text } = letter.value;
        return accepted({ from: didOf(from), madeAtMs, text });
      };
      return lend((keys) => accepted(envelopes.map((envelope) => open(envelope, keys))), true);
    },
  };
}
