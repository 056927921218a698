import { expect, it } from "vitest";
import { type Command, commitCommand } from "#protocol/ledger/command.ts";
import { stakeOutput } from "#protocol/ledger/things.ts";
import { nanoPerAeth } from "#protocol/parameters.ts";
import {
  bodyOf,
  coin,
  firstRewardNano,
  signed,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { Mempool, poolChainAt } from "./mempool.ts";

const alice = testKey(1);
const feeNano = 1_000_000n;

function command(type: Command) {
  return { command: type, commitment: commitCommand(type), feeNano };
}

it("refuses to end a stake whose bond still waits, without blame and without falling over", () => {
  const ledger = new TestLedger();
  const coins = Array.from({ length: 3 }, () => ledger.mine(alice));
  const pool = new Mempool(testParameters, testNetworkId, poolChainAt(ledger.state, ledger.height));
  const key = new Uint8Array(48).fill(3);
  const stake = stakeOutput({ key }, alice.lock);
  const bond = signed(
    bodyOf({
      ...command({
        type: "stake.bond",
        key,
        beaconKey: key.subarray(0, 32),
        possession: new Uint8Array(96),
        stakeNano: 5n * nanoPerAeth,
      }),
      inputs: coins,
      outputs: [stake, coin(3n * firstRewardNano - 5n * nanoPerAeth - feeNano, alice.lock)],
    }),
    alice,
  );
  expect(pool.check(bond, "peer")).toMatchObject({ ok: true });
  pool.insert(bond, "peer", 0);
  const inputs = [0, 1].map((index) => ({ txId: bond.id, index }));
  for (const type of ["stake.exit", "stake.withdraw"] as const) {
    const end = signed(bodyOf({ ...command({ type }), inputs, outputs: [stake] }), alice);
    expect(pool.check(end, "peer")).toMatchObject({ ok: false, code: "missing-output" });
  }
});
