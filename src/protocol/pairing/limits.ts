/**
 * Every bound of pairing devices, sizes in bytes and times in milliseconds.
 * @module
 */

/** Bounds of invitations, of the requests of `/aether/pair/1`, and of what devices know of each other. */
export const pairingLimits = {
  /** An invitation serves one device, within this time. */
  invitationLifeMs: 10 * 60_000,
  /** What names an invitation at the peer that made it: too much to be guessed, little enough to be typed. */
  invitationIdBytes: 7,
  /** What finds that peer among those one knows, in a code that is typed. */
  peerMarkBytes: 3,
  /** An encoded invitation. */
  invitationBytes: 256,
  peerIdBytes: 128,
  /** X-Wing: a public key and an encapsulation. */
  keyBytes: 1_216,
  encapsulationBytes: 1_120,
  /** What a new device says of itself, sealed. */
  sealedFactsBytes: 512,
  /** A vault's file in a backup, the devices, and what seals them. */
  handedBytes: 110_000,
  requestBytes: 4_096,
  answerBytes: 111_000,
  /** A device's name in UTF-8. */
  nameBytes: 128,
  /** Devices of one identity, and removed ones that are remembered, newest first. */
  devices: 16,
  removals: 64,
  /** All of them, encoded and sealed. */
  listBytes: 40_960,
} as const;
