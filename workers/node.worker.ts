/**
 * The node's thread in a tab: chain, pool, consensus, IndexedDB. Wiring only.
 * @module
 */
import { sendEvent, serve } from "#sdk/rpc.ts";
import { defaultRetention } from "../src/node/chain-pruning.ts";
import { ComputeBudget } from "../src/node/compute-budget.ts";
import { AetherNode } from "../src/node/node.ts";
import { StorageFailure } from "../src/node/ports.ts";
import { computeThread } from "../src/platform/browser/compute-threads.ts";
import { openIndexedDbStore } from "../src/platform/browser/indexed-db-store.ts";
import type { NodeStart } from "../src/platform/browser/leader-session.ts";
import { remoteNetwork } from "../src/platform/browser/network-bridge.ts";
import { browserClock, browserEntropy } from "../src/platform/browser/system.ts";
import { installTrustedTypes } from "../src/platform/browser/trusted-types.ts";
import { emulatedUnitOnDemand } from "../src/platform/browser/unit-ports.ts";
import { createComputePool } from "../src/platform/wasm/compute-pool.ts";
import { createSegmentProver } from "../src/platform/wasm/prover.ts";
import { createSha256Kernel } from "../src/platform/wasm/sha256-kernel.ts";
import { networks } from "../src/protocol/parameters.ts";
import { rejected } from "../src/protocol/result.ts";

installTrustedTypes(self);
/** Leaves cores for the window and the node itself. */
const threads = Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1));
const stopStarter = serve(self, {
  /** Starts the node; `port` reaches the network in the window. */
  startNode: async ({ network, version, port }: NodeStart) => {
    const spawn = () => computeThread(new Worker(new URL("./compute.worker.ts", import.meta.url), { type: "module" }));
    const notice = (message: string, level: "error" | "warning" = "error"): void =>
      sendEvent(self, { type: "notice", level, message });
    const budget = new ComputeBudget();
    const share = () => budget.allowance().share;
    const pool = createComputePool(spawn, threads, () => performance.now(), {
      searchShare: share,
      onThreadDeath: (reason, left) => notice(`A compute thread ended (${reason}); ${left} go on.`, "warning"),
    });
    try {
      const store = await openIndexedDbStore(`aether-${network}`, { onClosed: notice });
      const { sha256 } = await createSha256Kernel();
      const prove = () => computeThread(new Worker(new URL("./prover.worker.ts", import.meta.url), { type: "module" }));
      const sampler = () => new Worker(new URL("./sampler.worker.ts", import.meta.url), { type: "module" });
      const work = { segmentProver: createSegmentProver(prove), sampler: emulatedUnitOnDemand(sampler), share };
      const platform = { network: remoteNetwork(port), clock: browserClock, entropy: browserEntropy, sha256, ...work };
      const options = { parameters: networks[network], version, retention: defaultRetention, startOver: true };
      const node = new AetherNode({ ...pool, ...platform, store, log: () => undefined }, options);
      node.subscribe((event) => sendEvent(self, event));
      const started = await node.start();
      if (started.ok) {
        stopStarter();
        serve(self, { ...node.requests, ...budget.requests });
      }
      return started;
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      return rejected(error.code, error.message);
    }
  },
});
