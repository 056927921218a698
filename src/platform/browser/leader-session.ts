/**
 * What the leading tab runs: the node's worker, the vault's worker, and the network in the window, joined by ports.
 * @module
 */

import type { Network } from "#node/ports.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ComputeSituation } from "#sdk/compute.ts";
import type { Client, NodeEvent, NodeRequests, VaultRequests } from "#sdk/contract.ts";
import { noTraffic } from "#sdk/resources.ts";
import { connect, type RpcPort } from "#sdk/rpc.ts";
import type { InStep } from "./device-sync/in-step.ts";
import { handOverMail } from "./mail-handover.ts";
import { exposeNetwork } from "./network-bridge.ts";
import { browserClock } from "./system.ts";

/** What the node's worker is started with. */
export interface NodeStart {
  readonly network: "dev" | "main";
  readonly version: string;
  /** From the link that was opened; null if it names none. */
  readonly checkpoint: FinalisedBlock | null;
  readonly port: RpcPort;
  /** Where plugged-in sampling units are lent. */
  readonly units: MessagePort;
}

/** The parts a leader is made of; the composition root makes them. */
export interface LeaderParts {
  readonly nodeWorker: Worker;
  readonly vaultWorker: Worker;
  readonly network: "dev" | "main";
  readonly version: string;
  /** From the link that was opened; null if it names none. */
  readonly checkpoint: FinalisedBlock | null;
  /** The node's end of where the window lends its sampling units. */
  readonly units: MessagePort;
  /** Watches whether the page is seen, on battery, and in use. */
  watchSituation(tell: (situation: ComputeSituation) => void): void;
  /** Loads and builds the window's network. */
  createNetwork(): Promise<Network>;
}

interface SituationHearer {
  setSituation(situation: ComputeSituation): Promise<void>;
}

interface Starter {
  startNode(start: NodeStart): Promise<Result<null>>;
}

/** Vault requests by name; the rest are the node's. */
export const vaultRequestNames: readonly (keyof VaultRequests)[] = [
  "vaultStatus",
  "createVault",
  "restoreVault",
  "unlockVault",
  "unlockByPasskey",
  "addPasskey",
  "removePasskeys",
  "lockVault",
  "changePassphrase",
  "revealPhrase",
  "exportBackup",
  "restoreBackup",
  "proveBackupWords",
  "proveBackupFile",
  "waiveBackup",
  "contacts",
  "addContact",
  "removeContact",
  "spaces",
  "chooseSpace",
  "signTransaction",
  "spendingBudget",
  "setSpendingBudget",
  "heldCredentials",
  "holdCredential",
  "dropCredential",
  "heldFiles",
  "changeHeldFiles",
  "wrapFileKey",
  "unwrapFileKey",
  "signCredentialToken",
  "makeStamp",
  "splitVault",
  "readShare",
  "passShare",
  "beginRecovery",
  "finishRecovery",
  "pairInvite",
  "pairAnswer",
  "pairConfirm",
  "pairJoin",
  "pairStep",
  "pairReady",
  "pairTake",
  "pairEnd",
  "devices",
  "removeDevice",
  "syncBegin",
  "syncStep",
  "syncAnswer",
  "inStep",
  "waitingSuccessor",
  "beginRotation",
  "proveSuccessorWords",
  "signRotation",
  "finishRotation",
  "mailCredentials",
  "sealMail",
  "openMail",
  "documents",
  "makeDocument",
  "joinDocument",
  "documentLink",
  "forgetDocument",
  "adoptRotations",
  "signRemoval",
  "sealUpdate",
  "openUpdates",
  "sealPresence",
  "openPresence",
];

const vaultMethods = new Set(vaultRequestNames);

/** Joins two sets of requests and a source of events into a client. */
export function joinClient(node: NodeRequests, vault: VaultRequests, subscribe: Client["subscribe"]): Client {
  return new Proxy({} as Client, {
    get: (_target, name) => {
      if (name === "subscribe") return subscribe;
      if (typeof name !== "string" || name === "then") return undefined;
      return vaultMethods.has(name as keyof VaultRequests)
        ? vault[name as keyof VaultRequests]
        : node[name as keyof NodeRequests];
    },
  });
}

/** Starts everything; the client answers once the node has started. */
export async function startLeader(parts: LeaderParts): Promise<Result<Client>> {
  const { nodeWorker, vaultWorker, network, version, checkpoint, units } = parts;
  const { port1, port2 } = new MessageChannel();
  const node = connect<NodeRequests & Starter & SituationHearer>(nodeWorker);
  const vault = connect<VaultRequests>(vaultWorker);
  // The node starts on its store while the network is still being loaded; it waits for it in `start`.
  const lazy = lazyNetwork(parts.createNetwork);
  exposeNetwork(lazy, port1);
  const starting = connect<Starter>(startPort(nodeWorker, [port2, units]));
  const started = await starting.methods.startNode({
    network,
    version,
    checkpoint,
    port: port2 as unknown as RpcPort,
    units,
  });
  starting.close();
  if (!started.ok) return started;
  // Lost with the node when it stops; nobody waits for the answer.
  parts.watchSituation((situation) => void node.methods.setSituation(situation).catch(() => undefined));
  nodeWorker.addEventListener("error", () =>
    node.close(rejected("disconnected", "The node stopped; reload the page.")),
  );
  vaultWorker.addEventListener("error", () =>
    vault.close(rejected("disconnected", "The vault stopped; nothing in it is lost. Reload the page.")),
  );
  const listeners = new Set<(event: NodeEvent) => void>();
  const subscribe: Client["subscribe"] = (listener) => {
    const hear = (event: unknown): void => listener(event as NodeEvent);
    const ends = [node.onEvent(hear), vault.onEvent(hear)];
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      for (const end of ends) end();
    };
  };
  const tell = (message: string): void => {
    for (const listener of listeners) listener({ type: "notice", level: "info", message });
  };
  let inStep: Promise<InStep> | null = null;
  const keeper = (): Promise<InStep> => {
    const parts = { node: node.methods, vault: vault.methods, clock: browserClock, tell };
    inStep ??= import("./device-sync/in-step.ts").then(({ InStep }) => new InStep(parts));
    return inStep;
  };
  const handover = handOverMail(node.methods, vault.methods, browserClock, (name, isOpened) => {
    const told = isOpened ? keeper().then((one) => one.opened()) : inStep?.then((one) => one.asked(name));
    void told?.catch(() => undefined);
  });
  subscribe((event) => {
    handover.onEvent(event);
    const told = event.type === "device-knock" ? keeper() : inStep;
    void told?.then((one) => one.onEvent(event)).catch(() => undefined);
  });
  return accepted(joinClient(node.methods, handover.vault, subscribe));
}

/** The first call carries ports along, which must be named as transferred. */
function startPort(worker: Worker, ports: MessagePort[]): RpcPort {
  return {
    postMessage: (message) => worker.postMessage(message, ports),
    addEventListener: (type, listener) => worker.addEventListener(type, listener),
    removeEventListener: (type, listener) => worker.removeEventListener(type, listener),
  };
}

/** A network that is built when it is started. */
function lazyNetwork(create: () => Promise<Network>): Network {
  let built: Network | null = null;
  const starting = rejected("disconnected", "The network is still starting.");
  return {
    ipfs: {
      peers: async () => (await built?.ipfs?.peers()) ?? [],
      connect: async (address) => built?.ipfs?.connect(address) ?? starting,
      fetch: async (cid) => built?.ipfs?.fetch(cid) ?? starting,
    },
    start: async (handlers) => {
      built = await create();
      await built.start(handlers);
    },
    stop: async () => built?.stop(),
    selfId: () => built?.selfId() ?? "",
    peers: () => built?.peers() ?? [],
    publish: async (topic, message) => built?.publish(topic, message) ?? 0,
    reach: async (...args) => built?.reach(...args) ?? starting,
    request: async (...args) => built?.request(...args) ?? starting,
    ban: (...args) => built?.ban(...args),
    timerDriftMs: () => built?.timerDriftMs() ?? 0,
    traffic: () => built?.traffic() ?? noTraffic,
  };
}
