/**
 * Links with delay distributions, and directed cuts that neither end notices (what is sent is simply gone).
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import type { Random } from "../random.ts";
import { VirtualWeb } from "../virtual-network.ts";
import type { Delay, Links } from "./scenario.ts";

/** A web whose links misbehave as a scenario says. */
export class FaultyWeb extends VirtualWeb {
  /** Messages by what happened to them. */
  readonly counts = { carried: 0, lost: 0, repeated: 0, cutOff: 0 };
  links: Links;
  /** Members that no partition keeps from anybody: whoever breaks the rules may hold ways of its own. */
  readonly everywhere = new Set<string>();
  /** How many hold each of them cut: the end of one must not mend the other's. */
  private readonly cuts = new Map<string, number>();
  /** Who is in whose mesh, and of how many peers it was chosen. */
  private readonly meshes = new Map<string, { readonly of: number; readonly chosen: ReadonlySet<string> }>();
  private readonly world: { readonly clock: Clock; readonly random: Random };

  constructor(clock: Clock, random: Random, links: Links) {
    super(clock, random, { leastDelayMs: 0, mostDelayMs: 0, loss: 0, duplication: 0 });
    this.links = links;
    const { meshLinks } = links;
    if (meshLinks !== undefined)
      this.mayGossip = (a, b) => this.chosenBy(a, meshLinks).has(b) || this.chosenBy(b, meshLinks).has(a);
    this.world = { clock, random };
  }

  /** The peers that a member takes into its mesh: chance by name, so that the mesh stays as it is. */
  private chosenBy(name: string, meshLinks: number): ReadonlySet<string> {
    const peers = this.members.get(name)?.peers() ?? [];
    const known = this.meshes.get(name);
    if (known?.of === peers.length) return known.chosen;
    const lots = peers.map(({ id }) => [toHex(sha256(utf8ToBytes(`${name} ${id}`))), id] as const);
    const chosen = new Set(
      lots
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .slice(0, meshLinks)
        .map(([, id]) => id),
    );
    this.meshes.set(name, { of: peers.length, chosen });
    return chosen;
  }

  /** Loses everything that one sends to the other, from now on. */
  cut(from: string, to: string): void {
    const way = `${from}>${to}`;
    this.cuts.set(way, (this.cuts.get(way) ?? 0) + 1);
  }

  /** Ends such a cut. */
  mend(from: string, to: string): void {
    const way = `${from}>${to}`;
    const left = (this.cuts.get(way) ?? 0) - 1;
    if (left > 0) this.cuts.set(way, left);
    else this.cuts.delete(way);
  }

  /** Connects again whoever may be connected, as real nodes try to at intervals. */
  reconnect(): void {
    for (const a of this.members.values()) for (const b of this.members.values()) if (a !== b) a.refresh(b);
  }

  override reaches(a: string, b: string): boolean {
    return super.reaches(a, b) || this.everywhere.has(a) || this.everywhere.has(b);
  }

  override carry(from: string, to: string, deliver: () => void, mayRepeat: boolean): void {
    const { clock, random } = this.world;
    if (!this.passes(from, to)) {
      this.counts.cutOff++;
      return;
    }
    if (random.fraction() < this.links.loss) {
      this.counts.lost++;
      return;
    }
    this.counts.carried++;
    const copies = mayRepeat && random.fraction() < this.links.duplication ? 2 : 1;
    this.counts.repeated += copies - 1;
    for (let copy = 0; copy < copies; copy++) {
      clock.schedule(delayMs(this.links.delay, random), () => {
        if (this.passes(from, to)) deliver();
      });
    }
  }

  private passes(from: string, to: string): boolean {
    return this.reaches(from, to) && (this.cuts.size === 0 || !this.cuts.has(`${from}>${to}`));
  }
}

function delayMs(delay: Delay, random: Random): number {
  switch (delay.shape) {
    case "uniform":
      return random.between(delay.leastMs, delay.mostMs);
    case "exponential":
      return Math.min(delay.mostMs, Math.round(delay.leastMs - delay.meanMs * Math.log(1 - random.fraction())));
    case "two-ways":
      return random.fraction() < delay.slowShare ? delay.slowMs : delay.fastMs;
  }
}
