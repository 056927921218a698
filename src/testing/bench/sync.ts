/**
 * Full synchronisation and a snapshot, from one node to another in one process: the real requests, codecs, rules and
 * chain, over a network and a store that cost nothing, with the platform's threads for proofs.
 * @module
 */

import { bigEndian } from "#protocol/codec/bytes.ts";
import { sha256 as pureSha256 } from "#protocol/codec/hash.ts";
import { Snapshot, SnapshotBuilder } from "#protocol/ledger/snapshot.ts";
import { encodeStoredOutput, outputKey } from "#protocol/ledger/state.ts";
import { emptyStateTree } from "#protocol/ledger/state-tree.ts";
import { syncAnswers } from "#protocol/messages/sync.ts";
import { Chain } from "../../node/chain.ts";
import { emptyChain } from "../../node/chain-loading.ts";
import { Footing } from "../../node/checkpoint.ts";
import { NetworkClock } from "../../node/network-clock.ts";
import { PoolService } from "../../node/pool-service.ts";
import type { BeaconVerifier, Clock, Network } from "../../node/ports.ts";
import { SegmentStatements } from "../../node/segment-statements.ts";
import { snapshotRules } from "../../node/snapshot-offers.ts";
import { Sync } from "../../node/sync.ts";
import { SyncAnswers } from "../../node/sync-answers.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { createComputePool } from "../../platform/wasm/compute-pool.ts";
import { createSha256Kernel } from "../../platform/wasm/sha256-kernel.ts";
import { BlockMaker } from "../block-maker.ts";
import { lateMs } from "../chain-fixtures.ts";
import { credulousVerifier, emulatedPoseidon } from "../emulated-proofs.ts";
import { emulatedVotes } from "../emulated-votes.ts";
import { coin, testKey, testNetworkId, testParameters } from "../ledger-fixtures.ts";
import type { BenchPlatform } from "./platform.ts";
import { type MeasuredRow, median } from "./row.ts";

const rounds = 3;
const outputs = 100_000;

const clock: Clock = { nowMs: () => lateMs, schedule: () => () => undefined };

/** What a checkpoint would vouch for. */
const trustingVerifier: BeaconVerifier = { verifyBatch: (checks) => Promise.resolve(checks.map(() => true)) };

/** One node's chain and both sides of its synchronisation. */
function syncNode(
  ports: {
    beaconVerifier: BeaconVerifier;
    signatureVerifier: ReturnType<typeof createComputePool>["signatureVerifier"];
  },
  sha256: typeof pureSha256,
  peer: SyncAnswers | null,
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
  const network: Pick<Network, "request"> = {
    request: async (_peerId, _protocol, request) =>
      peer === null ? { ok: false, code: "disconnected", message: "" } : peer.answer(request),
  };
  const sync = new Sync({
    chain,
    pool,
    network: network as Network,
    clock,
    networkClock: new NetworkClock(clock),
    sha256,
    rules: snapshotRules,
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
    startsLight: () => false,
    footing: new Footing(store),
    onConflict: () => undefined,
    onOlderFork: (why) => {
      throw new Error(why);
    },
    onProgress: () => undefined,
  });
  const voting = { finalityAnswer: () => ({ justified: null, finalised: null }), votesAnswer: () => [] };
  return { chain, sync, answers: new SyncAnswers({ chain, pool, clock, rules: snapshotRules, voting }) };
}

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
    const rates = { whole: [] as number[], trusting: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      rates.whole.push(await run(pool.beaconVerifier));
      rates.trusting.push(await run(trustingVerifier));
    }
    const method = `${blocks} empty blocks, two nodes in one process, memory store; median of ${rounds} rounds`;
    return [
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
        method: `${method}; as below a finalised checkpoint, which does not exist yet`,
      },
    ];
  } finally {
    pool.close();
  }
}

/** The row for a snapshot: plan and parts encoded, decoded, verified and built into a state whose root is compared. */
export async function measureSnapshot(): Promise<MeasuredRow[]> {
  const { sha256 } = await createSha256Kernel();
  const owner = testKey(1);
  const tree = emptyStateTree(sha256).update(
    Array.from({ length: outputs }, (_, i) => {
      const outPoint = { txId: pureSha256(bigEndian(i, 8)), index: 0 };
      return {
        key: outputKey(outPoint),
        value: encodeStoredOutput({ outPoint, output: coin(1_000n, owner.lock), height: 7 }),
      };
    }),
  );
  const root = tree.root();
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    const snapshot = new Snapshot(tree);
    const plan = syncAnswers["snapshot-plan"].decode(syncAnswers["snapshot-plan"].encode(snapshot.plan));
    const builder = plan.ok ? SnapshotBuilder.start(plan.value, root, sha256) : plan;
    if (!builder.ok) throw new Error(builder.message);
    while (builder.value.next < builder.value.parts) {
      const bytes = syncAnswers["snapshot-part"].encode(snapshot.part(builder.value.next) ?? []);
      const part = syncAnswers["snapshot-part"].decode(bytes);
      const added = part.ok ? builder.value.add(part.value) : part;
      if (!added.ok) throw new Error(added.message);
    }
    const built = builder.value.finish();
    if (!built.ok) throw new Error(built.message);
    seconds.push((performance.now() - startedMs) / 1_000);
  }
  return [
    {
      name: `snapshot of ${outputs} outputs: given away, checked and ready`,
      unit: "s",
      value: median(seconds),
      goals: [{ of: "value", atMost: 5 }],
      method: `both sides in one thread, network and store left out; median of ${rounds} rounds`,
    },
  ];
}

/** Blocks of the row: making them takes longer than synchronising them. */
const benchBlocks = 2_000;

/** Sync rows. */
export async function measureSync(platform: BenchPlatform): Promise<MeasuredRow[]> {
  return [...(await measureFullSync(platform, benchBlocks)), ...(await measureSnapshot())];
}
