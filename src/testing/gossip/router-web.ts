/**
 * Real gossipsub routers of libp2p, each with a stand-in for the host around it: peers are names, connections are pairs of
 * ordered streams in memory that take time on the virtual clock.
 * @module
 */
import { type GossipSub, type GossipsubOpts, gossipsub } from "@libp2p/gossipsub";
import type { Connection, PeerId, Stream, StreamHandler, Topology } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Random } from "../random.ts";
import type { VirtualClock } from "../virtual-clock.ts";

type Chunk = Uint8Array | { subarray(): Uint8Array };

/** One direction of a connection: bytes go in at one end and come out at the other, later, in order. */
class Pipe extends EventTarget {
  readonly protocol: string;
  private readonly clock: VirtualClock;
  private readonly delayMs: number;

  constructor(protocol: string, clock: VirtualClock, delayMs: number) {
    super();
    this.protocol = protocol;
    this.clock = clock;
    this.delayMs = delayMs;
  }

  send(chunk: Chunk): boolean {
    const data = chunk.subarray();
    this.clock.schedule(this.delayMs, () => this.dispatchEvent(Object.assign(new Event("message"), { data })));
    return true;
  }

  close(): Promise<void> {
    this.dispatchEvent(new Event("close"));
    return Promise.resolve();
  }

  abort(): void {
    void this.close();
  }
}

const silent = Object.assign(() => undefined, {
  ...{ error: () => undefined, trace: () => undefined, enabled: false, newScope: () => silent },
});

/** A peer's id, as far as a router looks at one. */
function peerNamed(name: string): PeerId {
  const id = { type: "Ed25519", toString: () => name, equals: (other: unknown) => String(other) === name };
  return id as unknown as PeerId;
}

/** What the library's type leaves out. */
interface StartableRouter extends GossipSub {
  start(): Promise<void>;
  stop(): Promise<void>;
  getMeshPeers(topic: string): string[];
}

/** One router with the host that stands in for libp2p. */
export interface Router {
  readonly name: string;
  readonly pubsub: StartableRouter;
  readonly peer: PeerId;
  readonly address: string;
  readonly neighbours: Set<string>;
  accept: StreamHandler | null;
  topology: Topology | null;
}

/** All routers and the links between them. */
export class RouterWeb {
  readonly routers: Router[] = [];
  private readonly clock: VirtualClock;
  private readonly random: Random;
  private readonly delay: { readonly leastMs: number; readonly mostMs: number };

  constructor(clock: VirtualClock, random: Random, delay: { readonly leastMs: number; readonly mostMs: number }) {
    this.clock = clock;
    this.random = random;
    this.delay = delay;
  }

  /** A router of its own address; it starts with `start`. */
  add(name: string, options: Partial<GossipsubOpts>): Router {
    const number = this.routers.length;
    const peer = peerNamed(name);
    const router = {
      ...{ name, peer, neighbours: new Set<string>(), accept: null, topology: null },
      address: `/ip4/10.${number >> 8}.${number & 255}.1/tcp/4001`,
    } as unknown as { -readonly [Key in keyof Router]: Router[Key] };
    const components = {
      peerId: peer,
      logger: { forComponent: () => silent },
      peerStore: { merge: () => Promise.resolve() },
      connectionManager: {},
      registrar: {
        handle: (_protocol: string, handler: StreamHandler) => {
          router.accept = handler;
          return Promise.resolve();
        },
        register: (_protocol: string, topology: Topology) => {
          router.topology = topology;
          return Promise.resolve("topology");
        },
        unhandle: () => Promise.resolve(),
        unregister: () => undefined,
      },
    };
    router.pubsub = gossipsub(options)(components as never) as StartableRouter;
    this.routers.push(router);
    return router;
  }

  /** Connects two routers, once. */
  connect(from: Router, to: Router): void {
    if (from === to || from.neighbours.has(to.name)) return;
    from.neighbours.add(to.name);
    to.neighbours.add(from.name);
    const delayMs = this.random.between(this.delay.leastMs, this.delay.mostMs);
    this.attach(from, to, "outbound", delayMs);
    this.attach(to, from, "inbound", delayMs);
  }

  private attach(self: Router, other: Router, direction: "inbound" | "outbound", delayMs: number): void {
    const connection = (remote: Router, way: string, open: (protocols: string | string[]) => Promise<Stream>) =>
      ({
        ...{ remotePeer: remote.peer, remoteAddr: multiaddr(remote.address), direction: way, status: "open" },
        newStream: open,
      }) as unknown as Connection;
    const refuse = (): Promise<Stream> => Promise.reject(new Error("streams are opened by the other end"));
    const ours = connection(other, direction, (protocols) => {
      const protocol = Array.isArray(protocols) ? (protocols[0] as string) : protocols;
      const stream = new Pipe(protocol, this.clock, delayMs) as unknown as Stream;
      const theirs = connection(self, direction === "outbound" ? "inbound" : "outbound", refuse);
      void other.accept?.(stream, theirs);
      return Promise.resolve(stream);
    });
    self.topology?.onConnect?.(other.peer, ours);
  }
}
