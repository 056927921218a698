/**
 * The answering side of `/aether/message/1`: whose keys are known here, messages for our own people, and, on a node that
 * keeps messages for others, boxes that only their owners' nodes may empty.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { readMailPass } from "#protocol/mail/credentials.ts";
import { decodeEnvelope, envelopeId } from "#protocol/mail/envelope.ts";
import {
  decodeMailRequest,
  encodeMailRequest,
  type MailRequest,
  mailAnswers,
  mailWireLimits,
  type StampedEnvelope,
} from "#protocol/mail/requests.ts";
import { putNewest } from "#protocol/newest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type Clock, type Network, protocols } from "../ports.ts";
import type { Inbox } from "./inbox.ts";
import type { KeyBook } from "./key-book.ts";
import { mailPlan } from "./mail-limits.ts";
import type { PostOffice } from "./post-office.ts";

/** Whom this node receives for. */
export interface Receiver {
  readonly keyHash: Uint8Array;
  readonly record: Uint8Array;
  readonly pass: Uint8Array | null;
}

/** What answers are made of. */
export interface MailAnswersParts {
  readonly clock: Clock;
  readonly network: Network;
  readonly networkId: Uint8Array;
  /** What the least stamp must have. */
  readonly stampBits: number;
  readonly book: KeyBook;
  readonly inbox: Inbox;
  /** Boxes of others; null on a node that keeps none. */
  readonly office: PostOffice | null;
  receiver(): Receiver | null;
  /** A message for our own people has come. */
  onArrival(): void;
}

/** Receivers whose nodes are known to be connected. */
const mostPresent = 2_000;

/** What the stamp of a record is made over. */
export function recordId(record: Uint8Array): Uint8Array {
  return taggedHash("aether/encryption-key/1", record);
}

const notServing = rejected("not-serving", "This node keeps no messages for others.");
const nothing = accepted(new Uint8Array());

/** Answers peers. */
export class MailAnswers {
  private readonly parts: MailAnswersParts;
  /** Peers that are a receiver's node, by its key hash. */
  private readonly present = new Map<string, string>();

  constructor(parts: MailAnswersParts) {
    this.parts = parts;
  }

  /** Answers a request. */
  async answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const request = decodeMailRequest(bytes);
    if (!request.ok) return request;
    const asked = request.value;
    switch (asked.type) {
      case "key":
        return this.key(asked.keyHash);
      case "hello":
        return this.hello(peerId, asked);
      case "deliver":
        return this.deliver(peerId, asked);
      case "collect": {
        const owner = this.ownerOf(peerId, asked.pass);
        if (!owner.ok) return owner;
        const messages = (await this.parts.office?.oldest(owner.value)) ?? [];
        return accepted(mailAnswers.collect.encode({ messages }));
      }
      case "collected": {
        const owner = this.ownerOf(peerId, asked.pass);
        if (!owner.ok) return owner;
        await this.parts.office?.letGo(owner.value, asked.ids);
        return nothing;
      }
    }
  }

  /** A peer has gone. */
  forget(peerId: string): void {
    for (const [owner, peer] of this.present) if (peer === peerId) this.present.delete(owner);
  }

  private async key(keyHash: Uint8Array): Promise<Result<Uint8Array>> {
    const { book, office, stampBits } = this.parts;
    const receiver = this.parts.receiver();
    const isOurs = receiver !== null && equalBytes(receiver.keyHash, keyHash);
    return accepted(
      mailAnswers.key.encode({
        record: isOurs ? receiver.record : office === null ? null : await book.find(keyHash),
        pass: isOurs ? receiver.pass : null,
        serves: office === null ? 0 : 1,
        stampBits: Math.min(
          mailWireLimits.stampBits,
          isOurs ? stampBits : (office?.stampBitsFor(keyHash) ?? stampBits),
        ),
      }),
    );
  }

  private async hello(peerId: string, asked: MailRequest & { type: "hello" }): Promise<Result<Uint8Array>> {
    if (this.parts.office === null) return notServing;
    const owner = this.ownerOf(peerId, asked.pass);
    if (!owner.ok) return owner;
    if (stampStrengthBits(recordId(asked.record), asked.stamp) < this.parts.stampBits) {
      return rejected("stamp-too-weak", "A key needs a stronger stamp to be kept here.");
    }
    const added = await this.parts.book.add(asked.record, owner.value);
    if (!added.ok) return added;
    putNewest(this.present, toHex(owner.value), peerId, mostPresent);
    return nothing;
  }

  private async deliver(peerId: string, message: StampedEnvelope): Promise<Result<Uint8Array>> {
    const { office, inbox, stampBits } = this.parts;
    const envelope = decodeEnvelope(message.envelope);
    if (!envelope.ok) return envelope;
    const { to } = envelope.value;
    const receiver = this.parts.receiver();
    if (receiver !== null && equalBytes(receiver.keyHash, to)) {
      const taken = await inbox.take(message, to, stampBits);
      if (!taken.ok) return taken;
      if (taken.value) this.parts.onArrival();
      return accepted(mailAnswers.deliver.encode({ received: 1 }));
    }
    if (office === null) return notServing;
    const kept = await office.keep(message, peerId);
    if (!kept.ok) return kept;
    const received = await this.handOn(to, message);
    return accepted(mailAnswers.deliver.encode({ received: received ? 1 : 0 }));
  }

  /** Gives a message to its receiver's node if that is here now; the box keeps it until that node has it. */
  private async handOn(to: Uint8Array, message: StampedEnvelope): Promise<boolean> {
    const peerId = this.present.get(toHex(to));
    if (peerId === undefined) return false;
    const request = encodeMailRequest({ type: "deliver", ...message });
    const answered = await this.parts.network.request(peerId, protocols.message, request, {
      timeoutMs: mailPlan.handOnTimeoutMs,
      maximumResponseBytes: mailWireLimits.answerBytes,
    });
    const answer = answered.ok ? mailAnswers.deliver.decode(answered.value) : answered;
    if (!answer.ok || answer.value.received === 0) return false;
    await this.parts.office?.letGo(to, [envelopeId(message.envelope)]);
    return true;
  }

  /** Whose mail a peer may have: the pass names the peer, and the owner of the mail has signed it. */
  private ownerOf(peerId: string, bytes: Uint8Array): Result<Uint8Array> {
    if (this.parts.office === null) return notServing;
    const { clock, networkId } = this.parts;
    const pass = readMailPass(bytes, { nowMs: clock.nowMs(), networkId, peerId });
    return pass.ok ? accepted(keyHashOf(pass.value.signingKey)) : pass;
  }
}
