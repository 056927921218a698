/**
 * Stored blocks off the canonical chain, kept when they arrived or left behind by a reorganisation: any of them may yet
 * win. Bounded in number and age; their tips are remembered through a restart.
 * @module
 */
import { isBetterBranch } from "#protocol/consensus/fork-choice.ts";
import type { Retention } from "./chain-pruning.ts";
import { mostTips, records, tipsKey } from "./chain-records.ts";
import type { HeaderEntry, HeaderIndex } from "./header-index.ts";
import type { Write } from "./ports.ts";

/** Stored blocks off the chain; beyond that the oldest are forgotten. */
export const mostSideBlocks = 512;

interface MovedBlock {
  readonly entry: HeaderEntry;
}

/** What a move of the head makes of the side branches. */
interface Moved {
  readonly blocks: ReadonlySet<HeaderEntry>;
  readonly forgotten: readonly HeaderEntry[];
  readonly writes: readonly Write[];
}

/** The side branches of one chain. */
export class SideBranches {
  readonly blocks: Set<HeaderEntry>;
  private readonly index: HeaderIndex;

  constructor(index: HeaderIndex, blocks: readonly HeaderEntry[]) {
    this.index = index;
    this.blocks = new Set(blocks);
  }

  /** What they are after a move of the head, and the writes that go with it; nothing is changed yet. */
  afterMove(
    connected: readonly MovedBlock[],
    disconnected: readonly MovedBlock[],
    headHeight: number,
    retention: Retention | null,
  ): Moved {
    const blocks = new Set(this.blocks);
    for (const { entry } of connected) blocks.delete(entry);
    const [left] = disconnected;
    if (left !== undefined) blocks.add(left.entry);
    const stale = this.stale(blocks, headHeight, retention).map((entry) => this.branchOf(entry));
    const forgotten = stale.flat();
    for (const entry of forgotten) blocks.delete(entry);
    const writes = forgotten.flatMap(({ hash }) =>
      (["headers", "bodies", "undo"] as const).map((table): Write => ({ table, key: hash, value: null })),
    );
    if (left !== undefined || blocks.size !== this.blocks.size) writes.push(this.tipsWrite(blocks));
    return { blocks, forgotten, writes };
  }

  /** Takes over what was written. */
  replace(blocks: ReadonlySet<HeaderEntry>, forgotten: readonly HeaderEntry[] = []): void {
    for (const entry of forgotten) entry.hasBody = false;
    this.blocks.clear();
    for (const entry of blocks) this.blocks.add(entry);
  }

  /** The write that remembers where side branches end: the heaviest, if there are many. */
  tipsWrite(blocks: ReadonlySet<HeaderEntry>): Write {
    const tips = [...blocks].filter((entry) => !this.index.childrenOf(entry).some((child) => blocks.has(child)));
    tips.sort((a, b) => (isBetterBranch(a, b) ? -1 : 1));
    const value = records.tips.encode(tips.slice(0, mostTips).map(({ hash }) => hash));
    return { table: "meta", key: tipsKey, value };
  }

  /** Blocks too old to win, and the lowest of too many. */
  private stale(
    blocks: ReadonlySet<HeaderEntry>,
    headHeight: number,
    retention: Retention | null,
  ): readonly HeaderEntry[] {
    const byHeight = [...blocks].sort((a, b) => a.height - b.height);
    const surplus = Math.max(0, byHeight.length - mostSideBlocks);
    const oldest = retention === null ? 0 : headHeight - retention.undo;
    return byHeight.filter((entry, i) => i < surplus || entry.height < oldest);
  }

  /** A block and those before it, down to the canonical chain or to where another branch grows. */
  private branchOf(tip: HeaderEntry): readonly HeaderEntry[] {
    const { index } = this;
    const entries: HeaderEntry[] = [];
    for (let at: HeaderEntry | undefined = tip; at !== undefined && !index.isCanonical(at); ) {
      entries.push(at);
      const parent: HeaderEntry | undefined = index.parentOf(at);
      const shared = parent !== undefined && index.childrenOf(parent).some((child) => child !== at && child.hasBody);
      at = shared ? undefined : parent;
    }
    return entries;
  }
}
