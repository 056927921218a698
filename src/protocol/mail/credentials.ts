/**
 * What an identity signs about its mail: which key to seal for it (a record, for everybody), and which peer may collect
 * what waits for it (a pass, for the nodes that keep it). Both name the signing key, so a `did:key` address says whether
 * they are its owner's.
 * @module
 */
import { bigEndian, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, type Schema, text, union, unsigned } from "../codec/schema.ts";
import { verifySignature } from "../crypto/signature.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { mailLimits } from "./limits.ts";

/** Bytes of an X-Wing key. */
export const encryptionKeyBytes = 1_216;

/** What a record says. */
export interface KeyRecordBody {
  /** Compressed, 33 bytes: the key in the address. */
  readonly signingKey: Uint8Array;
  /** Messages for this identity are sealed with it. */
  readonly encryptionKey: Uint8Array;
  readonly madeAtMs: number;
}

/** Says which key messages for an identity are sealed with. */
export interface KeyRecord extends KeyRecordBody {
  readonly type: "x-wing";
  readonly signature: Uint8Array;
}

/** What a pass says. */
export interface MailPassBody {
  readonly signingKey: Uint8Array;
  readonly networkId: Uint8Array;
  /** The peer that may collect, as its connections prove it. */
  readonly peerId: string;
  readonly untilMs: number;
}

/** Lets a peer collect an identity's mail for a while. Useless to everybody else. */
export interface MailPass extends MailPassBody {
  readonly type: "collect";
  readonly signature: Uint8Array;
}

const key = byteString(33, 33);
const signature = byteString(64, 64);

const recordSchema: Schema<KeyRecord> = union<KeyRecord>("unknown-version", {
  "x-wing": {
    number: 1,
    fields: {
      signingKey: key,
      encryptionKey: byteString(encryptionKeyBytes, encryptionKeyBytes),
      madeAtMs: unsigned(),
      signature,
    },
  },
});

const passSchema: Schema<MailPass> = union<MailPass>("unknown-version", {
  collect: {
    number: 1,
    fields: {
      signingKey: key,
      networkId: bytes32,
      peerId: text(mailLimits.peerIdBytes),
      untilMs: unsigned(),
      signature,
    },
  },
});

/** What is signed of a record: 32 bytes. */
export function keyRecordDigest({ signingKey, encryptionKey, madeAtMs }: KeyRecordBody): Uint8Array {
  return taggedHash("aether/encryption-key/1", signingKey, encryptionKey, bigEndian(madeAtMs, 8));
}

/** What is signed of a pass: 32 bytes. The peer's id, which has any length, stands last. */
export function mailPassDigest({ signingKey, networkId, peerId, untilMs }: MailPassBody): Uint8Array {
  return taggedHash("aether/mail-pass/1", signingKey, networkId, bigEndian(untilMs, 8), utf8ToBytes(peerId));
}

/** Canonical bytes of a signed record. */
export function encodeKeyRecord(body: KeyRecordBody, signed: Uint8Array): Uint8Array {
  return encode(recordSchema, { type: "x-wing", ...body, signature: signed });
}

/** Canonical bytes of a signed pass. */
export function encodeMailPass(body: MailPassBody, signed: Uint8Array): Uint8Array {
  return encode(passSchema, { type: "collect", ...body, signature: signed });
}

const forged = rejected("bad-signature", "This was not signed by the key that it names.");

/** Reads a record however old it is: signed by the key it names. For what is sealed for somebody without asking the network. */
export function readLastingKeyRecord(bytes: Uint8Array): Result<KeyRecord> {
  const record = decode(recordSchema, bytes, mailLimits.recordBytes);
  if (!record.ok) return record;
  const { signature, signingKey } = record.value;
  return verifySignature({ digest: keyRecordDigest(record.value), signature, publicKey: signingKey }) ? record : forged;
}

/** Reads a record from anywhere: signed by the key it names, and good now. Whether that is the wanted key its caller checks. */
export function readKeyRecord(bytes: Uint8Array, nowMs: number): Result<KeyRecord> {
  const record = decode(recordSchema, bytes, mailLimits.recordBytes);
  if (!record.ok) return record;
  const { madeAtMs } = record.value;
  if (madeAtMs > nowMs + mailLimits.clockErrorMs) {
    return rejected("time-too-late", "The encryption key's record was made later than now; a clock is wrong.");
  }
  if (madeAtMs < nowMs - mailLimits.recordLifeMs) return rejected("expired", "The encryption key's record is too old.");
  return readLastingKeyRecord(bytes);
}

/** Reads a pass from anywhere: signed by the key it names, for this network and peer, and good now. */
export function readMailPass(
  bytes: Uint8Array,
  { nowMs, networkId, peerId }: { readonly nowMs: number; readonly networkId: Uint8Array; readonly peerId: string },
): Result<MailPass> {
  const pass = decode(passSchema, bytes, mailLimits.passBytes);
  if (!pass.ok) return pass;
  const { untilMs, signingKey } = pass.value;
  if (pass.value.peerId !== peerId) return rejected("bad-signature", "The pass is another peer's.");
  if (!pass.value.networkId.every((byte, at) => byte === networkId[at])) {
    return rejected("wrong-network", "The pass is for another network.");
  }
  if (untilMs <= nowMs) return rejected("expired", "The pass is over.");
  if (untilMs > nowMs + mailLimits.passLifeMs + mailLimits.clockErrorMs) {
    return rejected("expires-too-late", "The pass is good for longer than passes may be.");
  }
  const digest = mailPassDigest(pass.value);
  return verifySignature({ digest, signature: pass.value.signature, publicKey: signingKey })
    ? accepted(pass.value)
    : forged;
}
