/**
 * The network port across a thread border: libp2p lives in the window, the node in a worker. The worker's side keeps a
 * copy of the peer list, so that asking for it needs no round trip.
 * @module
 */

import type { IpfsNetwork, Network, NetworkHandlers, PeerInfo } from "#node/ports.ts";
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
  ipfsPeers: IpfsNetwork["peers"];
  ipfsConnect: IpfsNetwork["connect"];
  ipfsFetch: IpfsNetwork["fetch"];
  ban(peerId: string, durationMs: number, reason: string): Promise<void>;
}

/** What the worker does for the window. */
type WorkerSide = Pick<NetworkHandlers, "onGossip" | "onRequest" | "onPublicHave" | "onPublicWant">;

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

const noIpfs = rejected("unsupported-feature", "This network has no way to nodes of IPFS.");

/** The window's end: serves a network to a worker. */
export function exposeNetwork(network: Network, port: RpcPort): void {
  const worker = connect<Required<WorkerSide>>(port).methods;
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
        onPublicHave: (digests) => worker.onPublicHave(digests).catch(() => digests.map(() => null)),
        onPublicWant: (digest) => answered(worker.onPublicWant(digest)),
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
    ipfsPeers: async () => (await network.ipfs?.peers()) ?? [],
    ipfsConnect: async (address) => network.ipfs?.connect(address) ?? noIpfs,
    ipfsFetch: async (cid) => network.ipfs?.fetch(cid) ?? noIpfs,
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
      // Of handlers that a node has not the window hears as of a call that failed.
      const side: WorkerSide = given;
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
    ipfs: {
      peers: () => methods.ipfsPeers().catch(() => []),
      connect: (address) => answered(methods.ipfsConnect(address)),
      fetch: (cid) => answered(methods.ipfsFetch(cid)),
    },
  };
}
