/**
 * Messages for this node's people, sealed as they came: the node cannot read them. A message is taken in once, whoever
 * hands it over how often, and a deleted one does not come back.
 * @module
 */
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { envelopeId, timelyEnvelope } from "#protocol/mail/envelope.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import type { StampedEnvelope } from "#protocol/mail/requests.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import type { MailView } from "#sdk/mail.ts";
import type { Clock, Store, Write } from "../ports.ts";
import { mailPlan } from "./mail-limits.ts";
import { dropRow, type InboxRow, putBytes, putRow, readRow, rowKey, rowsOf } from "./mail-rows.ts";

/** Where messages are kept, and what time it is. */
export interface InboxParts {
  readonly store: Store;
  readonly clock: Clock;
}

const notHere = rejected("not-found", "There is no such message here.");

/** The messages of one device. */
export class Inbox {
  private readonly parts: InboxParts;
  private readonly rows = new Map<string, InboxRow>();
  /** Deleted ones, by when they were made. */
  private readonly deleted = new Map<string, number>();
  /** One at a time: two keepers may hand over the same message at once. */
  private readonly turns = new Turns();

  private constructor(parts: InboxParts) {
    this.parts = parts;
  }

  /** Reads what is there, but for the messages' bytes. */
  static async open(parts: InboxParts): Promise<Inbox> {
    const inbox = new Inbox(parts);
    for await (const [id, value] of rowsOf(parts.store, "inbox")) {
      const row = readRow("inbox", value);
      if (row !== null) inbox.rows.set(toHex(id), row);
    }
    for await (const [id, value] of rowsOf(parts.store, "deleted")) {
      const row = readRow("deleted", value);
      if (row !== null) inbox.deleted.set(toHex(id), row.madeAtMs);
    }
    return inbox;
  }

  /** Messages that nobody has read yet. */
  get unread(): number {
    let count = 0;
    for (const { read } of this.rows.values()) if (read === 0) count++;
    return count;
  }

  /** Takes a message in; durable when it answers. False: it was here already, or was deleted. */
  take({ envelope, stamp }: StampedEnvelope, to: Uint8Array, stampBits: number): Promise<Result<boolean>> {
    return this.turns.take(async () => {
      const nowMs = this.parts.clock.nowMs();
      const read = timelyEnvelope(envelope, nowMs);
      if (!read.ok) return read;
      if (!equalBytes(read.value.to, to)) return rejected("not-serving", "The message is for somebody else.");
      const id = envelopeId(envelope);
      if (stampStrengthBits(id, stamp) < stampBits) {
        return rejected("stamp-too-weak", "The message's stamp is too weak, or the message was altered on its way.");
      }
      const name = toHex(id);
      if (this.rows.has(name) || this.deleted.has(name)) return accepted(false);
      if (this.rows.size >= mailPlan.inboxMessages) {
        return rejected("mailbox-full", "The receiver has no room for more messages now.");
      }
      const row: InboxRow = { madeAtMs: read.value.madeAtMs, arrivedAtMs: nowMs, read: 0 };
      await this.commit(putRow("inbox", id, row), putBytes("letter", id, envelope));
      this.rows.set(name, row);
      return accepted(true);
    });
  }

  /** All messages in the order in which they came. */
  async list(): Promise<readonly MailView[]> {
    const rows = [...this.rows].map(([name, row]) => ({ id: fromHex(name) as Uint8Array, row }));
    rows.sort((a, b) => a.row.arrivedAtMs - b.row.arrivedAtMs || a.row.madeAtMs - b.row.madeAtMs);
    const bytes = await this.parts.store.getMany(
      "mail",
      rows.map(({ id }) => rowKey("letter", id)),
    );
    return rows.flatMap(({ id, row }, at) => {
      const envelope = bytes[at];
      return envelope === undefined ? [] : [{ ...row, id, read: row.read === 1, envelope }];
    });
  }

  /** Remembers that a message was read. */
  markRead(id: Uint8Array): Promise<Result<null>> {
    return this.turns.take(async () => {
      const row = this.rows.get(toHex(id));
      if (row === undefined) return notHere;
      if (row.read === 1) return accepted(null);
      await this.commit(putRow("inbox", id, { ...row, read: 1 }));
      this.rows.set(toHex(id), { ...row, read: 1 });
      return accepted(null);
    });
  }

  /** Deletes a message; remembered is only that it was here. */
  delete(id: Uint8Array): Promise<Result<null>> {
    return this.turns.take(async () => {
      const name = toHex(id);
      const row = this.rows.get(name);
      if (row === undefined) return notHere;
      const forgotten = this.forgettable();
      if (this.deleted.size - forgotten.length >= mailPlan.remembered) {
        const message = `${mailPlan.remembered} messages were deleted within 30 days; more cannot be remembered, and would come again. Nothing was deleted.`;
        return rejected("too-many", message);
      }
      await this.commit(
        putRow("deleted", id, { madeAtMs: row.madeAtMs }),
        dropRow("inbox", id),
        dropRow("letter", id),
        ...forgotten.map((old) => dropRow("deleted", fromHex(old) as Uint8Array)),
      );
      this.rows.delete(name);
      for (const old of forgotten) this.deleted.delete(old);
      this.deleted.set(name, row.madeAtMs);
      return accepted(null);
    });
  }

  /** Deleted messages that nobody may hand over any more. */
  private forgettable(): readonly string[] {
    const horizonMs = this.parts.clock.nowMs() - mailLimits.envelopeLifeMs - mailLimits.clockErrorMs;
    return [...this.deleted].filter(([, madeAtMs]) => madeAtMs < horizonMs).map(([name]) => name);
  }

  private commit(...writes: readonly Write[]): Promise<void> {
    return this.parts.store.commit(writes);
  }
}
