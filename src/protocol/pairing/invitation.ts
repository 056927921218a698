/**
 * Invitations to pair a device: in a link, as a QR code shows it, or as a code of sixteen letters that is typed. Neither is
 * a secret on which anything hangs: what people compare are the six words.
 * @module
 */
import { base32crockford, base64urlnopad } from "@scure/base";
import { concatBytes, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, type Schema, text, union } from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { pairingLimits } from "./limits.ts";

/** What a link carries. */
export interface Invitation {
  readonly type: "x-wing";
  /** The peer that made it: the connection goes to this one. */
  readonly peerId: string;
  /** Names it there. */
  readonly id: Uint8Array;
  /** Hash of the key that it was made with, see {@link anchorOf}. */
  readonly anchor: Uint8Array;
}

/** What a typed code carries. */
export interface InvitationCode {
  readonly id: Uint8Array;
  /** The first bytes of a hash of the peer's id. */
  readonly peerMark: Uint8Array;
}

/** The name of an invitation in the part of a link behind #, which browsers send to nobody. */
export const invitationParameter = "pair";

const invitationSchema: Schema<Invitation> = union<Invitation>("unknown-version", {
  "x-wing": {
    number: 1,
    fields: {
      peerId: text(pairingLimits.peerIdBytes),
      id: byteString(pairingLimits.invitationIdBytes, pairingLimits.invitationIdBytes),
      anchor: bytes32,
    },
  },
});

const unreadable = rejected(
  "invalid-argument",
  "This is no invitation to pair, or it is not whole. `pair show` on the device that has your identity makes one.",
);

/** What binds a link to the key that its maker will use. */
export function anchorOf(id: Uint8Array, key: Uint8Array): Uint8Array {
  return taggedHash("aether/pair-anchor/1", id, key);
}

/** What stands for a peer in a code. */
export function peerMarkOf(peerId: string): Uint8Array {
  return taggedHash("aether/pair-peer/1", utf8ToBytes(peerId)).subarray(0, pairingLimits.peerMarkBytes);
}

/** An invitation as the word that links carry. */
export function writeInvitation(invitation: Invitation): string {
  return base64urlnopad.encode(encode(invitationSchema, invitation));
}

/** The same to be typed: sixteen letters and digits in four groups. */
export function writeInvitationCode({ id, peerId }: Pick<Invitation, "id" | "peerId">): string {
  const letters = base32crockford.encode(concatBytes(peerMarkOf(peerId), id));
  return (letters.match(/.{4}/g) ?? []).join("-");
}

/** The code that was typed; null if it is none. Capitals, dashes, and letters that look like digits do not count. */
function readCode(typed: string): InvitationCode | null {
  const letters = typed.replaceAll("-", "").toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  if (!/^[0-9A-HJKMNP-TV-Z]{16}$/.test(letters)) return null;
  const bytes = base32crockford.decode(letters);
  return {
    peerMark: bytes.subarray(0, pairingLimits.peerMarkBytes),
    id: bytes.subarray(pairingLimits.peerMarkBytes),
  };
}

/** Reads a link, the word in it, or a code. */
export function readInvitation(typed: string): Result<Invitation | InvitationCode> {
  const code = readCode(typed);
  if (code !== null) return accepted(code);
  const word = new RegExp(`(?:#|&|^)${invitationParameter}=([\\w-]+)`).exec(typed)?.[1] ?? typed;
  if (word.length > 2 * pairingLimits.invitationBytes) return unreadable;
  let bytes: Uint8Array;
  try {
    bytes = base64urlnopad.decode(word);
  } catch {
    return unreadable;
  }
  const invitation = decode(invitationSchema, bytes, pairingLimits.invitationBytes);
  if (!invitation.ok) {
    return invitation.code === "unknown-version"
      ? rejected("unknown-version", "This invitation was made by a newer version of the app; update this one.")
      : unreadable;
  }
  return /^[A-Za-z0-9]{10,128}$/.test(invitation.value.peerId) ? invitation : unreadable;
}
