/**
 * What devices tell each other once people have confirmed the words: what the new one is, and all that it gets.
 * @module
 */
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, bytes32, decode, encode, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { verifySignature } from "#protocol/crypto/signature.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import { type Result, rejected } from "#protocol/result.ts";
import { mostBackupBytes } from "../backup.ts";
import { backupStandings } from "../vault-format.ts";

/** What a new device says of itself. */
export interface NewDevice {
  readonly name: string;
  /** Its own key, compressed. */
  readonly key: Uint8Array;
  /** By that key, over the meeting: nobody can bring somebody else's. */
  readonly signature: Uint8Array;
}

/** What it gets. */
export interface HandedOver {
  /** The vault as a backup file … */
  readonly backup: Uint8Array;
  /** … which opens with these bytes. */
  readonly secret: Uint8Array;
  /** Place in {@link backupStandings}. */
  readonly standing: number;
  /** The devices of the identity, the new one among them. */
  readonly devices: Uint8Array;
}

const newDeviceSchema: Schema<NewDevice> = record<NewDevice>({
  name: text(pairingLimits.nameBytes),
  key: byteString(33, 33),
  signature: byteString(64, 64),
});

const handedSchema: Schema<HandedOver> = record<HandedOver>({
  backup: byteString(1, mostBackupBytes),
  secret: bytes32,
  standing: unsigned(backupStandings.length - 1),
  devices: byteString(0, pairingLimits.listBytes),
});

/** What a new device signs. */
export function possessionDigest(transcript: Uint8Array, key: Uint8Array): Uint8Array {
  return taggedHash("aether/pair-possession/1", transcript, key);
}

/** Canonical bytes. */
export function encodeNewDevice(device: NewDevice): Uint8Array {
  return encode(newDeviceSchema, device);
}

/** Reads what a device says of itself in a meeting. */
export function readNewDevice(bytes: Uint8Array, transcript: Uint8Array): Result<NewDevice> {
  const device = decode(newDeviceSchema, bytes, pairingLimits.sealedFactsBytes);
  if (!device.ok) return device;
  const { key, signature } = device.value;
  const isItsOwn = verifySignature({ digest: possessionDigest(transcript, key), signature, publicKey: key });
  return isItsOwn ? device : rejected("bad-signature", "The other device does not hold the key that it names.");
}

/** Canonical bytes; whoever makes them wipes them. */
export function encodeHandedOver(handed: HandedOver): Uint8Array {
  return encode(handedSchema, handed);
}

/** Reads them. */
export function decodeHandedOver(bytes: Uint8Array): Result<HandedOver> {
  return decode(handedSchema, bytes, pairingLimits.handedBytes);
}
