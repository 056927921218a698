/**
 * What every adapter of the network port promises; run on libp2p hosts, on the bridge between window and worker, and on
 * the simulator's network, so that what holds in the simulator holds in a browser.
 * @module
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type GossipVerdict,
  type Network,
  type NetworkHandlers,
  type PeerInfo,
  type Protocol,
  protocols,
} from "#node/ports.ts";
import { limits as protocolLimits } from "#protocol/parameters.ts";
import { accepted, rejected } from "#protocol/result.ts";

/** A place where networks of one kind meet. */
export interface NetworkWorld {
  /** Bytes a request may have, and requests that may be open to one peer at once. */
  readonly bounds: { readonly requestBytes: number; readonly openRequests: number };
  /** A started network. */
  join(handlers: NetworkHandlers): Promise<Network>;
  /** Lets two meet; done when each counts the other, or when they will not. */
  link(a: Network, b: Network): Promise<void>;
  /** Lets time pass until something holds. */
  until(condition: () => boolean): Promise<void>;
  /** Lets time pass until a promise is settled. */
  settle<T>(promise: Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** A network with handlers that note everything. */
interface Station {
  readonly network: Network;
  readonly connected: PeerInfo[];
  readonly gone: string[];
  readonly heard: Uint8Array[];
  verdict: GossipVerdict;
  answer: NetworkHandlers["onRequest"];
}

async function station(world: NetworkWorld): Promise<Station> {
  const noted = {
    connected: [] as PeerInfo[],
    gone: [] as string[],
    heard: [] as Uint8Array[],
    verdict: "accept" as GossipVerdict,
    answer: ((_peer, _protocol, request) => Promise.resolve(accepted(request))) as NetworkHandlers["onRequest"],
  };
  const network = await world.join({
    onGossip: (_peer, _topic, message) => {
      noted.heard.push(message);
      return Promise.resolve(noted.verdict);
    },
    onRequest: (...request) => noted.answer(...request),
    onPeerConnected: (peer) => noted.connected.push(peer),
    onPeerDisconnected: (id) => noted.gone.push(id),
  });
  return Object.assign(noted, { network });
}

const usual = { timeoutMs: 5_000, maximumResponseBytes: 100_000 };
const heardBy = (one: Station, message: Uint8Array): boolean =>
  one.heard.some((heard) => heard.toString() === message.toString());

/** Runs the suite on one kind of network. */
export function networkContract(kind: string, createWorld: () => Promise<NetworkWorld>): void {
  describe(`network port: ${kind}`, () => {
    let world: NetworkWorld;
    let a: Station;
    let b: Station;
    beforeEach(async () => {
      world = await createWorld();
      [a, b] = [await station(world), await station(world)];
      await world.link(a.network, b.network);
    });
    afterEach(() => world.end());

    const ask = (body: Uint8Array, bounds = usual, protocol: Protocol = protocols.sync) =>
      a.network.request(b.network.selfId(), protocol, body, bounds);
    const settled = (body: Uint8Array, bounds = usual) => world.settle(ask(body, bounds));

    it("tells of peers when they come and go", async () => {
      expect(a.connected.map(({ id }) => id)).toEqual([b.network.selfId()]);
      expect(a.network.peers().map(({ id }) => id)).toEqual([b.network.selfId()]);
      expect(a.network.peers()[0]).toMatchObject({ direct: true });
      await world.settle(b.network.stop());
      await world.until(() => a.gone.includes(b.network.selfId()) && a.network.peers().length === 0);
    });

    it("carries requests, answers, and refusals with their words", async () => {
      expect(await settled(new Uint8Array([1, 2]))).toEqual(accepted(new Uint8Array([1, 2])));
      b.answer = () => Promise.resolve(rejected("unknown-version", "Newer than this node."));
      expect(await settled(new Uint8Array([9]))).toMatchObject({
        ok: false,
        code: "unknown-version",
        message: "Newer than this node.",
      });
    });

    it("takes an answer up to the limit and not one byte more", async () => {
      const bounds = { ...usual, maximumResponseBytes: 70_000 };
      b.answer = () => Promise.resolve(accepted(new Uint8Array(70_000).fill(7)));
      expect(await settled(new Uint8Array(1), bounds)).toEqual(accepted(new Uint8Array(70_000).fill(7)));
      b.answer = () => Promise.resolve(accepted(new Uint8Array(70_001)));
      expect(await settled(new Uint8Array(1), bounds)).toMatchObject({ ok: false, code: "too-large" });
      // And the next request is not the worse for it.
      b.answer = () => Promise.resolve(accepted(new Uint8Array(3)));
      expect(await settled(new Uint8Array(1), bounds)).toEqual(accepted(new Uint8Array(3)));
    });

    it("counts what goes and what comes, on both sides", async () => {
      const body = new Uint8Array(world.bounds.requestBytes).fill(3);
      b.answer = () => Promise.resolve(accepted(new Uint8Array(70_000).fill(7)));
      const before = [a.network.traffic(), b.network.traffic()] as const;
      expect(await settled(body)).toMatchObject({ ok: true });
      const grown = (field: "receivedBytes" | "sentBytes", number: 0 | 1): number =>
        (number === 0 ? a : b).network.traffic()[field] - before[number][field];
      await world.until(() => grown("sentBytes", 0) >= body.length && grown("receivedBytes", 0) >= 70_000);
      await world.until(() => grown("sentBytes", 1) >= 70_000 && grown("receivedBytes", 1) >= body.length);
      // Frames, echoes and gossip come on top, not as much again.
      expect(grown("receivedBytes", 0)).toBeLessThan(140_000);
      expect(grown("sentBytes", 1)).toBeLessThan(140_000);
    });

    it("takes a request up to the limit and not one byte more", async () => {
      const seen: number[] = [];
      b.answer = (_peer, _protocol, request) => {
        seen.push(request.length);
        return Promise.resolve(accepted(new Uint8Array(1)));
      };
      expect(await settled(new Uint8Array(world.bounds.requestBytes))).toMatchObject({ ok: true });
      expect(await settled(new Uint8Array(world.bounds.requestBytes + 1))).toMatchObject({
        ok: false,
        code: "too-large",
      });
      expect(seen).toEqual([world.bounds.requestBytes]);
    });

    it("gives up on an answer that does not come", async () => {
      b.answer = () => new Promise(() => undefined);
      expect(await settled(new Uint8Array(1), { ...usual, timeoutMs: 300 })).toMatchObject({
        ok: false,
        code: "timeout",
      });
    });

    it("refuses when the other's handler fails, and goes on", async () => {
      b.answer = () => Promise.reject(new Error("a bug"));
      expect(await settled(new Uint8Array(1))).toMatchObject({ ok: false, code: "disconnected" });
      b.answer = () => Promise.resolve(accepted(new Uint8Array(2)));
      expect(await settled(new Uint8Array(1))).toEqual(accepted(new Uint8Array(2)));
    });

    it("holds a bounded number of requests open and refuses the rest at once", async () => {
      const { openRequests } = world.bounds;
      const waiting: (() => void)[] = [];
      b.answer = () => new Promise((resolve) => waiting.push(() => resolve(accepted(new Uint8Array(1)))));
      const asked = Array.from({ length: openRequests + 10 }, () => ask(new Uint8Array(1)));
      let refused = 0;
      for (const one of asked)
        void one.then((answer) => (refused += !answer.ok && answer.code === "rate-limited" ? 1 : 0));
      await world.until(() => waiting.length === openRequests && refused === 10);
      for (const release of waiting) release();
      const answers = await world.settle(Promise.all(asked));
      expect(answers.filter((answer) => answer.ok)).toHaveLength(openRequests);
    });

    it("brings big answers whole, several at a time", async () => {
      const size = 1_500_000;
      b.answer = (_peer, _protocol, request) => Promise.resolve(accepted(new Uint8Array(size).fill(request[0] ?? 0)));
      const bounds = { ...usual, timeoutMs: 20_000, maximumResponseBytes: size };
      const answers = await world.settle(Promise.all([1, 2, 3, 4].map((n) => ask(new Uint8Array([n]), bounds))));
      for (const [i, answer] of answers.entries()) {
        expect(answer.ok && answer.value.length === size && answer.value.every((byte) => byte === i + 1)).toBe(true);
      }
    });

    it("refuses politely a protocol that the other does not speak", async () => {
      const answer = await world.settle(ask(new Uint8Array(1), usual, "/aether/sync/9" as Protocol));
      expect(answer).toMatchObject({ ok: false, code: "unsupported-protocol" });
      expect(a.network.peers()).toHaveLength(1);
    });

    it("ends a request whose peer leaves while it waits", async () => {
      let arrived = false;
      b.answer = () => {
        arrived = true;
        return new Promise(() => undefined);
      };
      const asked = ask(new Uint8Array(1), { ...usual, timeoutMs: 60_000 });
      await world.until(() => arrived);
      await world.settle(b.network.stop());
      expect(await world.settle(asked)).toMatchObject({ ok: false, code: "disconnected" });
      expect(await settled(new Uint8Array(1))).toMatchObject({ ok: false, code: "disconnected" });
    });

    it("passes gossip on only after the one in the middle has accepted it", async () => {
      const c = await station(world);
      await world.link(b.network, c.network);
      let number = 0;
      const say = async (): Promise<Uint8Array> => {
        const message = new Uint8Array([7, number++, number >> 8]);
        await world.settle(a.network.publish("block", message));
        return message;
      };
      // A mesh takes a moment to form.
      while (c.heard.length === 0) {
        const tried = await say();
        await world.until(() => heardBy(b, tried) || c.heard.length > 0);
      }
      for (const verdict of ["ignore", "reject"] as const) {
        b.verdict = verdict;
        const held = await say();
        await world.until(() => heardBy(b, held));
        b.verdict = "accept";
        // A later one that arrives shows that the earlier had its time.
        const later = await say();
        await world.until(() => heardBy(c, later));
        expect(heardBy(c, held), verdict).toBe(false);
      }
    });

    it("refuses to publish what is too long to arrive", async () => {
      const tooLong = new Uint8Array(protocolLimits.gossipBytes + 1);
      await expect(world.settle(a.network.publish("block", tooLong))).rejects.toThrow("bytes");
    });

    it("parts from a banned peer, keeps it out, and forgives when the ban is over", async () => {
      a.network.ban(b.network.selfId(), 1_500, "a test");
      await world.until(() => a.network.peers().length === 0 && b.network.peers().length === 0);
      await world.link(b.network, a.network);
      expect(a.network.peers()).toEqual([]);
      await world.until(() => {
        if (a.network.peers().length === 0) void world.link(b.network, a.network);
        return a.network.peers().length === 1;
      });
    });
  });
}
