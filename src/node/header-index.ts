/**
 * The newest part of the tree of headers in memory, and which of them are the canonical chain. Bounded: what is older
 * stands in the store and is brought back by chain-reader.ts when it is asked for. Knows nothing of bodies' contents.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { genesisBeaconValue } from "#protocol/consensus/beacon.ts";
import { type RetargetPoint, retargetAncestors } from "#protocol/consensus/difficulty.ts";
import type { BranchLink, BranchTip } from "#protocol/consensus/fork-choice.ts";
import { genesisBlock } from "#protocol/consensus/genesis.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import type { HeaderContext } from "#protocol/consensus/validate-header.ts";
import { workOfTarget } from "#protocol/consensus/work.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { Rejected } from "#protocol/result.ts";

/** What stays in memory. A header with its place costs about 2 KB there. */
export const headerIndexLimits = {
  /** All branches together. */
  entries: 6_144,
  /** Of the canonical chain at least so many of the newest stay, whatever peers send. */
  canonical: 2_048,
  /** Once there are too many, so many go beyond those. */
  evicted: 1_024,
} as const;

/** A header with its place in the tree. */
export interface HeaderEntry extends BranchLink, Omit<BranchTip, "votingStake"> {
  readonly hash: Uint8Array;
  readonly name: string;
  readonly header: Header;
  readonly beaconValue: Uint8Array;
  /** Stake whose votes for this block have been heard, in nano-AETH. */
  votingStake: bigint;
  /** Whether the body is at hand (in the store or waiting in memory). */
  hasBody: boolean;
  /** Why this block, or one before it, can never be part of the chain. */
  invalid: Rejected | null;
}

/** An entry made of a header and what its ancestors determine. */
export function headerEntry(
  header: Header,
  hash: Uint8Array,
  from: { readonly totalWork: bigint; readonly beaconValue: Uint8Array; readonly hasBody: boolean },
): HeaderEntry {
  const { parent, height } = header;
  return { hash, name: toHex(hash), header, parent, height, votingStake: 0n, invalid: null, ...from };
}

/** The newest headers by name, and the newest part of the canonical chain by height. */
export class HeaderIndex {
  readonly genesis: HeaderEntry;
  private readonly entries = new Map<string, HeaderEntry>();
  /** By the parent's name, whether the parent is in memory or not. */
  private readonly children = new Map<string, HeaderEntry[]>();
  /** Canonical blocks from some height to the head, without gaps; genesis is never among them. */
  private readonly recent: HeaderEntry[] = [];
  private readonly parameters: NetworkParameters;

  constructor(parameters: NetworkParameters, genesis: HeaderEntry) {
    this.parameters = parameters;
    this.genesis = genesis;
    this.entries.set(genesis.name, genesis);
  }

  /** Newest block of the canonical chain. */
  get head(): HeaderEntry {
    return this.recent[this.recent.length - 1] ?? this.genesis;
  }

  /** Height of the oldest canonical block in memory besides genesis. */
  get firstHeight(): number {
    return this.recent[0]?.height ?? 1;
  }

  /** How many headers are in memory. */
  get size(): number {
    return this.entries.size;
  }

  get(hash: Uint8Array): HeaderEntry | undefined {
    return this.entries.get(toHex(hash));
  }

  /** By the hash in hexadecimal. */
  named(name: string): HeaderEntry | undefined {
    return this.entries.get(name);
  }

  /** The canonical block at a height, if it is in memory. */
  at(height: number): HeaderEntry | undefined {
    return height === 0 ? this.genesis : this.recent[height - this.firstHeight];
  }

  /** Whether an entry is on the part of the canonical chain that is in memory. */
  isCanonical(entry: HeaderEntry): boolean {
    return this.at(entry.height) === entry;
  }

  parentOf(entry: HeaderEntry): HeaderEntry | undefined {
    return this.entries.get(toHex(entry.parent));
  }

  childrenOf(entry: HeaderEntry): readonly HeaderEntry[] {
    return this.children.get(entry.name) ?? [];
  }

  /** Adds a validated header whose parent is here. */
  add(header: Header, hash: Uint8Array, beaconValue: Uint8Array): HeaderEntry {
    const parent = this.entries.get(toHex(header.parent));
    if (parent === undefined) throw new Error("a header was added before its parent");
    const totalWork = parent.totalWork + workOfTarget(header.target);
    const entry = headerEntry(header, hash, { totalWork, beaconValue, hasBody: false });
    if (parent.invalid !== null) entry.invalid = { ...parent.invalid, code: "invalid-ancestor" };
    this.put(entry);
    return entry;
  }

  /** Puts an entry that was read from the store (back) into memory. */
  put(entry: HeaderEntry): void {
    if (this.entries.has(entry.name)) return;
    this.entries.set(entry.name, entry);
    const parent = toHex(entry.parent);
    const siblings = this.children.get(parent);
    if (siblings === undefined) this.children.set(parent, [entry]);
    else siblings.push(entry);
  }

  /** Takes an entry that proved nothing out of memory. */
  remove(entry: HeaderEntry): void {
    this.entries.delete(entry.name);
    const parent = toHex(entry.parent);
    const siblings = (this.children.get(parent) ?? []).filter((sibling) => sibling !== entry);
    if (siblings.length === 0) this.children.delete(parent);
    else this.children.set(parent, siblings);
  }

  /** Marks a block and everything on it as never to be used. */
  invalidate(entry: HeaderEntry, reason: Rejected): void {
    entry.invalid = reason;
    const inherited: Rejected = { ...reason, code: "invalid-ancestor" };
    const pending = [...this.childrenOf(entry)];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      next.invalid = inherited;
      pending.push(...this.childrenOf(next));
    }
  }

  /** Makes a block the head; everything between it and the canonical chain becomes canonical. */
  setHead(entry: HeaderEntry): void {
    const fresh: HeaderEntry[] = [];
    let at: HeaderEntry | undefined = entry;
    while (at !== undefined && !this.isCanonical(at)) {
      fresh.push(at);
      at = this.parentOf(at);
    }
    if (at === undefined) throw new Error("a head without a way to the canonical chain");
    this.recent.length = at.height === 0 ? 0 : at.height - this.firstHeight + 1;
    this.recent.push(...fresh.reverse());
  }

  /** Makes a block the head of another chain than ours, as far as its ancestors are in memory. */
  replaceChain(head: HeaderEntry): void {
    this.recent.length = 0;
    for (let at: HeaderEntry | undefined = head; at !== undefined && at.height > 0; at = this.parentOf(at)) {
      this.recent.push(at);
    }
    this.recent.reverse();
  }

  /** What a child of `parent` is checked against; null if too few of its ancestors are in memory. */
  contextAfter(parent: HeaderEntry, networkTimeMs: number): HeaderContext | null {
    const ancestors: RetargetPoint[] = [];
    const wanted = this.ancestorsWanted(parent);
    let at: HeaderEntry | undefined = parent;
    while (at !== undefined && ancestors.length < wanted) {
      ancestors.push({ timeMs: at.header.timeMs, target: at.header.target });
      at = this.parentOf(at);
    }
    if (ancestors.length < wanted) return null;
    return {
      parentHash: parent.hash,
      parentHeight: parent.height,
      parentBeaconValue: parent.beaconValue,
      ancestors: ancestors.reverse(),
      networkTimeMs,
    };
  }

  /** What a child of the head is checked against; what it takes is always in memory. */
  headContext(): HeaderContext {
    const context = this.contextAfter(this.head, 0);
    if (context === null) throw new Error("the head's ancestors are not in memory");
    return context;
  }

  /** How many ancestors (itself included) the rules for a child of `parent` look at. */
  ancestorsWanted(parent: HeaderEntry): number {
    const { parameters } = this;
    const rules = Math.max(retargetAncestors(parameters, parent.height + 1), parameters.medianTimeBlocks);
    return Math.min(parent.height + 1, rules);
  }

  /**
   * Lets those go that came first when there are too many; gives those that went. Not the lowest: headers at great
   * heights would drive out a branch that is just arriving, page by page.
   */
  trim(): readonly HeaderEntry[] {
    if (this.entries.size <= headerIndexLimits.entries) return [];
    const surplus = this.recent.length - headerIndexLimits.canonical;
    if (surplus > 0) this.recent.splice(0, surplus);
    const mayGo = [...this.entries.values()].filter((entry) => !this.isCanonical(entry));
    const gone = mayGo.slice(0, this.entries.size - headerIndexLimits.entries + headerIndexLimits.evicted);
    for (const entry of gone) this.remove(entry);
    return gone;
  }
}

/** The entry of the genesis block. */
export function genesisEntry(parameters: NetworkParameters): HeaderEntry {
  const { header } = genesisBlock(parameters);
  const hash = headerHash(header);
  return headerEntry(header, hash, { totalWork: 0n, beaconValue: genesisBeaconValue(hash), hasBody: true });
}
