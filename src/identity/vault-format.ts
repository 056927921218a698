/**
 * The vault's file format: the recovery entropy under a random data key, the data key under each way to unlock it: a
 * passphrase, passkeys. Changing a way rewraps the data key and never touches what it protects.
 * @module
 */
import { bigEndian, equalBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, bytes32, decode, encode, list, record, type Schema, unsigned } from "#protocol/codec/schema.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";

/** Cost of a passphrase guess; stored with the vault, so that it can rise. */
export interface KdfCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** What is known about a copy outside of this device; the place in the list is what the file holds. */
export const backupStandings = ["none", "words", "file", "waived", "shares"] as const;

/**
 * `words`, `file`: proved by typing words back, by opening a backup file; `shares`: the keys came back by shares that others
 * hold; `waived`: the owner goes on without.
 */
export type BackupStanding = (typeof backupStandings)[number];

/** The data key under a passphrase. */
export interface PassphraseWrap extends KdfCost {
  /** 0: passphrase. */
  readonly way: number;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/** The data key under what a passkey makes of `salt`. */
export interface PasskeyWrap {
  readonly credentialId: Uint8Array;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/** What is in a vault's file. */
export interface VaultBody {
  /** Public: shown while locked. */
  readonly publicKey: Uint8Array;
  /** Place in {@link backupStandings}. */
  readonly backup: number;
  readonly wraps: readonly PassphraseWrap[];
  readonly passkeys: readonly PasskeyWrap[];
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
  /** The names of people, sealed under a key of the identity; empty where there are none. */
  readonly contacts: Uint8Array;
  /** Recovery entropies of replaced keys, likewise. */
  readonly earlier: Uint8Array;
  /** Credentials that the identity holds, likewise. */
  readonly credentials: Uint8Array;
  /** Keys of documents that it writes with others, likewise. */
  readonly documents: Uint8Array;
  /** What opens files that it has left among peers, likewise. */
  readonly files: Uint8Array;
}

/** The envelope. It stays the same in every version, so that a newer vault is told from a damaged one. */
interface VaultFile {
  readonly version: number;
  readonly body: Uint8Array;
  /** Tells damage from a wrong passphrase. */
  readonly checksum: Uint8Array;
}

/** 2 knows passkeys, and how the backup was proved; 3 names of people; 4 secrets of replaced keys; 5 held credentials; 6 keys of documents; 7 of files among peers. */
const vaultVersion = 7;

/** How entropy and data key are encrypted did not change since version 1. */
const sealVersion = 1;

/** The number of a passphrase's wrap. */
export const passphraseWay = 0;

/** Bytes of an XChaCha20 nonce. */
export const nonceBytes = 24;

/** Bytes of a passphrase's salt. */
export const saltBytes = 16;

/** Bytes of what a passkey is asked to answer to. */
export const passkeySaltBytes = 32;

/** Longest id of a passkey that the standard allows. */
export const mostCredentialIdBytes = 1_023;

/** Passkeys of one vault. */
export const mostPasskeys = 4;

/** Longest vault's file. */
export const mostVaultBytes = 65_536;

/** Most bytes of sealed names. */
export const mostSealedContactsBytes = 49_152;

/** Most bytes of sealed names, credentials, keys of documents and of files together: the rest of a file is for what opens it. */
export const mostSealedContentsBytes = 57_344;

/** Most bytes of sealed secrets of replaced keys. */
export const mostSealedEarlierBytes = 1_024;

/** Bounds a stored cost, so that a damaged or hostile file cannot eat all memory. */
const mostCost = { memoryKib: 1 << 20, passes: 64, lanes: 16 } as const;

const wrappedKey = byteString(48, 48);
const nonce = byteString(nonceBytes, nonceBytes);
const sealed = byteString(16, 1_024);
const publicKey = byteString(33, 33);

const wraps = list(
  record<PassphraseWrap>({
    way: unsigned(0xff),
    salt: byteString(saltBytes, saltBytes),
    memoryKib: unsigned(mostCost.memoryKib),
    passes: unsigned(mostCost.passes),
    lanes: unsigned(mostCost.lanes),
    nonce,
    wrappedKey,
  }),
  8,
  1,
);

const passkeys = list(
  record<PasskeyWrap>({
    credentialId: byteString(1, mostCredentialIdBytes),
    salt: byteString(passkeySaltBytes, passkeySaltBytes),
    nonce,
    wrappedKey,
  }),
  mostPasskeys,
);

/** Version 3: keys had never been replaced. */
const thirdFields = {
  publicKey,
  backup: unsigned(backupStandings.length - 1),
  wraps,
  passkeys,
  nonce,
  sealed,
  contacts: byteString(0, mostSealedContactsBytes),
};

const thirdBodySchema = record<Omit<VaultBody, "earlier" | "credentials" | "documents" | "files">>(thirdFields);

/** Version 4: credentials were files of the profile. */
const fourthFields = { ...thirdFields, earlier: byteString(0, mostSealedEarlierBytes) };

const fourthBodySchema = record<Omit<VaultBody, "credentials" | "documents" | "files">>(fourthFields);

/** Version 5: no documents. */
const fifthFields = { ...fourthFields, credentials: byteString(0, mostSealedContentsBytes) };

const fifthBodySchema = record<Omit<VaultBody, "documents" | "files">>(fifthFields);

/** Version 6: no files among peers. */
const sixthFields = { ...fifthFields, documents: byteString(0, mostSealedContentsBytes) };

const sixthBodySchema = record<Omit<VaultBody, "files">>(sixthFields);

const bodySchema: Schema<VaultBody> = record<VaultBody>({
  ...sixthFields,
  files: byteString(0, mostSealedContentsBytes),
});

/** Version 2: no names. */
const secondBodySchema = record<Omit<VaultBody, keyof typeof noContents>>({
  publicKey,
  backup: unsigned(backupStandings.length - 1),
  wraps,
  passkeys,
  nonce,
  sealed,
});

/** Version 1: passphrases only; two words typed back counted as a backup. */
const firstBodySchema = record<Omit<VaultBody, "passkeys" | keyof typeof noContents>>({
  publicKey,
  backup: unsigned(1),
  wraps,
  nonce,
  sealed,
});

const fileSchema: Schema<VaultFile> = record<VaultFile>({
  version: unsigned(0xffff),
  body: byteString(0, mostVaultBytes),
  checksum: bytes32,
});

function checksumOf(version: number, body: Uint8Array): Uint8Array {
  return taggedHash("aether/checksum/1", bigEndian(version, 2), body);
}

/** The file of a body. */
export function writeVault(body: VaultBody): Uint8Array {
  const bytes = encode(bodySchema, body);
  return encode(fileSchema, { version: vaultVersion, body: bytes, checksum: checksumOf(vaultVersion, bytes) });
}

/** What bodies of older versions lack. */
export const noContents = {
  contacts: new Uint8Array(),
  earlier: new Uint8Array(),
  credentials: new Uint8Array(),
  documents: new Uint8Array(),
  files: new Uint8Array(),
};

const olderSchemas = [
  firstBodySchema,
  secondBodySchema,
  thirdBodySchema,
  fourthBodySchema,
  fifthBodySchema,
  sixthBodySchema,
] as const;

function decodeBody(version: number, bytes: Uint8Array): Result<VaultBody> {
  const older = olderSchemas[version - 1];
  if (older === undefined) return decode(bodySchema, bytes, mostVaultBytes);
  const body = decode<Omit<VaultBody, "passkeys" | keyof typeof noContents>>(older, bytes, mostVaultBytes);
  return body.ok ? accepted({ passkeys: [], ...noContents, ...body.value }) : body;
}

/** The body of a file of this version or an older one; nothing in it has been decrypted. */
export function readVault(file: Uint8Array): Result<VaultBody> {
  const damaged = rejected(
    "storage-corrupt",
    "The vault is damaged; restore it from your recovery words with `id restore`, or from a backup file.",
  );
  const outer = decode(fileSchema, file, mostVaultBytes);
  if (!outer.ok) return damaged;
  const { version, body, checksum } = outer.value;
  if (!equalBytes(checksumOf(version, body), checksum)) return damaged;
  if (version < 1 || version > vaultVersion) {
    return rejected("unknown-version", "The vault was written by a newer version of the app; update it.");
  }
  const inner = decodeBody(version, body);
  return inner.ok ? inner : damaged;
}

/** The same vault with other sealed names, credentials, keys of documents or of files; `noRoom` if they are too many together. */
export function withSealedContents(
  file: Uint8Array,
  contents: Partial<Pick<VaultBody, "contacts" | "credentials" | "documents" | "files">>,
  noRoom: Rejected,
): Result<Uint8Array> {
  const body = readVault(file);
  if (!body.ok) return body;
  const next = { ...body.value, ...contents };
  const kept = [next.contacts, next.credentials, next.documents, next.files];
  const sealedBytes = kept.reduce((sum, { length }) => sum + length, 0);
  return sealedBytes <= mostSealedContentsBytes ? accepted(writeVault(next)) : noRoom;
}

/** Additional data of everything encrypted here: neither part can be moved into the vault of another key. */
export function sealContext(key: Uint8Array): Uint8Array {
  return taggedHash("aether/vault/1", bigEndian(sealVersion, 2), key);
}
