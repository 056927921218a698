/**
 * The tab's composition root: paints the shell at once, then starts or joins the node behind it.
 * @module
 */

import { watchInstalledApp } from "./platform/browser/installed/installed-app.ts";
import { createTabNetworkLazily } from "./platform/browser/lazy-network.ts";
import { lazyUnits } from "./platform/browser/lazy-units.ts";
import { startLeader } from "./platform/browser/leader-session.ts";
import { pageEnvironment } from "./platform/browser/page-environment.ts";
import { startSession } from "./platform/browser/session.ts";
import { watchSituation } from "./platform/browser/situation.ts";
import { installTrustedTypes } from "./platform/browser/trusted-types.ts";
import { createTabRunner } from "./platform/browser/veil/tab-runner.ts";
import { readCheckpoint } from "./protocol/consensus/checkpoint-text.ts";
import { accepted } from "./protocol/result.ts";
import { explainInsecure } from "./shell/insecure.tsx";
import { mountShell } from "./shell/mount.tsx";

declare const __AETHER_VERSION__: string;

installTrustedTypes(window);
const root = document.getElementById("root") as HTMLElement;

if (!window.isSecureContext || !("locks" in navigator)) explainInsecure(root);
else {
  const app = watchInstalledApp(window);
  // What is connected before this tab leads waits in the channel until it does.
  const lending = new MessageChannel();
  const client = startSession({
    name: "aether-node",
    locks: navigator.locks,
    startLeader: async () => {
      const link = new URLSearchParams(location.hash.slice(1)).get("checkpoint");
      const checkpoint = link === null ? accepted(null) : readCheckpoint(link);
      if (!checkpoint.ok) return checkpoint;
      const network = createTabNetworkLazily();
      return startLeader({
        nodeWorker: new Worker(new URL("../workers/node.worker.ts", import.meta.url), { type: "module" }),
        vaultWorker: new Worker(new URL("../workers/vault.worker.ts", import.meta.url), { type: "module" }),
        network: (await network.bootstrap()).network === "main" ? "main" : "dev",
        version: __AETHER_VERSION__,
        checkpoint: checkpoint.value,
        units: lending.port2,
        watchSituation: (tell) => watchSituation(document, navigator, tell),
        createNetwork: () => network.create(),
      });
    },
  });
  const units = lazyUnits(async () => {
    const { startSamplingUnits } = await import("./sampling-units.ts");
    return startSamplingUnits(lending.port1);
  });
  const runner = createTabRunner({
    createSupervisor: () => new Worker(new URL("../workers/veil.worker.ts", import.meta.url), { type: "module" }),
    createPreparation: () =>
      new Worker(new URL("../workers/preparation.worker.ts", import.meta.url), { type: "module" }),
    document,
  });
  mountShell(root, client, pageEnvironment(__AETHER_VERSION__, { units, runner, app }));
}
