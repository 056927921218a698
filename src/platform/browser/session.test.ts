import { expect, it, onTestFinished, vi } from "vitest";
import { accepted } from "#protocol/result.ts";
import type { Client, NodeEvent } from "#sdk/contract.ts";
import type { Locks } from "./leadership.ts";
import { startSession, whenJoined } from "./session.ts";

/** Exclusive locks as the browser gives them, over "tabs" that can end. */
function profile() {
  const queues = new Map<string, { tab: number; run: () => Promise<unknown>; ended: () => void }[]>();
  const pump = (name: string): void => {
    const first = queues.get(name)?.[0];
    if (first === undefined) return;
    void first.run().then(() => {
      queues.set(name, queues.get(name)?.filter((one) => one !== first) ?? []);
      first.ended();
      pump(name);
    });
  };
  const locksOf = (tab: number): Locks => ({
    request: (name: string, ...rest: readonly unknown[]) => {
      const use = rest.at(-1) as (lock: object | null) => unknown;
      const { ifAvailable = false } = (rest.length > 1 ? rest[0] : {}) as { ifAvailable?: boolean };
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      if (ifAvailable && queue.length > 0) return Promise.resolve(use(null)) as never;
      return new Promise((ended) => {
        queue.push({ tab, run: async () => use({}), ended: () => ended(undefined) });
        if (queue.length === 1) pump(name);
      }) as never;
    },
  });
  const end = (tab: number): void => {
    for (const [name, queue] of queues) {
      const held = queue[0]?.tab === tab;
      const left = queue.filter((one) => one.tab !== tab);
      queues.set(name, left);
      if (held) pump(name);
    }
  };
  return { locksOf, end };
}

/** A node that says its tab's name as the version. */
const nodeOf = (version: string) =>
  ({ status: async () => accepted({ version, leader: true }), subscribe: () => () => undefined }) as unknown as Client;

let profiles = 0;

function twoTabs(leaders: number | null, followers: number | null) {
  const { locksOf, end } = profile();
  const name = `session-test-${profiles++}`;
  const open = (tab: number, build: number | null): Client =>
    startSession({
      name,
      build,
      locks: locksOf(tab),
      startLeader: async () => accepted(nodeOf(`tab ${tab}`)),
    });
  const first = open(1, leaders);
  const second = open(2, followers);
  const notices: string[] = [];
  second.subscribe((event: NodeEvent) => {
    if (event.type === "notice") notices.push(event.message);
  });
  onTestFinished(() => {
    end(1);
    end(2);
  });
  return { first, second, notices, endFirst: () => end(1) };
}

it("lets tabs of one build share a node, and the other take over", async () => {
  const { first, second, notices, endFirst } = twoTabs(7, 7);
  expect(await first.status()).toMatchObject({ ok: true, value: { version: "tab 1", leader: true } });
  expect(await second.status()).toMatchObject({ ok: true, value: { version: "tab 1", leader: false } });
  endFirst();
  await expect.poll(() => second.status()).toMatchObject({ ok: true, value: { version: "tab 2" } });
  expect(notices).toEqual([]);
});

it.each([
  [7, 8, /runs an older build .* reload that tab or close it/],
  [8, 7, /runs a newer build .* reload this tab/],
  [8, null, /runs a newer build .* reload this tab/],
])(
  "refuses in words where the leader is of build %s and the follower of %s, until it leads itself",
  async (leaders, followers, words) => {
    const { first, second, notices, endFirst } = twoTabs(leaders, followers);
    expect(await first.status()).toMatchObject({ ok: true });
    expect(await second.status()).toMatchObject({
      ok: false,
      code: "disconnected",
      message: expect.stringMatching(words),
    });
    expect(notices).toEqual([expect.stringMatching(words)]);
    endFirst();
    await expect.poll(() => second.status()).toMatchObject({ ok: true, value: { version: "tab 2" } });
  },
);

it.each([
  ["has a peer", { type: "peers", peers: 1, direct: 0 }, true],
  ["follows", { type: "leader", leader: false }, true],
  ["has nobody yet", { type: "peers", peers: 0, direct: 0 }, false],
  ["leads", { type: "leader", leader: true }, false],
] as const)("tells when a node has joined: it %s", async (_, event, isJoined) => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const listeners = new Set<(event: NodeEvent) => void>();
  let joined = false;
  const client: Pick<Client, "subscribe"> = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  void whenJoined(client, 1_000).then(() => {
    joined = true;
  });
  for (const listener of listeners) listener(event);
  await vi.advanceTimersByTimeAsync(999);
  expect([joined, listeners.size]).toEqual(isJoined ? [true, 0] : [false, 1]);
  // A node that stays alone keeps nobody waiting.
  await vi.advanceTimersByTimeAsync(1);
  expect([joined, listeners.size]).toEqual([true, 0]);
});
