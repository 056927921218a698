/**
 * Messages between people, as an interface sees them. The node carries and keeps sealed envelopes and cannot read them;
 * the vault seals and opens.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** What the vault signs so that a node can receive for its identity. */
export interface MailCredentials {
  /** Which key messages for it are sealed with, signed; for everybody. */
  readonly record: Uint8Array;
  /** Lets this node collect what waits elsewhere; null while the node has no name in the network. */
  readonly pass: Uint8Array | null;
}

/** A message that is kept here, sealed. */
export interface MailView {
  readonly id: Uint8Array;
  /** When its sender says it was made. */
  readonly madeAtMs: number;
  readonly arrivedAtMs: number;
  readonly read: boolean;
  readonly envelope: Uint8Array;
}

/**
 * How far a message of ours is: `waiting` here for somebody to give it to; `kept` by nodes that hand it over when its
 * receiver comes; `received` by the receiver's own node; `given-up`: nobody took it for as long as messages are kept.
 */
export type MailStanding = "waiting" | "kept" | "received" | "given-up";

/** A message of ours that is or was on its way. */
export interface SentMailView {
  readonly id: Uint8Array;
  /** Address of its receiver. */
  readonly to: string;
  readonly madeAtMs: number;
  readonly standing: MailStanding;
  /** How many nodes keep it. */
  readonly keepers: number;
  /** Why it could not be given to anybody at the newest try; empty if it could. */
  readonly trouble: string;
  /** Its words, sealed for who wrote them; null if none are kept. */
  readonly copy: Uint8Array | null;
}

/** A message that was sealed. */
export interface SealedMail {
  readonly envelope: Uint8Array;
  /** The same words, sealed for who wrote them. */
  readonly copy: Uint8Array;
}

/** What collecting came to. */
export interface Collected {
  /** Nodes that keep messages for others and answered. */
  readonly keepers: number;
  /** Messages that were not here before. */
  readonly fresh: number;
}

/** Requests to a node about messages. */
export interface MailRequests {
  /** Receives for an identity from now on, until this node ends. */
  receiveMail(credentials: MailCredentials): Promise<Result<null>>;
  /** The signed record of who is to be written to: from here, or from peers. */
  mailKey(keyHash: Uint8Array): Promise<Result<Uint8Array>>;
  /** Takes a sealed message over and gives it to its receiver's node, or to nodes that keep it; durable when it answers. The copy stays here. */
  sendMail(sealed: SealedMail, to: string): Promise<Result<SentMailView>>;
  /** Asks all nodes that keep messages for ours. */
  collectMail(): Promise<Result<Collected>>;
  /** Messages that are kept here, in the order in which they came. */
  mail(): Promise<Result<readonly MailView[]>>;
  /** Our own messages, oldest first. */
  sentMail(): Promise<Result<readonly SentMailView[]>>;
  markMailRead(id: Uint8Array): Promise<Result<null>>;
  /** Deletes a message for good, here: one that came does not come again, one of ours that waits is not sent. */
  deleteMail(id: Uint8Array): Promise<Result<null>>;
}

/** A message that was opened. */
export interface MailText {
  /** Address of who wrote it, which its signature proves. */
  readonly from: string;
  readonly madeAtMs: number;
  /** Foreign text. */
  readonly text: string;
}

/** Whom a node can say it receives for, and as which peer. */
export interface MailPlace {
  readonly networkId: Uint8Array;
  /** The node's own name in the network; empty while it has none. */
  readonly peerId: string;
}

/** Requests to the vault about messages. */
export interface MailVaultRequests {
  /** Signs what a node needs to receive for this identity. */
  mailCredentials(place: MailPlace): Promise<Result<MailCredentials>>;
  /** Seals a text for a signing key, by the record that it has signed; gives the envelope, and a copy for the writer. Refused with `space-changed` if the chosen space's key is not `from`. */
  sealMail(text: string, to: Uint8Array, record: Uint8Array, from?: Uint8Array): Promise<Result<SealedMail>>;
  /** Opens envelopes, each by itself: one that does not open says why. */
  openMail(envelopes: readonly Uint8Array[]): Promise<Result<readonly Result<MailText>[]>>;
}

/** Most envelopes that are opened by one request: each takes some milliseconds. */
export const mostOpenedAtOnce = 16;
