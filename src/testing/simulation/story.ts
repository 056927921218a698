/**
 * Runs a scenario: traffic, faults and villains for its length, then rest; and tells what came of it.
 * @module
 */
import type { VoteSignatures } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { StoredOutput } from "#protocol/ledger/state.ts";
import { readProofQueue, segmentPriceNano } from "#protocol/programs/proof-queue.ts";
import { emulatedVotes } from "../emulated-votes.ts";
import { bodyOf, coin, jobPost, requestOf, signed } from "../ledger-fixtures.ts";
import { type CastVillain, castVillains } from "./cast.ts";
import type { LastWrite } from "./faulty-disk.ts";
import { memoryTransaction } from "./memory-traffic.ts";
import { type FinalityReport, finalityReport, recover } from "./recovery.ts";
import type { Fault, Scenario } from "./scenario.ts";
import { type Violation, World, type WorldNode } from "./world.ts";

/** What came of a scenario with a seed. */
export interface Report {
  readonly scenario: string;
  readonly seed: number;
  readonly nodes: number;
  /** Equal for equal seeds, whatever machine it runs on. */
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly heights: Readonly<Record<string, number>>;
  readonly head: string;
  /** Blocks that were on somebody's chain and are not on the last one. */
  readonly forkedBlocks: number;
  readonly reorganisations: number;
  readonly deepestReorganisation: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly transactions: {
    readonly acknowledged: number;
    readonly included: number;
    readonly dropped: number;
    readonly waiting: number;
    readonly doubleSpends: number;
    /** Jobs posted, and segments of jobs proved on the last chain. */
    readonly jobs: number;
    readonly segmentsProved: number;
  };
  /** What became of messages. */
  readonly messages: Readonly<Record<string, number>>;
  /** Commands about memory and processes on the last chain, by type. */
  readonly memory: Readonly<Record<string, number>>;
  /** Null where nobody votes. */
  readonly finality: FinalityReport | null;
  readonly bansOfVillains: number;
  readonly violations: readonly Violation[];
}

/** How often dead nodes are looked for and lost connections tried again. */
const careEveryMs = 1_000;

/** After the story one node goes on for this long, so that what waits is mined. */
const drainMs = 120_000;

const feeNano = { least: 10_000, most: 90_000 };

/** A scenario being played. */
class Story {
  readonly world: World;
  private readonly scenario: Scenario;
  private villains: readonly CastVillain[] = [];
  private readonly reviveAtMs = new Map<WorldNode, number>();
  private readonly mending = new Set<() => void>();
  private downMs = 5_000;
  private over = false;
  /** From the end of all faults until something new was final on every node; null where nobody votes. */
  recoveryMs: number | null = null;
  doubleSpends = 0;
  jobs = 0;
  /** Commands about memory and processes, by the ids of their transactions. */
  readonly memoryCommands = new Map<string, string>();
  private nonce = 0n;

  constructor(scenario: Scenario, world: World) {
    this.scenario = scenario;
    this.world = world;
  }

  async play(): Promise<void> {
    const { world, scenario } = this;
    for (let i = 0; i < scenario.nodes; i++) await world.add();
    this.villains = await castVillains(world, scenario);
    this.every(scenario.traffic.paymentEveryMs, () => this.trade());
    for (const fault of scenario.faults) this.every(fault.everyMs, () => this.strike(fault));
    for (const { name, active, everyMs } of this.villains) {
      this.every(everyMs, () => world.fault(active.act(), name));
    }
    this.care();
    await world.clock.run(world.startMs + scenario.durationMs);
    await this.rest();
  }

  /** Ends what goes wrong by chance; villains stay. */
  private async rest(): Promise<void> {
    const { world, scenario } = this;
    this.over = true;
    world.note("the story is over");
    for (const mend of [...this.mending]) mend();
    world.web.partition();
    for (const node of world.nodes) {
      node.produces = false;
      if (!node.up) await world.revive(node);
      if (node.up) node.node.running.production.stop();
    }
    const [first] = world.nodes as [WorldNode];
    first.node.running.production.start();
    this.recoveryMs = await recover(world, () => {
      this.send(first, requestOf(first.key, this.nonce++, undefined, world.rules));
    });
    await world.clock.run(world.clock.nowMs() + drainMs);
    first.node.running.production.stop();
    const agreed = await world.clock.run(world.clock.nowMs() + scenario.settleMs, () => world.agree());
    if (!agreed) {
      const heads = world.nodes.map(({ name, node }) => `${name} ${node.running.chain.head.height}`);
      world.violate(`no agreement ${scenario.settleMs / 1_000} s after the last fault: ${heads.join(", ")}`);
    }
    if (scenario.villains.some(({ kind }) => kind === "eclipse")) this.checkClockOf(world.nodes.at(-1) as WorldNode);
    await world.checkAll();
  }

  /** Whom liars surround has too few independent peers to be corrected by; its own clock must have stood. */
  private checkClockOf({ name, node }: WorldNode): void {
    const correctionMs = node.networkClock.correctionMs();
    if (correctionMs !== 0) this.world.violate(`liars around ${name} moved its clock by ${correctionMs} ms`);
  }

  /** Calls an action at irregular times until the story is over. */
  private every(meanMs: number, action: () => void): void {
    const waitMs = Math.max(1, Math.round(-meanMs * Math.log(1 - this.world.random.fraction())));
    this.world.clock.schedule(waitMs, () => {
      if (this.over) return;
      action();
      this.every(meanMs, action);
    });
  }

  /** Starts what died, and connects again what bans and faults have parted. */
  private care(): void {
    const { world } = this;
    world.clock.schedule(careEveryMs, () => {
      world.web.reconnect();
      const nowMs = world.clock.nowMs();
      for (const node of world.nodes) {
        if (node.life.alive) continue;
        const atMs = this.reviveAtMs.get(node);
        if (atMs === undefined) this.reviveAtMs.set(node, nowMs + this.downMs);
        else if (atMs <= nowMs || this.over) {
          this.reviveAtMs.delete(node);
          void world.revive(node);
        }
      }
      this.care();
    });
  }

  private pick<T>(from: readonly T[]): T | undefined {
    return from[this.world.random.between(0, Math.max(0, from.length - 1))];
  }

  private trade(): void {
    const { world, scenario } = this;
    const { random, rules } = world;
    const living = world.nodes.filter(({ up }) => up);
    const payer = this.pick(living);
    if (payer === undefined) return;
    if (random.fraction() < scenario.traffic.freeShare)
      return this.send(payer, requestOf(payer.key, this.nonce++, undefined, rules));
    const { chain, pool } = payer.node.running;
    const coins = chain.coins
      .coinsOf(payer.key.keyHash)
      .filter(({ outPoint, output }) => output.amount > 200_000n && pool.pool.spenderOf(outPoint) === undefined);
    const spent = this.pick(coins.toSorted((a, b) => (toHex(a.outPoint.txId) < toHex(b.outPoint.txId) ? -1 : 1)));
    if (spent === undefined) return;
    const payTo = (node: WorldNode): PreparedTransaction => {
      const fee = BigInt(random.between(feeNano.least, feeNano.most));
      const amount = (spent.output.amount - fee) / BigInt(random.between(1, 4));
      const change = spent.output.amount - fee - amount;
      const outputs = [coin(amount, node.key.lock), ...(change > 0n ? [coin(change, payer.key.lock)] : [])];
      const [network, nonce] = [rules.networkId, this.nonce++];
      return signed(bodyOf({ network, inputs: [spent.outPoint], outputs, feeNano: fee, nonce }), payer.key);
    };
    const job = random.fraction() < scenario.traffic.jobShare ? this.jobOf(payer, spent) : null;
    const memory =
      job === null && random.fraction() < scenario.traffic.memoryShare ? this.memoryOf(payer, spent) : null;
    this.send(payer, job ?? memory ?? payTo(this.pick(world.nodes) as WorldNode));
    const other = this.pick(living);
    if (other === undefined || other === payer || random.fraction() >= scenario.traffic.doubleSpendShare) return;
    this.doubleSpends++;
    world.note("double spend");
    this.send(other, payTo(this.pick(world.nodes) as WorldNode));
  }

  /** A job of one to four segments at the price of the moment; null if the coin does not reach. */
  private jobOf({ key, node }: WorldNode, { outPoint, output }: StoredOutput): PreparedTransaction | null {
    const { rules } = this.world;
    const { state } = node.running.chain;
    const segments = this.world.random.between(1, 4);
    const segmentFeeNano = segmentPriceNano(readProofQueue(state).length, rules.parameters);
    if (output.amount < segmentFeeNano * BigInt(segments) + 1_000_000n) return null;
    this.jobs++;
    this.world.note("job");
    return jobPost(key, outPoint, output.amount, { segments, segmentFeeNano }, rules);
  }

  /** Something with memory or a process; null if the coin does not reach. */
  private memoryOf(payer: WorldNode, spent: StoredOutput): PreparedTransaction | null {
    const transaction = memoryTransaction(payer, spent, this.world.random, this.nonce++, this.world.rules);
    if (transaction === null) return null;
    const { type } = transaction.transaction.command;
    this.memoryCommands.set(toHex(transaction.id), type);
    this.world.note(type);
    return transaction;
  }

  private send(node: WorldNode, transaction: PreparedTransaction): void {
    const { life } = node;
    void node.node.requests.sendTransaction(transaction.bytes).then((sent) => {
      if (sent.ok && life.alive) node.acknowledged.set(toHex(transaction.id), transaction);
    });
  }

  private strike(fault: Fault): void {
    const { world } = this;
    const { random } = world;
    switch (fault.kind) {
      case "partition":
        return this.part(fault.forMs, fault.oneWay);
      case "crash": {
        const victim = this.pick(world.nodes.filter(({ up }) => up));
        if (victim === undefined) return;
        const writes: LastWrite[] = fault.write === "any" ? ["kept", "lost", "torn"] : [fault.write];
        const write = this.pick(writes) as LastWrite;
        this.downMs = fault.downMs;
        world.fault(`crash-${write}`, victim.name);
        return victim.disk.dieAt(random.between(0, 3), write, random.fraction());
      }
      case "failing-disk": {
        const victim = this.pick(world.nodes.filter(({ up, disk }) => up && !disk.full));
        if (victim === undefined) return;
        const { disk, life } = victim;
        disk.full = true;
        world.fault("failing-disk", victim.name);
        const mend = (): void => {
          this.mending.delete(mend);
          disk.full = false;
          if (life.alive) world.kill(victim);
        };
        this.mending.add(mend);
        world.clock.schedule(fault.forMs, () => {
          if (this.mending.has(mend)) mend();
        });
      }
    }
  }

  private part(forMs: number, oneWay: boolean): void {
    const { world } = this;
    const cutOff = world.nodes.map(({ name }) => name).filter(() => world.random.fraction() < 0.4);
    const rest = world.nodes.map(({ name }) => name).filter((name) => !cutOff.includes(name));
    // Of a pair of twins each side gets one.
    for (const [number, { name }] of world.twins.entries()) (number % 2 === 0 ? cutOff : rest).push(name);
    if (cutOff.length === 0 || rest.length === 0) return;
    world.fault(oneWay ? "one-way-partition" : "partition", cutOff.join(" "));
    if (!oneWay) world.web.partition(cutOff, rest);
    else for (const from of cutOff) for (const to of rest) world.web.cut(from, to);
    const mend = (): void => {
      if (!this.mending.delete(mend)) return;
      world.note("healed");
      if (!oneWay) world.web.partition();
      else for (const from of cutOff) for (const to of rest) world.web.mend(from, to);
    };
    this.mending.add(mend);
    world.clock.schedule(forMs, mend);
  }
}

function countByType(types: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const type of types.toSorted()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

function bansOf(world: World, villains: boolean): number {
  const bans = world.nodes.flatMap(({ network }) => network.bans);
  return bans.filter((id) => (id.startsWith("villain") || id.startsWith("twin")) === villains).length;
}

/** Plays a scenario with a seed. `log` gets a line for everything that happens. */
export async function playScenario(
  scenario: Scenario,
  seed: number,
  log: (line: string) => void = () => undefined,
  votes: VoteSignatures = emulatedVotes,
): Promise<Report> {
  const world = new World(scenario, seed, log, votes);
  const story = new Story(scenario, world);
  await story.play();
  const honestBans = bansOf(world, false);
  if (honestBans > 0) world.violate(`honest peers banned each other ${honestBans} times`);
  const { chain } = (world.nodes[0] as WorldNode).node.running;
  const included = new Set<string>();
  let segmentsProved = 0;
  let lapsed = 0;
  for (let height = 1; height <= chain.head.height; height++) {
    const name = chain.index.at(height)?.name ?? "";
    for (const id of world.oracle.transactionsOf(name)) included.add(id);
    if (world.oracle.provesJob(name)) segmentsProved++;
    lapsed += world.oracle.lapsesIn(name);
  }
  const transactions = {
    acknowledged: 0,
    included: included.size,
    dropped: 0,
    waiting: 0,
    doubleSpends: story.doubleSpends,
    jobs: story.jobs,
    segmentsProved,
  };
  for (const { name: node, node: core, acknowledged, dropped } of world.nodes) {
    for (const [name, { id }] of acknowledged) {
      transactions.acknowledged++;
      if (included.has(name)) continue;
      if (core.running.pool.pool.has(id)) transactions.waiting++;
      else if ((dropped.get(name) ?? "") !== "") transactions.dropped++;
      else world.violate(`${node} acknowledged the transaction ${name}, and it is gone without a word`);
    }
  }
  return {
    scenario: scenario.name,
    seed,
    nodes: scenario.nodes,
    traceHash: world.traceHash(),
    virtualMs: world.elapsedMs,
    heights: Object.fromEntries(world.nodes.map(({ name, node }) => [name, node.running.chain.head.height])),
    head: chain.head.name,
    forkedBlocks: world.oracle.blocks - chain.head.height,
    reorganisations: world.reorganisations,
    deepestReorganisation: world.deepestReorganisation,
    faults: Object.fromEntries([...world.faults].sort(([a], [b]) => (a < b ? -1 : 1))),
    messages: world.web.counts,
    transactions,
    memory: {
      ...countByType([...story.memoryCommands].filter(([id]) => included.has(id)).map(([, type]) => type)),
      lapsed,
    },
    finality: finalityReport(world, scenario, story.recoveryMs),
    bansOfVillains: bansOf(world, true),
    violations: world.violations,
  };
}
