/**
 * What must be true of finality at any time: no two nodes that keep to the rules hold conflicting blocks for final, what a
 * node held for final it holds for ever, restarts included, and no voter ever signs two votes that nobody may sign both.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { type Link, offenceOf } from "#protocol/consensus/votes.ts";
import type { Chain } from "../../node/chain.ts";
import type { HeaderEntry } from "../../node/header-index.ts";

/** Two blocks of one height that different nodes hold for final. */
export interface Conflict {
  readonly height: number;
  readonly nodes: readonly [string, string];
}

/** What one node has shown. */
interface Seen {
  finalised: { readonly height: number; readonly name: string };
  /** When each block above it was first heard of, by its name. */
  readonly arrived: Map<string, { readonly height: number; readonly atMs: number }>;
}

/** Watches all nodes of a world. */
export class FinalityWatch {
  readonly conflicts: Conflict[] = [];
  /** From when a node first heard of a block until it held it for final, for every block and node, in order of that. */
  readonly latenciesMs: number[] = [];
  private readonly nodes = new Map<string, Seen>();
  private readonly votes = new Map<string, Link[]>();
  /** By height, what is final and who said so first. */
  private readonly final = new Map<number, { readonly name: string; readonly by: string }>();

  /** Height of the newest block that a node holds for final. */
  heightOf(node: string): number {
    return this.nodes.get(node)?.finalised.height ?? 0;
  }

  /** Looks at a node whose head or finality has moved; says what is wrong with it alone. What conflicts with others is noted. */
  look(node: string, chain: Chain, nowMs: number): string | null {
    const seen = this.seenBy(node);
    const { head, index } = chain;
    // Its own blocks and what came in a page of old ones.
    const { height: from } = seen.finalised;
    for (let at: HeaderEntry | undefined = head; at !== undefined && at.height > from; at = index.parentOf(at))
      this.arrived(node, at, nowMs);
    const { height, hash } = chain.finality.finalised;
    const before = seen.finalised;
    if (height < before.height) return `${node} holds ${height} for final after ${before.height}`;
    if (height === before.height) {
      const same = height === 0 || before.name === toHex(hash);
      return same ? null : `${node} has exchanged the final block ${height}`;
    }
    seen.finalised = { height, name: toHex(hash) };
    this.measure(seen, index.get(hash), nowMs, chain);
    let wrong: string | null = null;
    for (let at = index.get(hash); at !== undefined && at.height > 0; at = index.parentOf(at)) {
      if (at.height === before.height && at.name !== before.name) wrong = `${node} has undone the final ${at.height}`;
      const known = this.final.get(at.height);
      if (known?.name === at.name) break;
      if (known === undefined) this.final.set(at.height, { name: at.name, by: node });
      else this.conflicts.push({ height: at.height, nodes: [known.by, node] });
    }
    return wrong;
  }

  /** Takes note that a node hears of a block: its time to finality begins there. */
  arrived(node: string, { height, name }: Pick<HeaderEntry, "height" | "name">, atMs: number): void {
    const { arrived, finalised } = this.seenBy(node);
    if (height > finalised.height && !arrived.has(name)) arrived.set(name, { height, atMs });
  }

  private seenBy(node: string): Seen {
    const seen = this.nodes.get(node) ?? { finalised: { height: 0, name: "" }, arrived: new Map() };
    this.nodes.set(node, seen);
    return seen;
  }

  /** Takes a vote that a node has published; says how it breaks the rules together with an earlier one. */
  voted(node: string, link: Link): string | null {
    const votes = this.votes.get(node) ?? [];
    this.votes.set(node, votes);
    const offence = votes.map((vote) => offenceOf(vote, link)).find((one) => one !== null);
    votes.push(link);
    return offence === undefined ? null : `${node} has broken its journal: ${offence} at epoch ${link.target.epoch}`;
  }

  /** Blocks that lost against a rival are never final and do not count. */
  private measure({ arrived }: Seen, entry: HeaderEntry | undefined, nowMs: number, { index }: Chain): void {
    for (let at = entry; at !== undefined; at = index.parentOf(at)) {
      const one = arrived.get(at.name);
      if (one === undefined) break;
      this.latenciesMs.push(nowMs - one.atMs);
    }
    for (const [name, { height }] of arrived) if (height <= (entry?.height ?? 0)) arrived.delete(name);
  }
}
