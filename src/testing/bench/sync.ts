/**
 * Full synchronisation and a snapshot, from one node to another in one process: the real requests, codecs, rules and
 * chain, over a network and a store that cost nothing, with the platform's threads for proofs.
 * @module
 */

import type { sha256 as pureSha256 } from "#protocol/codec/hash.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { Chain } from "../../node/chain.ts";
import { emptyChain } from "../../node/chain-loading.ts";
import { Footing } from "../../node/checkpoint.ts";
import { NetworkClock } from "../../node/network-clock.ts";
import { PoolService } from "../../node/pool-service.ts";
import type { BeaconVerifier, Clock, Network } from "../../node/ports.ts";
import { SegmentStatements } from "../../node/segment-statements.ts";
import { ServingBudget } from "../../node/serving-budget.ts";
import { snapshotRules } from "../../node/snapshot-offers.ts";
import { Sync } from "../../node/sync.ts";
import { SyncAnswers } from "../../node/sync-answers.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { createComputePool } from "../../platform/wasm/compute-pool.ts";
import { createSha256Kernel } from "../../platform/wasm/sha256-kernel.ts";
import { BlockMaker, type MadeBlock } from "../block-maker.ts";
import { lateMs } from "../chain-fixtures.ts";
import { credulousVerifier, emulatedPoseidon } from "../emulated-proofs.ts";
import { emulatedVotes } from "../emulated-votes.ts";
import { bodyOf, coin, signed, testKey, testNetworkId, testParameters } from "../ledger-fixtures.ts";
import type { BenchPlatform } from "./platform.ts";
import { type MeasuredRow, median } from "./row.ts";

const rounds = 3;

/** States are offered at low heights, so that little but the state itself is measured. */
const lightRules = { ...snapshotRules, everyBlocks: 10, worthBlocks: 10, unvouchedWorthBlocks: 10 };

const clock: Clock = { nowMs: () => lateMs, schedule: () => () => undefined };

/** What a final block above would vouch for. */
const trustingVerifier: BeaconVerifier = { verifyBatch: (checks) => Promise.resolve(checks.map(() => true)) };

/** One node's chain and both sides of its synchronisation. */
function syncNode(
  ports: {
    beaconVerifier: BeaconVerifier;
    signatureVerifier: ReturnType<typeof createComputePool>["signatureVerifier"];
  },
  sha256: typeof pureSha256,
  peer: SyncAnswers | null,
  light = false,
) {
  const store = new MemoryStore();
  const chain = new Chain(
    {
      ...ports,
      store,
      votes: emulatedVotes,
      segmentVerifier: credulousVerifier,
      statements: new SegmentStatements(emulatedPoseidon),
    },
    testParameters,
    testNetworkId,
    emptyChain(store, testParameters, sha256),
    () => undefined,
  );
  const quiet = { onPooled: () => undefined, onReturned: () => undefined, onDropped: () => undefined };
  const pool = new PoolService(chain, { ...ports, store, clock, votes: emulatedVotes }, quiet);
  const network: Pick<Network, "request" | "peers"> = {
    peers: () => [],
    request: async (_peerId, _protocol, request) =>
      peer === null ? { ok: false, code: "disconnected", message: "" } : peer.answer(request),
  };
  const sync = new Sync({
    chain,
    pool,
    network: network as Network,
    clock,
    entropy: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    networkClock: new NetworkClock(clock),
    sha256,
    rules: lightRules,
    offend: (_peerId, offence, why) => {
      throw new Error(`${offence}: ${why}`);
    },
    onFailure: (error) => {
      throw error;
    },
    voting: {
      receive: async () => "ignore",
      takeDecision: async () => true,
      wanted: () => [],
      inquire: async () => undefined,
    },
    votes: emulatedVotes,
    startsLight: () => light,
    footing: new Footing(store),
    onConflict: () => undefined,
    onOlderFork: (why) => {
      throw new Error(why);
    },
    onLostHistory: (why) => {
      throw new Error(why);
    },
    onProgress: () => undefined,
  });
  const voting = { finalityAnswer: () => ({ justified: null, finalised: null }), votesAnswer: () => [] };
  return {
    chain,
    sync,
    answers: new SyncAnswers({ chain, pool, clock, rules: lightRules, voting, serving: new ServingBudget(clock) }),
  };
}

type SyncNode = ReturnType<typeof syncNode>;

/** Rows for a full synchronisation of `blocks` empty blocks. */
export async function measureFullSync(platform: BenchPlatform, blocks: number): Promise<MeasuredRow[]> {
  const { sha256 } = await createSha256Kernel();
  const pool = createComputePool(platform.spawn, platform.threads, () => performance.now());
  try {
    const maker = new BlockMaker();
    const source = syncNode({ ...pool, beaconVerifier: trustingVerifier }, sha256, null);
    const made = maker.run(maker.genesis, blocks);
    for (let from = 0; from < blocks; from += 1_000) {
      const page = made.slice(from, from + 1_000).map(({ block }) => block);
      await source.chain.addHeaders(
        page.map(({ header }) => header),
        lateMs,
      );
      for (let at = 0; at < page.length; at += 50) await source.chain.addBodies(page.slice(at, at + 50));
    }
    const run = async (beaconVerifier: BeaconVerifier): Promise<number> => {
      const target = syncNode({ ...pool, beaconVerifier }, sha256, source.answers);
      const startedMs = performance.now();
      await target.sync.withPeer("source");
      if (target.chain.head.height !== blocks) throw new Error(`stopped at ${target.chain.head.height}`);
      return (blocks * 1_000) / (performance.now() - startedMs);
    };
    const top = made.at(-1) as MadeBlock;
    const headersOnly = async (vouched: boolean): Promise<number> => {
      const target = syncNode(pool, sha256, null);
      if (vouched) await target.chain.believe({ height: top.height, hash: top.hash });
      const startedMs = performance.now();
      for (let from = 0; from < blocks; from += 1_000) {
        const page = made.slice(from, from + 1_000).map(({ block }) => block.header);
        const added = await target.chain.addHeaders(page, lateMs);
        if (!added.ok) throw new Error(added.message);
      }
      return (blocks * 1_000) / (performance.now() - startedMs);
    };
    const rates = { headers: [] as number[], below: [] as number[], whole: [] as number[], trusting: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      rates.headers.push(await headersOnly(false));
      rates.below.push(await headersOnly(true));
      rates.whole.push(await run(pool.beaconVerifier));
      rates.trusting.push(await run(trustingVerifier));
    }
    const method = `${blocks} empty blocks, two nodes in one process, memory store; median of ${rounds} rounds`;
    return [
      {
        name: "headers verified",
        unit: "headers/s",
        value: median(rates.headers),
        goals: [],
        method: `${blocks} headers in pages of 1000: work, target, times, beacon proofs on ${platform.threads} threads; median of ${rounds} rounds`,
      },
      {
        name: "headers verified below a checkpoint",
        unit: "headers/s",
        value: median(rates.below),
        goals: [],
        method: `the same; work, target and times, beacon proofs vouched for by the checkpoint's hash; median of ${rounds} rounds`,
      },
      {
        name: "full sync, everything checked",
        unit: "blocks/s",
        value: median(rates.whole),
        goals: [{ of: "value", atLeast: 100 }],
        method: `${method}; ${platform.threads} threads for beacon proofs`,
      },
      {
        name: "full sync, beacon proofs vouched for",
        unit: "blocks/s",
        value: median(rates.trusting),
        goals: [{ of: "value", atLeast: 500 }],
        method: `${method}; as they could be below a final block`,
      },
    ];
  } finally {
    pool.close();
  }
}

/** Outputs that one transaction of a made chain leaves, and transactions of a block. */
const madeOutputs = 63;
const madeTransactions = 200;

/** A chain that ends a little above a height at which states are offered; gives its newest block. */
async function growOutputs({ chain }: SyncNode, outputs: number): Promise<FinalisedBlock> {
  const maker = new BlockMaker();
  const owner = testKey(1);
  let tip = maker.genesis;
  const grow = async (transactions: readonly PreparedTransaction[]): Promise<void> => {
    tip = maker.make(tip, transactions, owner);
    const added = await chain.addBlock(tip.block, lateMs);
    if (!added.ok) throw new Error(added.message);
  };
  await grow([]);
  const [reward] = chain.coins.coinsOf(owner.keyHash);
  if (reward === undefined) throw new Error("the first block pays nothing");
  let { outPoint: input } = reward;
  let leftNano = reward.output.amount;
  for (let made = 0; made < outputs; ) {
    const transactions: PreparedTransaction[] = [];
    for (; transactions.length < madeTransactions && made < outputs; made += madeOutputs) {
      const feeNano = 100_000n;
      leftNano -= feeNano + 1_000n * BigInt(madeOutputs);
      const small = Array.from({ length: madeOutputs }, () => coin(1_000n, owner.lock));
      const paid = signed(bodyOf({ inputs: [input], outputs: [coin(leftNano, owner.lock), ...small], feeNano }), owner);
      transactions.push(paid);
      input = { txId: paid.id, index: 0 };
    }
    await grow(transactions);
  }
  const { everyBlocks } = lightRules;
  while (tip.height % everyBlocks !== 0 || tip.height < everyBlocks) await grow([]);
  await grow([]);
  const top = { height: tip.height, hash: tip.hash };
  await chain.believe(top);
  return top;
}

/** The row for a light start: headers, plan, parts and what vouches for them asked for, checked, stored and taken over. */
async function measureLightStart(platform: BenchPlatform, outputs: number): Promise<MeasuredRow> {
  const { sha256 } = await createSha256Kernel();
  const pool = createComputePool(platform.spawn, platform.threads, () => performance.now());
  try {
    const source = syncNode(pool, sha256, null);
    const checkpoint = await growOutputs(source, outputs);
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const target = syncNode(pool, sha256, source.answers, true);
      await target.chain.believe(checkpoint);
      const startedMs = performance.now();
      await target.sync.withPeer("source");
      seconds.push((performance.now() - startedMs) / 1_000);
      const { head, reader } = target.chain;
      if (head.height !== checkpoint.height || reader.kept.undoFrom === 1) throw new Error("no state was taken over");
    }
    return {
      name: `light start, ${outputs} outputs: ready to transact`,
      unit: "s",
      value: median(seconds),
      goals: [{ of: "value", atMost: 5 }],
      method: `chain of ${checkpoint.height} blocks with a checkpoint, two nodes in one process, memory store; median of ${rounds} rounds, the first with cutting the state`,
    };
  } finally {
    pool.close();
  }
}

/** Blocks of the row: making them takes longer than synchronising them. */
const benchBlocks = 2_000;

/** Sync rows. */
export async function measureSync(platform: BenchPlatform): Promise<MeasuredRow[]> {
  const rows = await measureFullSync(platform, benchBlocks);
  for (const outputs of [10_000, 100_000]) rows.push(await measureLightStart(platform, outputs));
  return rows;
}
