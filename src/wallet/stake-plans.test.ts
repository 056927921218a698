import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { possessionDigest } from "#protocol/consensus/certificate.ts";
import { gasOf, minimumFeeNano } from "#protocol/ledger/fee.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { stakeOf } from "#protocol/ledger/things.ts";
import { encodeTransaction, outputKind } from "#protocol/ledger/transaction.ts";
import { nanoPerAeth } from "#protocol/parameters.ts";
import { readVoters, type SeatedVoter } from "#protocol/programs/stake.ts";
import type { Result } from "#protocol/result.ts";
import { emulatedVotes } from "#testing/emulated-votes.ts";
import {
  firstRewardNano,
  signerOf,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { voterSecret } from "#testing/voting-fixtures.ts";
import { type Plan, type PlanContext, type SpendableCoin, signPlan } from "./build.ts";
import { type OwnedStake, planBond, planExit, planStakeWithdrawal } from "./stake-plans.ts";

const alice = testKey(1);
const other = testKey(9);
const secret = voterSecret(1, emulatedVotes);
const key = emulatedVotes.keyOf(secret);
const { minimumStakeNano, unbondingBlocks } = testParameters.finality;

function contextAt(height: number): PlanContext {
  const context = { parameters: testParameters, networkId: testNetworkId, keyHash: alice.keyHash };
  return { ...context, height, nonce: BigInt(height) };
}

async function bondOf(stakeNano: bigint) {
  return {
    key,
    beaconKey: alice.keyHash,
    possession: await emulatedVotes.sign(secret, possessionDigest(testNetworkId, key, alice.keyHash)),
    stakeNano,
  };
}

/** A ledger whose plans are signed by one key. */
class World {
  readonly ledger = new TestLedger();

  context(): PlanContext {
    return contextAt(this.ledger.height - 1);
  }

  voters(): readonly SeatedVoter[] {
    return readVoters(this.ledger.state);
  }

  coins(count: number): readonly SpendableCoin[] {
    return Array.from({ length: count }, () => ({ ...this.ledger.mine(alice), amountNano: firstRewardNano }));
  }

  async mine(plan: Result<Plan>) {
    if (!plan.ok) throw new Error(`${plan.code}: ${plan.message}`);
    const transaction = await signPlan(plan.value, signerOf(alice));
    if (!transaction.ok) throw new Error(transaction.message);
    const prepared = prepareTransaction(transaction.value);
    this.ledger.mine(other, [prepared]);
    return { txId: prepared.id, index: 0 };
  }

  async bond(stakeNano: bigint, coins: readonly SpendableCoin[]): Promise<OwnedStake> {
    const plan = planBond(await bondOf(stakeNano), this.voters(), coins, this.context());
    return { outPoint: await this.mine(plan), key };
  }
}

function leastFeeNano({ body, free }: Plan): bigint {
  if (free) return 0n;
  const signature = { publicKey: new Uint8Array(33), signature: new Uint8Array(64) };
  const witnesses = body.inputs.map(() => ({ preimage: null, signatures: [signature] }));
  const transaction = { ...body, stamp: null, witnesses };
  const sizeBytes = encodeTransaction(transaction).length;
  return minimumFeeNano(gasOf(transaction, sizeBytes, testParameters), testParameters);
}

describe("plans about stakes", () => {
  it("bond, leave and take back on the chain's own rules, and lose nothing but one fee each way", async () => {
    const world = new World();
    const coins = world.coins(3);
    const stake = await world.bond(minimumStakeNano, coins);
    const stored = outputFromState(world.ledger.state, stake.outPoint);
    expect(stored === undefined ? null : stakeOf(stored.output)).toEqual({ key });
    expect(world.voters()).toMatchObject([{ key, owner: alice.keyHash, balanceNano: minimumStakeNano }]);
    const left = planExit(stake, world.voters(), world.context());
    expect(left).toMatchObject({ ok: true, value: { free: true, coins: [], body: { feeNano: 0n } } });
    const again = { outPoint: await world.mine(left), key };
    const exitHeight = world.ledger.height - 1;
    expect(world.voters()).toMatchObject([{ exitHeight }]);
    expect(planExit(again, world.voters(), world.context())).toMatchObject({
      code: "rule-violated",
      context: { freeHeight: exitHeight + unbondingBlocks },
    });
    expect(planStakeWithdrawal(again, world.voters(), world.context())).toMatchObject({ code: "stake-locked" });
  });

  it("take back what a voter without weight has, the fee from the stake itself", () => {
    const gone: SeatedVoter = {
      key,
      owner: alice.keyHash,
      beaconKey: alice.keyHash,
      slot: 3,
      balanceNano: 7n * nanoPerAeth,
      activeNano: 0n,
      previousNano: 0n,
      formerNano: 0n,
      pendingNano: 0n,
      seenHeight: 1,
      exitHeight: 10,
      slashed: 0,
    };
    const stake = { outPoint: { txId: new Uint8Array(32), index: 0 }, key };
    const early = planStakeWithdrawal(stake, [gone], contextAt(10 + unbondingBlocks - 2));
    expect(early).toMatchObject({ code: "stake-locked", context: { freeHeight: 10 + unbondingBlocks } });
    const plan = planStakeWithdrawal(stake, [gone], contextAt(10 + unbondingBlocks - 1));
    if (!plan.ok) throw new Error(plan.message);
    const { body, changeNano } = plan.value;
    expect(body.inputs).toEqual([stake.outPoint]);
    expect(body.outputs).toMatchObject([{ kind: outputKind.coin, amount: changeNano }]);
    expect(changeNano + body.feeNano).toBe(gone.balanceNano);
    expect(body.feeNano - leastFeeNano(plan.value)).toBeLessThanOrEqual(80n);
    expect(planStakeWithdrawal(stake, [{ ...gone, activeNano: 1n }], contextAt(10_000))).toMatchObject({
      code: "stake-locked",
    });
  });

  it("refuse what the chain would refuse: too little, a key that votes, more than there is", async () => {
    const world = new World();
    const coins = world.coins(6);
    const least = await bondOf(minimumStakeNano);
    const little = { ...least, stakeNano: minimumStakeNano - 1n };
    expect(planBond(little, [], coins, world.context())).toMatchObject({
      code: "rule-violated",
      context: { leastNano: minimumStakeNano },
    });
    expect(planBond({ ...least, stakeNano: 1_000n * nanoPerAeth }, [], coins, world.context())).toMatchObject({
      code: "insufficient-funds",
    });
    await world.bond(minimumStakeNano, coins.slice(0, 3));
    expect(planBond(least, world.voters(), coins.slice(3), world.context())).toMatchObject({ code: "voter-exists" });
  });

  it("balance and pay enough, never more than they must, whatever coins there are", async () => {
    const proof = await bondOf(0n);
    const amounts = fc.oneof(
      fc.bigInt({ min: 1n, max: 300_000n }),
      fc.constantFrom(65_536n, 4_294_967_296n, firstRewardNano, minimumStakeNano),
      fc.bigInt({ min: 1n, max: 1n << 40n }),
    );
    const extra = fc.oneof(fc.bigInt({ min: 0n, max: 300_000n }), fc.bigInt({ min: 0n, max: 1n << 36n }));
    fc.assert(
      fc.property(fc.array(amounts, { maxLength: 40 }), extra, (held, moreNano) => {
        const coins = held.map((amountNano, index) => ({ txId: new Uint8Array(32), index, amountNano }));
        const stakeNano = minimumStakeNano + moreNano;
        const plan = planBond({ ...proof, stakeNano }, [], coins, contextAt(70_000));
        const allNano = held.reduce((sum, amount) => sum + amount, 0n);
        if (!plan.ok) {
          expect(plan.code).toBe("insufficient-funds");
          // Not more than what all coins together could cost in fees was missing: a BLS check is 20 000 gas.
          if (allNano >= stakeNano) {
            const mostNano = 10n * (20_000n + 800n + 360n * BigInt(Math.max(1, held.length))) + 10_001n;
            expect(allNano - stakeNano).toBeLessThan(mostNano);
          }
          return;
        }
        const { body, changeNano } = plan.value;
        const inNano = plan.value.coins.reduce((sum, coin) => sum + coin.amountNano, 0n);
        const outNano = body.outputs.reduce((sum, output) => sum + output.amount, 0n);
        expect(inNano).toBe(outNano + stakeNano + body.feeNano);
        expect(body.outputs[0]).toMatchObject({ kind: outputKind.stake, amount: 0n });
        const least = leastFeeNano(plan.value);
        expect(body.feeNano).toBeGreaterThanOrEqual(least);
        const mostOver = changeNano > 0n ? 8n * testParameters.gasPriceNano : 20_000n;
        expect(body.feeNano - least).toBeLessThanOrEqual(mostOver);
      }),
      { numRuns: 200 },
    );
  });
});
