/**
 * Bringing a chain up from its store. Only the newest headers come into memory, so the time does not grow with the
 * chain. What is read is checked against the head's state root; if it does not hold, the chain is rebuilt from the bodies
 * that verify, and the rest is fetched from peers again. Nothing that verifies is lost.
 * @module
 */
import { compareBytes, concatBytes, equalBytes, toHex } from "#protocol/codec/bytes.ts";
import type { Sha256 } from "#protocol/codec/hash.ts";
import { workOfTarget } from "#protocol/consensus/work.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { emptyStateTree, type StateTree } from "#protocol/ledger/state-tree.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { migrateRecords } from "./chain-migrations.ts";
import { ChainReader } from "./chain-reader.ts";
import {
  type FinalityMark,
  finalityKey,
  formatKey,
  formatVersion,
  headKey,
  keptKey,
  records,
  repairKey,
  type Side,
  sideKey,
  stateTable,
  tipsKey,
} from "./chain-records.ts";
import { genesisEntry, type HeaderEntry, HeaderIndex, headerIndexLimits } from "./header-index.ts";
import { type Store, type Table, tables } from "./ports.ts";
import { pages } from "./store-pages.ts";

/** What stays when the chain is begun anew. */
const outliving: ReadonlySet<Table> = new Set(["mail", "files", "documents"]);

/** Bodies are big: so few at once. */
const bodiesPerPage = 32;

/** A chain as it stands in memory after loading. */
export interface LoadedChain {
  readonly reader: ChainReader;
  readonly state: StateTree;
  /** Blocks with bodies off the canonical chain. */
  readonly sideBlocks: readonly HeaderEntry[];
  /** What was known to be decided; null if nothing was. */
  readonly mark: FinalityMark | null;
}

/** A loaded chain, or why it cannot be loaded. */
export type Loading =
  | { readonly kind: "intact"; readonly chain: LoadedChain }
  | { readonly kind: "damaged"; readonly reason: string };

/** A chain of the genesis block alone. */
export function emptyChain(store: Store, parameters: NetworkParameters, sha256: Sha256): LoadedChain {
  const index = new HeaderIndex(parameters, genesisEntry(parameters));
  const reader = new ChainReader(store, index, 0, { bodiesFrom: 1, undoFrom: 1 });
  return { reader, state: emptyStateTree(sha256), sideBlocks: [], mark: null };
}

/** What became of a store on starting. */
export type StoreClaim = "kept" | "fresh" | "cleared";

/**
 * Refuses a store that a newer version or another network wrote; marks a fresh one, brings an older one forward.
 * `startOver`: another network's data is cleared instead, for a store that is this network's by its name; messages stay.
 */
export async function claimStore(store: Store, networkId: Uint8Array, startOver = false): Promise<Result<StoreClaim>> {
  const mark = await store.get("meta", formatKey);
  const take = async (claim: StoreClaim): Promise<Result<StoreClaim>> => {
    const ours = concatBytes(Uint8Array.of(formatVersion), networkId);
    await store.commit([{ table: "meta", key: formatKey, value: ours }]);
    return accepted(claim);
  };
  if (mark === undefined) return take("fresh");
  const version = mark[0] as number;
  if (version > formatVersion) {
    return rejected(
      "storage-unavailable",
      `This data has format ${version}; this version of the app reads up to ${formatVersion}. Nothing was changed: update the app.`,
    );
  }
  if (!equalBytes(mark.subarray(1), networkId)) {
    if (!startOver) {
      return rejected(
        "wrong-network",
        "This data belongs to another network, or to this one under earlier rules. Nothing was changed: choose another folder, or move the chain's away; keys that lie beside it stay good.",
      );
    }
    await store.clear(...tables.filter((table) => !outliving.has(table)));
    return take("cleared");
  }
  await migrateRecords(store, version, networkId);
  return accepted("kept");
}

/** The newest canonical headers, checked to be one chain. Gives what is wrong, or null. */
async function loadHeaders({ reader }: LoadedChain): Promise<string | null> {
  const { store, index } = reader;
  const headHash = await store.get("meta", headKey);
  if (headHash === undefined) return null;
  const head = await reader.find(headHash);
  if (head === undefined) return "the head's header is missing or cannot be read";
  const from = Math.max(1, head.height - headerIndexLimits.canonical + 1);
  const hashes = await reader.hashes(from, head.height);
  if (hashes.length !== head.height - from + 1) return "blocks are missing between the oldest and the head";
  await reader.recall(hashes);
  let parent: HeaderEntry | undefined = from === 1 ? index.genesis : undefined;
  for (const hash of hashes) {
    const entry = index.get(hash);
    if (entry === undefined) return `the header of block ${toHex(hash)} is missing or cannot be read`;
    const work = (parent?.totalWork ?? 0n) + workOfTarget(entry.header.target);
    if (parent !== undefined && (!equalBytes(entry.parent, parent.hash) || entry.totalWork !== work)) {
      return `block ${entry.name} does not follow block ${parent.name}`;
    }
    entry.hasBody = entry.height >= reader.kept.bodiesFrom;
    parent = entry;
  }
  if (parent !== undefined && !equalBytes(parent.hash, head.hash)) return "the head is not the newest block";
  index.replaceChain(index.get(headHash) as HeaderEntry);
  return null;
}

/** A full device forgets blocks before it can say so: what is gone is counted as gone. */
async function correctKept(reader: ChainReader): Promise<void> {
  const { store, index } = reader;
  const isThere = async (table: "bodies" | "undo", height: number): Promise<boolean> => {
    const entry = await reader.at(height);
    return entry !== undefined && (await store.get(table, entry.hash)) !== undefined;
  };
  // They go from the oldest on, so there is one height from which on they are there.
  const firstThere = async (table: "bodies" | "undo", from: number): Promise<number> => {
    let low = from;
    let high = index.head.height + 1;
    if (low >= high || (await isThere(table, low))) return low;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (await isThere(table, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const bodiesFrom = await firstThere("bodies", reader.kept.bodiesFrom);
  const undoFrom = await firstThere("undo", reader.kept.undoFrom);
  for (let height = Math.max(index.firstHeight, reader.kept.bodiesFrom); height < bodiesFrom; height++) {
    const entry = index.at(height);
    if (entry !== undefined) entry.hasBody = false;
  }
  reader.kept = { bodiesFrom, undoFrom };
}

/** Side branches that were stored: whatever of them cannot be read is left out and can be had from peers. */
async function loadSideBlocks({ reader }: LoadedChain): Promise<readonly HeaderEntry[]> {
  const { store, index } = reader;
  const bytes = await store.get("meta", tipsKey);
  const tips = bytes === undefined ? undefined : records.tips.decode(bytes);
  const found: HeaderEntry[] = [];
  for (const tip of tips?.ok ? tips.value : []) {
    const branch: HeaderEntry[] = [];
    let at = index.get(tip) ?? (await reader.find(tip));
    while (at !== undefined && index.get(at.hash) === undefined && branch.length < headerIndexLimits.canonical) {
      branch.push(at);
      at = index.get(at.parent) ?? (await reader.find(at.parent));
    }
    for (const entry of branch) {
      entry.hasBody = true;
      index.put(entry);
      found.push(entry);
    }
  }
  return found;
}

/** The state of one side as it is stored. */
export async function loadState(store: Store, side: Side, empty: StateTree): Promise<StateTree> {
  let state = empty;
  for await (const page of pages(store, stateTable(side))) {
    state = state.update(page.map(([key, value]) => ({ key, value })));
  }
  return state;
}

/**
 * Bodies that can be read, from every branch, parents first: whether they are valid is found out by applying them. Only
 * their names are in memory at once.
 */
export async function* salvageBlocks(store: Store): AsyncGenerator<Block> {
  const found: { readonly height: number; readonly hash: Uint8Array }[] = [];
  for await (const page of pages(store, "bodies", bodiesPerPage)) {
    for (const [hash, bytes] of page) {
      const block = decodeBlock(bytes);
      if (block.ok) found.push({ height: block.value.header.height, hash });
    }
  }
  found.sort((a, b) => a.height - b.height || compareBytes(a.hash, b.hash));
  for (const { hash } of found) {
    const bytes = await store.get("bodies", hash);
    const block = bytes === undefined ? undefined : decodeBlock(bytes);
    if (block?.ok) yield block.value;
  }
}

/** Reads the chain from a claimed store. */
export async function loadChain(store: Store, parameters: NetworkParameters, sha256: Sha256): Promise<Loading> {
  const loaded = emptyChain(store, parameters, sha256);
  const { reader } = loaded;
  try {
    reader.side = (await store.get("meta", sideKey))?.[0] === 1 ? 1 : 0;
    if ((await store.get("meta", repairKey)) !== undefined)
      return { kind: "damaged", reason: "its repair was cut short" };
    const keptBytes = await store.get("meta", keptKey);
    const kept = keptBytes === undefined ? undefined : records.kept.decode(keptBytes);
    if (kept?.ok) reader.kept = kept.value;
    const reason =
      kept !== undefined && !kept.ok ? "what is kept of old blocks cannot be read" : await loadHeaders(loaded);
    if (reason !== null) return { kind: "damaged", reason };
    await correctKept(reader);
    const sideBlocks = await loadSideBlocks(loaded);
    const state = await loadState(store, reader.side, loaded.state);
    if (equalBytes(state.root(), reader.index.head.header.stateRoot)) {
      const marked = await store.get("meta", finalityKey);
      const mark = marked === undefined ? null : records.finality.decode(marked);
      if (mark !== null && !mark.ok) return { kind: "damaged", reason: "what is final cannot be read" };
      return { kind: "intact", chain: { reader, state, sideBlocks, mark: mark?.value ?? null } };
    }
    return { kind: "damaged", reason: "the stored state is not the one its block names" };
  } catch (error) {
    return { kind: "damaged", reason: error instanceof Error ? error.message : String(error) };
  }
}
