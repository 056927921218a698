import { describe, expect, it } from "vitest";
import type { SignedLink } from "#protocol/consensus/certificate.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { type Command, commitCommand } from "#protocol/ledger/command.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { stakeOutput } from "#protocol/ledger/things.ts";
import { nanoPerAeth } from "#protocol/parameters.ts";
import { BlockMaker } from "#testing/block-maker.ts";
import { emulatedVotes } from "#testing/emulated-votes.ts";
import {
  bodyOf,
  coin,
  firstRewardNano,
  signed,
  stamped,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { signedByVoters, voterSecret, votingParameters } from "#testing/voting-fixtures.ts";
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

describe("reports of offenders", () => {
  const parameters = votingParameters(4, emulatedVotes);
  const network = networkIdOf(parameters);
  const maker = new BlockMaker({ parameters, networkId: network, signatures: new SignatureCache() });
  const head = maker.make(maker.genesis);
  const poolOf = (): Mempool => new Mempool(parameters, network, poolChainAt(head.state, head.height + 1));

  async function link(mark: number, numbers: readonly number[]): Promise<SignedLink> {
    const source = { epoch: 0, hash: maker.genesis.hash };
    const signedLink = { source, target: { epoch: 2, hash: new Uint8Array(32).fill(mark) } };
    const keys = numbers.map((number) => emulatedVotes.keyOf(voterSecret(number, emulatedVotes)));
    return { link: signedLink, keys, signature: await signedByVoters(network, signedLink, numbers) };
  }

  /** A report of some by somebody: a nonce makes it another's. */
  async function report(numbers: readonly number[], nonce: bigint): Promise<PreparedTransaction> {
    const [first, second] = await Promise.all([link(1, numbers), link(2, numbers)]);
    const slash = { type: "stake.slash", first, second } as const;
    const body = { network, outputs: [], expiry: 100, nonce, ...command(slash), feeNano: 0n };
    return stamped(bodyOf(body));
  }

  it("wait once for each offender, whoever makes them", async () => {
    const pool = poolOf();
    const [one, same, both, rest] = await Promise.all([
      report([0], 1n),
      report([0], 2n),
      report([0, 1], 3n),
      report([1], 4n),
    ]);
    expect(pool.insert(one, null, 0)).toMatchObject({ ok: true });
    expect(pool.check(same, "peer")).toMatchObject({ ok: false, code: "already-reported" });
    // It reports one more.
    expect(pool.insert(both, "peer", 0)).toMatchObject({ ok: true });
    expect(pool.check(rest, "peer")).toMatchObject({ ok: false, code: "already-reported" });
    expect(pool.size).toBe(2);
  });

  it("make room for another's when the one before is gone", async () => {
    const pool = poolOf();
    const [one, same] = await Promise.all([report([0], 1n), report([0], 2n)]);
    pool.insert(one, null, 0);
    pool.dropOld(Number.MAX_SAFE_INTEGER);
    expect(pool.insert(same, "peer", 0)).toMatchObject({ ok: true });
  });

  it("are tried again in their order on another branch, those undone before those that waited", async () => {
    const pool = poolOf();
    const [undone, waiting] = await Promise.all([report([0], 1n), report([0], 2n)]);
    pool.insert(waiting, "peer", 0);
    const chain = poolChainAt(head.state, head.height + 1);
    const { returned, dropped } = pool.onReorganisation({ undone: [undone], mined: [] }, chain, 0);
    expect(returned).toEqual([undone]);
    expect(dropped).toMatchObject([{ id: waiting.id, refusal: { code: "already-reported" } }]);
  });
});
