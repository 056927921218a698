import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, it } from "vitest";
import { protocols } from "#node/ports.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { connect as dial, endMembers, holds, type SeedMember, startSeedMember } from "#testing/libp2p-members.ts";
import { networkLimits } from "../libp2p/limits.ts";
import { addressOf } from "./seed-network.ts";

afterEach(endMembers);

const member = startSeedMember;
const connect = (from: SeedMember, to: SeedMember) => dial(from, to, to.address);

const ask = { timeoutMs: 3_000, maximumResponseBytes: 100_000 };
const request = (from: SeedMember, to: SeedMember, body: Uint8Array, bounds = ask) =>
  from.network.request(to.network.selfId(), protocols.sync, body, bounds);

describe("libp2p behind the network port", () => {
  it("counts a peer after an echo, carries requests, refusals and big answers, and keeps the bounds", async () => {
    const [a, b] = [await member(), await member()];
    await connect(a, b);
    expect(a.connected[0]).toMatchObject({ transport: "websocket", direct: true });
    expect(a.network.peers()[0]?.latencyMs).toBeGreaterThan(0);
    expect(await request(a, b, new Uint8Array([1, 2]))).toEqual(accepted(new Uint8Array([1, 2])));
    b.answer = () => Promise.resolve(rejected("not-found", "Nothing there."));
    expect(await request(a, b, new Uint8Array(1))).toMatchObject({
      ok: false,
      code: "not-found",
      message: "Nothing there.",
    });
    const big = new Uint8Array(90_000).fill(7);
    b.answer = () => Promise.resolve(accepted(big));
    expect(await request(a, b, new Uint8Array(1))).toEqual(accepted(big));
    expect(await request(a, b, new Uint8Array(1), { ...ask, maximumResponseBytes: 10_000 })).toMatchObject({
      ok: false,
    });
    expect(await request(a, b, new Uint8Array(networkLimits.requestBytes + 1))).toMatchObject({ ok: false });
    b.answer = () => new Promise(() => undefined);
    expect(await request(a, b, new Uint8Array(1), { ...ask, timeoutMs: 200 })).toMatchObject({
      ok: false,
      code: "timeout",
    });
  });

  it("slows a peer down that asks too much", async () => {
    const [a, b] = [await member(), await member()];
    await connect(a, b);
    const codes = new Set<string>();
    for (let i = 0; i < networkLimits.requestBurst * 3 && !codes.has("rate-limited"); i += 8) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => request(a, b, new Uint8Array(1))));
      for (const answer of answers) codes.add(answer.ok ? "ok" : answer.code);
    }
    expect(codes).toContain("rate-limited");
  });

  it("passes on only what the middle accepts, and refuses what libp2p would swallow", async () => {
    const [a, b, c] = [await member(), await member(), await member()];
    await connect(a, b);
    await connect(b, c);
    const sent = new Uint8Array([9, 9, 9]);
    await expect
      .poll(
        async () => {
          await a.network.publish("block", Uint8Array.of(...sent, a.gossip.length, c.gossip.length, Date.now() & 255));
          return c.gossip.length > 0;
        },
        { timeout: 15_000, interval: 200 },
      )
      .toBe(true);
    b.verdict = "ignore";
    const heldBack = new Uint8Array([1, 2, 3, 4]);
    await a.network.publish("block", heldBack);
    await holds(() => b.gossip.some((message) => message.length === 4 && message[0] === 1));
    // A later accepted message that arrives shows that the earlier one had its time.
    b.verdict = "accept";
    await a.network.publish("block", new Uint8Array([5, 6, 7, 8, 9]));
    await holds(() => c.gossip.some((message) => message.length === 5));
    expect(c.gossip.some((message) => message.length === 4 && message[0] === 1)).toBe(false);
    await expect(a.network.publish("block", new Uint8Array(limits.gossipBytes + 1))).rejects.toThrow("bytes");
  });

  it("parts from a banned peer and does not let it back in", async () => {
    const [a, b] = [await member(), await member()];
    await connect(a, b);
    a.network.ban(b.network.selfId(), 60_000, "test");
    await holds(() => a.connected.length === 0 && b.connected.length === 0);
    await b.network.libp2p.dial(multiaddr(a.address)).catch(() => undefined);
    expect(a.connected).toEqual([]);
    expect(a.network.peers()).toEqual([]);
  });

  it.each([
    ["127.0.0.1:8080", false, "/ip4/127.0.0.1/tcp/8080/ws/p2p/x"],
    ["example.org", true, "/dns/example.org/tcp/443/tls/ws/p2p/x"],
    ["[::1]:9", false, "/ip6/::1/tcp/9/ws/p2p/x"],
    ["localhost", false, "/dns/localhost/tcp/80/ws/p2p/x"],
    ["a b", false, null],
    ["x/../../y", false, null],
    ["", false, null],
  ])("derives its address from the page's host: %j", (host, secure, address) => {
    expect(addressOf(host, secure, "x")).toBe(address);
  });
});
