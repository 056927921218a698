/**
 * Messages that a node keeps for people who are away: bounded by receiver, by peer, in number, bytes and age, paid for by
 * stamps. It knows whom they are for and which peer brought them; not who wrote them, nor what.
 * @module
 */
import { concatBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { envelopeId, timelyEnvelope } from "#protocol/mail/envelope.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { mailWireLimits, type StampedEnvelope } from "#protocol/mail/requests.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import { count } from "../counts.ts";
import type { Clock, Store } from "../ports.ts";
import { mailPlan } from "./mail-limits.ts";
import { dropRow, type KeptRow, putRow, readRow, rowKey, rowsOf } from "./mail-rows.ts";

/** Where messages are kept, what time it is, and what the least stamp must have. */
export interface PostOfficeParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly stampBits: number;
}

interface Kept extends KeptRow {
  readonly id: Uint8Array;
}

const idBytes = 32;

const full = (message: string) => rejected("mailbox-full", message);

/** The boxes of all receivers. */
export class PostOffice {
  private readonly parts: PostOfficeParts;
  /** What waits, by receiver. */
  private readonly boxes = new Map<string, Map<string, Kept>>();
  private readonly fromPeers = new Map<string, number>();
  private count = 0;
  private sizeBytes = 0;
  private readonly turns = new Turns();

  private constructor(parts: PostOfficeParts) {
    this.parts = parts;
  }

  /** Reads what waits, but for the messages' bytes. */
  static async open(parts: PostOfficeParts): Promise<PostOffice> {
    const office = new PostOffice(parts);
    for await (const [key, value] of rowsOf(parts.store, "kept")) {
      const row = readRow("kept", value);
      if (row !== null && key.length === 2 * idBytes) office.note(key.subarray(0, idBytes), key.slice(idBytes), row);
    }
    return office;
  }

  /** What a stamp for a receiver must have: the fuller the box, the more. */
  stampBitsFor(to: Uint8Array): number {
    const waiting = this.boxes.get(toHex(to))?.size ?? 0;
    return this.parts.stampBits + Math.floor(waiting / mailPlan.bitsRiseEvery);
  }

  /** Keeps a message; durable when it answers. One that is here already is kept once. */
  keep(message: StampedEnvelope, from: string): Promise<Result<null>> {
    return this.turns.take(async () => {
      const { envelope, stamp } = message;
      const read = timelyEnvelope(envelope, this.parts.clock.nowMs());
      if (!read.ok) return read;
      const { to, madeAtMs } = read.value;
      const id = envelopeId(envelope);
      if (this.boxes.get(toHex(to))?.has(toHex(id)) === true) return accepted(null);
      if (stampStrengthBits(id, stamp) < this.stampBitsFor(to)) {
        return rejected("stamp-too-weak", "A message needs a stronger stamp to be kept here.");
      }
      const row: KeptRow = { madeAtMs, from, sizeBytes: envelope.length };
      const room = this.checkRoom(to, row);
      if (!room.ok) return room;
      await this.parts.store.commit([putRow("kept", concatBytes(to, id), row), putRow("keptBytes", id, message)]);
      this.note(to, id, row);
      return accepted(null);
    });
  }

  /** The oldest messages that wait for a receiver, as many as one answer holds. */
  async oldest(to: Uint8Array): Promise<readonly StampedEnvelope[]> {
    const box = [...(this.boxes.get(toHex(to))?.values() ?? [])];
    box.sort((a, b) => a.madeAtMs - b.madeAtMs);
    const keys = box.slice(0, mailWireLimits.handedOver).map(({ id }) => rowKey("keptBytes", id));
    const values = await this.parts.store.getMany("mail", keys);
    return values.flatMap((value) => (value === undefined ? [] : (readRow("keptBytes", value) ?? [])));
  }

  /** Lets messages go: their receiver has them. */
  letGo(to: Uint8Array, ids: readonly Uint8Array[]): Promise<void> {
    return this.turns.take(async () => {
      const box = this.boxes.get(toHex(to));
      const held = ids.filter((id) => box?.has(toHex(id)) === true);
      if (held.length === 0) return;
      await this.parts.store.commit(
        held.flatMap((id) => [dropRow("kept", concatBytes(to, id)), dropRow("keptBytes", id)]),
      );
      for (const id of held) this.forget(to, id);
    });
  }

  /** Lets go what has waited too long. */
  async sweep(): Promise<void> {
    const horizonMs = this.parts.clock.nowMs() - mailLimits.envelopeLifeMs;
    for (const [receiver, box] of [...this.boxes]) {
      const outdated = [...box.values()].filter(({ madeAtMs }) => madeAtMs < horizonMs).map(({ id }) => id);
      await this.letGo(fromHex(receiver) as Uint8Array, outdated);
    }
  }

  private checkRoom(to: Uint8Array, { from, sizeBytes }: KeptRow): Result<null> {
    const { keptForOne, keptFromOne, keptInAll, keptBytes } = mailPlan;
    if ((this.boxes.get(toHex(to))?.size ?? 0) >= keptForOne) return full("The receiver's mailbox is full.");
    if ((this.fromPeers.get(from) ?? 0) >= keptFromOne) return full("This node keeps as much of yours as it may.");
    if (this.count >= keptInAll || this.sizeBytes + sizeBytes > keptBytes)
      return full("This node's mailboxes are full.");
    return accepted(null);
  }

  private note(to: Uint8Array, id: Uint8Array, row: KeptRow): void {
    const name = toHex(to);
    const box = this.boxes.get(name) ?? new Map<string, Kept>();
    box.set(toHex(id), { ...row, id });
    this.boxes.set(name, box);
    count(this.fromPeers, row.from, 1);
    this.count++;
    this.sizeBytes += row.sizeBytes;
  }

  private forget(to: Uint8Array, id: Uint8Array): void {
    const box = this.boxes.get(toHex(to));
    const row = box?.get(toHex(id));
    if (box === undefined || row === undefined) return;
    box.delete(toHex(id));
    if (box.size === 0) this.boxes.delete(toHex(to));
    count(this.fromPeers, row.from, -1);
    this.count--;
    this.sizeBytes -= row.sizeBytes;
  }
}
