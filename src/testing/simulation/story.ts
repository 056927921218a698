/**
 * Runs a scenario: traffic, faults and villains for its length, then rest; and tells what came of it.
 * @module
 */
import { type Evidence, holdAccountable } from "./accountability.ts";
import { type CastVillain, castVillains } from "./cast.ts";
import { Faults } from "./faults.ts";
import { type Recovery, recover } from "./recovery.ts";
import { type PlayedStory, type Report, reportOf } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { Traffic } from "./traffic.ts";
import { World, type WorldNode, type WorldParts } from "./world.ts";

/** How often dead nodes are looked for and lost connections tried again. */
const careEveryMs = 1_000;

/** A scenario being played. */
class Story implements PlayedStory {
  readonly world: World;
  readonly scenario: Scenario;
  readonly traffic: Traffic;
  recovery: Recovery | null = null;
  evidence: Evidence | null = null;
  private villains: readonly CastVillain[] = [];
  private readonly faults: Faults;
  private readonly reviveAtMs = new Map<WorldNode, number>();
  private over = false;

  constructor(scenario: Scenario, world: World) {
    this.scenario = scenario;
    this.world = world;
    this.faults = new Faults(world);
    this.traffic = new Traffic(world, scenario.traffic);
  }

  async play(): Promise<void> {
    const { world, scenario } = this;
    for (let i = 0; i < scenario.nodes; i++) await world.add();
    this.villains = await castVillains(world, scenario);
    this.every(scenario.traffic.paymentEveryMs, () => this.traffic.trade());
    for (const fault of scenario.faults) this.every(fault.everyMs, () => this.faults.strike(fault));
    for (const { name, active, everyMs } of this.villains) this.perform(active, name, everyMs);
    this.care();
    await world.clock.run(world.startMs + scenario.durationMs);
    await this.rest();
  }

  /** Ends what goes wrong. Villains stay, but do nothing more; those with stakes are missed in every vote. */
  private async rest(): Promise<void> {
    const { world, scenario } = this;
    this.over = true;
    world.note("the story is over");
    if (scenario.villains.some(({ kind }) => kind === "eclipse")) this.checkClockOf(world.nodes.at(-1) as WorldNode);
    this.faults.mendAll();
    world.heal();
    for (const node of world.nodes) if (!node.up) await world.revive(node);
    const [first] = world.nodes as [WorldNode];
    const request = (): void => this.traffic.request(first);
    if (world.finality.conflicts.length > 0) this.evidence = await holdAccountable(world, request);
    else if (!world.overThird) this.recovery = await recover(world, request);
    for (const node of world.nodes) {
      node.produces = node === first;
      if (node.up && node !== first) node.node.running.production.stop();
    }
    first.node.running.production.start();
    await world.clock.run(world.clock.nowMs() + scenario.drainMs);
    first.node.running.production.stop();
    if (this.evidence === null && !world.overThird) await this.agree();
    await world.checkAll();
  }

  private async agree(): Promise<void> {
    const { world, scenario } = this;
    if (await world.clock.run(world.clock.nowMs() + scenario.settleMs, () => world.agree())) return;
    const heads = world.nodes.map(({ name, node }) => `${name} ${node.running.chain.head.height}`);
    world.violate(`no agreement ${scenario.settleMs / 1_000} s after the last fault: ${heads.join(", ")}`);
  }

  /** Whom liars surround has too few independent peers to be corrected by; its own clock must have stood. */
  private checkClockOf({ name, node }: WorldNode): void {
    const correctionMs = node.networkClock.correctionMs();
    if (correctionMs !== 0) this.world.violate(`liars around ${name} moved its clock by ${correctionMs} ms`);
  }

  private perform(active: CastVillain["active"], name: string, everyMs: number): void {
    this.every(everyMs, () => this.world.fault(active.act(), name));
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
        if (atMs === undefined) this.reviveAtMs.set(node, nowMs + this.faults.downMs);
        else if (atMs <= nowMs || this.over) {
          this.reviveAtMs.delete(node);
          void world.revive(node);
        }
      }
      this.care();
    });
  }
}

/** Plays a scenario with a seed. */
export async function playScenario(scenario: Scenario, seed: number, parts: WorldParts = {}): Promise<Report> {
  const world = new World(scenario, seed, parts);
  const story = new Story(scenario, world);
  await story.play();
  return reportOf(story, seed);
}
