/**
 * How fast a signed transaction spreads: one hop between two tabs without any seed, and from one tab to all of many.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { startSeed } from "../../../../e2e/harness.ts";
import { browserName } from "../browser-platform.ts";
import { type BenchRow, sampled } from "../row.ts";
import { independentPayments } from "./coins.ts";
import { openWatched, sendFrom, type WatchedTab, whenHeight, whenNoted } from "./observer.ts";

const allTabs = 8;
/** Sent first and not counted: gossip builds its mesh, engines compile. */
const warmUps = 8;
const samples = 50;

/** Sends a payment from the first tab; monotonic times of the sending and of each tab's pool, in milliseconds. */
async function spread(tabs: readonly WatchedTab[], payment: PreparedTransaction): Promise<readonly number[]> {
  const [sender] = tabs as [WatchedTab];
  const heard = tabs.map(async (tab) => tab.originMs + (await whenNoted(tab, `pending ${toHex(payment.id)}`)));
  const sentMs = sender.originMs + (await sendFrom(sender, payment.bytes));
  return [sentMs, ...(await Promise.all(heard))];
}

async function spreadAll(tabs: readonly WatchedTab[], payments: readonly PreparedTransaction[]) {
  for (const payment of payments.slice(0, warmUps)) await spread(tabs, payment);
  const runs: (readonly number[])[] = [];
  for (const payment of payments.slice(warmUps, warmUps + samples)) runs.push(await spread(tabs, payment));
  return runs.map(([sentMs = 0, ownMs = 0, ...others]) => ({ sentMs, ownMs, others }));
}

/** Joins tabs to a seed until each has a direct connection to `wanted` others and the chain up to a height. */
async function joined(url: string, count: number, wanted: number): Promise<readonly WatchedTab[]> {
  const tabs: WatchedTab[] = [];
  for (let i = 0; i < count; i++) tabs.push(await openWatched(url));
  for (const tab of tabs) await whenNoted(tab, `tabs ${wanted}`);
  return tabs;
}

async function measure(count: number, wanted: number, withSeed: boolean) {
  const seed = await startSeed();
  const tabs = await joined(seed.url, count, wanted);
  const { payments, height } = await independentPayments(seed);
  for (const tab of tabs) await whenHeight(tab, height);
  if (!withSeed) await seed.stop();
  const runs = await spreadAll(tabs, payments);
  const where = browserName((tabs[0] as WatchedTab).tab);
  for (const tab of tabs) await tab.profile.close();
  await seed.stop();
  return { runs, where };
}

/** Rows of gossip. */
export async function measureSpread(): Promise<BenchRow[]> {
  const two = await measure(2, 1, false);
  const many = await measure(allTabs, allTabs - 1, true);
  const machine = "each tab a browser process of its own on this machine, times on its one monotonic clock";
  return [
    {
      ...sampled(
        {
          name: "gossip hop, tab to tab",
          unit: "ms",
          goals: [{ of: "p95", atMost: 10 }],
          method: `no seed running; from the sender's pool to the other's, signature checked; ${machine}`,
        },
        two.runs.map(({ ownMs, others }) => Math.max(...others) - ownMs),
      ),
      where: two.where,
    },
    {
      ...sampled(
        {
          name: `command to all of ${allTabs} tabs`,
          unit: "ms",
          goals: [{ of: "p95", atMost: 100 }],
          method: `from handing the signed transaction to the node, which makes it durable first, to the last of ${allTabs - 1} pools; ${machine}, with one seed`,
        },
        many.runs.map(({ sentMs, others }) => Math.max(...others) - sentMs),
      ),
      where: many.where,
    },
  ];
}
