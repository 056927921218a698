/**
 * Messages of this node's people on their way: kept until somebody has answered for them, tried again and again, each time
 * after a longer wait. What has arrived is remembered as a row without the message.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { envelopeId, timelyEnvelope } from "#protocol/mail/envelope.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { MailStanding, SentMailView } from "#sdk/mail.ts";
import type { Clock, Store } from "../ports.ts";
import { mailPlan } from "./mail-limits.ts";
import { dropRow, type OutgoingRow, putRow, readRow, rowsOf, standings } from "./mail-rows.ts";

/** A message on its way. */
export interface Outgoing {
  readonly id: Uint8Array;
  /** Key hash of its receiver. */
  readonly to: Uint8Array;
  readonly envelope: Uint8Array;
}

interface Entry {
  row: OutgoingRow;
  tries: number;
  nextTryAtMs: number;
  /** Whether somebody is trying right now. */
  busy: boolean;
  trouble: string;
}

/** Our own messages. */
export class Outbox {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly entries = new Map<string, Entry>();

  private constructor({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
    this.store = store;
    this.clock = clock;
  }

  /** Reads what is there; what waits is tried at once. */
  static async open(parts: { readonly store: Store; readonly clock: Clock }): Promise<Outbox> {
    const outbox = new Outbox(parts);
    for await (const [id, value] of rowsOf(parts.store, "outgoing")) {
      const row = readRow("outgoing", value);
      if (row !== null) outbox.put(id, row);
    }
    return outbox;
  }

  /** Takes a message over; durable when it answers. */
  async add(envelope: Uint8Array, to: string): Promise<Result<Outgoing>> {
    const read = timelyEnvelope(envelope, this.clock.nowMs());
    if (!read.ok) return read;
    const id = envelopeId(envelope);
    const outgoing = { id, to: read.value.to, envelope };
    // The answer to the first asking was lost, as when the leading tab changes.
    if (this.entries.has(toHex(id))) return accepted(outgoing);
    const waiting = [...this.entries.values()].filter(({ row }) => standings[row.standing] === "waiting").length;
    if (waiting >= mailPlan.outgoing) {
      const message = `${waiting} messages of yours wait already because nobody took them; \`inbox --sent\` lists them. This one was not sent.`;
      return rejected("mailbox-full", message);
    }
    const row: OutgoingRow = { to, madeAtMs: read.value.madeAtMs, standing: 0, keepers: 0, envelope };
    await this.store.commit([putRow("outgoing", id, row)]);
    this.put(id, row);
    return accepted(outgoing);
  }

  /** Takes what is due to be tried; until it is settled or postponed nobody else gets it. */
  takeDue(): readonly Outgoing[] {
    const nowMs = this.clock.nowMs();
    return [...this.entries].flatMap(([name, entry]) => {
      const isDue = standings[entry.row.standing] === "waiting" && !entry.busy && entry.nextTryAtMs <= nowMs;
      return isDue ? this.take(name, entry) : [];
    });
  }

  /** Tries everything again at the next occasion: somebody has come who may take it. */
  hurry(): void {
    for (const entry of this.entries.values()) entry.nextTryAtMs = 0;
  }

  /** What a try came to when it found a taker. */
  async settle(id: Uint8Array, standing: MailStanding, keepers: number): Promise<void> {
    const entry = this.entries.get(toHex(id));
    if (entry === undefined) return;
    const row = { ...entry.row, standing: standings.indexOf(standing), keepers, envelope: null };
    const done = [...this.entries].filter(([, other]) => standings[other.row.standing] !== "waiting");
    const [oldest] = done.length >= mailPlan.outgoingDone ? (done[0] ?? []) : [];
    const forgotten = oldest === undefined ? [] : [dropRow("outgoing", fromHex(oldest) as Uint8Array)];
    await this.store.commit([putRow("outgoing", id, row), ...forgotten]);
    if (oldest !== undefined) this.entries.delete(oldest);
    Object.assign(entry, { row, busy: false, trouble: "" });
  }

  /** What a try came to when it found none. */
  async postpone(id: Uint8Array, trouble: string): Promise<void> {
    const entry = this.entries.get(toHex(id));
    if (entry === undefined) return;
    const nowMs = this.clock.nowMs();
    if (entry.row.madeAtMs + mailLimits.envelopeLifeMs < nowMs) return this.settle(id, "given-up", 0);
    const waitMs = Math.min(mailPlan.retryLongestMs, mailPlan.retryFirstMs * 2 ** Math.min(entry.tries, 20));
    Object.assign(entry, { busy: false, trouble, tries: entry.tries + 1, nextTryAtMs: nowMs + waitMs });
  }

  /** One message of ours. */
  view(id: Uint8Array): SentMailView | null {
    const entry = this.entries.get(toHex(id));
    if (entry === undefined) return null;
    const { to, madeAtMs, standing, keepers } = entry.row;
    return { id, to, madeAtMs, standing: standings[standing] ?? "waiting", keepers, trouble: entry.trouble };
  }

  /** All messages of ours, oldest first. */
  list(): readonly SentMailView[] {
    const views = [...this.entries.keys()].flatMap((name) => this.view(fromHex(name) as Uint8Array) ?? []);
    return views.sort((a, b) => a.madeAtMs - b.madeAtMs);
  }

  private take(name: string, entry: Entry): readonly Outgoing[] {
    const { envelope } = entry.row;
    const read = envelope === null ? null : timelyEnvelope(envelope, entry.row.madeAtMs);
    if (envelope === null || !read?.ok) return [];
    entry.busy = true;
    return [{ id: fromHex(name) as Uint8Array, to: read.value.to, envelope }];
  }

  private put(id: Uint8Array, row: OutgoingRow): void {
    this.entries.set(toHex(id), { row, tries: 0, nextTryAtMs: 0, busy: false, trouble: "" });
  }
}
