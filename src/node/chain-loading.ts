/**
 * Bringing a chain up from its store. What is read is checked against the head's state root; if it does not hold, the
 * chain is rebuilt from the bodies that verify, and the rest is fetched from peers again. Nothing that verifies is lost.
 * @module
 */
import { concatBytes, equalBytes, toHex } from "#protocol/codec/bytes.ts";
import type { Sha256 } from "#protocol/codec/hash.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { emptyStateTree, type StateTree } from "#protocol/ledger/state-tree.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { formatKey, formatVersion, headKey, records, workOfBytes } from "./chain-records.ts";
import { CoinIndex } from "./coin-index.ts";
import { genesisEntry, HeaderIndex } from "./header-index.ts";
import type { Entry, Store, Table } from "./ports.ts";

/** Entries read at once. */
const pageEntries = 2_000;

/** A chain as it stands in memory after loading. */
export interface LoadedChain {
  readonly index: HeaderIndex;
  readonly state: StateTree;
  readonly coins: CoinIndex;
}

/** A loaded chain, or the blocks to rebuild it from. */
export type Loading =
  | { readonly kind: "intact"; readonly chain: LoadedChain }
  | { readonly kind: "damaged"; readonly reason: string; readonly blocks: readonly Block[] };

async function* pages(store: Store, table: Table): AsyncGenerator<readonly Entry[]> {
  let from: Uint8Array = new Uint8Array();
  for (;;) {
    const page = await store.range(table, { from, limit: pageEntries });
    if (page.length > 0) yield page;
    const last = page[page.length - 1];
    if (last === undefined || page.length < pageEntries) return;
    from = concatBytes(last[0], Uint8Array.of(0));
  }
}

/** A chain of the genesis block alone. */
export function emptyChain(parameters: NetworkParameters, sha256: Sha256): LoadedChain {
  const index = new HeaderIndex(parameters, genesisEntry(parameters));
  return { index, state: emptyStateTree(sha256), coins: new CoinIndex() };
}

/** Refuses a store that another version or network wrote; marks a fresh one. */
export async function claimStore(store: Store, networkId: Uint8Array): Promise<Result<null>> {
  const mark = await store.get("meta", formatKey);
  const ours = concatBytes(Uint8Array.of(formatVersion), networkId);
  if (mark === undefined) {
    await store.commit([{ table: "meta", key: formatKey, value: ours }]);
    return accepted(null);
  }
  if (equalBytes(mark, ours)) return accepted(null);
  if (mark[0] !== formatVersion) {
    return rejected(
      "storage-unavailable",
      `This data has format ${mark[0]}; this version reads ${formatVersion}. Update the app.`,
    );
  }
  return rejected("wrong-network", "This data belongs to another network.");
}

async function loadHeaders(store: Store, loaded: LoadedChain): Promise<string | null> {
  const byHeight: { hash: Uint8Array; record: Uint8Array }[] = [];
  for await (const page of pages(store, "headers")) {
    for (const [hash, record] of page) byHeight.push({ hash, record });
  }
  const decoded = byHeight.map(({ hash, record }) => ({ hash, record: records.header.decode(record) }));
  if (decoded.some(({ record }) => !record.ok)) return "a header record cannot be read";
  const valid = decoded.flatMap(({ hash, record }) => (record.ok ? [{ hash, ...record.value }] : []));
  valid.sort((a, b) => a.header.height - b.header.height);
  for (const { hash, header, beaconValue, totalWork } of valid) {
    if (loaded.index.get(header.parent) === undefined) return `block ${toHex(hash)} has lost its parent`;
    const entry = loaded.index.add(header, hash, beaconValue);
    if (entry.totalWork !== workOfBytes(totalWork)) return `the work of block ${entry.name} does not add up`;
    entry.hasBody = true;
  }
  const headHash = await store.get("meta", headKey);
  if (headHash === undefined) return valid.length === 0 ? null : "the head is missing";
  const head = loaded.index.get(headHash);
  if (head === undefined) return "the head's header is missing";
  loaded.index.setHead(head);
  return null;
}

async function loadState(store: Store, empty: StateTree, coins: CoinIndex): Promise<StateTree> {
  let state = empty;
  for await (const page of pages(store, "state")) {
    state = state.update(page.map(([key, value]) => ({ key, value })));
    coins.apply(page.map(([key, value]) => ({ key, before: null, after: value })));
  }
  return state;
}

/** Bodies that can be read, oldest first, from every branch; whether they are valid is found out by applying them. */
async function salvageBlocks(store: Store): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  for await (const page of pages(store, "bodies")) {
    for (const [, bytes] of page) {
      const block = decodeBlock(bytes);
      if (block.ok) blocks.push(block.value);
    }
  }
  return blocks.sort((a, b) => a.header.height - b.header.height);
}

/** Reads the chain from a claimed store. */
export async function loadChain(store: Store, parameters: NetworkParameters, sha256: Sha256): Promise<Loading> {
  const loaded = emptyChain(parameters, sha256);
  let reason: string | null;
  try {
    reason = await loadHeaders(store, loaded);
    const state = reason === null ? await loadState(store, loaded.state, loaded.coins) : loaded.state;
    if (reason === null && equalBytes(state.root(), loaded.index.head.header.stateRoot)) {
      return { kind: "intact", chain: { ...loaded, state } };
    }
    reason ??= "the stored state is not the one its block names";
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  return { kind: "damaged", reason, blocks: await salvageBlocks(store) };
}
