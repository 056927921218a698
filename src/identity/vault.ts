/**
 * Making, opening and rewrapping a vault's file by its passphrase. Files come in and go out as bytes; what they hold in
 * clear is lent for as long as it takes and wiped.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import {
  type BackupStanding,
  backupStandings,
  type KdfCost,
  noContents,
  nonceBytes,
  type PassphraseWrap,
  passphraseWay,
  readVault,
  saltBytes,
  sealContext,
  type VaultBody,
  writeVault,
} from "./vault-format.ts";

/** Argon2id: 32 bytes from a passphrase (UTF-8, NFKD) and a 16-byte salt. */
export type PassphraseKdf = (passphrase: string, salt: Uint8Array, cost: KdfCost) => Promise<Uint8Array>;

/** What can be read of a vault without unlocking it. */
export interface VaultFacts {
  readonly publicKey: Uint8Array;
  readonly backup: BackupStanding;
  /** What each passkey is asked with. */
  readonly passkeys: readonly { readonly credentialId: Uint8Array; readonly salt: Uint8Array }[];
}

/** What making and rewrapping a vault needs. */
export interface VaultTools {
  readonly kdf: PassphraseKdf;
  /** Cryptographically strong. */
  readonly random: (length: number) => Uint8Array;
}

/** The key a passphrase gives; the only thing that can go wrong is the memory it takes. */
async function wrappingKeyOf(
  kdf: PassphraseKdf,
  passphrase: string,
  salt: Uint8Array,
  cost: KdfCost,
): Promise<Result<Uint8Array>> {
  try {
    return accepted(await kdf(passphrase, salt, cost));
  } catch (error) {
    const mebibytes = Math.ceil(cost.memoryKib / 1_024);
    return rejected(
      "out-of-memory",
      `The passphrase cannot be checked: that takes ${mebibytes} MiB of memory. Close other tabs and try again.`,
      { cause: String(error) },
    );
  }
}

async function wrapDataKey(
  dataKey: Uint8Array,
  publicKey: Uint8Array,
  passphrase: string,
  { memoryKib, passes, lanes }: KdfCost,
  { kdf, random }: VaultTools,
): Promise<Result<PassphraseWrap>> {
  const salt = random(saltBytes);
  const wrappingKey = await wrappingKeyOf(kdf, passphrase, salt, { memoryKib, passes, lanes });
  if (!wrappingKey.ok) return wrappingKey;
  const nonce = random(nonceBytes);
  const wrappedKey = xchacha20poly1305(wrappingKey.value, nonce, sealContext(publicKey)).encrypt(dataKey);
  wrappingKey.value.fill(0);
  return accepted({ way: passphraseWay, salt, memoryKib, passes, lanes, nonce, wrappedKey });
}

/** The data key, for who knows the passphrase; wiping it is the caller's. */
export async function unwrapByPassphrase(
  body: VaultBody,
  passphrase: string,
  kdf: PassphraseKdf,
): Promise<Result<Uint8Array>> {
  const wrap = body.wraps.find((one) => one.way === passphraseWay);
  if (wrap === undefined) return rejected("wrong-passphrase", "This vault does not open with a passphrase.");
  const wrappingKey = await wrappingKeyOf(kdf, passphrase, wrap.salt, wrap);
  if (!wrappingKey.ok) return wrappingKey;
  try {
    return accepted(
      xchacha20poly1305(wrappingKey.value, wrap.nonce, sealContext(body.publicKey)).decrypt(wrap.wrappedKey),
    );
  } catch {
    return rejected("wrong-passphrase", "That is not the passphrase. Nothing was changed; try again.");
  } finally {
    wrappingKey.value.fill(0);
  }
}

/** What a vault holds, under its data key, which is wiped. */
export function unseal({ nonce, sealed, publicKey }: VaultBody, dataKey: Uint8Array): Result<Uint8Array> {
  try {
    return accepted(xchacha20poly1305(dataKey, nonce, sealContext(publicKey)).decrypt(sealed));
  } catch {
    // The way in was right, so the checksum lied: somebody made this file, damage did not.
    return rejected("storage-corrupt", "The vault's content is not what it was; restore it with `id restore`.");
  } finally {
    dataKey.fill(0);
  }
}

/** Makes a vault around recovery entropy. */
export async function createVaultFile(
  secret: { readonly entropy: Uint8Array; readonly publicKey: Uint8Array },
  passphrase: string,
  cost: KdfCost,
  tools: VaultTools,
): Promise<Result<Uint8Array>> {
  const { entropy, publicKey } = secret;
  const dataKey = tools.random(32);
  const nonce = tools.random(nonceBytes);
  const sealed = xchacha20poly1305(dataKey, nonce, sealContext(publicKey)).encrypt(entropy);
  const wrap = await wrapDataKey(dataKey, publicKey, passphrase, cost, tools);
  dataKey.fill(0);
  if (!wrap.ok) return wrap;
  return accepted(
    writeVault({ ...noContents, publicKey, backup: 0, wraps: [wrap.value], passkeys: [], nonce, sealed }),
  );
}

/** Reads the public facts. */
export function readVaultFile(file: Uint8Array): Result<VaultFacts> {
  const body = readVault(file);
  if (!body.ok) return body;
  const { publicKey, backup, passkeys } = body.value;
  return accepted({
    publicKey,
    backup: backupStandings[backup] ?? "none",
    passkeys: passkeys.map(({ credentialId, salt }) => ({ credentialId, salt })),
  });
}

/** The recovery entropy, for who knows the passphrase. A wrong one and a damaged file are told apart. */
export async function unlockVaultFile(
  file: Uint8Array,
  passphrase: string,
  kdf: PassphraseKdf,
): Promise<Result<Uint8Array>> {
  const body = readVault(file);
  if (!body.ok) return body;
  const dataKey = await unwrapByPassphrase(body.value, passphrase, kdf);
  return dataKey.ok ? unseal(body.value, dataKey.value) : dataKey;
}

/** The same vault under another passphrase: the data key is wrapped anew, what it protects is not touched. */
export async function changeVaultPassphrase(
  file: Uint8Array,
  passphrase: { readonly old: string; readonly new: string },
  cost: KdfCost,
  tools: VaultTools,
): Promise<Result<Uint8Array>> {
  const body = readVault(file);
  if (!body.ok) return body;
  const dataKey = await unwrapByPassphrase(body.value, passphrase.old, tools.kdf);
  if (!dataKey.ok) return dataKey;
  const wrap = await wrapDataKey(dataKey.value, body.value.publicKey, passphrase.new, cost, tools);
  dataKey.value.fill(0);
  if (!wrap.ok) return wrap;
  const others = body.value.wraps.filter((one) => one.way !== passphraseWay);
  return accepted(writeVault({ ...body.value, wraps: [wrap.value, ...others] }));
}

/** The same vault with what is known about its backup. What was proved is never taken back by going on without. */
export function markBackup(file: Uint8Array, standing: BackupStanding): Result<Uint8Array> {
  const body = readVault(file);
  if (!body.ok) return body;
  const proved = standing === "waived" && body.value.backup !== backupStandings.indexOf("none");
  return accepted(proved ? file : writeVault({ ...body.value, backup: backupStandings.indexOf(standing) }));
}
