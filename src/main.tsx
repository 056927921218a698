/**
 * The tab's composition root. The page is painted before this runs (shell/page-frame.tsx); this brings the shell in and
 * starts or joins the node behind it once the prompt takes what is typed.
 * @module
 */

import { startFileCipher } from "./platform/browser/files/file-cipher-thread.ts";
import { ofBuild } from "./platform/browser/installed/builds.ts";
import { watchInstalledApp, workersOf } from "./platform/browser/installed/installed-app.ts";
import type { PublicQuestion } from "./platform/browser/installed/public-words.ts";
import { createTabNetworkLazily } from "./platform/browser/lazy-network.ts";
import { lazyUnits } from "./platform/browser/lazy-units.ts";
import { startLeader } from "./platform/browser/leader-session.ts";
import { pageEnvironment } from "./platform/browser/page-environment.ts";
import { startSession, whenJoined } from "./platform/browser/session.ts";
import { watchSituation } from "./platform/browser/situation.ts";
import { installTrustedTypes } from "./platform/browser/trusted-types.ts";
import { painted } from "./platform/browser/turns.ts";
import { watchUse } from "./platform/browser/use-of-page.ts";
import { createTabRunner } from "./platform/browser/veil/tab-runner.ts";
import { readCheckpoint } from "./protocol/consensus/checkpoint-text.ts";
import { accepted } from "./protocol/result.ts";
import "./shell/shell.css";

/** A node that is alone by then does not keep the app's files waiting. */
const joinsWithinMs = 8_000;

declare const __AETHER_VERSION__: string;

installTrustedTypes(window);
const root = document.getElementById("root") as HTMLElement;
let nodeHasStarted = (): void => undefined;
const nodeStarts = new Promise<void>((resolve) => {
  nodeHasStarted = resolve;
});
const app = watchInstalledApp(window, nodeStarts);
// A first visit is painted before the rest is fetched; a later one has it here.
if (!workersOf(navigator)?.controller) await painted();

if (!window.isSecureContext || !("locks" in navigator)) {
  nodeHasStarted();
  void import("./shell/insecure.tsx").then(({ explainInsecure }) => explainInsecure(root));
} else {
  let promptIsThere = (): void => undefined;
  const prompt = new Promise<void>((resolve) => {
    promptIsThere = resolve;
  });
  // What is connected before this tab leads waits in the channel until it does.
  const lending = new MessageChannel();
  const whenUsed = watchUse(document, new BroadcastChannel("aether-node/use"));
  const client = startSession({
    name: "aether-node",
    build: app.state().build,
    locks: navigator.locks,
    startLeader: async () => {
      const link = new URLSearchParams(location.hash.slice(1)).get("checkpoint");
      const checkpoint = link === null ? accepted(null) : readCheckpoint(link);
      if (!checkpoint.ok) return checkpoint;
      const network = createTabNetworkLazily();
      // Threads that start meanwhile would take the processor from who waits for a prompt; what is typed there waits for them.
      await prompt;
      return startLeader({
        nodeWorker: new Worker(new URL("../workers/node.worker.ts", import.meta.url), { type: "module" }),
        vaultWorker: new Worker(new URL("../workers/vault.worker.ts", import.meta.url), { type: "module" }),
        network: (await network.bootstrap()).network === "main" ? "main" : "dev",
        version: __AETHER_VERSION__,
        checkpoint: checkpoint.value,
        units: lending.port2,
        watchSituation: (tell) => watchSituation(document, navigator, whenUsed, tell),
        createNetwork: () => network.create(),
      });
    },
  });
  workersOf(navigator)?.addEventListener("message", ({ data, ports: [port] }: MessageEvent<PublicQuestion>) => {
    if (data.type !== "public" || port === undefined) return;
    void import("./public-files.ts").then(
      ({ answerPublicRequest }) => answerPublicRequest(client, port, data.request),
      () => port.close(),
    );
  });
  void whenJoined(client, joinsWithinMs).then(nodeHasStarted);
  const units = lazyUnits(async () => {
    const { startSamplingUnits } = await import("./sampling-units.ts");
    return startSamplingUnits(lending.port1);
  });
  const place = {
    document,
    sandboxPage: ofBuild("/veil.html", app.state().build),
    isAnsweredByWorker: () => (workersOf(navigator)?.controller ?? null) !== null,
  };
  const runner = createTabRunner({
    ...place,
    createSupervisor: () => new Worker(new URL("../workers/veil.worker.ts", import.meta.url), { type: "module" }),
    createPreparation: () =>
      new Worker(new URL("../workers/preparation.worker.ts", import.meta.url), { type: "module" }),
  });
  const startCipher = () =>
    startFileCipher(() => new Worker(new URL("../workers/files.worker.ts", import.meta.url), { type: "module" }));
  const isolation = async () => (await import("./platform/browser/veil/isolation.ts")).checkIsolation(place);
  const services = { units, runner, isolation, app, startFileCipher: startCipher };
  const environment = pageEnvironment(__AETHER_VERSION__, services);
  // What mounts the page imports the terminal later; this fetches both together.
  void import("./shell/terminal/open-terminal.ts").catch(() => undefined);
  void import("./shell/mount.tsx")
    .then(({ mountShell }) => mountShell(root, client, environment))
    .finally(promptIsThere);
}
