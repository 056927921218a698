/**
 * What befalls a world by chance: partitions, deaths of processes in the middle of a write, disks that refuse.
 * @module
 */
import type { LastWrite } from "./faulty-disk.ts";
import type { Fault } from "./scenario.ts";
import type { World, WorldNode } from "./world.ts";

/** Faults of a world, and what is needed to end them. */
export class Faults {
  /** How long who died last stays down. */
  downMs = 5_000;
  private readonly world: World;
  private readonly mending = new Set<() => void>();

  constructor(world: World) {
    this.world = world;
  }

  /** Ends everything that would end by itself later. */
  mendAll(): void {
    for (const mend of [...this.mending]) mend();
  }

  /** Lets a fault happen to somebody. */
  strike(fault: Fault): void {
    const { world } = this;
    switch (fault.kind) {
      case "partition":
        return this.part(fault.forMs, fault.oneWay);
      case "split":
        return this.split(fault.forMs);
      case "crash":
        return this.crash(fault.downMs, fault.write);
      case "failing-disk": {
        const victim = world.pick(world.nodes.filter(({ up, disk }) => up && !disk.full));
        if (victim === undefined) return;
        const { disk, life } = victim;
        disk.full = true;
        world.fault("failing-disk", victim.name);
        this.mendIn(fault.forMs, () => {
          disk.full = false;
          if (life.alive) world.kill(victim);
        });
      }
    }
  }

  private crash(downMs: number, write: LastWrite | "any"): void {
    const { world } = this;
    const victim = world.pick(world.nodes.filter(({ up }) => up));
    if (victim === undefined) return;
    const writes: LastWrite[] = write === "any" ? ["kept", "lost", "torn"] : [write];
    const last = world.pick(writes) as LastWrite;
    this.downMs = downMs;
    world.fault(`crash-${last}`, victim.name);
    victim.disk.dieAt(world.random.between(0, 3), last, world.random.fraction());
  }

  private part(forMs: number, oneWay: boolean): void {
    const { world } = this;
    const cutOff = world.nodes.map(({ name }) => name).filter(() => world.random.fraction() < 0.4);
    const rest = world.nodes.map(({ name }) => name).filter((name) => !cutOff.includes(name));
    // Of a pair of twins each side gets one.
    for (const [number, { name }] of world.twins.entries()) (number % 2 === 0 ? cutOff : rest).push(name);
    if (cutOff.length === 0 || rest.length === 0) return;
    world.fault(oneWay ? "one-way-partition" : "partition", cutOff.join(" "));
    if (!oneWay) return this.partFor(forMs, cutOff, rest);
    for (const from of cutOff) for (const to of rest) world.web.cut(from, to);
    this.mendIn(forMs, () => {
      world.note("healed");
      for (const from of cutOff) for (const to of rest) world.web.mend(from, to);
    });
  }

  /** Cuts the nodes into two halves, with producers in both: what those who vote on both sides wait for. */
  private split(forMs: number): void {
    const { world } = this;
    const halves: [string[], string[]] = [[], []];
    const deal = (nodes: readonly WorldNode[]): void => {
      const order = nodes
        .map(({ name }) => ({ name, place: world.random.fraction() }))
        .sort((a, b) => a.place - b.place);
      for (const { name } of order) (halves[0].length <= halves[1].length ? halves[0] : halves[1]).push(name);
    };
    deal(world.nodes.filter(({ produces }) => produces));
    deal(world.nodes.filter(({ produces }) => !produces));
    for (const [number, { name }] of world.twins.entries()) halves[number % 2]?.push(name);
    world.fault("split", halves[0].join(" "));
    this.partFor(forMs, ...halves);
  }

  private partFor(forMs: number, ...groups: readonly (readonly string[])[]): void {
    const { world } = this;
    world.web.partition(...groups);
    this.mendIn(forMs, () => {
      world.note("healed");
      world.web.partition();
    });
  }

  /** Mends once, after a while or when all faults end. */
  private mendIn(forMs: number, action: () => void): void {
    const mend = (): void => {
      if (this.mending.delete(mend)) action();
    };
    this.mending.add(mend);
    this.world.clock.schedule(forMs, mend);
  }
}
