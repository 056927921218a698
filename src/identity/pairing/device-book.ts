/**
 * What a device keeps of the devices of its identity: its own secret and the list, sealed under keys that only the identity
 * can make. The sealed list is also what devices show each other: to anybody else it says nothing.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, decode, encode, type Schema, union } from "#protocol/codec/schema.ts";
import { type DeviceList, encodeDevices, readDevices } from "#protocol/pairing/devices.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { IdentityKeys } from "../keys.ts";
import { type BoxPurpose, boxKey, boxOverheadBytes, openBox, sealBox } from "../sealed-box.ts";
import { nonceBytes } from "../vault-format.ts";

/** What is in the file. */
interface BookFile {
  readonly type: "sealed";
  /** The identity whose devices these are. */
  readonly owner: Uint8Array;
  readonly secret: Uint8Array;
  readonly list: Uint8Array;
}

/** The book in clear. */
export interface DeviceBook {
  /** This device's own secret, 32 bytes. */
  readonly secret: Uint8Array;
  readonly devices: DeviceList;
}

const tagBytes = 16;
const secretBytes = 32;
const sealedSecretBytes = secretBytes + boxOverheadBytes;

/** The key of an identity for its devices names no device and nothing else. */
const purpose: BoxPurpose = { key: "aether/devices-key/1", context: "aether/devices/1" };

const fileSchema: Schema<BookFile> = union<BookFile>("unknown-version", {
  sealed: {
    number: 1,
    fields: {
      owner: byteString(33, 33),
      secret: byteString(sealedSecretBytes, sealedSecretBytes),
      list: byteString(tagBytes, pairingLimits.listBytes),
    },
  },
});

type Random = (length: number) => Uint8Array;

const unreadable = rejected("storage-corrupt", "What is kept about your devices cannot be read.");

function seal(clear: Uint8Array, keys: IdentityKeys, random: Random): Uint8Array {
  return sealBox(clear, keys, purpose, random(nonceBytes));
}

function open(sealed: Uint8Array, keys: IdentityKeys): Result<Uint8Array> {
  const clear = openBox(sealed, keys, purpose);
  return clear === null ? unreadable : accepted(clear);
}

/** By what devices of one identity find each other's list: nobody else can tell whose it is. */
export function devicesMark(keys: IdentityKeys): Uint8Array {
  const key = boxKey(keys, purpose);
  const mark = taggedHash("aether/devices-mark/1", key);
  key.fill(0);
  return mark;
}

/** A list as devices show it to each other. */
export function sealDevices(devices: DeviceList, keys: IdentityKeys, random: Random): Uint8Array {
  return seal(encodeDevices(devices), keys, random);
}

/** A list that another device has shown; what in it is not signed as it must be is left out. */
export function openDevices(sealed: Uint8Array, keys: IdentityKeys): Result<DeviceList> {
  const clear = open(sealed, keys);
  return clear.ok ? readDevices(clear.value, keys.signingKey) : clear;
}

/** The book's file. */
export function writeBook({ secret, devices }: DeviceBook, keys: IdentityKeys, random: Random): Uint8Array {
  return encode(fileSchema, {
    type: "sealed",
    owner: keys.signingKey,
    secret: seal(secret, keys, random),
    list: sealDevices(devices, keys, random),
  });
}

/** Reads a file; null if it is another identity's. The caller wipes the secret. */
export function readBook(file: Uint8Array, keys: IdentityKeys): Result<DeviceBook | null> {
  const read = decode(fileSchema, file, 2 * pairingLimits.listBytes);
  if (!read.ok) return read.code === "unknown-version" ? read : unreadable;
  const { owner, secret: sealedSecret, list } = read.value;
  if (!equalBytes(owner, keys.signingKey)) return accepted(null);
  const secret = open(sealedSecret, keys);
  if (!secret.ok) return secret;
  const devices = openDevices(list, keys);
  return devices.ok ? accepted({ secret: secret.value, devices: devices.value }) : devices;
}
