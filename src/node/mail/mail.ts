/**
 * Messages on a node: whom it receives for, what it keeps, and when it asks, tries again and clears away.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { readKeyRecord, readMailPass } from "#protocol/mail/credentials.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { NodeEvent } from "#sdk/contract.ts";
import type { Collected, MailCredentials, MailView, SealedMail, SentMailView } from "#sdk/mail.ts";
import type { KeepingNode } from "../keeping-node.ts";
import type { Clock, PeerInfo, Store } from "../ports.ts";
import { Inbox } from "./inbox.ts";
import { KeyBook } from "./key-book.ts";
import { MailAnswers, type Receiver } from "./mail-answers.ts";
import { MailCarrier } from "./mail-carrier.ts";
import { mailPlan } from "./mail-limits.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import { PostOffice } from "./post-office.ts";

/** What messages need of a node. */
export interface MailNode
  extends KeepingNode<{
    /** Whether it keeps messages for people who are away. */
    readonly keepsMail?: boolean;
  }> {
  readonly networkId: Uint8Array;
  /** Something the user should know. */
  notice(level: "info", message: string): void;
  /** Tells whoever shows messages that something about them has changed. */
  emit(event: Extract<NodeEvent, { type: "mail" }>): void;
}

/** Messages of one node. */
export class Mail {
  private readonly node: MailNode;
  private readonly clock: Clock;
  private readonly inbox: Inbox;
  private readonly outbox: Outbox;
  private readonly book: KeyBook;
  private readonly office: PostOffice | null;
  private readonly answers: MailAnswers;
  private readonly carrier: MailCarrier;
  private receiver: Receiver | null = null;
  /** Keepers that know that we are here. */
  private readonly greeted = new Set<string>();
  private collectAtMs = 0;
  private sweepAtMs = 0;

  private constructor(
    node: MailNode,
    stores: { inbox: Inbox; outbox: Outbox; book: KeyBook; office: PostOffice | null },
  ) {
    this.node = node;
    this.clock = node.ports.clock;
    ({ inbox: this.inbox, outbox: this.outbox, book: this.book, office: this.office } = stores);
    const { stampBits } = node.options.parameters.freeLane;
    const parts = { ...node.ports, ...stores, networkId: node.networkId, stampBits };
    const receiver = (): Receiver | null => this.receiver;
    this.answers = new MailAnswers({ ...parts, receiver, onArrival: () => this.tellUnread() });
    this.carrier = new MailCarrier({ ...parts, offend: (...offence) => node.offend(...offence) });
  }

  /** Reads what is kept. */
  static async open(node: MailNode, store: Store): Promise<Mail> {
    const keeps = node.options.keepsMail === true;
    const { stampBits } = node.options.parameters.freeLane;
    const parts = { store, clock: node.ports.clock };
    return new Mail(node, {
      inbox: await Inbox.open(parts),
      outbox: await Outbox.open(parts),
      book: await KeyBook.open(parts, keeps ? mailPlan.keysOfKeeper : mailPlan.keysOfTab),
      office: keeps ? await PostOffice.open({ ...parts, stampBits }) : null,
    });
  }

  /** Answers a peer. */
  answer(peerId: string, request: Uint8Array): Promise<Result<Uint8Array>> {
    return this.answers.answer(peerId, request);
  }

  /** A peer has come that may take what waits, or keep something for us. */
  async onPeerConnected({ id, seed }: PeerInfo): Promise<void> {
    this.outbox.hurry();
    if (seed && this.receiver !== null) await this.collectFromAll([id]);
    await this.tryAgain();
  }

  /** A peer has gone. */
  onPeerDisconnected(peerId: string): void {
    this.greeted.delete(peerId);
    this.answers.forget(peerId);
  }

  /** To be called every few seconds. */
  async tick(): Promise<void> {
    const nowMs = this.clock.nowMs();
    if (nowMs >= this.sweepAtMs) {
      this.sweepAtMs = nowMs + mailPlan.sweepEveryMs;
      await this.office?.sweep();
    }
    if (this.receiver !== null && nowMs >= this.collectAtMs) await this.collect();
    await this.tryAgain();
  }

  /** Messages for this node's people, in the order in which they came. */
  async list(): Promise<Result<readonly MailView[]>> {
    return accepted(await this.inbox.list());
  }

  /** Messages for this node's people that nobody has read yet. */
  get unread(): number {
    return this.inbox.unread;
  }

  /** Remembers that a message was read. */
  async markRead(id: Uint8Array): Promise<Result<null>> {
    const before = this.unread;
    const marked = await this.inbox.markRead(id);
    if (this.unread !== before) this.tellChange();
    return marked;
  }

  /** Deletes a message for good. */
  async delete(id: Uint8Array): Promise<Result<null>> {
    // What one wrote to oneself is both.
    const wasOurs = await this.outbox.delete(id);
    if (!wasOurs.ok) return wasOurs;
    const deleted = await this.inbox.delete(id);
    if (wasOurs.value || deleted.ok) this.tellChange();
    return wasOurs.value ? accepted(null) : deleted;
  }

  /** Messages of this node's people, oldest first. */
  async sent(): Promise<Result<readonly SentMailView[]>> {
    return accepted(await this.outbox.list());
  }

  /** Receives for an identity from now on. */
  async receive({ record, pass }: MailCredentials): Promise<Result<null>> {
    const nowMs = this.clock.nowMs();
    const read = readKeyRecord(record, nowMs);
    if (!read.ok) return read;
    const keyHash = keyHashOf(read.value.signingKey);
    if (pass !== null) {
      const good = readMailPass(pass, {
        nowMs,
        networkId: this.node.networkId,
        peerId: this.node.ports.network.selfId(),
      });
      if (!good.ok) return good;
      if (!equalBytes(keyHashOf(good.value.signingKey), keyHash)) {
        return rejected("bad-signature", "Record and pass are of different identities.");
      }
    }
    this.receiver = { keyHash, record, pass };
    this.greeted.clear();
    // Whoever unlocks waits for nobody else's node.
    this.collectAtMs = 0;
    return accepted(null);
  }

  /** The signed record of who is to be written to. */
  async key(keyHash: Uint8Array): Promise<Result<Uint8Array>> {
    const { receiver } = this;
    if (receiver !== null && equalBytes(receiver.keyHash, keyHash)) return accepted(receiver.record);
    const known = await this.book.find(keyHash);
    return known === null ? this.carrier.findKey(keyHash) : accepted(known);
  }

  /** Takes a message over and tries to give it to somebody. */
  async send(sealed: SealedMail, to: string): Promise<Result<SentMailView>> {
    const added = await this.outbox.add(sealed, to);
    if (!added.ok) return added;
    await this.tryAgain();
    const view = await this.outbox.view(added.value.id);
    return view === null ? rejected("not-found", "The message is not here any more.") : accepted(view);
  }

  private async tryAgain(): Promise<void> {
    await Promise.all(this.outbox.takeDue().map((outgoing) => this.attempt(outgoing)));
  }

  private async attempt(outgoing: Outgoing): Promise<void> {
    await this.handOver(outgoing);
    this.tellChange();
  }

  private async handOver(outgoing: Outgoing): Promise<void> {
    const { id, to, envelope } = outgoing;
    if (this.receiver !== null && equalBytes(this.receiver.keyHash, to)) {
      const taken = await this.inbox.take({ envelope, stamp: new Uint8Array(8) }, to, 0);
      if (!taken.ok) return this.outbox.postpone(id, taken.message);
      await this.outbox.settle(id, "received", 0);
      return this.tellUnread();
    }
    const { standing, keepers, trouble } = await this.carrier.deliver(outgoing);
    if (standing === "waiting") await this.outbox.postpone(id, trouble);
    else await this.outbox.settle(id, standing, keepers);
  }

  /** Asks the seeds for what they keep for us. */
  async collect(): Promise<Result<Collected>> {
    const seeds = this.node.ports.network.peers().filter(({ seed }) => seed);
    this.collectAtMs = this.clock.nowMs() + mailPlan.collectEveryMs;
    return accepted(await this.collectFromAll(seeds.map(({ id }) => id)));
  }

  private async collectFromAll(peerIds: readonly string[]): Promise<Collected> {
    const counts = await Promise.all(peerIds.map((id) => this.collectFrom(id)));
    const answered = counts.filter((count) => count !== null);
    const fresh = answered.reduce((sum, count) => sum + count, 0);
    if (fresh > 0) this.tellUnread();
    return { keepers: answered.length, fresh };
  }

  /** How many new messages a peer had for us; null if it keeps none. */
  private async collectFrom(peerId: string): Promise<number | null> {
    const { receiver } = this;
    if (receiver === null) return null;
    if (!this.greeted.has(peerId)) {
      if (!(await this.carrier.greet(peerId, receiver))) return null;
      if (this.receiver === receiver) this.greeted.add(peerId);
    }
    const collected = await this.carrier.collectFrom(peerId, receiver);
    return collected.ok ? collected.value : null;
  }

  private tellChange(): void {
    this.node.emit({ type: "mail", unread: this.unread });
  }

  private tellUnread(): void {
    const { unread } = this;
    this.tellChange();
    if (unread > 0)
      this.node.notice(
        "info",
        `${unread} new message${unread === 1 ? "" : "s"}. \`inbox\` shows ${unread === 1 ? "it" : "them"}.`,
      );
  }
}
