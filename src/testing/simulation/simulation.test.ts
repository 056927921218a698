import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VoteAggregate } from "#protocol/consensus/certificate.ts";
import { firstEpochOf } from "#protocol/consensus/votes.ts";
import type { Chain } from "../../node/chain.ts";
import type { HeaderEntry } from "../../node/header-index.ts";
import { faultsLacking, playUntil, severalSeedsMs } from "./play-until.ts";
import { parseScenario, type Scenario } from "./scenario.ts";
import { playScenario } from "./story.ts";
import { fateOfHead, type ToldHead } from "./told-head.ts";
import { World, type WorldNode } from "./world.ts";

const folder = join(import.meta.dirname, "..", "scenarios");
/** Those in which nobody votes; the others are in finality.test.ts. */
const files = readdirSync(folder).filter((file) => scenarioOf(file).voters === 0);

function scenarioOf(file: string, changes: Partial<Scenario> = {}): Scenario {
  const scenario = parseScenario(readFileSync(join(folder, file), "utf8"));
  if (!scenario.ok) throw new Error(`${file}: ${scenario.message}`);
  return { ...scenario.value, ...changes };
}

const short: Partial<Scenario> = { nodes: 5, durationMs: 120_000 };
/** What needs more than two minutes to happen. */
const longer: ReadonlySet<string> = new Set(["partitions.json", "eclipse.json", "garbage-peer.json"]);
/** What must have happened for a run to have shown anything. */
const expectedFaults: Readonly<Record<string, readonly string[]>> = {
  partitions: ["partition"],
  crashes: ["crash-kept", "crash-lost", "crash-torn"],
  "failing-disks": ["failing-disk"],
  "garbage-peer": ["noise", "damaged-message"],
  "invalid-blocks": ["invalid-state-root", "invalid-body"],
  flood: ["useless-transaction", "orphan-header", "request"],
};

describe("scenarios", () => {
  it.each(files)(
    "%s ends in agreement with nothing lost",
    async (file) => {
      const scenario = scenarioOf(file, { ...short, ...(longer.has(file) && { durationMs: 300_000 }) });
      const hasVillains = scenario.villains.some(({ kind }) => kind === "garbage" || kind === "invalid-blocks");
      await playUntil(
        scenario,
        8,
        (report) => {
          expect(report.violations).toEqual([]);
          expect(new Set(Object.values(report.heights)).size).toBe(1);
          if (scenario.links.loss > 0) expect(report.messages.lost).toBeGreaterThan(0);
        },
        (reports) => [
          ...faultsLacking(reports, expectedFaults[scenario.name] ?? []),
          ...(reports.some(({ heights }) => (heights["node-0"] ?? 0) > 10) ? [] : ["eleventh block"]),
          ...(reports.some(({ transactions }) => transactions.included > 5) ? [] : ["sixth payment"]),
          ...(reports.some(({ transactions }) => transactions.segmentsProved > 0) ? [] : ["proved segment"]),
          ...(reports.some(({ market }) => Object.values(market).some((count) => count > 0)) ? [] : ["lease"]),
          ...(!hasVillains || reports.some(({ bansOfVillains }) => bansOfVillains > 0) ? [] : ["ban"]),
        ],
      );
    },
    severalSeedsMs,
  );

  it(
    "long enough see leases end, and the chain clear them away",
    async () => {
      await playUntil(
        scenarioOf("lossy-links.json", { nodes: 3, durationMs: 600_000 }),
        8,
        ({ violations }) => expect(violations).toEqual([]),
        (reports) => (reports.some(({ market }) => (market["lapsed"] ?? 0) > 0) ? [] : ["lapsed lease"]),
      );
    },
    severalSeedsMs,
  );

  it(
    "of keepers see storage deals made, shown and ended while blocks come and go",
    async () => {
      const scenario = scenarioOf("partitions.json", { nodes: 4, durationMs: 600_000 });
      const traffic = { ...scenario.traffic, paymentEveryMs: 1_500, jobShare: 0, memoryShare: 0, storageShare: 0.9 };
      const wanted = ["storage.offer", "storage.withdraw", "data.store", "data.accept", "data.prove", "data.delete"];
      await playUntil(
        { ...scenario, traffic },
        8,
        ({ violations }) => expect(violations).toEqual([]),
        (reports) => wanted.filter((what) => !reports.some(({ market }) => (market[what] ?? 0) > 0)),
      );
    },
    severalSeedsMs,
  );

  it("give equal traces for equal seeds and others for others", async () => {
    const scenario = scenarioOf("everything.json", { ...short, durationMs: 60_000 });
    const [first, again, other] = [
      await playScenario(scenario, 1),
      await playScenario(scenario, 1),
      await playScenario(scenario, 2),
    ];
    expect(again).toEqual(first);
    expect(other.traceHash).not.toBe(first.traceHash);
  });
});

describe("a rebuild", () => {
  it("keeps every block although the clock is a minute behind by now", async () => {
    const scenario = scenarioOf("wrong-clocks.json", { nodes: 7, producers: 1, faults: [] });
    const world = new World(scenario, 2);
    for (let i = 0; i < scenario.nodes; i++) await world.add();
    const behind = world.nodes.slice(1).sort((a, b) => a.clockError.skewMs - b.clockError.skewMs)[0] as WorldNode;
    expect(behind.clockError.skewMs).toBeLessThan(-20_000);
    await world.clock.run(world.startMs + 900_000, () => behind.node.running.chain.head.height >= 5);
    const { height } = behind.node.running.chain.head;
    const [entry] = await behind.disk.range("state", { limit: 1 });
    await behind.disk.commit([{ table: "state", key: entry?.[0] ?? new Uint8Array(), value: Uint8Array.of(1) }]);
    world.kill(behind);
    await world.revive(behind);
    expect(behind.node.notices.join()).toContain("damaged");
    expect(behind.node.running.chain.head.height).toBe(height);
    expect(world.violations).toEqual([]);
  });
});

describe("scenario files", () => {
  it.each([
    ["{", "not JSON"],
    ["[]", "at least a name"],
    ['{"name":"x","fault":[]}', '"fault"'],
    ['{"name":"x","nodes":0}', '"nodes"'],
    ['{"name":"x","links":{"delay":{"shape":"uniform","leastMs":1,"mostMs":2},"loss":2,"duplication":0}}', '"loss"'],
    ['{"name":"x","faults":[{"kind":"earthquake","everyMs":5}]}', "earthquake"],
    ['{"name":"x","nodes":2,"producers":3}', "more producers"],
  ])("like %s are refused", (json, reason) => {
    const parsed = parseScenario(json);
    expect(parsed.ok ? "" : parsed.message).toContain(reason);
  });
});

/** Nobody's fault: the checks themselves must notice what they are for. */
describe("the checks notice", () => {
  const quiet = scenarioOf("calm.json", { nodes: 3, producers: 1 });

  async function running(): Promise<{ world: World; a: WorldNode; b: WorldNode }> {
    const world = new World(quiet, 3);
    for (let i = 0; i < quiet.nodes; i++) await world.add();
    const [a, b] = world.nodes as [WorldNode, WorldNode];
    await world.clock.run(world.startMs + 200_000, () => b.node.running.chain.head.height >= 2);
    return { world, a, b };
  }

  it("a disk that says written and has not", async () => {
    const { world, b } = await running();
    b.disk.commit = () => Promise.resolve();
    const before = b.node.running.chain.head.height;
    await world.clock.run(world.clock.nowMs() + 200_000, () => b.node.running.chain.head.height > before);
    expect(world.violations).toEqual([]);
    world.kill(b);
    await world.revive(b);
    expect(world.violations.map(({ what }) => what).join()).toContain("lost acknowledged blocks");
  });

  /** Votes that a node believes without asking: those who call it have checked them. */
  function votesFor({ index }: Chain, { height, hash }: HeaderEntry): VoteAggregate {
    const source = { epoch: 0, hash: index.genesis.hash };
    const link = { source, target: { epoch: firstEpochOf(height), hash } };
    return { link, signers: Uint8Array.of(7), signature: new Uint8Array(96) };
  }

  it.each(["kept", "torn"] as const)(
    "a lighter head, but not that votes moved it there in a write that was %s",
    async (write) => {
      const { world, a, b } = await running();
      world.web.partition(["node-1"], ["node-0", "node-2"]);
      b.node.running.production.start();
      await world.clock.run(world.clock.nowMs() + 200_000);
      b.node.running.production.stop();
      const { chain } = b.node.running;
      const own = chain.head;
      // However the draw of blocks went, the other side is ahead when they meet.
      const isBehind = (): boolean => a.node.running.chain.head.totalWork > own.totalWork;
      expect(await world.clock.run(world.clock.nowMs() + 3_600_000, isBehind)).toBe(true);
      world.web.partition();
      const isOutweighed = (): boolean => chain.head.totalWork > own.totalWork && !chain.index.isCanonical(own);
      expect(await world.clock.run(world.clock.nowMs() + 600_000, isOutweighed)).toBe(true);
      const told: ToldHead = { head: chain.head, index: chain.index };
      world.web.partition(["node-1"], ["node-0", "node-2"]);
      // The first write says what is justified, the next one moves the head.
      b.disk.dieAt(1, write, 0.5);
      void chain.decide(votesFor(chain, own));
      await b.life.ended;
      await world.revive(b);
      expect(b.node.notices.join().includes("damaged")).toBe(write === "torn");
      const { head, index, finality } = b.node.running.chain;
      expect(head.name).toBe(own.name);
      expect(head.totalWork).toBeLessThan(told.head.totalWork);
      expect(world.violations).toEqual([]);
      // The same head where votes have decided nothing, or for the branch that is gone.
      const { finalised } = finality;
      expect(fateOfHead(told, { head, index, finality })).toBe("outvoted");
      for (const entry of [index.genesis, told.head]) {
        const justified = votesFor(chain, entry).link.target;
        expect(fateOfHead(told, { head, index, finality: { finalised, justified } })).toBe("lost");
      }
      // What votes went against is kept aside.
      await b.disk.commit([{ table: "bodies", key: told.head.hash, value: null }]);
      world.kill(b);
      b.told = told;
      await world.revive(b);
      expect(world.violations.map(({ what }) => what).join()).toContain("lost acknowledged blocks");
    },
  );

  it("a state that is not its block's, and coins from nowhere", async () => {
    const { world, a, b } = await running();
    const { chain } = a.node.running;
    const [first] = [...chain.state.entries()];
    const wrong = chain.state.update([{ key: first?.[0] ?? new Uint8Array(32), value: null }]);
    expect(await world.oracle.check(chain, chain.head, wrong)).toContain("not the one its header names");
    const named = { ...chain.head, header: { ...chain.head.header, stateRoot: wrong.root() } };
    expect(await world.oracle.check(chain, named, wrong)).toContain("not that of a replay");
    expect(
      await world.oracle.check(b.node.running.chain, b.node.running.chain.head, b.node.running.chain.state),
    ).toBeNull();
    const forged: HeaderEntry = { ...chain.head, name: "00".repeat(32) };
    expect(await world.oracle.check(chain, forged, chain.state)).not.toBeNull();
  });

  it("nodes that never agree", async () => {
    const { world, b } = await running();
    world.web.partition(["node-1"], ["node-0", "node-2"]);
    b.node.running.production.start();
    await world.clock.run(world.clock.nowMs() + 200_000);
    expect(world.agree()).toBe(false);
    world.web.partition();
    expect(await world.clock.run(world.clock.nowMs() + 60_000, () => world.agree())).toBe(true);
  });
});
