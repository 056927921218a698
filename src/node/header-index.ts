/**
 * The tree of known headers in memory, and which of them are the canonical chain. Knows nothing of bodies' contents.
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
import { syncLimits } from "#protocol/messages/sync.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { Rejected } from "#protocol/result.ts";

/** A header with its place in the tree. */
export interface HeaderEntry extends BranchLink, BranchTip {
  readonly hash: Uint8Array;
  readonly name: string;
  readonly header: Header;
  readonly beaconValue: Uint8Array;
  /** Whether the body is at hand (in the store or waiting in memory). */
  hasBody: boolean;
  /** Why this block, or one before it, can never be part of the chain. */
  invalid: Rejected | null;
}

/** All headers, by name, and the canonical chain by height. */
export class HeaderIndex {
  private readonly entries = new Map<string, HeaderEntry>();
  private readonly children = new Map<string, HeaderEntry[]>();
  private canonical: HeaderEntry[];
  private readonly parameters: NetworkParameters;

  constructor(parameters: NetworkParameters, genesis: HeaderEntry) {
    this.parameters = parameters;
    this.entries.set(genesis.name, genesis);
    this.canonical = [genesis];
  }

  /** Newest block of the canonical chain. */
  get head(): HeaderEntry {
    return this.canonical[this.canonical.length - 1] as HeaderEntry;
  }

  get(hash: Uint8Array): HeaderEntry | undefined {
    return this.entries.get(toHex(hash));
  }

  /** By the hash in hexadecimal. */
  named(name: string): HeaderEntry | undefined {
    return this.entries.get(name);
  }

  /** The canonical block at a height. */
  at(height: number): HeaderEntry | undefined {
    return this.canonical[height];
  }

  isCanonical(entry: HeaderEntry): boolean {
    return this.canonical[entry.height] === entry;
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
    const entry: HeaderEntry = {
      hash,
      name: toHex(hash),
      header,
      parent: header.parent,
      height: header.height,
      totalWork: parent.totalWork + workOfTarget(header.target),
      votingStake: 0n,
      beaconValue,
      hasBody: false,
      invalid: parent.invalid === null ? null : { ...parent.invalid, code: "invalid-ancestor" },
    };
    this.entries.set(entry.name, entry);
    const siblings = this.children.get(parent.name);
    if (siblings === undefined) this.children.set(parent.name, [entry]);
    else siblings.push(entry);
    return entry;
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
    if (at === undefined) throw new Error("a head without a way to genesis");
    this.canonical = this.canonical.slice(0, at.height + 1).concat(fresh.reverse());
  }

  /** What a child of `parent` is checked against. */
  contextAfter(parent: HeaderEntry, networkTimeMs: number): HeaderContext {
    const wanted = Math.max(retargetAncestors(this.parameters, parent.height + 1), this.parameters.medianTimeBlocks);
    const ancestors: RetargetPoint[] = [];
    let at: HeaderEntry | undefined = parent;
    while (at !== undefined && ancestors.length < wanted) {
      ancestors.push({ timeMs: at.header.timeMs, target: at.header.target });
      at = this.parentOf(at);
    }
    return {
      parentHash: parent.hash,
      parentHeight: parent.height,
      parentBeaconValue: parent.beaconValue,
      ancestors: ancestors.reverse(),
      networkTimeMs,
    };
  }

  /** Hashes from the head back, dense at first and then ever sparser, genesis last: finds a fork in one round. */
  locator(): readonly Uint8Array[] {
    const hashes: Uint8Array[] = [];
    let step = 1;
    for (let height = this.head.height; height > 0 && hashes.length < syncLimits.locatorHashes - 1; height -= step) {
      hashes.push((this.canonical[height] as HeaderEntry).hash);
      if (hashes.length > 10) step *= 2;
    }
    hashes.push((this.canonical[0] as HeaderEntry).hash);
    return hashes;
  }

  /** Canonical headers after the newest hash of a locator that is canonical here. */
  after(locator: readonly Uint8Array[], count: number): readonly Header[] {
    const known = locator.map((hash) => this.get(hash)).find((entry) => entry !== undefined && this.isCanonical(entry));
    const from = known === undefined ? 1 : known.height + 1;
    return this.canonical.slice(from, from + count).map((entry) => entry.header);
  }

  /** All entries in the order they were added (parents before children). */
  all(): Iterable<HeaderEntry> {
    return this.entries.values();
  }
}

/** The entry of the genesis block. */
export function genesisEntry(parameters: NetworkParameters): HeaderEntry {
  const { header } = genesisBlock(parameters);
  const hash = headerHash(header);
  return {
    hash,
    name: toHex(hash),
    header,
    parent: header.parent,
    height: 0,
    totalWork: 0n,
    votingStake: 0n,
    beaconValue: genesisBeaconValue(hash),
    hasBody: true,
    invalid: null,
  };
}
