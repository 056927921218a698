/**
 * Blocks of files that this node keeps: its own people's, and on a node that serves others theirs, bounded by peer, in
 * number, bytes and age. Every block is checked against its digest when it comes and when it goes.
 * @module
 */
import { concatBytes, equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { decode, encode, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import { count } from "../counts.ts";
import type { Clock, Store, Write } from "../ports.ts";
import { pages } from "../store-pages.ts";
import { filePlan } from "./file-limits.ts";

/** What is known of a block beside its bytes. */
interface Facts {
  readonly sizeBytes: number;
  /** When it may go. */
  readonly untilMs: number;
  /** The peer that brought it; empty for our own people's. */
  readonly from: string;
}

const factsSchema: Schema<Facts> = record<Facts>({
  sizeBytes: unsigned(fileLimits.blockBytes),
  untilMs: unsigned(),
  from: text(mailLimits.peerIdBytes),
});

const mostFactsBytes = 1_024;

/** First byte of keys: facts stand apart from the bytes, so that a start does not read all of them. */
const kinds = { facts: 0, bytes: 1 } as const;

const rowKey = (kind: keyof typeof kinds, digest: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(kinds[kind]), digest);

const write = (kind: keyof typeof kinds, digest: Uint8Array, value: Uint8Array | null): Write => ({
  table: "files",
  key: rowKey(kind, digest),
  value,
});

/** How much may be kept. */
export type ShelfBounds = Pick<
  Record<keyof typeof filePlan, number>,
  "blocks" | "ownBytes" | "othersBytes" | "fromOneBytes"
>;

/** Whom a block belongs to. */
type Owner = "own" | "others";

/** The blocks of one node. */
export class BlockShelf {
  private readonly store: Store;
  private readonly clock: Pick<Clock, "nowMs">;
  private readonly facts = new Map<string, Facts>();
  private readonly fromPeers = new Map<string, number>();
  private readonly heldBytes: Record<Owner, number> = { own: 0, others: 0 };
  private readonly bounds: ShelfBounds;
  private readonly turns = new Turns();

  private constructor(store: Store, clock: Pick<Clock, "nowMs">, bounds: ShelfBounds) {
    this.store = store;
    this.clock = clock;
    this.bounds = bounds;
  }

  /** Reads what is kept, but for the blocks' bytes. */
  static async open(store: Store, clock: Pick<Clock, "nowMs">, bounds: ShelfBounds = filePlan): Promise<BlockShelf> {
    const shelf = new BlockShelf(store, clock, bounds);
    const range = { from: Uint8Array.of(kinds.facts), to: Uint8Array.of(kinds.facts + 1) };
    for await (const page of pages(store, "files", undefined, range)) {
      for (const [key, value] of page) {
        const facts = decode(factsSchema, value, mostFactsBytes);
        if (facts.ok) shelf.note(toHex(key.subarray(1)), facts.value);
      }
    }
    return shelf;
  }

  /**
   * Keeps blocks, all or none; durable when it answers. One that is here already stays for the longer of both times, and
   * is our own people's if either was. `from` is the peer that brings them; empty: our own people.
   */
  keep(blocks: readonly Uint8Array[], from: string): Promise<Result<null>> {
    return this.turns.take(async () => {
      const untilMs = this.clock.nowMs() + fileLimits.lifeMs;
      const writes: Write[] = [];
      const noted = new Map<string, Facts>();
      let addedBytes = 0;
      for (const block of blocks) {
        const digest = sha256(block);
        const name = toHex(digest);
        const before = noted.get(name) ?? this.facts.get(name);
        const isOurs = from === "" || before?.from === "";
        const facts = { sizeBytes: block.length, untilMs, from: isOurs ? "" : (before?.from ?? from) };
        if (before?.from !== facts.from) addedBytes += block.length;
        noted.set(name, facts);
        writes.push(write("facts", digest, encode(factsSchema, facts)), write("bytes", digest, block));
      }
      const room = this.checkRoom(from, noted.size, addedBytes);
      if (!room.ok) return room;
      await this.store.commit(writes);
      for (const [name, facts] of noted) this.note(name, facts);
      return accepted(null);
    });
  }

  /** The blocks of some digests, in their order; null for one that is not here, or that the disk has spoilt. */
  async find(digests: readonly Uint8Array[]): Promise<readonly (Uint8Array | null)[]> {
    const values = await this.store.getMany(
      "files",
      digests.map((digest) => rowKey("bytes", digest)),
    );
    return values.map((value, i) =>
      value !== undefined && equalBytes(sha256(value), digests[i] ?? new Uint8Array()) ? value : null,
    );
  }

  /** Lets go what has been kept for as long as was said. */
  sweep(): Promise<void> {
    return this.turns.take(async () => {
      const nowMs = this.clock.nowMs();
      const over = [...this.facts].filter(([, { untilMs }]) => untilMs < nowMs).map(([name]) => name);
      if (over.length === 0) return;
      const digests = over.flatMap((name) => fromHex(name) ?? []);
      await this.store.commit(digests.flatMap((one) => [write("facts", one, null), write("bytes", one, null)]));
      for (const name of over) this.forget(name);
    });
  }

  private checkRoom(from: string, added: number, addedBytes: number): Result<null> {
    const { blocks, ownBytes, othersBytes, fromOneBytes } = this.bounds;
    const own = from === "";
    const full = (message: string) => rejected("storage-full", message);
    if (this.facts.size + added > blocks) return full("There are as many shards here as may be.");
    if (own && this.heldBytes.own + addedBytes > ownBytes)
      return full(
        `This browser keeps at most ${ownBytes / 1_048_576} MiB of shared files; the oldest go after 30 days.`,
      );
    if (!own && this.heldBytes.others + addedBytes > othersBytes) return full("This node's room for files is taken.");
    if (!own && (this.fromPeers.get(from) ?? 0) + addedBytes > fromOneBytes)
      return full("This node keeps as much of yours as it may.");
    return accepted(null);
  }

  private note(name: string, facts: Facts): void {
    this.forget(name);
    this.facts.set(name, facts);
    this.add(facts, 1);
  }

  private forget(name: string): void {
    const facts = this.facts.get(name);
    if (facts === undefined) return;
    this.facts.delete(name);
    this.add(facts, -1);
  }

  private add({ from, sizeBytes }: Facts, sign: 1 | -1): void {
    this.heldBytes[from === "" ? "own" : "others"] += sign * sizeBytes;
    if (from !== "") count(this.fromPeers, from, sign * sizeBytes);
  }
}
