import type { MessageStream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { webSockets } from "@libp2p/websockets";
import { createLibp2p } from "libp2p";
import { afterEach, describe, expect, it } from "vitest";
import "../node/promise-with-resolvers.ts";
import "../node/web-socket.ts";
import { streamMuxer } from "./stream-muxer.ts";

const protocol = "/test/1";
const nodes: { stop(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

/** What lies under the muxers of nodes made here, the newest last. */
const under: MessageStream[] = [];

function watchedMuxer(): ReturnType<ReturnType<typeof streamMuxer>> {
  const factory = streamMuxer()();
  const create = factory.createStreamMuxer.bind(factory);
  factory.createStreamMuxer = (connection) => {
    under.push(connection);
    return create(connection);
  };
  return factory;
}

async function node(listen: readonly string[]) {
  const made = await createLibp2p({
    addresses: { listen: [...listen] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [watchedMuxer],
  });
  nodes.push(made);
  return made;
}

describe("a stream on a connection that ends in the same moment", () => {
  it("ends as well, and nothing is thrown where nobody catches it", async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", note);
    try {
      const server = await node(["/ip4/127.0.0.1/tcp/0/ws"]);
      await server.handle(protocol, () => undefined);
      const client = await node([]);
      const [address] = server.getMultiaddrs();
      if (address === undefined) throw new Error("the server has no address");
      const connection = await client.dial(address);
      const opening = connection.newStream(protocol).then(
        () => "opened",
        () => "refused",
      );
      // It closes from below, as a relayed one does: the muxer has not heard yet.
      void under.at(-1)?.close();
      expect(await opening).toBe("refused");
      expect(connection.streams).toEqual([]);
      // An exception of a microtask is told before the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      expect(uncaught).toEqual([]);
    } finally {
      process.removeListener("uncaughtException", note);
      for (const listener of others) process.on("uncaughtException", listener);
    }
  });

  it("is open on one that stays, and moves bytes", async () => {
    const server = await node(["/ip4/127.0.0.1/tcp/0/ws"]);
    await server.handle(protocol, async (stream) => {
      for await (const part of stream) stream.send(part);
      await stream.close();
    });
    const client = await node([]);
    const [address] = server.getMultiaddrs();
    if (address === undefined) throw new Error("the server has no address");
    const stream = await client.dialProtocol(address, protocol);
    stream.send(Uint8Array.of(1, 2, 3));
    const answered: number[] = [];
    void stream.close();
    for await (const part of stream) answered.push(...part.subarray());
    expect(answered).toEqual([1, 2, 3]);
  });
});
