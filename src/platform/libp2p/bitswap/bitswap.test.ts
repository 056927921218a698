/** Bitswap with a node of IPFS that is not ours, Helia's, over loopback WebSockets; and with nodes that lie. */
import type { Connection, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { afterEach, describe, expect, it } from "vitest";
import { checkedBlocks, findPublic, type PublicFile, partsOf } from "#interchange/gateway/public-files.ts";
import { joinBytes, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { hashBytes } from "#testing/interchange-fixtures.ts";
import { endIpfsNodes, startIpfsNode, startPlainNode } from "#testing/ipfs-node.ts";
import {
  acquainted,
  connect,
  directAddress,
  endMembers,
  holds,
  type Member,
  startSeedMember,
  startTabMember,
} from "#testing/libp2p-members.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { bitswapLimits, bitswapProtocol } from "./limits.ts";
import { decodeMessage, encodeBlock } from "./messages.ts";
import { bytesField, varint } from "./protobuf.ts";
import { Serving } from "./serving.ts";

afterEach(async () => {
  await endMembers();
  await endIpfsNodes();
});

const rawCid = (bytes: Uint8Array): CID => CID.createV1(0x55, createDigest(0x12, sha256(bytes)));

function share(member: Member, bytes: Uint8Array): CID {
  member.open.set(toHex(sha256(bytes)), bytes);
  return rawCid(bytes);
}

async function readAll(from: Member, root: CID, path: readonly string[]): Promise<Uint8Array> {
  const fetch = checkedBlocks((cid) => from.network.ipfs.fetch(cid.bytes), hashBytes);
  const found = must(await findPublic(fetch, root, path));
  const parts: Uint8Array[] = [];
  for await (const part of partsOf(fetch, found as PublicFile)) parts.push(must(part));
  return joinBytes(parts);
}

describe("a node of IPFS", () => {
  it("gives a file of many blocks in folders to who has connected it, and is no peer", async () => {
    const ipfs = await startIpfsNode();
    const large = new Random(1).bytes(3_500_000);
    const root = await ipfs.add({ "a/b/large.bin": large, "a/small.txt": new Uint8Array([104, 105]) });
    expect(ipfs.blocks.size).toBeGreaterThan(6);
    const tab = await startTabMember();
    expect(await tab.network.ipfs.fetch(root.bytes)).toMatchObject({ ok: false, code: "disconnected" });
    const connected = must(await tab.network.ipfs.connect(ipfs.address));
    expect(connected).toMatchObject({ id: ipfs.libp2p.peerId.toString(), isAsked: true });
    expect(sha256(await readAll(tab, root, ["a", "b", "large.bin"]))).toEqual(sha256(large));
    expect(await readAll(tab, root, ["a", "small.txt"])).toEqual(new Uint8Array([104, 105]));
    expect(tab.network.peers()).toEqual([]);
    expect(tab.connected).toEqual([]);
    expect(await tab.network.ipfs.peers()).toEqual([connected]);
    const none = await tab.network.ipfs.fetch(rawCid(new Uint8Array([9])).bytes);
    expect(none).toMatchObject({ ok: false, code: "not-found" });
    await ipfs.libp2p.stop();
    await holds(() => tab.network.libp2p.getConnections().length === 0);
    expect(await tab.network.ipfs.fetch(root.bytes)).toMatchObject({ ok: false, code: "disconnected" });
  });

  it("is given what is here for everybody, by a seed that it has dialled, and is neither a peer there nor asked", async () => {
    const ipfs = await startIpfsNode();
    const seed = await startSeedMember();
    const blocks = [new Random(2).bytes(1_048_576), new Random(3).bytes(500)];
    const cids = blocks.map((bytes) => share(seed, bytes));
    await ipfs.dial(seed.address);
    for (const [i, cid] of cids.entries())
      expect(sha256(await ipfs.want(cid))).toEqual(sha256(blocks[i] as Uint8Array));
    await holds(() => seed.connected.length === 0);
    expect(seed.network.peers()).toEqual([]);
    const [told] = await seed.network.ipfs.peers();
    expect(told).toMatchObject({ id: ipfs.libp2p.peerId.toString(), isAsked: false });
    const other = await ipfs.add({ f: new Uint8Array([1]) });
    expect(await seed.network.ipfs.fetch(other.bytes)).toMatchObject({ ok: false, code: "disconnected" });
  });

  it("that says late what it is was taken for a peer until then, and is none any more", async () => {
    const seed = await startSeedMember();
    const node = await startPlainNode();
    await node.libp2p.dial(multiaddr(seed.address));
    await holds(() => seed.connected.length === 1);
    const { libp2p } = seed.network;
    const [connection] = libp2p.getConnections();
    const detail = { peerId: node.libp2p.peerId, protocols: [bitswapProtocol], connection };
    libp2p.dispatchEvent(new CustomEvent("peer:identify", { detail }));
    expect([seed.connected, seed.network.peers()]).toEqual([[], []]);
    expect(connection?.status).toBe("open");
  });

  it("is given many blocks at the pace of the limits, all of them", async () => {
    const ipfs = await startIpfsNode();
    const seed = await startSeedMember();
    const blocks = Array.from({ length: bitswapLimits.blockBurst + 10 }, (_, i) => new Random(i).bytes(2_000));
    const cids = blocks.map((bytes) => share(seed, bytes));
    await ipfs.dial(seed.address);
    const came = await Promise.all(cids.map((cid) => ipfs.want(cid)));
    expect(came.map((one) => toHex(sha256(one)))).toEqual(blocks.map((one) => toHex(sha256(one))));
    // Of a stream that has done its work nothing is left.
    const open = () => seed.network.libp2p.getConnections().flatMap(({ streams }) => streams);
    await holds(() => open().every(({ protocol }) => protocol !== bitswapProtocol));
  });

  it("that a seed's operator has named is connected by the seed, and again when it has been away", async () => {
    const ipfs = await startIpfsNode();
    const root = await ipfs.add({ f: new Uint8Array([7]) });
    const seed = await startSeedMember({ ipfsNodes: [ipfs.address] });
    const isAsked = async () => (await seed.network.ipfs.peers()).some((peer) => peer.isAsked);
    await expect.poll(isAsked, { timeout: 60_000 }).toBe(true);
    for (const connection of seed.network.libp2p.getConnections()) await connection.close();
    await expect.poll(isAsked, { timeout: 60_000 }).toBe(false);
    await expect.poll(isAsked, { timeout: 60_000 }).toBe(true);
    expect(await readAll(seed, root, ["f"])).toEqual(new Uint8Array([7]));
  });

  it("that cannot be dialled, or is none, is refused in words", async () => {
    const tab = await startTabMember();
    const other = await startTabMember();
    const plain = await startPlainNode();
    const id = "12D3KooWGRUfTyqRnJkWS9Zj3rkRMGkqMu4Yxs1gTPpCqzpqRHrQ";
    const refused = async (address: string) => {
      const answer = await tab.network.ipfs.connect(address);
      return answer.ok ? "" : `${answer.code}: ${answer.message}`;
    };
    expect(await refused("nonsense")).toMatch(/^invalid-argument: This is no multiaddress/);
    expect(await refused("/ip4/127.0.0.1/tcp/1/ws")).toMatch(/has to end in \/p2p\//);
    expect(await refused(`/ip4/127.0.0.1/tcp/4001/p2p/${id}`)).toMatch(/neither plain TCP nor QUIC/);
    expect(await refused(`/ip4/127.0.0.1/udp/4001/quic-v1/p2p/${id}`)).toMatch(/neither plain TCP nor QUIC/);
    expect(await refused(`/ip4/127.0.0.1/tcp/1/ws/p2p/${id}`)).toMatch(
      /^disconnected: That node could not be connected/,
    );
    expect(await refused(plain.address)).toMatch(/^unsupported-protocol: That node does not speak/);
    expect(await refused(directAddress(other))).toMatch(/^invalid-argument: That is a node of AetherChain/);
    expect(await tab.network.ipfs.peers()).toEqual([]);
    // What was refused as a node of IPFS can still be a peer.
    await connect(tab, other, directAddress(other));
    expect(acquainted(tab, other)).toBe(true);
  });
});

/** Bytes of a message behind its length. */
const framed = (message: Uint8Array): Uint8Array => joinBytes([varint(message.length), message]);

/** A node that speaks bitswap as `onMessage` says. */
async function startLiar(onMessage: (connection: Connection) => Promise<void>) {
  const node = await startPlainNode();
  await node.libp2p.handle(bitswapProtocol, async (stream: Stream, connection: Connection) => {
    // Not until its end: the iterator misses one that came before it was begun.
    for await (const _part of stream) {
      await onMessage(connection).catch(() => undefined);
      return;
    }
  });
  return node;
}

async function send(connection: Connection, ...messages: readonly Uint8Array[]): Promise<void> {
  const stream = await connection.newStream(bitswapProtocol);
  for (const message of messages) if (!stream.send(framed(message))) await stream.onDrain();
  await stream.close();
}

describe("a node that lies", () => {
  it("with an altered block is refused and kept away; another one is asked", async () => {
    const bytes = new Random(5).bytes(1_000);
    const cid = rawCid(bytes);
    const altered = Uint8Array.from(bytes, (byte, i) => (i === 500 ? byte ^ 1 : byte));
    const liar = await startLiar((connection) => send(connection, encodeBlock(cid.bytes, altered)));
    const tab = await startTabMember();
    must(await tab.network.ipfs.connect(liar.address));
    expect(await tab.network.ipfs.fetch(cid.bytes)).toMatchObject({ ok: false, code: "wrong-digest" });
    await holds(() => tab.network.libp2p.getConnections().length === 0);
    expect(tab.network.isBanned(liar.libp2p.peerId.toString())).toBe(true);
    // The honest one after it is believed.
    const second = await startLiar((connection) => send(connection, encodeBlock(cid.bytes, altered)));
    const honest = await startIpfsNode();
    honest.blocks.set(toHex(sha256(bytes)), bytes);
    must(await tab.network.ipfs.connect(second.address));
    must(await tab.network.ipfs.connect(honest.address));
    expect(must(await tab.network.ipfs.fetch(cid.bytes))).toEqual(bytes);
  });

  it("with blocks without end that nobody asked for is cut off at the first", async () => {
    const tab = await startTabMember();
    const liar = await startPlainNode();
    const block = new Random(6).bytes(100_000);
    const connection = await liar.libp2p.dial(multiaddr(directAddress(tab)));
    const stream = await connection.newStream(bitswapProtocol);
    let sent = 0;
    const flood = async (): Promise<void> => {
      for (;;) {
        if (!stream.send(framed(encodeBlock(rawCid(block).bytes, block)))) await stream.onDrain();
        sent++;
      }
    };
    await flood().catch(() => undefined);
    await holds(() => tab.network.libp2p.getConnections().length === 0);
    expect(tab.network.isBanned(liar.libp2p.peerId.toString())).toBe(true);
    expect(sent).toBeLessThan(1_000);
  });

  it("with the same block again and again is given no second time to do so", async () => {
    const bytes = new Random(7).bytes(1_000);
    const cid = rawCid(bytes);
    const block = encodeBlock(cid.bytes, bytes);
    const liar = await startLiar((connection) => send(connection, ...Array.from({ length: 50 }, () => block)));
    const tab = await startTabMember();
    must(await tab.network.ipfs.connect(liar.address));
    expect(must(await tab.network.ipfs.fetch(cid.bytes))).toEqual(bytes);
    await holds(() => tab.network.isBanned(liar.libp2p.peerId.toString()));
  });
});

/** An entry that wants a block. */
const entryOf = (cid: Uint8Array): Uint8Array => bytesField(1, joinBytes([bytesField(1, cid), Uint8Array.of(40, 1)]));

describe("a list of a million wants", () => {
  it("in one message is refused by its length, before it has come", async () => {
    const seed = await startSeedMember();
    const node = await startPlainNode();
    const connection = await node.libp2p.dial(multiaddr(seed.address));
    const stream = await connection.newStream(bitswapProtocol);
    const closed = new Promise<void>((resolve) => stream.addEventListener("close", () => resolve(), { once: true }));
    stream.send(varint(1_000_000 * entryOf(rawCid(new Uint8Array()).bytes).length));
    await closed;
    expect(stream.status).not.toBe("open");
  });

  it("over many messages is looked at as far as a node may ask, and others are served meanwhile", async () => {
    const seed = await startSeedMember();
    const looked: number[] = [];
    const has = seed.open.get.bind(seed.open);
    seed.open.get = (name) => {
      looked.push(1);
      return has(name);
    };
    const ipfs = await startIpfsNode();
    const cid = share(seed, new Random(8).bytes(5_000));
    const node = await startPlainNode();
    const connection = await node.libp2p.dial(multiaddr(seed.address));
    await ipfs.dial(seed.address);
    const random = new Random(9);
    const lists = Array.from({ length: 20 }, () => {
      const one = entryOf(rawCid(random.bytes(8)).bytes);
      const all = new Uint8Array(50_000 * one.length);
      for (let i = 0; i < 50_000; i++) {
        all.set(one, i * one.length);
        new DataView(all.buffer).setUint32(i * one.length + 20, i);
      }
      return bytesField(1, all);
    });
    await send(connection, ...lists).catch(() => undefined);
    expect(sha256(await ipfs.want(cid))).toEqual(cid.multihash.digest);
    // All lists are of different blocks; of each at most so many entries are read, and a node has its pace.
    expect(looked.length).toBeLessThan(2 * bitswapLimits.wantBurst + 100);
    expect(looked.length).toBeGreaterThan(bitswapLimits.wantsAtOnce);
  });

  it("is looked at as far as a node may ask, however patiently it does; another one's turn does not suffer", async () => {
    let looked = 0;
    let nowMs = 0;
    const serving = new Serving({
      nowMs: () => nowMs,
      pause: () => Promise.resolve(),
      onPublicHave: (digests) => {
        looked += digests.length;
        return Promise.resolve(digests.map(() => null));
      },
      onPublicWant: () => Promise.reject(new Error("nothing is here")),
    });
    const random = new Random(10);
    const ask = async (node: string): Promise<void> => {
      const cids = Array.from({ length: bitswapLimits.entries }, () => rawCid(random.bytes(8)).bytes);
      const wants = cids.map((cid) => ({
        cid,
        digest: cid.subarray(-32),
        justWhether: false,
        isCancelled: false,
        wantsNo: false,
      }));
      // Nothing is answered, so no stream is opened.
      await serving.receive({ remotePeer: node } as unknown as Connection, wants);
    };
    for (let i = 0; i < 20; i++) await ask("greedy");
    expect(looked).toBe(bitswapLimits.wantBurst);
    await ask("other");
    expect(looked).toBe(bitswapLimits.wantBurst + bitswapLimits.entries);
    nowMs = 1_000;
    await ask("greedy");
    expect(looked).toBe(bitswapLimits.wantBurst + bitswapLimits.entries + bitswapLimits.wantsPerSecond);
  });

  it("is read no further than its bound", () => {
    const entry = entryOf(rawCid(new Uint8Array()).bytes);
    const all = new Uint8Array(90_000 * entry.length);
    for (let i = 0; i < 90_000; i++) all.set(entry, i * entry.length);
    expect(must(decodeMessage(bytesField(1, all))).wants).toHaveLength(bitswapLimits.entries);
  });
});
