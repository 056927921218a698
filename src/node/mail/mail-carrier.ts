/**
 * The asking side of `/aether/message/1`: finds out whose key it is, gives messages to their receiver's node or to nodes
 * that keep them, and collects what is kept for our own people. What peers answer is believed as far as it is signed.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { readMailPass } from "#protocol/mail/credentials.ts";
import { envelopeId } from "#protocol/mail/envelope.ts";
import {
  encodeMailRequest,
  type KeyAnswer,
  type MailRequest,
  mailAnswers,
  mailWireLimits,
  type StampedEnvelope,
} from "#protocol/mail/requests.ts";
import { accepted, type RejectionCode, type Result, rejected } from "#protocol/result.ts";
import type { MailStanding } from "#sdk/mail.ts";
import type { Offence } from "../peer-scores.ts";
import { type Clock, type Network, type NonceSearch, type PeerInfo, protocols } from "../ports.ts";
import { findStamp } from "../stamp-search.ts";
import type { Inbox } from "./inbox.ts";
import type { KeyBook } from "./key-book.ts";
import { type Receiver, recordId } from "./mail-answers.ts";
import { mailPlan } from "./mail-limits.ts";
import type { Outgoing } from "./outbox.ts";

/** What the carrier works with. */
export interface MailCarrierParts {
  readonly clock: Clock;
  readonly network: Network;
  readonly networkId: Uint8Array;
  readonly nonceSearch: Pick<NonceSearch, "start">;
  readonly stampBits: number;
  readonly book: KeyBook;
  readonly inbox: Inbox;
  offend(peerId: string, offence: Offence, why: string): void;
}

/** What a try to give a message to somebody came to. */
export interface Delivery {
  readonly standing: MailStanding;
  readonly keepers: number;
  /** Why nobody took it; empty if somebody did. */
  readonly trouble: string;
}

/** A peer with what it answered about an identity. */
interface Told extends KeyAnswer {
  readonly peerId: string;
}

/** Refusals of a message that say nothing about who keeps it: we have no room, or some clock is wrong. */
const innocent: ReadonlySet<string> = new Set<RejectionCode>(["mailbox-full", "time-too-late"]);

const nobody: Delivery = { standing: "waiting", keepers: 0, trouble: "nobody is connected" };

/** Asks peers. */
export class MailCarrier {
  private readonly parts: MailCarrierParts;
  /** Stamps of records that were shown to keepers: one record serves all of them. */
  private stampedRecord: { readonly record: Uint8Array; readonly stamp: Uint8Array } | null = null;

  constructor(parts: MailCarrierParts) {
    this.parts = parts;
  }

  /** The signed record of an identity, from peers if it is not known here; remembered. */
  async findKey(keyHash: Uint8Array): Promise<Result<Uint8Array>> {
    const { book } = this.parts;
    const told = await this.askAll(keyHash);
    for (const { record } of told) if (record !== null) await book.add(record, keyHash);
    const record = await book.find(keyHash);
    if (record !== null) return accepted(record);
    const message =
      told.length === 0
        ? "Nobody is connected who could tell the receiver's encryption key. Nothing was sent; try again once `peers` shows somebody."
        : "Nobody here knows the receiver's encryption key. They must have opened their vault in this network once in the last 90 days; the key travels by itself then. Nothing was sent.";
    return rejected(told.length === 0 ? "disconnected" : "no-encryption-key", message);
  }

  /** Gives a message to its receiver's node if that is connected, else to nodes that keep it. */
  async deliver(outgoing: Outgoing): Promise<Delivery> {
    const told = await this.askAll(outgoing.to);
    if (told.length === 0) return nobody;
    let trouble = "no connected node keeps messages";
    for (const peer of told.filter((one) => this.isReceiver(one, outgoing.to))) {
      const given = await this.give(outgoing, peer);
      if (given.ok && given.value) return { standing: "received", keepers: 0, trouble: "" };
      if (!given.ok) trouble = given.message;
    }
    let keepers = 0;
    for (const peer of told.filter(({ serves }) => serves === 1)) {
      const given = await this.give(outgoing, peer);
      if (given.ok && given.value) return { standing: "received", keepers: 0, trouble: "" };
      if (given.ok) keepers++;
      else trouble = given.message;
      if (keepers >= mailPlan.copies) break;
    }
    return keepers > 0 ? { standing: "kept", keepers, trouble: "" } : { standing: "waiting", keepers, trouble };
  }

  /** Tells a keeper that we receive here. False: it keeps no messages, or does not answer. */
  async greet(peerId: string, { record, pass }: Receiver): Promise<boolean> {
    if (pass === null) return false;
    const stamp = await this.stampOf(record);
    const answer = stamp === null ? null : await this.ask(peerId, { type: "hello", record, pass, stamp });
    return answer?.ok === true;
  }

  /** Takes over all that a keeper has for us; gives how many were new. */
  async collectFrom(peerId: string, { keyHash, pass }: Receiver): Promise<Result<number>> {
    if (pass === null) return rejected("not-serving", "This node has no name in the network yet.");
    let fresh = 0;
    for (let round = 0; round < mailPlan.collectRounds; round++) {
      const answered = await this.ask(peerId, { type: "collect", pass });
      const answer = answered.ok ? mailAnswers.collect.decode(answered.value) : answered;
      if (!answer.ok) return fresh > 0 ? accepted(fresh) : answer;
      const ids: Uint8Array[] = [];
      for (const message of answer.value.messages) {
        const taken = await this.parts.inbox.take(message, keyHash, this.parts.stampBits);
        // What is too old for us is of no use to anybody.
        if (taken.ok || taken.code === "expired") ids.push(envelopeId(message.envelope));
        else if (!innocent.has(taken.code)) this.parts.offend(peerId, "bad-mail", taken.message);
        if (taken.ok && taken.value) fresh++;
      }
      if (ids.length === 0) break;
      await this.ask(peerId, { type: "collected", pass, ids });
      if (ids.length < answer.value.messages.length) break;
    }
    return accepted(fresh);
  }

  /** Whether a peer has shown that it is a receiver's own node. */
  private isReceiver({ peerId, pass }: Told, to: Uint8Array): boolean {
    if (pass === null) return false;
    const { clock, networkId } = this.parts;
    const read = readMailPass(pass, { nowMs: clock.nowMs(), networkId, peerId });
    return read.ok && equalBytes(keyHashOf(read.value.signingKey), to);
  }

  /** Gives a message to a peer: true if its receiver has it now, false if it is kept. */
  private async give({ id, envelope }: Outgoing, { peerId, stampBits }: Told): Promise<Result<boolean>> {
    if (stampBits > mailPlan.mostStampBits) {
      return rejected("mailbox-full", "so much waits for the receiver that more costs too much computing");
    }
    const stamp = await findStamp(this.parts.nonceSearch, id, Math.max(stampBits, this.parts.stampBits));
    if (!stamp.ok) return stamp;
    const message: StampedEnvelope = { envelope, stamp: stamp.value };
    const answered = await this.ask(peerId, { type: "deliver", ...message }, mailPlan.deliverTimeoutMs);
    const answer = answered.ok ? mailAnswers.deliver.decode(answered.value) : answered;
    return answer.ok ? accepted(answer.value.received === 1) : answer;
  }

  /** What peers know of an identity; those that answer. */
  private async askAll(keyHash: Uint8Array): Promise<readonly Told[]> {
    const peers = [...this.parts.network.peers()].sort(seedsFirst).slice(0, mailPlan.asked);
    const answers = await Promise.all(
      peers.map(async ({ id }): Promise<readonly Told[]> => {
        const answered = await this.ask(id, { type: "key", keyHash });
        const answer = answered.ok ? mailAnswers.key.decode(answered.value) : answered;
        return answer.ok ? [{ ...answer.value, peerId: id }] : [];
      }),
    );
    return answers.flat();
  }

  private async stampOf(record: Uint8Array): Promise<Uint8Array | null> {
    if (this.stampedRecord !== null && equalBytes(this.stampedRecord.record, record)) {
      return this.stampedRecord.stamp;
    }
    const stamp = await findStamp(this.parts.nonceSearch, recordId(record), this.parts.stampBits);
    if (!stamp.ok) return null;
    this.stampedRecord = { record, stamp: stamp.value };
    return stamp.value;
  }

  private ask(peerId: string, request: MailRequest, timeoutMs: number = mailPlan.askTimeoutMs) {
    const limits = { timeoutMs, maximumResponseBytes: mailWireLimits.answerBytes };
    return this.parts.network.request(peerId, protocols.message, encodeMailRequest(request), limits);
  }
}

function seedsFirst(a: PeerInfo, b: PeerInfo): number {
  return Number(b.seed) - Number(a.seed);
}
