/**
 * The devices of one identity: certificates, by which the identity says that a device's key is one of its own, and removals,
 * by which it says that it no longer is. Both are signed by the identity, a removal also by the device on which it was made.
 * Lists that differ are joined the same way everywhere, whatever came first.
 * @module
 */
import { bigEndian, compareBytes, equalBytes, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, decode, encode, list, record, type Schema, text, unsigned } from "../codec/schema.ts";
import { verifySignature } from "../crypto/signature.ts";
import type { Result } from "../result.ts";
import { pairingLimits } from "./limits.ts";

/** What a certificate says. */
export interface CertificateBody {
  /** The device's own key, compressed, 33 bytes. */
  readonly key: Uint8Array;
  readonly name: string;
  readonly sinceMs: number;
}

/** Says that a key is a device of the identity. */
export interface DeviceCertificate extends CertificateBody {
  /** The identity's. */
  readonly signature: Uint8Array;
}

/** What a removal says. */
export interface RemovalBody {
  readonly key: Uint8Array;
  readonly atMs: number;
  /** Key of the device on which it was decided. */
  readonly by: Uint8Array;
}

/** Says that a device of the identity is none any more; nothing takes it back. */
export interface DeviceRemoval extends RemovalBody {
  /** The identity's. */
  readonly signature: Uint8Array;
  /** That of the device which says so. */
  readonly deviceSignature: Uint8Array;
}

/** What the devices of an identity know of each other. */
export interface DeviceList {
  readonly certificates: readonly DeviceCertificate[];
  readonly removals: readonly DeviceRemoval[];
}

/** Of no device. */
export const noDevices: DeviceList = { certificates: [], removals: [] };

const key = byteString(33, 33);
const signature = byteString(64, 64);

const certificateSchema: Schema<DeviceCertificate> = record<DeviceCertificate>({
  key,
  name: text(pairingLimits.nameBytes),
  sinceMs: unsigned(),
  signature,
});

const removalSchema: Schema<DeviceRemoval> = record<DeviceRemoval>({
  key,
  atMs: unsigned(),
  by: key,
  signature,
  deviceSignature: signature,
});

const listSchema: Schema<DeviceList> = record<DeviceList>({
  certificates: list(certificateSchema, pairingLimits.devices + pairingLimits.removals),
  removals: list(removalSchema, pairingLimits.removals),
});

/** What the identity `owner` signs of a certificate: 32 bytes. The name, which has any length, stands last. */
export function certificateDigest(owner: Uint8Array, { key: device, name, sinceMs }: CertificateBody): Uint8Array {
  return taggedHash("aether/device-certificate/1", owner, device, bigEndian(sinceMs, 8), utf8ToBytes(name));
}

/** What the identity `owner` and a device sign of a removal: 32 bytes. */
export function removalDigest(owner: Uint8Array, { key: device, atMs, by }: RemovalBody): Uint8Array {
  return taggedHash("aether/device-removal/1", owner, device, bigEndian(atMs, 8), by);
}

/** Canonical bytes of a list. */
export function encodeDevices(devices: DeviceList): Uint8Array {
  return encode(listSchema, devices);
}

/** Reads a list from anywhere: what in it is not signed as it must be is left out. */
export function readDevices(bytes: Uint8Array, owner: Uint8Array): Result<DeviceList> {
  const devices = decode(listSchema, bytes, pairingLimits.listBytes);
  if (!devices.ok) return devices;
  const { certificates, removals } = devices.value;
  return {
    ok: true,
    value: {
      certificates: certificates.filter((one) =>
        verifySignature({ digest: certificateDigest(owner, one), signature: one.signature, publicKey: owner }),
      ),
      removals: removals.filter((one) => {
        const digest = removalDigest(owner, one);
        return (
          verifySignature({ digest, signature: one.signature, publicKey: owner }) &&
          verifySignature({ digest, signature: one.deviceSignature, publicKey: one.by })
        );
      }),
    },
  };
}

/** One for each key, by `at` and then by all that is signed; of two for one key the earlier. */
function inOrder<T extends { readonly key: Uint8Array; readonly signature: Uint8Array }>(
  items: readonly T[],
  at: (item: T) => number,
): readonly T[] {
  const sorted = [...items].sort(
    (a, b) => at(a) - at(b) || compareBytes(a.key, b.key) || compareBytes(a.signature, b.signature),
  );
  return sorted.filter((one, place) => sorted.findIndex((other) => equalBytes(other.key, one.key)) === place);
}

/** Whether a device was removed. */
export function isRemoved({ removals }: DeviceList, device: Uint8Array): boolean {
  return removals.some((one) => equalBytes(one.key, device));
}

/** Two lists of one identity in one. Beyond the bounds the oldest removals, and the newest devices, are left out. */
export function joinDevices(a: DeviceList, b: DeviceList): DeviceList {
  const removals = inOrder([...a.removals, ...b.removals], ({ atMs }) => atMs).slice(-pairingLimits.removals);
  const all = inOrder([...a.certificates, ...b.certificates], ({ sinceMs }) => sinceMs);
  const removed = all.filter((one) => isRemoved({ certificates: [], removals }, one.key));
  const present = all.filter((one) => !removed.includes(one)).slice(0, pairingLimits.devices);
  return { certificates: [...present, ...removed], removals };
}
