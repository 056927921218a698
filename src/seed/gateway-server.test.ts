/** `/ipfs/` of a seed over HTTP on the loopback: what it keeps, and what it has to ask for. */
import { type AddressInfo, createConnection } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { blocksOf, filesTree, fileTree, type TreeNode } from "#interchange/unixfs-writer.ts";
import { equalBytes, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Rejected, rejected } from "#protocol/result.ts";
import type { NodeRequests } from "#sdk/contract.ts";
import { hashBytes } from "#testing/interchange-fixtures.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { GatewayServer, type ReadingPace } from "./gateway-server.ts";
import { createSeedServer } from "./http-server.ts";
import { seedLimits } from "./limits.ts";
import type { BlockSources } from "./public-blocks.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface World {
  readonly origin: string;
  readonly blocks: Map<string, Uint8Array>;
  readonly asked: string[];
  /** Until it is over nobody answers. */
  hold: Promise<unknown>;
  nowMs: number;
  refusal: Rejected | null;
  served: number;
}

async function listening(gateway: GatewayServer | null): Promise<string> {
  const server = createSeedServer({
    node: {} as NodeRequests,
    files: new Map(),
    bootstrap: () => ({}),
    upgrade: (_request, socket) => socket.destroy(),
    gateway,
    nowMs: () => 0,
    tls: null,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const world = (...trees: readonly TreeNode[]): Promise<World> => pacedWorld(seedLimits, ...trees);

async function pacedWorld(pace: ReadingPace, ...trees: readonly TreeNode[]): Promise<World> {
  const blocks = new Map<string, Uint8Array>();
  for (const tree of trees) for (const { cid, bytes } of blocksOf(tree)) blocks.set(toHex(cid.multihash.digest), bytes);
  const made = { blocks, asked: [] as string[], hold: Promise.resolve(), nowMs: 0, refusal: null, served: 0 };
  const state: Omit<World, "origin"> = made;
  const sources: BlockSources = {
    node: {
      ipfsBlock: () => Promise.resolve(rejected("disconnected", "No node of IPFS is connected.")),
      fetchStripe: async ({ shards: [digest = new Uint8Array()] }) => {
        state.asked.push(toHex(digest));
        await state.hold;
        const block = blocks.get(toHex(digest)) ?? null;
        return accepted({ shards: [block], trouble: block === null ? rejected("not-found", "Nobody has it.") : null });
      },
    },
    serving: {
      refusal: () => state.refusal,
      note: (bytes) => {
        state.served += bytes;
      },
    },
    nowMs: () => state.nowMs,
  };
  return Object.assign(state, { origin: await listening(new GatewayServer(sources, pace)) });
}

const addressOf = ({ origin }: World, tree: TreeNode, rest = ""): string =>
  `${origin}/ipfs/${tree.block.cid.toString()}${rest}`;

describe("a public file at a seed", () => {
  it("comes over HTTP as it was published, and its parts do, too", async () => {
    const bytes = new Random(9).bytes(3 * 1_048_576 + 17);
    const tree = await fileTree(bytes, hashBytes);
    const made = await world(tree);
    const whole = await fetch(addressOf(made, tree, "?filename=a.mp4"));
    expect(whole.status).toBe(200);
    expect(whole.headers.get("content-type")).toBe("video/mp4");
    expect(whole.headers.get("content-length")).toBe(`${bytes.length}`);
    expect(whole.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(whole.headers.get("content-security-policy")).toMatch(/^sandbox/);
    // A page in a sandbox that says with whom it shares its windows is not shown at all.
    expect(whole.headers.get("cross-origin-opener-policy")).toBeNull();
    expect(equalBytes(new Uint8Array(await whole.arrayBuffer()), bytes)).toBe(true);
    const part = await fetch(addressOf(made, tree), { headers: { range: "bytes=1048570-1048580" } });
    expect(part.status).toBe(206);
    expect(equalBytes(new Uint8Array(await part.arrayBuffer()), bytes.subarray(1_048_570, 1_048_581))).toBe(true);
    // Root and pieces are in memory by now.
    expect(made.asked.length).toBe(5);
    expect(made.served).toBeGreaterThan(bytes.length);
    const tag = whole.headers.get("etag") ?? "";
    expect((await fetch(addressOf(made, tree), { headers: { "if-none-match": tag } })).status).toBe(304);
    const head = await fetch(addressOf(made, tree), { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, `${bytes.length}`]);
    expect((await fetch(addressOf(made, tree), { method: "POST" })).status).toBe(405);
  });

  it("breaks off where a block is another one, so that nobody takes it for the whole", async () => {
    const bytes = new Random(10).bytes(2 * 1_048_576 + 5);
    const tree = await fileTree(bytes, hashBytes);
    const made = await world(tree);
    const last = toHex(tree.children.at(-1)?.block.cid.multihash.digest as Uint8Array);
    made.blocks.set(last, new Uint8Array(5));
    const response = await fetch(addressOf(made, tree));
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it("that nobody has is not asked for again at once, and is said so in words", async () => {
    const tree = await fileTree(utf8ToBytes("here soon"), hashBytes);
    const made = await world();
    const [block] = [...blocksOf(tree)];
    for (let i = 0; i < 3; i++) {
      const response = await fetch(addressOf(made, tree));
      expect([response.status, await response.text()]).toEqual([404, "Nobody has it.\n"]);
      expect(response.headers.get("cache-control")).toBe("no-store");
    }
    expect(made.asked.length).toBe(1);
    made.blocks.set(toHex(tree.block.cid.multihash.digest), block?.bytes as Uint8Array);
    made.nowMs = seedLimits.gatewayMissMs;
    expect(await (await fetch(addressOf(made, tree))).text()).toBe("here soon");
  });

  it("is refused with 400, 503 and the way to go on where that is so", async () => {
    const tree = must(await filesTree([{ path: "a.txt", bytes: utf8ToBytes("a") }], hashBytes));
    const made = await world(tree);
    expect((await fetch(`${made.origin}/ipfs/nonsense`)).status).toBe(400);
    expect((await fetch(`${made.origin}/ipfs`)).status).toBe(400);
    const moved = await fetch(addressOf(made, tree), { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([301, `/ipfs/${tree.block.cid.toString()}/`]);
    expect(await (await fetch(addressOf(made, tree))).text()).toContain('href="./a.txt"');
    made.refusal = rejected("rate-limited", "This node has sent as much as its user allows.");
    const put = await fetch(addressOf(made, tree, "/a.txt"));
    expect([put.status, put.headers.get("retry-after")]).toEqual([503, "5"]);
    const none = await fetch(`${await listening(null)}/ipfs/${tree.block.cid.toString()}`);
    expect([none.status, await none.text()]).toEqual([404, expect.stringMatching(/shows no published files/)]);
  });

  it("is handed to one client in so many answers at once, and to it again after that", async () => {
    const tree = await fileTree(utf8ToBytes("slow"), hashBytes);
    const made = await world(tree);
    let go = (): void => undefined;
    made.hold = new Promise<void>((resolve) => {
      go = resolve;
    });
    const waiting = Array.from({ length: seedLimits.gatewayAnswersPerClient }, () => fetch(addressOf(made, tree)));
    // Whichever comes last is one too many.
    waiting.push(fetch(addressOf(made, tree)));
    const refused = await Promise.race(waiting);
    expect(refused.status).toBe(503);
    go();
    const all = await Promise.all(waiting);
    expect(all.filter(({ status }) => status === 200).length).toBe(seedLimits.gatewayAnswersPerClient);
    for (const response of all) await response.text();
    expect((await fetch(addressOf(made, tree))).status).toBe(200);
    // All of them waited for one block, which was asked for once.
    expect(made.asked.length).toBe(1);
  });

  it("gives its place back when the client goes in the middle", async () => {
    const tree = await fileTree(new Random(11).bytes(8 * 1_048_576), hashBytes);
    const made = await world(tree);
    for (let i = 0; i < 2 * seedLimits.gatewayAnswersPerClient; i++) {
      const stop = new AbortController();
      let response = await fetch(addressOf(made, tree), { signal: stop.signal });
      // One whose client has just gone may not have noticed yet.
      while (response.status === 503) response = await fetch(addressOf(made, tree), { signal: stop.signal });
      expect(response.status).toBe(200);
      await response.body?.getReader().read();
      stop.abort();
    }
  });

  it("gives its place to others when the client takes some bytes all the time, but very slowly", async () => {
    const large = await fileTree(new Uint8Array(16 * 1_048_576), hashBytes);
    const other = await fileTree(utf8ToBytes("other"), hashBytes);
    const made = await pacedWorld({ gatewayIdleMs: 60_000, gatewayLeastRate: 300_000 }, large, other);
    const { hostname, port } = new URL(made.origin);
    for (let i = 0; i < seedLimits.gatewayAnswersPerClient; i++) {
      const socket = createConnection({ host: hostname, port: Number(port) });
      socket.on("error", () => undefined);
      // At most 64 KiB each second: it would be at it for minutes, and is never idle.
      socket.on("data", () => {
        socket.pause();
        const timer = setTimeout(() => socket.resume(), 1_000);
        closers.push(() => clearTimeout(timer));
      });
      closers.push(() => socket.destroy());
      socket.write(`GET /ipfs/${large.block.cid.toString()} HTTP/1.1\r\nHost: seed\r\n\r\n`);
    }
    const ask = async () => (await fetch(addressOf(made, other))).status;
    await expect.poll(ask, { interval: 100, timeout: 20_000 }).toBe(503);
    await expect.poll(ask, { interval: 100, timeout: 20_000 }).toBe(200);
  });

  it("gives its place back at once when the client goes before anything was found, and looks no further", async () => {
    const deep = must(await filesTree([{ path: "a/b/c.txt", bytes: utf8ToBytes("deep") }], hashBytes));
    const other = await fileTree(utf8ToBytes("other"), hashBytes);
    const made = await world(deep, other);
    let go = (): void => undefined;
    made.hold = new Promise<void>((resolve) => {
      go = resolve;
    });
    const stop = new AbortController();
    // Whichever comes last is one too many.
    const waiting = Array.from({ length: seedLimits.gatewayAnswersPerClient + 1 }, () =>
      fetch(addressOf(made, deep, "/a/b/c.txt"), { signal: stop.signal }).catch(() => null),
    );
    expect((await Promise.race(waiting))?.status).toBe(503);
    stop.abort();
    await Promise.all(waiting);
    made.hold = Promise.resolve();
    await expect.poll(async () => (await fetch(addressOf(made, other))).status, { interval: 200 }).toBe(200);
    go();
    expect(await (await fetch(addressOf(made, other))).text()).toBe("other");
    // The root of the folder, and the other file.
    expect(made.asked.length).toBe(2);
  });
});
