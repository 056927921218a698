/**
 * A voter dies at each write of a short life in turn, the writes of its journal and of its first start among them: the write
 * is there afterwards, is not, is there in part, or fails and the process is started again. It must never sign
 * two votes that nobody may sign both, lose what it has acknowledged, or keep the others from finality.
 * @module
 */
import { createTrace } from "../trace.ts";
import type { LastWrite } from "./faulty-disk.ts";
import type { Scenario } from "./scenario.ts";
import { Traffic } from "./traffic.ts";
import { World, type WorldNode, type WorldParts } from "./world.ts";

/** What becomes of the write at which the voter dies. */
export type WriteFate = LastWrite | "failed";

/** All of them. */
export const writeFates: readonly WriteFate[] = ["kept", "lost", "torn", "failed"];

/** Four voters: with one away the others finalise, with it, too. */
const scenario: Omit<Scenario, "name" | "about"> = {
  nodes: 4,
  producers: 2,
  voters: 4,
  durationMs: 0,
  settleMs: 0,
  finalWithinMs: 0,
  drainMs: 0,
  leakQuotient: null,
  links: { delay: { shape: "uniform", leastMs: 20, mostMs: 100 }, loss: 0, duplication: 0 },
  clocks: { skewMs: 0, driftPerMillion: 0 },
  traffic: {
    paymentEveryMs: 2_000,
    doubleSpendShare: 0,
    freeShare: 0.2,
    jobShare: 0.2,
    memoryShare: 0.3,
    storageShare: 0.3,
    rotationShare: 0.1,
  },
  faults: [],
  villains: [],
};

/** The voter that dies; it produces no blocks unless told. */
const victimNumber = 3;
const downMs = 1_500;
const recoveryMs = 30_000;

/** What came of all deaths. */
export interface EveryWrite {
  /** Writes of the life in which nobody died. */
  readonly writes: number;
  /** How many of them wrote the journal of votes. */
  readonly journalWrites: number;
  readonly deaths: number;
  readonly traceHash: string;
  readonly violations: readonly { readonly write: number; readonly fate: WriteFate; readonly what: string }[];
}

/** How long the life is, which writes are tried, and whether the voter makes blocks, too. */
export interface EveryWriteOptions {
  readonly lifeMs: number;
  /** Every so many-th write. */
  readonly stride: number;
  readonly fates: readonly WriteFate[];
  readonly produces: boolean;
}

/** One life in a world of its own; `death` plans its end. */
async function live(
  seed: number,
  { lifeMs, produces }: EveryWriteOptions,
  death: { readonly write: number; readonly fate: WriteFate } | null,
  parts: WorldParts,
): Promise<{ readonly world: World; readonly victim: WorldNode }> {
  const world = new World({ name: "every-write", about: "", ...scenario }, seed, parts);
  const traffic = new Traffic(world, scenario.traffic);
  for (let i = 0; i < victimNumber; i++) await world.add();
  await world.add((node) => {
    node.produces = produces;
    if (death !== null) node.disk.dieAt(death.write, death.fate, 0.5);
  });
  const victim = world.nodes[victimNumber] as WorldNode;
  const trade = (): void => {
    traffic.trade();
    world.clock.schedule(scenario.traffic.paymentEveryMs, trade);
  };
  trade();
  const care = (): void => {
    if (!victim.life.alive) void world.revive(victim);
    else if (victim.disk.full) world.kill(victim);
    world.clock.schedule(downMs, care);
  };
  care();
  await world.clock.run(world.startMs + lifeMs);
  return { world, victim };
}

/** After the life: something new must become final everywhere, and nothing may be wrong. */
async function rest(world: World): Promise<void> {
  const { clock, nodes, finality } = world;
  const before = Math.max(...nodes.map(({ name }) => finality.heightOf(name)));
  const isFinal = (): boolean => nodes.every(({ name, up }) => up && finality.heightOf(name) > before);
  if (!(await clock.run(clock.nowMs() + recoveryMs, isFinal)))
    world.violate(`nothing new is final everywhere after ${recoveryMs / 1_000} s`);
  await world.checkAll();
}

/** Plays all deaths. */
export async function playEveryWrite(
  seed: number,
  options: EveryWriteOptions,
  parts: WorldParts = {},
  onDeath: (write: number, fate: WriteFate, failed: boolean) => void = () => undefined,
): Promise<EveryWrite> {
  const whole = await live(seed, options, null, parts);
  const { commits, journalCommits } = whole.victim.disk;
  const trace = createTrace();
  const violations: EveryWrite["violations"][number][] = [];
  let deaths = 0;
  for (let write = 0; write < commits; write += options.stride) {
    for (const fate of options.fates) {
      const { world } = await live(seed, options, { write, fate }, parts);
      await rest(world);
      deaths += world.deaths.get(fate) ?? 0;
      trace.add(world.traceHash());
      for (const { what } of world.violations) violations.push({ write, fate, what });
      onDeath(write, fate, world.violations.length > 0);
    }
  }
  return { writes: commits, journalWrites: journalCommits, deaths, traceHash: trace.digest(), violations };
}
