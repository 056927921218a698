/**
 * Which blocks are the bytes of which storage deal, as their clients told this node: in the order in which the audit root
 * covers them. What a list names stays on the shelf as long as the deal does: neither time
 * nor the client takes it away, for the keeper's bond answers for it.
 * @module
 */
import { concatBytes, toHex } from "#protocol/codec/bytes.ts";
import { bytes32, decode, encode, list, record, type Schema } from "#protocol/codec/schema.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import type { Store } from "../ports.ts";
import { pages } from "../store-pages.ts";

/** The blocks of one deal. */
export interface DealList {
  readonly offer: Uint8Array;
  readonly deal: Uint8Array;
  readonly digests: readonly Uint8Array[];
}

const listSchema: Schema<DealList> = record<DealList>({
  offer: bytes32,
  deal: bytes32,
  digests: list(bytes32, fileLimits.digestsAtOnce, 1),
});

const mostListBytes = fileLimits.digestsAtOnce * 40 + 128;

/** First byte of keys, beside those of block-shelf.ts in the same table. */
const kind = 5;

const keyOf = (deal: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(kind), deal);

/** The lists of one node. */
export class DealLists {
  private readonly store: Store;
  private readonly lists = new Map<string, DealList>();
  /** Made when it is asked for; null once it is out of date. */
  private bound: ReadonlySet<string> | null = null;

  private constructor(store: Store) {
    this.store = store;
  }

  /** Reads what is kept. */
  static async open(store: Store): Promise<DealLists> {
    const lists = new DealLists(store);
    const range = { from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) };
    for await (const page of pages(store, "files", undefined, range))
      for (const [key, value] of page) {
        const read = decode(listSchema, value, mostListBytes);
        if (read.ok) lists.lists.set(toHex(key.subarray(1)), read.value);
      }
    return lists;
  }

  /** All of them. */
  all(): readonly DealList[] {
    return [...this.lists.values()];
  }

  /** The blocks of a deal, if somebody has told. */
  of(deal: Uint8Array): DealList | undefined {
    return this.lists.get(toHex(deal));
  }

  /** Remembers one; durable when it answers. */
  async add(added: DealList): Promise<void> {
    const value = encode(listSchema, added);
    await this.store.commit([{ table: "files", key: keyOf(added.deal), value }]);
    this.lists.set(toHex(added.deal), added);
    this.bound = null;
  }

  /** Forgets one: its deal is over. */
  async remove(deal: Uint8Array): Promise<void> {
    await this.store.commit([{ table: "files", key: keyOf(deal), value: null }]);
    this.lists.delete(toHex(deal));
    this.bound = null;
  }

  /** Whether a block, by its digest in hex, is in a deal. */
  isBound(digest: string): boolean {
    this.bound ??= new Set(this.all().flatMap(({ digests }) => digests.map(toHex)));
    return this.bound.has(digest);
  }
}
