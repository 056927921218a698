/**
 * What keepers are still to be told to let go of: on disk, until each that comes within the time for which pieces are kept has
 * heard it.
 * @module
 */
import { concatBytes, fromHex, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { byteString, bytes32, decode, encode, list, record, type Schema, unsigned } from "#protocol/codec/schema.ts";
import { mostShards } from "#protocol/files/erasure-code.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import type { StripeRelease } from "#protocol/files/release.ts";
import { blockWireLimits } from "#protocol/files/requests.ts";
import { inParts } from "../lists.ts";
import type { Store, Write } from "../ports.ts";
import { pages } from "../store-pages.ts";
import { filePlan } from "./file-limits.ts";

/** A piece that is let go, and of how many shards it was: so many keepers may have some. */
export interface QueuedRelease extends StripeRelease {
  readonly places: number;
}

/** As many as one request lets go. */
export interface ReleaseBatch {
  readonly releases: readonly QueuedRelease[];
  /** When no keeper has any of it any more. */
  readonly untilMs: number;
  /** Who has heard it. */
  readonly told: readonly Uint8Array[];
}

/** So much of a hash of its name tells a keeper from others: one taken for another hears it from keepers. */
const toldBytes = 8;

const batchSchema: Schema<ReleaseBatch> = record<ReleaseBatch>({
  releases: list(
    record<QueuedRelease>({ id: bytes32, secret: bytes32, places: unsigned(mostShards) }),
    blockWireLimits.releases,
    1,
  ),
  untilMs: unsigned(),
  told: list(byteString(toldBytes, toldBytes), filePlan.toldKeepers),
});

const mostBatchBytes = blockWireLimits.releases * 80 + filePlan.toldKeepers * (toldBytes + 2) + 128;

/** First byte of keys, beside those of shelf-rows.ts in the same table. */
const kind = 6;

const shortName = (peerId: string): Uint8Array => sha256(utf8ToBytes(peerId)).subarray(0, toldBytes);

/** The queue of one node. */
export class ReleaseQueue {
  private readonly store: Store;
  /** By the hex of their keys, the oldest first as far as this node has run. */
  private readonly batches = new Map<string, ReleaseBatch>();

  private constructor(store: Store) {
    this.store = store;
  }

  /** Reads what is kept. */
  static async open(store: Store): Promise<ReleaseQueue> {
    const queue = new ReleaseQueue(store);
    const range = { from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) };
    const read: [string, ReleaseBatch][] = [];
    for await (const page of pages(store, "files", undefined, range))
      for (const [key, value] of page) {
        const batch = decode(batchSchema, value, mostBatchBytes);
        if (batch.ok) read.push([toHex(key), batch.value]);
      }
    for (const [name, batch] of read.toSorted(([, a], [, b]) => a.untilMs - b.untilMs)) queue.batches.set(name, batch);
    return queue;
  }

  /** Names of all batches. */
  names(): readonly string[] {
    return [...this.batches.keys()];
  }

  /** One of them; undefined once it is over. */
  get(name: string): ReleaseBatch | undefined {
    return this.batches.get(name);
  }

  /** Remembers releases; durable when it answers. Gives the names of their batches. */
  async add(releases: readonly QueuedRelease[], nowMs: number): Promise<readonly string[]> {
    const untilMs = nowMs + fileLimits.lifeMs;
    const added = new Map<string, ReleaseBatch>();
    for (const some of inParts(releases, blockWireLimits.releases)) {
      const name = sha256(concatBytes(...some.map(({ id }) => id)));
      added.set(toHex(concatBytes(Uint8Array.of(kind), name)), { releases: some, untilMs, told: [] });
    }
    const over = this.names().slice(0, Math.max(0, this.batches.size + added.size - filePlan.queuedReleases));
    await this.write([...over.map((name) => [name, null] as const), ...added]);
    return [...added.keys()];
  }

  /** Whether a keeper has heard a batch. */
  hasHeard(name: string, keeperId: string): boolean {
    const short = toHex(shortName(keeperId));
    return this.batches.get(name)?.told.some((one) => toHex(one) === short) !== false;
  }

  /** Keepers have heard batches. */
  async note(heard: ReadonlyMap<string, readonly string[]>): Promise<void> {
    await this.write(
      [...heard].flatMap(([name, keeperIds]) => {
        const batch = this.batches.get(name);
        if (batch === undefined) return [];
        const told = [...batch.told, ...keeperIds.map(shortName)].slice(-filePlan.toldKeepers);
        return [[name, { ...batch, told }] as const];
      }),
    );
  }

  /** Forgets what no keeper has any more. */
  async sweep(nowMs: number): Promise<void> {
    await this.write([...this.batches].flatMap(([name, { untilMs }]) => (untilMs < nowMs ? [[name, null]] : [])));
  }

  private async write(changes: readonly (readonly [name: string, batch: ReleaseBatch | null])[]): Promise<void> {
    if (changes.length === 0) return;
    const writes = changes.map(
      ([name, batch]): Write => ({
        table: "files",
        key: fromHex(name) ?? new Uint8Array(),
        value: batch === null ? null : encode(batchSchema, batch),
      }),
    );
    await this.store.commit(writes);
    for (const [name, batch] of changes)
      if (batch === null) this.batches.delete(name);
      else this.batches.set(name, batch);
  }
}
