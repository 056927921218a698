import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ComputeService } from "./compute-service.ts";
import type { PoolWorker } from "./pool-worker.ts";
import { createPooledNonceSearch, RateMeter } from "./pooled-nonce-search.ts";

interface Slice {
  readonly first: bigint;
  readonly count: number;
  readonly atMs: number;
}

/** A service whose machine makes `hashesPerMs` and that knows one nonce; it moves the fake clock as it works. */
function machine(hashesPerMs: number, known: bigint | null): { service: ComputeService; slices: Slice[] } {
  const slices: Slice[] = [];
  const service: ComputeService = {
    verifySignatures: () => Promise.resolve(new Uint8Array()),
    verifyProofs: () => Promise.resolve([]),
    verifyBls: () => Promise.resolve([]),
    addBls: () => Promise.reject(new Error("not here")),
    verifyBeacons: () => Promise.resolve([]),
    search: async (_preimage, _target, first, count) => {
      slices.push({ first, count, atMs: Date.now() });
      await new Promise((resolve) => setTimeout(resolve, count / hashesPerMs));
      const place = known === null ? -1n : BigInt.asUintN(64, known - first);
      return place >= 0n && place < BigInt(count) ? known : null;
    },
  };
  return { service, slices };
}

const worker = (service: ComputeService): PoolWorker => ({
  thread: {
    port: { postMessage: () => undefined, addEventListener: () => undefined, removeEventListener: () => undefined },
    onDeath: () => undefined,
    end: () => undefined,
  },
  remote: { methods: service, onEvent: () => () => undefined, close: () => undefined },
  alive: true,
});

const preimage = new Uint8Array(64);
const target = new Uint8Array(32);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("slices of a pooled nonce search", () => {
  it("cover the nonces without gap or overlap, over the end of the number space, on all threads", async () => {
    const first = (1n << 64n) - 40_000n;
    const known = 3_000_000n;
    const fast = machine(2_000, known);
    const slow = machine(300, known);
    const local = machine(1_000, known);
    const workers = [worker(fast.service), worker(slow.service)];
    const search = createPooledNonceSearch(
      () => workers,
      local.service,
      Date.now,
      () => 1,
    );
    const job = search.start(preimage, target, first);
    await vi.runAllTimersAsync();
    expect(await job.result).toBe(known);
    expect(local.slices).toEqual([]);
    const all = [...fast.slices, ...slow.slices].map(({ first: at, count }) => ({
      from: BigInt.asUintN(64, at - first),
      count: BigInt(count),
    }));
    all.sort((a, b) => (a.from < b.from ? -1 : 1));
    let next = 0n;
    for (const { from, count } of all) {
      expect(from).toBe(next);
      next = from + count;
    }
    expect(next).toBeGreaterThan(known + 40_000n);
  });

  it.each([
    ["a fast machine", 12_000],
    ["a phone", 300],
  ])("take about 50 ms on %s", async (_name, hashesPerMs) => {
    const { service, slices } = machine(hashesPerMs, null);
    const search = createPooledNonceSearch(
      () => [worker(service)],
      service,
      Date.now,
      () => 1,
    );
    const job = search.start(preimage, target, 0n);
    await vi.advanceTimersByTimeAsync(3_000);
    job.cancel();
    const newest = slices.at(-1) as Slice;
    expect(newest.count / hashesPerMs).toBeGreaterThan(40);
    expect(newest.count / hashesPerMs).toBeLessThan(60);
    expect(search.hashesPerSecond() / 1_000 / hashesPerMs).toBeCloseTo(1, 1);
  });

  it.each([
    [1, 1],
    [0.5, 0.5],
    [0.1, 0.1],
    [0.01, 0.05],
    [0, 0],
  ])("take the share of the processor that is asked for: %d", async (share, taken) => {
    const hashesPerMs = 1_000;
    const { service, slices } = machine(hashesPerMs, null);
    const search = createPooledNonceSearch(
      () => [worker(service)],
      service,
      Date.now,
      () => share,
    );
    const startedMs = Date.now();
    const job = search.start(preimage, target, 0n);
    await vi.advanceTimersByTimeAsync(60_000);
    job.cancel();
    const busyMs = slices.reduce((sum, { count }) => sum + count, 0) / hashesPerMs;
    expect(busyMs / (Date.now() - startedMs)).toBeCloseTo(taken, 1);
    expect(Math.abs(busyMs / (Date.now() - startedMs) - taken)).toBeLessThan(0.02);
  });

  it("are not held up by a pause of making blocks where the search is for something else", async () => {
    const { service } = machine(1_000, 200_000n);
    const search = createPooledNonceSearch(
      () => [worker(service)],
      service,
      Date.now,
      () => 0,
    );
    const held = search.start(preimage, target, 0n);
    const job = search.start(preimage, target, 0n, "at-once");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await job.result).toBe(200_000n);
    expect(search.hashesPerSecond()).toBeGreaterThan(0);
    held.cancel();
    expect(await held.result).toBeNull();
  });

  it("stop with the first nonce found and with cancel: no thread starts another", async () => {
    for (const known of [200_000n, null]) {
      const { service, slices } = machine(1_000, known);
      const search = createPooledNonceSearch(
        () => [worker(service)],
        service,
        Date.now,
        () => 1,
      );
      const job = search.start(preimage, target, 0n);
      await vi.advanceTimersByTimeAsync(1_000);
      job.cancel();
      const before = slices.length;
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await job.result).toBe(known);
      expect(slices.length).toBe(before);
    }
  });

  it("fall back to the calling thread when a thread refuses to search", async () => {
    const broken: ComputeService = {
      ...machine(1, null).service,
      search: () => Promise.reject(new Error("no WebAssembly here")),
    };
    const local = machine(1_000, 100_000n);
    const search = createPooledNonceSearch(
      () => [worker(broken)],
      local.service,
      Date.now,
      () => 1,
    );
    const job = search.start(preimage, target, 0n);
    await vi.runAllTimersAsync();
    expect(await job.result).toBe(100_000n);
  });
});

describe("the calling thread without a pool", () => {
  it("gets its other work done between slices", async () => {
    vi.useRealTimers();
    let slices = 0;
    let slicesBeforeTimer = Number.POSITIVE_INFINITY;
    const local: ComputeService = {
      ...machine(1, null).service,
      search: (_preimage, _target, first) => Promise.resolve(++slices < 500 ? null : first),
    };
    const search = createPooledNonceSearch(
      () => [],
      local,
      Date.now,
      () => 1,
    );
    const job = search.start(preimage, target, 0n);
    setTimeout(() => {
      slicesBeforeTimer = slices;
    }, 1);
    await job.result;
    expect(slicesBeforeTimer).toBeLessThan(500);
  });
});

describe("rate meter", () => {
  it("tells of the newest finished second and forgets it when idle", () => {
    const meter = new RateMeter();
    meter.add(100, 5_000);
    meter.add(50, 5_999);
    expect(meter.perSecond(5_999)).toBe(0);
    expect(meter.perSecond(6_000)).toBe(150);
    meter.add(7, 6_500);
    expect(meter.perSecond(6_999)).toBe(150);
    expect(meter.perSecond(7_100)).toBe(7);
    expect(meter.perSecond(9_000)).toBe(0);
  });
});
