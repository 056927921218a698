/**
 * Messages of this node's people on their way: kept until somebody has answered for them, tried again and again, each time
 * after a longer wait. What has arrived is remembered without its envelope; its words stay as a copy sealed for who wrote them.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { decodeEnvelope, envelopeId, timelyEnvelope } from "#protocol/mail/envelope.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { MailStanding, SealedMail, SentMailView } from "#sdk/mail.ts";
import type { Clock, Store } from "../ports.ts";
import { mailPlan } from "./mail-limits.ts";
import { dropRow, type OutgoingRow, putBytes, putRow, readRow, rowKey, rowsOf, standings } from "./mail-rows.ts";

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

/** What forgets a message. */
const dropped = (id: Uint8Array) => [dropRow("outgoing", id), dropRow("copy", id)];

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
  async add({ envelope, copy }: SealedMail, to: string): Promise<Result<Outgoing>> {
    const read = timelyEnvelope(envelope, this.clock.nowMs());
    if (!read.ok) return read;
    const readCopy = decodeEnvelope(copy);
    if (!readCopy.ok) return readCopy;
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
    await this.store.commit([putRow("outgoing", id, row), putBytes("copy", id, copy)]);
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
    const forgotten = oldest === undefined ? [] : dropped(fromHex(oldest) as Uint8Array);
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

  /** Forgets a message of ours; one that waits is not tried again. False: there is none. */
  async delete(id: Uint8Array): Promise<Result<boolean>> {
    const entry = this.entries.get(toHex(id));
    if (entry === undefined) return accepted(false);
    // Nobody could say afterwards whether it was sent.
    if (entry.busy)
      return rejected("busy", "It is being handed over just now; try again in a moment. It is still here.");
    await this.store.commit(dropped(id));
    this.entries.delete(toHex(id));
    return accepted(true);
  }

  /** One message of ours. */
  async view(id: Uint8Array): Promise<SentMailView | null> {
    const [view] = await this.views([toHex(id)]);
    return view ?? null;
  }

  /** All messages of ours, oldest first. */
  async list(): Promise<readonly SentMailView[]> {
    const views = await this.views([...this.entries.keys()]);
    return views.sort((a, b) => a.madeAtMs - b.madeAtMs);
  }

  private async views(names: readonly string[]): Promise<SentMailView[]> {
    const ids = names.map((name) => fromHex(name) as Uint8Array);
    const copies = await this.store.getMany(
      "mail",
      ids.map((id) => rowKey("copy", id)),
    );
    return ids.flatMap((id, at) => {
      const entry = this.entries.get(toHex(id));
      if (entry === undefined) return [];
      const { to, madeAtMs, standing, keepers } = entry.row;
      const { trouble } = entry;
      return {
        id,
        to,
        madeAtMs,
        standing: standings[standing] ?? "waiting",
        keepers,
        trouble,
        copy: copies[at] ?? null,
      };
    });
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
