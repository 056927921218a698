/**
 * The node's thread in a tab: chain, pool, consensus, IndexedDB. Wiring only.
 * @module
 */

import { sendEvent, serve } from "#sdk/rpc.ts";
import { defaultRetention } from "../src/node/chain-pruning.ts";
import { ComputeBudget } from "../src/node/compute-budget.ts";
import { createLendableSampler } from "../src/node/lendable-sampler.ts";
import { AetherNode } from "../src/node/node.ts";
import { StorageFailure } from "../src/node/ports.ts";
import { openIndexedDbStore } from "../src/platform/browser/indexed-db-store.ts";
import type { NodeStart } from "../src/platform/browser/leader-session.ts";
import { remoteNetwork } from "../src/platform/browser/network-bridge.ts";
import { browserClock, browserEntropy } from "../src/platform/browser/system.ts";
import { createTabCompute } from "../src/platform/browser/tab-compute.ts";
import { installTrustedTypes } from "../src/platform/browser/trusted-types.ts";
import { borrowOver } from "../src/platform/browser/unit-lending.ts";
import { createSha256Kernel } from "../src/platform/wasm/sha256-kernel.ts";
import { networks } from "../src/protocol/parameters.ts";
import { rejected } from "../src/protocol/result.ts";

installTrustedTypes(self);
const workers = {
  compute: () => new Worker(new URL("./compute.worker.ts", import.meta.url), { type: "module" }),
  prover: () => new Worker(new URL("./prover.worker.ts", import.meta.url), { type: "module" }),
  sampler: () => new Worker(new URL("./sampler.worker.ts", import.meta.url), { type: "module" }),
};
const stopStarter = serve(self, {
  /** Starts the node; `port` reaches the network in the window, `units` its sampling units. */
  startNode: async ({ network, version, checkpoint, port, units }: NodeStart) => {
    const notice = (message: string, level: "error" | "warning" = "error"): void =>
      sendEvent(self, { type: "notice", level, message });
    const budget = new ComputeBudget();
    const compute = createTabCompute(workers, budget, (message) => notice(message, "warning"));
    const sampler = createLendableSampler(compute.sampler, (message) => notice(message, "warning"));
    borrowOver(units, (device) => sampler.lend(device));
    try {
      const store = await openIndexedDbStore(`aether-${network}`, { onClosed: notice });
      const { sha256 } = await createSha256Kernel();
      const platform = { network: remoteNetwork(port), clock: browserClock, entropy: browserEntropy, sha256, budget };
      const rules = { parameters: networks[network], retention: defaultRetention, startOver: true };
      const node = new AetherNode(
        { ...compute, sampler, ...platform, store, log: () => undefined },
        { ...rules, version, checkpoint },
      );
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
