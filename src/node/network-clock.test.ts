import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { clockLimits, NetworkClock, peerGroup } from "./network-clock.ts";

const startMs = 1_000_000;

/** A clock with a way to tell it of a peer that is so far off, with 100 ms on each way. */
function setUp() {
  const local = new VirtualClock(startMs);
  const clock = new NetworkClock(local);
  const tell = (id: string, address: string, offsetMs: number): void => {
    const sentMs = local.nowMs() - 200;
    const there = sentMs + 100 + offsetMs;
    const exchange = { sentMs, peerReceivedMs: there, peerSentMs: there, receivedMs: local.nowMs() };
    clock.addSample({ id, address }, exchange);
  };
  /** `count` honest peers, each in a network of its own. */
  const honest = (count: number, offsetMs = 0): void => {
    for (let i = 0; i < count; i++) tell(`honest-${i}`, `/ip4/${20 + i}.1.0.1/tcp/1/ws`, offsetMs);
  };
  const wait = (ms: number): Promise<unknown> => local.run(local.nowMs() + ms);
  return { local, clock, tell, honest, wait };
}

describe("network time", () => {
  it("is the local clock until five independent peers have told theirs", () => {
    const { clock, honest, tell } = setUp();
    honest(4, 30_000);
    for (let i = 0; i < 20; i++) tell(`neighbour-${i}`, `/ip4/20.1.0.${i}/tcp/1/ws`, 30_000);
    expect(clock.medianOffsetMs()).toBeNull();
    expect(clock.nowMs()).toBe(startMs);
    honest(5, 30_000);
    expect(clock.medianOffsetMs()).toBe(30_000);
    expect(clock.nowMs()).toBe(startMs + 30_000);
  });

  it("is moved by no number of liars of one address block, one host, or behind one relay", () => {
    const ways = [
      (i: number) => `/ip4/66.6.${i}.1/tcp/1/ws`,
      (i: number) => `/ip6/2001:db8:${i}::1/tcp/1/ws`,
      (i: number) => `/dns4/s${i}.liars.example/tcp/443/wss`,
      (i: number) => `/ip4/20.1.0.1/tcp/1/ws/p2p/seed/p2p-circuit/webrtc/p2p/liar${i}`,
    ];
    for (const way of ways) {
      const { clock, honest, tell } = setUp();
      honest(5, 400);
      for (let i = 0; i < 50; i++) tell(`liar-${i}`, way(i), 65_000);
      expect(clock.nowMs()).toBe(startMs + 400);
    }
  });

  it("stays among the honest as long as they have the majority of groups", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 5, maxLength: 15 }),
        fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 4 }),
        (truths, lies) => {
          const { clock, tell } = setUp();
          for (const [i, truth] of truths.entries()) tell(`honest-${i}`, `/ip4/20.${i}.0.1/tcp/1`, truth);
          for (const [i, lie] of lies.entries()) tell(`liar-${i}`, `/ip4/66.${i}.0.1/tcp/1`, lie);
          const offsetMs = clock.nowMs() - startMs;
          expect(offsetMs).toBeGreaterThanOrEqual(Math.min(...truths));
          expect(offsetMs).toBeLessThanOrEqual(Math.max(...truths));
        },
      ),
    );
  });

  it("believes nothing past the bound, and says so", () => {
    const { clock, honest } = setUp();
    honest(5, clockLimits.largestOffsetMs + 1);
    expect([clock.isFarOff(), clock.nowMs()]).toEqual([true, startMs]);
    honest(5, -clockLimits.largestOffsetMs);
    expect([clock.isFarOff(), clock.nowMs()]).toEqual([false, startMs - clockLimits.largestOffsetMs]);
  });

  it("is slewed after its first correction and never goes back", async () => {
    const { clock, honest, wait } = setUp();
    honest(5, 10_000);
    let before = clock.nowMs();
    expect(before).toBe(startMs + 10_000);
    honest(5, -60_000);
    for (let second = 1; second <= 1_400; second++) {
      await wait(1_000);
      const now = clock.nowMs();
      expect(now - before).toBeGreaterThanOrEqual(949);
      expect(now - before).toBeLessThanOrEqual(1_001);
      before = now;
    }
    expect(clock.correctionMs()).toBe(-60_000);
    // Without fresh samples it goes back to the local clock, as slowly.
    await wait(clockLimits.sampleAgeMs);
    expect(clock.medianOffsetMs()).toBeNull();
    clock.nowMs();
    await wait(clockLimits.sampleAgeMs);
    expect(clock.correctionMs()).toBe(0);
  });

  it("leaves out exchanges that cannot have been, or were too slow to tell", () => {
    const { clock, honest } = setUp();
    honest(4);
    const good = { sentMs: startMs - 200, peerReceivedMs: startMs, peerSentMs: startMs, receivedMs: startMs };
    const peer = { id: "x", address: "/ip4/99.1.0.1/tcp/1" };
    for (const bad of [
      { peerSentMs: startMs - 1 },
      { peerSentMs: startMs + 201 },
      { sentMs: startMs - clockLimits.longestExchangeMs - 1 },
      { peerReceivedMs: Number.NaN },
    ]) {
      clock.addSample(peer, { ...good, ...bad });
      expect(clock.voteCount).toBe(4);
    }
    clock.addSample(peer, good);
    expect(clock.voteCount).toBe(5);
  });
});

describe("groups of peers", () => {
  it.each([
    ["/ip4/1.2.3.4/tcp/1/ws", "/ip4/1.2.9.9/udp/2/webrtc-direct", true],
    ["/ip4/1.2.3.4/tcp/1/ws", "/ip4/1.3.3.4/tcp/1/ws", false],
    ["/ip4/1.2.3.4/tcp/1/ws", "/ip4/1.2.3.4/tcp/1/ws/p2p/a/p2p-circuit/webrtc/p2p/b", false],
    ["/ip6/2001:DB8::1/tcp/1", "/ip6/2001:db8:9::1/tcp/1", true],
    ["/dns4/a.example.org/tcp/1", "/dns6/b.example.org/tcp/1", true],
    ["/memory/a", "/memory/b", false],
  ])("%s and %s: together %s", (a, b, together) => {
    expect(peerGroup({ address: a }) === peerGroup({ address: b })).toBe(together);
  });
});
