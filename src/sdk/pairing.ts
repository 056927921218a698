/**
 * Pairing devices, as an interface sees it. The node carries requests to and from the other device; the vault makes and
 * reads them. What is secret is sealed from vault to vault; the six words and the names of devices are for people.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** An invitation, for the other device. */
export interface InvitationView {
  /** What stands in a link behind `pair=`. */
  readonly word: string;
  /** The same to be typed. */
  readonly code: string;
  readonly untilMs: number;
}

/**
 * How far the inviting side is. `met`: another device has begun; `words`: the words are known; `waiting`: the other person
 * has confirmed, this one has not; `handed`: all was handed over; `done`: the other device has it; `left`: the other person
 * has not confirmed.
 */
export type PairStage = "met" | "words" | "waiting" | "handed" | "done" | "left";

/** A request that was answered. */
export interface PairTurn {
  /** For the other device. */
  readonly answer: Uint8Array;
  readonly stage: PairStage;
  /** From stage `words` on. */
  readonly words: string | null;
  /** Name of the new device, from stage `handed` on. */
  readonly device: string | null;
}

/** Where a joining device is to knock: at this peer, or at the one that a code's mark fits. */
export interface JoinView {
  readonly peerId: string | null;
  readonly peerMark: Uint8Array | null;
  /** What to ask first. */
  readonly request: Uint8Array;
}

/** What comes next on a joining device: a question, or words that people compare. */
export interface JoinStep {
  readonly request: Uint8Array | null;
  readonly words: string | null;
}

/** What became of asking for the keys: not yet, or they are here, and the other is to be told with `request`. */
export type JoinOutcome = { readonly type: "waiting" } | { readonly type: "taken"; readonly request: Uint8Array };

/** A device of the identity. */
export interface DeviceView {
  readonly name: string;
  /** Its own key, compressed. */
  readonly key: Uint8Array;
  readonly sinceMs: number;
  /** Whether it is this one. */
  readonly isThis: boolean;
  readonly removed: { readonly atMs: number; readonly byName: string | null } | null;
}

/** What devices show each other: sealed, under a mark that only they can make. */
export interface SharedDevices {
  readonly mark: Uint8Array;
  readonly sealed: Uint8Array;
}

/** The devices of the identity. */
export interface DevicesView {
  readonly devices: readonly DeviceView[];
  readonly shared: SharedDevices;
}

/** Requests to the vault about devices. */
export interface PairingVaultRequests {
  /** Makes an invitation, in the place of an earlier one; the vault must be open. `name`: what this device is called, if it has no name yet. */
  pairInvite(peerId: string, name: string | null): Promise<Result<InvitationView>>;
  /** Answers the device that was invited. */
  pairAnswer(peerId: string, request: Uint8Array): Promise<Result<PairTurn>>;
  /**
   * The person at the inviting device has compared these words, as they were shown: what is to be handed over is made ready,
   * for the passphrase. `not-found`: they are not those of the device that is there now.
   */
  pairConfirm(words: string, passphrase: string): Promise<Result<null>>;
  /** Begins to join by a link or code, on a device without an identity. `name`: what this device is to be called. */
  pairJoin(invitation: string, name: string | null): Promise<Result<JoinView>>;
  /** Reads the answer to the request before. */
  pairStep(answer: Uint8Array): Promise<Result<JoinStep>>;
  /** The person at the joining device has compared the words: what to ask until the keys come. */
  pairReady(): Promise<Result<Uint8Array>>;
  /** Reads the answer to that, and makes the vault under the passphrase if the keys came. */
  pairTake(answer: Uint8Array, passphrase: string): Promise<Result<JoinOutcome>>;
  /** Ends what was begun on either side; what was handed over stays. Answers with what tells the other, if it can be told. */
  pairEnd(): Promise<Result<Uint8Array | null>>;
  /** The devices of this identity, and of what others have shown what is new. */
  devices(shown: readonly Uint8Array[]): Promise<Result<DevicesView>>;
  /** Says that a device is none of this identity's any more: by its name, or the beginning of its key in hexadecimal. */
  removeDevice(named: string): Promise<Result<DevicesView>>;
}

/** A request of another device that waits for an answer. */
export interface PairKnock {
  readonly number: number;
  readonly peerId: string;
  readonly request: Uint8Array;
}

/** Requests to a node about devices. */
export interface PairingNodeRequests {
  /** The next request of a device that pairs; null if none came for a while. Requests are refused while nobody asks for them. */
  pairNext(): Promise<Result<PairKnock | null>>;
  /** Answers it. */
  pairReply(number: number, answer: Result<Uint8Array>): Promise<Result<null>>;
  /** Asks another device, which is connected first if need be. */
  pairAsk(peerId: string, request: Uint8Array): Promise<Result<Uint8Array>>;
  /** Shows these to who asks by their mark, from now on until this node ends. */
  showDevices(shared: SharedDevices): Promise<Result<null>>;
  /** What connected peers show under a mark. */
  shownDevices(mark: Uint8Array): Promise<Result<readonly Uint8Array[]>>;
}
