/**
 * The vault's file format: the recovery entropy under a random data key, the data key under each way to unlock it (today
 * a passphrase). Changing a way rewraps the data key and never touches what it protects.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { bigEndian, equalBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, bytes32, decode, encode, list, record, type Schema, unsigned } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** Cost of a passphrase guess; stored with the vault, so that it can rise. */
export interface KdfCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** Argon2id: 32 bytes from a passphrase (UTF-8, NFKD) and a 16-byte salt. */
export type PassphraseKdf = (passphrase: string, salt: Uint8Array, cost: KdfCost) => Promise<Uint8Array>;

interface Wrap {
  /** 0: passphrase. Other ways get other numbers. */
  readonly way: number;
  readonly salt: Uint8Array;
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly nonce: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

interface VaultBody {
  /** Public: shown while locked. */
  readonly publicKey: Uint8Array;
  readonly backedUp: number;
  readonly wraps: readonly Wrap[];
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

/** The envelope. It stays the same in every version, so that a newer vault is told from a damaged one. */
interface VaultFile {
  readonly version: number;
  readonly body: Uint8Array;
  /** Tells damage from a wrong passphrase. */
  readonly checksum: Uint8Array;
}

const vaultVersion = 1;
const passphraseWay = 0;
const nonceBytes = 24;
const saltBytes = 16;
const mostVaultBytes = 65_536;

/** Bounds a stored cost, so that a damaged or hostile file cannot eat all memory. */
const mostCost = { memoryKib: 1 << 20, passes: 64, lanes: 16 } as const;

const bodySchema: Schema<VaultBody> = record<VaultBody>({
  publicKey: byteString(33, 33),
  backedUp: unsigned(1),
  wraps: list(
    record<Wrap>({
      way: unsigned(0xff),
      salt: byteString(saltBytes, saltBytes),
      memoryKib: unsigned(mostCost.memoryKib),
      passes: unsigned(mostCost.passes),
      lanes: unsigned(mostCost.lanes),
      nonce: byteString(nonceBytes, nonceBytes),
      wrappedKey: byteString(48, 48),
    }),
    8,
    1,
  ),
  nonce: byteString(nonceBytes, nonceBytes),
  sealed: byteString(16, 1_024),
});

const fileSchema: Schema<VaultFile> = record<VaultFile>({
  version: unsigned(0xffff),
  body: byteString(0, mostVaultBytes),
  checksum: bytes32,
});

/** What can be read of a vault without unlocking it. */
export interface VaultFacts {
  readonly publicKey: Uint8Array;
  readonly backedUp: boolean;
}

function checksumOf(version: number, body: Uint8Array): Uint8Array {
  return taggedHash("aether/checksum/1", bigEndian(version, 2), body);
}

function seal(body: VaultBody): Uint8Array {
  const bytes = encode(bodySchema, body);
  return encode(fileSchema, { version: vaultVersion, body: bytes, checksum: checksumOf(vaultVersion, bytes) });
}

function open(file: Uint8Array): Result<VaultBody> {
  const damaged = rejected(
    "storage-corrupt",
    "The vault is damaged; restore it from your recovery phrase with `id restore`.",
  );
  const outer = decode(fileSchema, file, mostVaultBytes);
  if (!outer.ok) return damaged;
  const { version, body, checksum } = outer.value;
  if (!equalBytes(checksumOf(version, body), checksum)) return damaged;
  if (version !== vaultVersion) {
    return rejected("unknown-version", "The vault was written by a newer version of the app; update it.");
  }
  const inner = decode(bodySchema, body, mostVaultBytes);
  return inner.ok ? inner : damaged;
}

/** Additional data of everything encrypted here: neither part can be moved into the vault of another key. */
function sealContext(publicKey: Uint8Array): Uint8Array {
  return taggedHash("aether/vault/1", bigEndian(vaultVersion, 2), publicKey);
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
): Promise<Result<Wrap>> {
  const salt = random(saltBytes);
  const wrappingKey = await wrappingKeyOf(kdf, passphrase, salt, { memoryKib, passes, lanes });
  if (!wrappingKey.ok) return wrappingKey;
  const nonce = random(nonceBytes);
  const wrappedKey = xchacha20poly1305(wrappingKey.value, nonce, sealContext(publicKey)).encrypt(dataKey);
  wrappingKey.value.fill(0);
  return accepted({ way: passphraseWay, salt, memoryKib, passes, lanes, nonce, wrappedKey });
}

async function unwrapDataKey(body: VaultBody, passphrase: string, kdf: PassphraseKdf): Promise<Result<Uint8Array>> {
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
  return wrap.ok ? accepted(seal({ publicKey, backedUp: 0, wraps: [wrap.value], nonce, sealed })) : wrap;
}

/** Reads the public facts. */
export function readVaultFile(file: Uint8Array): Result<VaultFacts> {
  const body = open(file);
  return body.ok ? accepted({ publicKey: body.value.publicKey, backedUp: body.value.backedUp === 1 }) : body;
}

/** The recovery entropy, for who knows the passphrase. A wrong one and a damaged file are told apart. */
export async function unlockVaultFile(
  file: Uint8Array,
  passphrase: string,
  kdf: PassphraseKdf,
): Promise<Result<Uint8Array>> {
  const body = open(file);
  if (!body.ok) return body;
  const dataKey = await unwrapDataKey(body.value, passphrase, kdf);
  if (!dataKey.ok) return dataKey;
  const { nonce, sealed, publicKey } = body.value;
  try {
    return accepted(xchacha20poly1305(dataKey.value, nonce, sealContext(publicKey)).decrypt(sealed));
  } catch {
    // The passphrase was right, so the checksum lied: somebody made this file, damage did not.
    return rejected("storage-corrupt", "The vault's content is not what it was; restore it with `id restore`.");
  } finally {
    dataKey.value.fill(0);
  }
}

/** The same vault under another passphrase: the data key is wrapped anew, what it protects is not touched. */
export async function changeVaultPassphrase(
  file: Uint8Array,
  passphrase: { readonly old: string; readonly new: string },
  cost: KdfCost,
  tools: VaultTools,
): Promise<Result<Uint8Array>> {
  const body = open(file);
  if (!body.ok) return body;
  const dataKey = await unwrapDataKey(body.value, passphrase.old, tools.kdf);
  if (!dataKey.ok) return dataKey;
  const wrap = await wrapDataKey(dataKey.value, body.value.publicKey, passphrase.new, cost, tools);
  dataKey.value.fill(0);
  if (!wrap.ok) return wrap;
  const others = body.value.wraps.filter((one) => one.way !== passphraseWay);
  return accepted(seal({ ...body.value, wraps: [wrap.value, ...others] }));
}

/** The same vault, marked as backed up. */
export function markBackedUp(file: Uint8Array): Result<Uint8Array> {
  const body = open(file);
  return body.ok ? accepted(seal({ ...body.value, backedUp: 1 })) : body;
}

const worst = new Set([
  "password",
  "12345678",
  "123456789",
  "1234567890",
  "qwertyui",
  "qwertyuiop",
  "passwort",
  "iloveyou",
  "11111111",
]);

/** Least length of a passphrase. */
export const leastPassphraseLength = 8;

/** Whether a passphrase is worth its name. */
export function checkPassphrase(passphrase: string): Result<null> {
  if ([...passphrase].length < leastPassphraseLength) {
    return rejected(
      "weak-passphrase",
      `A passphrase has at least ${leastPassphraseLength} characters; four random words are a good one.`,
    );
  }
  if (worst.has(passphrase.toLowerCase()) || new Set(passphrase).size < 4) {
    return rejected(
      "weak-passphrase",
      "That passphrase is among the first anybody would try; four random words are a good one.",
    );
  }
  return accepted(null);
}
