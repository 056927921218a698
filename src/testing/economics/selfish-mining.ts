/**
 * Selfish mining (Eyal and Sirer) against the real fork choice: an attacker withholds what it finds and shows it when it
 * costs the others most. Real but for the work: a block's hash is drawn instead of searched for.
 *
 * Their γ, the share of the others that takes the attacker's side in a tie, is here what the rule makes of ties: where voters
 * vote for what they see first, the honest block has more stake and γ = 0; without votes the smaller hash decides, γ = 1/2.
 * @module
 */
import {
  type BranchLink,
  type BranchTip,
  isBetterBranch,
  reorganisationBetween,
} from "#protocol/consensus/fork-choice.ts";
import { Random } from "../random.ts";

interface Block extends BranchLink, BranchTip {
  before: Block | undefined;
  readonly byAttacker: boolean;
}

/** What came of it. */
export interface SelfishMining {
  /** Share of the blocks of the chain that are the attacker's. */
  readonly revenue: number;
  /** Of that number, by the spread between fifty parts of the run. */
  readonly standardError: number;
  readonly reorganisations: number;
}

/** Their closed form. */
export function selfishRevenue(share: number, gamma: number): number {
  const a = share;
  return (a * (1 - a) ** 2 * (4 * a + gamma * (1 - 2 * a)) - a ** 3) / (1 - a * (1 + (2 - a) * a));
}

/** One world: everybody else's view, and the attacker's chain of which they know a part. */
class Race {
  private readonly random: Random;
  private readonly votersVote: boolean;
  private readonly seesTies: boolean;
  private head: Block;
  private secret: Block;
  /** What the attacker has found and not shown, oldest first. */
  private hidden: Block[] = [];
  private racing = false;
  reorganisations = 0;
  attackers = 0;
  total = 0;

  constructor(random: Random, votersVote: boolean, seesTies: boolean) {
    this.random = random;
    this.votersVote = votersVote;
    this.seesTies = seesTies;
    this.head = this.secret = {
      ...{ hash: random.bytes(8), parent: new Uint8Array(8), height: 0, totalWork: 0n, votingStake: 0n },
      ...{ before: undefined, byAttacker: false },
    };
  }

  attackerFinds(): void {
    this.secret = this.on(this.secret, true);
    this.hidden.push(this.secret);
    if (this.racing) this.show(this.hidden.length);
  }

  othersFind(): void {
    const lead = this.secret.height - this.head.height;
    this.see(this.on(this.head, false));
    if (lead === 0) this.giveUp();
    else if (lead === 2) this.show(this.hidden.length);
    else {
      this.show(1);
      this.racing = lead === 1;
    }
    // A race that the smaller hash has decided is over for all nodes at once. Theirs is not: the attacker shows its next find.
    if (this.secret === this.head && (this.seesTies || !this.racing)) this.settle();
  }

  private on(parent: Block, byAttacker: boolean): Block {
    return {
      hash: this.random.bytes(8),
      parent: parent.hash,
      height: parent.height + 1,
      totalWork: parent.totalWork + 1n,
      votingStake: this.votersVote && !byAttacker ? 1n : 0n,
      before: parent,
      byAttacker,
    };
  }

  /** Shows the oldest hidden blocks; a race is over when the whole chain lies open. */
  private show(count: number): void {
    for (const block of this.hidden.splice(0, count)) this.see(block);
    if (this.hidden.length === 0 && this.secret === this.head) this.settle();
  }

  private giveUp(): void {
    this.secret = this.head;
    this.hidden = [];
    this.racing = false;
  }

  /** What every other node does with a block it hears of. */
  private see(block: Block): void {
    if (!isBetterBranch(block, this.head)) return;
    const way = reorganisationBetween<Block>(this.head, block, (link) => link.before, null);
    if (way === null) throw new Error("a branch without a common ancestor");
    if (way.disconnect.length > 0) this.reorganisations++;
    this.head = block;
  }

  /** All agree: counts the chain so far and forgets it. */
  private settle(): void {
    this.racing = false;
    for (let block = this.head; block.before !== undefined; block = block.before) {
      this.total++;
      if (block.byAttacker) this.attackers++;
    }
    this.head.before = undefined;
  }
}

/** An attack that is played. */
export interface SelfishAttack {
  readonly share: number;
  readonly gamma: 0 | 0.5;
  /** Whether the attacker, having won a tie by the smaller hash, mines on in secret instead of showing its next find. */
  readonly seesTies?: boolean;
  /** Blocks found by all. */
  readonly blocks: number;
  readonly seed: number;
}

/** Plays an attack. */
export function selfishMining({ share, gamma, seesTies = false, blocks, seed }: SelfishAttack): SelfishMining {
  const random = new Random(seed);
  const race = new Race(random, gamma === 0, seesTies);
  const parts = 50;
  const revenues: number[] = [];
  let [attackers, total] = [0, 0];
  for (let part = 0; part < parts; part++) {
    for (let i = 0; i < blocks / parts; i++) {
      if (random.fraction() < share) race.attackerFinds();
      else race.othersFind();
    }
    revenues.push((race.attackers - attackers) / (race.total - total));
    [attackers, total] = [race.attackers, race.total];
  }
  const revenue = attackers / total;
  const variance = revenues.reduce((sum, one) => sum + (one - revenue) ** 2, 0) / (parts - 1);
  return { revenue, standardError: Math.sqrt(variance / parts), reorganisations: race.reorganisations };
}
