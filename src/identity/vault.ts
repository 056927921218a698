/**
 * The vault's file format: the recovery entropy under a random data key, the data key under each way to unlock it (today
 * a passphrase). Changing a way rewraps the data key and never touches what it protects.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes } from "#protocol/codec/bytes.ts";
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
  readonly version: number;
  /** Public: shown while locked. */
  readonly publicKey: Uint8Array;
  readonly backedUp: number;
  readonly wraps: readonly Wrap[];
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

interface VaultFile {
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
  version: unsigned(0xffff),
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

const fileSchema: Schema<VaultFile> = record<VaultFile>({ body: byteString(0, mostVaultBytes), checksum: bytes32 });

/** What can be read of a vault without unlocking it. */
export interface VaultFacts {
  readonly publicKey: Uint8Array;
  readonly backedUp: boolean;
}

function seal(body: VaultBody): Uint8Array {
  const bytes = encode(bodySchema, body);
  return encode(fileSchema, { body: bytes, checksum: taggedHash("aether/checksum/1", bytes) });
}

function open(file: Uint8Array): Result<VaultBody> {
  const damaged = rejected(
    "storage-corrupt",
    "The vault is damaged; restore it from your recovery phrase with `id restore`.",
  );
  const outer = decode(fileSchema, file, mostVaultBytes);
  if (!outer.ok || !equalBytes(taggedHash("aether/checksum/1", outer.value.body), outer.value.checksum)) return damaged;
  const body = decode(bodySchema, outer.value.body, mostVaultBytes);
  if (!body.ok) return damaged;
  if (body.value.version === vaultVersion) return body;
  return rejected("unknown-version", "The vault was written by a newer version of the app; update it.");
}

/** Additional data of the sealed part: what is public about the vault cannot be swapped. */
function sealContext(publicKey: Uint8Array): Uint8Array {
  return taggedHash("aether/checksum/1", publicKey);
}

/** Makes a vault around recovery entropy. */
export async function createVaultFile(
  secret: { readonly entropy: Uint8Array; readonly publicKey: Uint8Array },
  passphrase: string,
  cost: KdfCost,
  tools: { readonly kdf: PassphraseKdf; readonly random: (length: number) => Uint8Array },
): Promise<Uint8Array> {
  const { kdf, random } = tools;
  const dataKey = random(32);
  const salt = random(saltBytes);
  const wrappingKey = await kdf(passphrase, salt, cost);
  const wrapNonce = random(nonceBytes);
  const wrap = {
    way: passphraseWay,
    salt,
    ...cost,
    nonce: wrapNonce,
    wrappedKey: xchacha20poly1305(wrappingKey, wrapNonce).encrypt(dataKey),
  };
  const nonce = random(nonceBytes);
  const sealed = xchacha20poly1305(dataKey, nonce, sealContext(secret.publicKey)).encrypt(secret.entropy);
  dataKey.fill(0);
  wrappingKey.fill(0);
  return seal({ version: vaultVersion, publicKey: secret.publicKey, backedUp: 0, wraps: [wrap], nonce, sealed });
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
  const wrap = body.value.wraps.find((one) => one.way === passphraseWay);
  if (wrap === undefined) return rejected("wrong-passphrase", "This vault does not open with a passphrase.");
  const wrappingKey = await kdf(passphrase, wrap.salt, wrap);
  try {
    const dataKey = xchacha20poly1305(wrappingKey, wrap.nonce).decrypt(wrap.wrappedKey);
    const { nonce, sealed, publicKey } = body.value;
    const entropy = xchacha20poly1305(dataKey, nonce, sealContext(publicKey)).decrypt(sealed);
    dataKey.fill(0);
    return accepted(entropy);
  } catch {
    return rejected("wrong-passphrase", "That is not the passphrase. Nothing was changed; try again.");
  } finally {
    wrappingKey.fill(0);
  }
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
