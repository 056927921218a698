/**
 * Passkeys as a second way into a vault: a passkey makes 32 secret bytes of a salt (WebAuthn's PRF extension), always the
 * same ones, and the data key is wrapped under them. The bytes are made by the authenticator after it has seen its owner.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { unseal, unwrapByPassphrase, type VaultTools } from "./vault.ts";
import {
  mostCredentialIdBytes,
  mostPasskeys,
  nonceBytes,
  type PasskeyWrap,
  passkeySaltBytes,
  readVault,
  sealContext,
  writeVault,
} from "./vault-format.ts";

/** What a passkey has answered. */
export interface PasskeyAnswer {
  readonly credentialId: Uint8Array;
  readonly salt: Uint8Array;
  /** 32 bytes that only this passkey makes of the salt. */
  readonly secret: Uint8Array;
}

const secretBytes = 32;

function wrappingKeyOf({ secret, salt }: PasskeyAnswer): Uint8Array {
  return hkdf(sha256, secret, salt, utf8ToBytes("aether/vault/passkey/1"), 32);
}

function isAnswer({ credentialId, salt, secret }: PasskeyAnswer): boolean {
  const { length } = credentialId;
  return (
    length > 0 &&
    length <= mostCredentialIdBytes &&
    salt.length === passkeySaltBytes &&
    secret.length === secretBytes &&
    // An authenticator that has no secret answers with nothing.
    secret.some((byte) => byte !== 0)
  );
}

const badAnswer = rejected("passkey-failed", "The passkey did not answer as it should. Nothing was changed.");

/** The same vault with a passkey more; takes the passphrase. */
export async function addPasskey(
  file: Uint8Array,
  passphrase: string,
  answer: PasskeyAnswer,
  { kdf, random }: VaultTools,
): Promise<Result<Uint8Array>> {
  if (!isAnswer(answer)) return badAnswer;
  const body = readVault(file);
  if (!body.ok) return body;
  const { passkeys, publicKey } = body.value;
  if (passkeys.length >= mostPasskeys) {
    return rejected("too-many", `A vault has at most ${mostPasskeys} passkeys; remove one with \`id passkey remove\`.`);
  }
  const dataKey = await unwrapByPassphrase(body.value, passphrase, kdf);
  if (!dataKey.ok) return dataKey;
  const nonce = random(nonceBytes);
  const key = wrappingKeyOf(answer);
  const wrappedKey = xchacha20poly1305(key, nonce, sealContext(publicKey)).encrypt(dataKey.value);
  key.fill(0);
  dataKey.value.fill(0);
  const added: PasskeyWrap = { credentialId: answer.credentialId, salt: answer.salt, nonce, wrappedKey };
  return accepted(writeVault({ ...body.value, passkeys: [...passkeys, added] }));
}

/** The recovery entropy, for who holds a passkey of the vault. */
export function unlockByPasskey(file: Uint8Array, answer: PasskeyAnswer): Result<Uint8Array> {
  if (!isAnswer(answer)) return badAnswer;
  const body = readVault(file);
  if (!body.ok) return body;
  const wrap = body.value.passkeys.find((one) => equalBytes(one.credentialId, answer.credentialId));
  if (wrap === undefined) {
    return rejected(
      "passkey-failed",
      "That passkey does not open this vault. Nothing was changed; use the passphrase.",
    );
  }
  const key = wrappingKeyOf({ ...answer, salt: wrap.salt });
  let dataKey: Uint8Array;
  try {
    dataKey = xchacha20poly1305(key, wrap.nonce, sealContext(body.value.publicKey)).decrypt(wrap.wrappedKey);
  } catch {
    return rejected(
      "passkey-failed",
      "The passkey gave another secret than before. Nothing was changed; use the passphrase.",
    );
  } finally {
    key.fill(0);
  }
  return unseal(body.value, dataKey);
}

/** The same vault without its passkeys. */
export function removePasskeys(file: Uint8Array): Result<Uint8Array> {
  const body = readVault(file);
  return body.ok ? accepted(writeVault({ ...body.value, passkeys: [] })) : body;
}
