/**
 * Nodes of IPFS beside the peers of this network: who they are, how one is connected, and the protocol that they speak,
 * whose code is loaded when the first of them speaks or is asked. They are no peers: nothing but blocks goes between us.
 * @module
 */
import type { Connection, IdentifyResult, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { IpfsNetwork, NetworkHandlers } from "#node/ports.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { IpfsPeer } from "#sdk/ipfs.ts";
import type { BitswapExchange } from "./bitswap/exchange.ts";
import { bitswapProtocol } from "./bitswap/limits.ts";
import { bootstrapLimits, seedIdOf } from "./bootstrap.ts";
import type { AetherLibp2p } from "./gossip-link.ts";
import type { NetworkLimits } from "./limits.ts";

/** What the link needs of its host. */
export interface IpfsHost {
  readonly libp2p: AetherLibp2p;
  readonly limits: NetworkLimits;
  ban(peerId: string, durationMs: number, reason: string): void;
  /** A connected node turned out to be none of ours. */
  onForeign(peerId: string): void;
  handlers(): Pick<NetworkHandlers, "onPublicHave" | "onPublicWant"> | null;
}

const example = "/dns4/example.org/tcp/443/tls/ws/p2p/12D3KooW…";

/** The id of the node at an address that a browser can dial; else what is wrong with it. */
export function dialableId(address: string): Result<string> {
  const wrong = (words: string): Result<string> => rejected("invalid-argument", words);
  if (address.length > bootstrapLimits.characters) return wrong("An address is shorter than that.");
  try {
    multiaddr(address);
  } catch {
    return wrong(`This is no multiaddress. One looks like ${example}`);
  }
  const id = seedIdOf(address);
  if (id === null) return wrong(`The address has to end in /p2p/ and the node's id, as ${example}`);
  if (address.includes("/p2p-circuit"))
    return wrong("An address through a relay cannot be used; take one of the node's own.");
  if (/\/(ws|wss)(\/|$)/.test(address) || address.includes("/webrtc-direct/certhash/")) return accepted(id);
  return wrong(
    "A browser cannot dial this address: it opens neither plain TCP nor QUIC. Take one of the node's with /tls/ws, /ws or /webrtc-direct; `ipfs id` on the node shows them.",
  );
}

/** What a connected node is, by the protocols that it speaks. */
type NodeKind = "ours" | "ipfs" | "other";

function kindBy(protocols: readonly string[]): NodeKind {
  if (protocols.some((one) => one.startsWith("/aether/"))) return "ours";
  return protocols.includes(bitswapProtocol) ? "ipfs" : "other";
}

const noBlock = rejected("not-found", "This node gives no blocks just now.");

const noBitswap = rejected(
  "unsupported-protocol",
  `That node does not speak ${bitswapProtocol}, so it cannot be asked for blocks.`,
);

function cancellable(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}

const ours = rejected("invalid-argument", "That is a node of AetherChain, not of IPFS; it is found without this.");

/** Bitswap of one host. */
export class IpfsLink implements IpfsNetwork {
  private readonly host: IpfsHost;
  /** Ways that a transport must be fetched for first. */
  prepareDial: (address: string) => Promise<void> = () => Promise.resolve();
  private loading: Promise<BitswapExchange> | null = null;
  /** Nodes that the user has connected, or is connecting, with their addresses. */
  private readonly chosen = new Map<string, string>();
  private readonly dialling = new Set<string>();
  /** What connected nodes have turned out to be. */
  private readonly kinds = new Map<string, NodeKind>();
  /** Who waits to hear what a node is. */
  private readonly asking = new Map<string, (kind: NodeKind) => void>();

  constructor(host: IpfsHost) {
    this.host = host;
  }

  /** Takes streams; before the host starts. */
  async serve(): Promise<void> {
    const { libp2p, limits } = this.host;
    libp2p.addEventListener("peer:identify", ({ detail }) => this.onIdentified(detail));
    libp2p.addEventListener("peer:disconnect", ({ detail }) => this.onGone(detail.toString()));
    await libp2p.handle(bitswapProtocol, (stream, connection) => this.read(stream, connection), {
      maxInboundStreams: 2 * limits.streamsPerPeer,
      maxOutboundStreams: 2 * limits.streamsPerPeer,
    });
  }

  /** Whether a node is known to be none of ours, or is about to be connected as one. */
  has(peerId: string): boolean {
    return this.chosen.has(peerId) || this.kinds.get(peerId) === "ipfs";
  }

  /** Whether an address may be dialled: one that the user has just named. */
  allows(address: string): boolean {
    return [...this.chosen.values()].includes(address);
  }

  async peers(): Promise<readonly IpfsPeer[]> {
    const ids = new Set([...this.chosen.keys(), ...this.kinds.keys()].filter((id) => this.kinds.get(id) === "ipfs"));
    return [...ids].flatMap((id) => {
      const connection = this.connectionTo(id);
      const address = connection?.remoteAddr.toString() ?? "";
      return connection === undefined ? [] : [{ id, address, isAsked: this.chosen.has(id) }];
    });
  }

  async connect(address: string): Promise<Result<IpfsPeer>> {
    const id = dialableId(address);
    if (!id.ok) return id;
    const { ipfsNodes } = this.host.limits;
    if (this.chosen.size >= ipfsNodes && !this.chosen.has(id.value))
      return rejected("too-many", `At most ${ipfsNodes} nodes of IPFS are connected at once.`);
    const wasChosen = this.chosen.has(id.value);
    const startedMs = Date.now();
    this.chosen.set(id.value, multiaddr(address).toString());
    this.dialling.add(id.value);
    const connection = await this.dial(address).finally(() => this.dialling.delete(id.value));
    const kind = connection.ok ? await this.kindOf(connection.value) : "other";
    if (connection.ok && kind === "ipfs")
      return accepted({ id: id.value, address: connection.value.remoteAddr.toString(), isAsked: true });
    if (!wasChosen) this.chosen.delete(id.value);
    if (!connection.ok) return connection;
    // One that was there before is somebody else's.
    if (connection.value.timeline.open >= startedMs) void connection.value.close().catch(() => undefined);
    return kind === "ours" ? ours : noBitswap;
  }

  async fetch(cid: Uint8Array): Promise<Result<Uint8Array>> {
    // Without anybody to ask there is nothing to load.
    if (this.connections().length === 0) return rejected("disconnected", "No node of IPFS is connected.");
    return (await this.exchange()).fetch(cid);
  }

  private async read(stream: Stream, connection: Connection): Promise<void> {
    try {
      await (await this.exchange()).read(stream, connection);
    } catch (error) {
      // Its code could not be loaded.
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private exchange(): Promise<BitswapExchange> {
    const { host } = this;
    this.loading ??= import("./bitswap/exchange.ts").then(
      ({ BitswapExchange }) =>
        new BitswapExchange(
          { connections: () => this.connections(), ban: (...args) => host.ban(...args), after: cancellable },
          {
            nowMs: () => Date.now(),
            pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
            onPublicHave: async (digests) =>
              (await host.handlers()?.onPublicHave?.(digests)) ?? digests.map(() => null),
            onPublicWant: async (digest) => (await host.handlers()?.onPublicWant?.(digest)) ?? noBlock,
          },
        ),
    );
    this.loading.catch(() => {
      // A chunk that did not come is asked for again with the next use.
      this.loading = null;
    });
    return this.loading;
  }

  private async dial(address: string): Promise<Result<Connection>> {
    const { libp2p, limits } = this.host;
    try {
      await this.prepareDial(address);
      return accepted(await libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(limits.dialTimeoutMs) }));
    } catch {
      return rejected(
        "disconnected",
        "That node could not be connected. It may be away, or not listen there; a page that came over https can dial only /tls/ws and /webrtc-direct.",
      );
    }
  }

  /** What a node is; what does not say so in time is no node of IPFS. */
  private kindOf(connection: Connection): Promise<NodeKind> {
    const id = connection.remotePeer.toString();
    const known = this.kinds.get(id);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const settle = (kind: NodeKind): void => {
        takeBack();
        this.asking.delete(id);
        resolve(kind);
      };
      const takeBack = cancellable(this.host.limits.dialTimeoutMs, () => settle("other"));
      this.asking.set(id, settle);
    });
  }

  /** To those that the user has connected. */
  private connections(): readonly Connection[] {
    return [...this.chosen.keys()].flatMap((id) => this.connectionTo(id) ?? []);
  }

  private connectionTo(id: string): Connection | undefined {
    return this.host.libp2p
      .getConnections()
      .find((one) => one.status === "open" && one.limits === undefined && one.remotePeer.toString() === id);
  }

  private onIdentified({ peerId, protocols }: IdentifyResult): void {
    const id = peerId.toString();
    const kind = kindBy(protocols);
    if (this.connectionTo(id) === undefined) return;
    this.kinds.set(id, kind);
    if (kind === "ipfs") this.host.onForeign(id);
    this.asking.get(id)?.(kind);
  }

  private onGone(id: string): void {
    this.kinds.delete(id);
    // One that is being dialled has not gone.
    if (!this.dialling.has(id)) this.chosen.delete(id);
    void this.loading?.then((exchange) => exchange.forget(id)).catch(() => undefined);
  }
}
