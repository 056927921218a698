/**
 * The network port across a thread border: libp2p lives in the window, the node in a worker. The worker's side keeps a
 * copy of the peer list, so that asking for it needs no round trip.
 * @module
 */

import type { Network, NetworkHandlers, PeerInfo } from "#node/ports.ts";
import { type Result, rejected } from "#protocol/result.ts";
import { noTraffic, type Traffic } from "#sdk/resources.ts";
import { connect, type RpcPort, sendEvent, serve } from "#sdk/rpc.ts";

/** What the window does for the worker. */
interface WindowSide {
  start(): Promise<string>;
  stop(): Promise<void>;
  publish: Network["publish"];
  reach: Network["reach"];
  request: Network["request"];
  ban(peerId: string, durationMs: number, reason: string): Promise<void>;
}

/** What the worker does for the window. */
type WorkerSide = Pick<NetworkHandlers, "onGossip" | "onRequest">;

type BridgeEvent =
  | {
      readonly type: "peers";
      readonly peers: readonly PeerInfo[];
      readonly timerDriftMs: number;
      readonly traffic: Traffic;
    }
  | { readonly type: "connected"; readonly peer: PeerInfo }
  | { readonly type: "disconnected"; readonly peerId: string };

/** Latencies change without events; the copy is renewed this often. */
const renewEveryMs = 2_000;

/** Gossip messages that may wait for the worker's verdict; what comes beyond is dropped, peers offer it again. */
const mostUnjudged = 256;

/** The window's end: serves a network to a worker. */
export function exposeNetwork(network: Network, port: RpcPort): void {
  const worker = connect<WorkerSide>(port).methods;
  const tell = (event: BridgeEvent): void => sendEvent(port, event);
  const tellPeers = (): void => {
    const [peers, timerDriftMs, traffic] = [network.peers(), network.timerDriftMs(), network.traffic()];
    tell({ type: "peers", peers, timerDriftMs, traffic });
  };
  let unjudged = 0;
  let renewing: ReturnType<typeof setInterval> | undefined;
  const judge: NetworkHandlers["onGossip"] = async (peerId, topic, message) => {
    if (unjudged >= mostUnjudged) return "ignore";
    unjudged++;
    try {
      return await worker.onGossip(peerId, topic, message);
    } catch {
      // The worker's own bug; it says nothing about the message.
      return "ignore";
    } finally {
      unjudged--;
    }
  };
  const side: WindowSide = {
    start: async () => {
      await network.start({
        onGossip: judge,
        onRequest: (peerId, protocol, request) => worker.onRequest(peerId, protocol, request),
        onPeerConnected: (peer) => {
          tellPeers();
          tell({ type: "connected", peer });
        },
        onPeerDisconnected: (peerId) => {
          tellPeers();
          tell({ type: "disconnected", peerId });
        },
      });
      renewing = setInterval(tellPeers, renewEveryMs);
      return network.selfId();
    },
    stop: () => {
      clearInterval(renewing);
      return network.stop();
    },
    publish: (topic, message) => network.publish(topic, message),
    reach: (peerId) => network.reach(peerId),
    request: (peerId, protocol, request, limits) => network.request(peerId, protocol, request, limits),
    ban: (peerId, durationMs, reason) => Promise.resolve(network.ban(peerId, durationMs, reason)),
  };
  serve(port, side);
}

/** A window that cannot answer is a network that is not there. */
async function answered<T>(answer: Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await answer;
  } catch (error) {
    return rejected("disconnected", String(error));
  }
}

/** The worker's end: a network that lives elsewhere. */
export function remoteNetwork(port: RpcPort): Network {
  const remote = connect<WindowSide>(port);
  const { methods } = remote;
  let self = "";
  let peers: readonly PeerInfo[] = [];
  let timerDriftMs = 0;
  let traffic = noTraffic;
  let handlers: NetworkHandlers | null = null;
  remote.onEvent((event) => {
    const told = event as BridgeEvent;
    if (told.type === "peers") ({ peers, timerDriftMs, traffic } = told);
    else if (told.type === "connected") handlers?.onPeerConnected(told.peer);
    else handlers?.onPeerDisconnected(told.peerId);
  });
  return {
    selfId: () => self,
    peers: () => peers,
    timerDriftMs: () => timerDriftMs,
    traffic: () => traffic,
    start: async (given) => {
      handlers = given;
      const side: WorkerSide = { onGossip: given.onGossip, onRequest: given.onRequest };
      serve(port, side);
      self = await methods.start();
    },
    stop: async () => {
      handlers = null;
      await methods.stop();
    },
    publish: (topic, message) => methods.publish(topic, message),
    reach: (peerId) => answered(methods.reach(peerId)),
    request: (...args) => answered(methods.request(...args)),
    ban: (peerId, durationMs, reason) => void methods.ban(peerId, durationMs, reason),
  };
}
