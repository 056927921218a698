/**
 * Nodes of IPFS for tests, none of whose bitswap is ours: libp2p over WebSockets on loopback with Helia's `@helia/bitswap`,
 * and blocks cut by `ipfs-unixfs-importer`. {@link endIpfsNodes} ends them all.
 * @module
 */
import { withBitswap } from "@helia/bitswap";
import { identify } from "@libp2p/identify";
import { noise } from "@libp2p/noise";
import { ping } from "@libp2p/ping";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { importer } from "ipfs-unixfs-importer";
import { createLibp2p, type Libp2p } from "libp2p";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { toHex } from "#protocol/codec/bytes.ts";
import "../platform/node/promise-with-resolvers.ts";
import "../platform/node/web-socket.ts";
import { silentLog } from "../platform/browser/silent-log.ts";

/** What of a Helia block broker a test uses. */
interface Broker {
  retrieve(cid: CID, options: { readonly signal: AbortSignal }): Promise<Uint8Array>;
  stop(): Promise<void>;
}

/** A running node of IPFS. */
export interface IpfsNode {
  readonly libp2p: Libp2p;
  /** Where it listens, with its id. */
  readonly address: string;
  /** What it has, by SHA-256 in hex. */
  readonly blocks: Map<string, Uint8Array>;
  /** Adds files, by their paths below one folder; gives that folder's CID. */
  add(files: Readonly<Record<string, Uint8Array>>): Promise<CID>;
  dial(address: string): Promise<void>;
  /** Asks its peers for a block by bitswap. */
  want(cid: CID, withinMs?: number): Promise<Uint8Array>;
}

const nameOf = (cid: CID): string => toHex(cid.multihash.digest);

/** A blockstore as Helia wants one. */
function storeOver(blocks: Map<string, Uint8Array>) {
  return {
    has: (cid: CID) => Promise.resolve(blocks.has(nameOf(cid))),
    get: async function* (cid: CID) {
      yield blocks.get(nameOf(cid)) ?? (await Promise.reject(new Error("it is not here")));
    },
    put: (cid: CID, bytes: Uint8Array) => {
      blocks.set(nameOf(cid), bytes);
      return Promise.resolve(cid);
    },
  };
}

type Mixin = { start(helia: unknown): Promise<void> };

/** Helia's bitswap over some blocks: what its mixin is given is all that it uses of a Helia node. */
async function bitswapOver(libp2p: Libp2p, blocks: Map<string, Uint8Array>): Promise<Broker> {
  const mixins: Mixin[] = [];
  const brokers: Broker[] = [];
  const helia = {
    libp2p,
    blockstore: storeOver(blocks),
    // Nobody is found; who is to be asked is connected.
    routing: { findProviders: async function* () {} },
    logger: silentLog,
    getHasher: () => sha256,
    status: "starting",
    addMixin: (mixin: Mixin) => mixins.push(mixin),
    hasBlockBroker: () => false,
    addBlockBroker: (broker: Broker) => brokers.push(broker),
  };
  withBitswap(helia as unknown as Parameters<typeof withBitswap>[0]);
  for (const mixin of mixins) await mixin.start(helia);
  return brokers[0] as Broker;
}

const running = new Set<() => Promise<void>>();

/** Ends every node that a test started. */
export async function endIpfsNodes(): Promise<void> {
  for (const stop of running) await stop();
  running.clear();
}

/** libp2p as a node of IPFS has it, with no protocol but those that all have. */
export async function startPlainNode(): Promise<{ readonly libp2p: Libp2p; readonly address: string }> {
  const libp2p = await createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0/ws"] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), ping: ping() },
  });
  running.add(async () => void (await libp2p.stop()));
  return { libp2p: libp2p as unknown as Libp2p, address: String(libp2p.getMultiaddrs()[0]) };
}

/** Starts a node of IPFS. */
export async function startIpfsNode(): Promise<IpfsNode> {
  const { libp2p, address } = await startPlainNode();
  const blocks = new Map<string, Uint8Array>();
  const broker = await bitswapOver(libp2p, blocks);
  return {
    libp2p,
    address,
    blocks,
    add: async (files) => {
      const sources = Object.entries(files).map(([path, content]) => ({ path, content }));
      const options = { rawLeaves: true, cidVersion: 1 as const, wrapWithDirectory: true };
      let root: CID | null = null;
      for await (const { cid } of importer(sources, storeOver(blocks) as never, options)) root = CID.decode(cid.bytes);
      return root as unknown as CID;
    },
    dial: async (to) => void (await libp2p.dial(multiaddr(to))),
    want: (cid, withinMs = 30_000) => broker.retrieve(cid, { signal: AbortSignal.timeout(withinMs) }),
  };
}
