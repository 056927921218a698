/**
 * Keeps a stake of a node's own key bonded, so that a network which begins with one seed has somebody who votes. Whoever
 * runs the node makes one. What is bonded is read from the chain, never remembered beside it, so a restart bonds nothing twice.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { Command } from "#protocol/ledger/command.ts";
import { stakeOf } from "#protocol/ledger/things.ts";
import { nanoPerAeth } from "#protocol/parameters.ts";
import { hasNoWeight, readVoters, type SeatedVoter, voterWithKey } from "#protocol/programs/stake.ts";
import { sumNano } from "#wallet/amount.ts";
import { planBond, planStakeWithdrawal } from "#wallet/stake-plans.ts";
import { type OwnPlanParts, OwnPlans } from "./own-plans.ts";
import { unspentThings } from "./unspent-things.ts";
import type { Voter } from "./voting/voter.ts";

/** How much is bonded, and when. */
export interface KeptStake {
  readonly stakeNano: bigint;
  /** Bonds once there are so many coins: what is left pays newcomers. */
  readonly fromNano: bigint;
}

/**
 * Twice what the faucet gives at once: the seed and one newcomer who bonds all of that still have two thirds when that
 * newcomer has closed the tab. A fresh seed has the coins after eleven blocks.
 */
const usualStake: KeptStake = { stakeNano: 20n * nanoPerAeth, fromNano: 30n * nanoPerAeth };

const commands: ReadonlySet<Command["type"]> = new Set(["stake.bond", "stake.withdraw"]);

/** The stake of one node. */
export class StakeKeeper {
  private readonly parts: OwnPlanParts;
  private readonly voter: Voter;
  private readonly beaconKey: Uint8Array;
  private readonly kept: KeptStake;
  private readonly plans: OwnPlans;

  /** `beaconKey` is the one that this node makes blocks with. */
  constructor(parts: Omit<OwnPlanParts, "source">, voter: Voter, beaconKey: Uint8Array, kept: KeptStake = usualStake) {
    this.parts = { ...parts, source: "stake" };
    this.voter = voter;
    this.beaconKey = beaconKey;
    this.kept = kept;
    this.plans = new OwnPlans(this.parts);
  }

  /** Looks after the stake; to be called at the start and after each move of the head. */
  tend(): void {
    this.plans.queue(() => this.look());
  }

  private async look(): Promise<void> {
    if (this.plans.isWaiting(commands)) return;
    const voters = readVoters(this.parts.chain.state);
    const seat = voterWithKey(voters, this.voter.key);
    if (seat === undefined) await this.bond(voters);
    else if (seat.exitHeight !== null && hasNoWeight(seat)) await this.withdraw(voters);
  }

  private async bond(voters: readonly SeatedVoter[]): Promise<void> {
    const coins = this.plans.coins();
    const haveNano = sumNano(coins);
    if (haveNano < this.kept.fromNano) return;
    const { key } = this.voter;
    const possession = await this.voter.possession(this.parts.key.keyHash);
    const bond = { key, beaconKey: this.beaconKey, possession, stakeNano: this.kept.stakeNano };
    await this.plans.send(planBond(bond, voters, coins, this.plans.context()));
  }

  /** Who was put out, for being away too long, takes back what is left and bonds anew. */
  private async withdraw(voters: readonly SeatedVoter[]): Promise<void> {
    const { chain, pool, key } = this.parts;
    const things = unspentThings({ chain, pool: pool.pool }, key.keyHash, stakeOf);
    const own = things.find(({ thing }) => equalBytes(thing.key, this.voter.key));
    if (own === undefined) return;
    const stake = { outPoint: own.outPoint, key: own.thing.key };
    await this.plans.send(planStakeWithdrawal(stake, voters, this.plans.context()));
  }
}
