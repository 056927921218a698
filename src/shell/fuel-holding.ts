/**
 * A run within its program's daily budget: fuel is taken before anything runs and what was not used is given back.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { RunResult } from "#veil/run.ts";
import type { CommandContext } from "./commands/command.ts";
import type { ProgramOrder } from "./program-run.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** A run's fuel. */
export interface HeldFuel {
  /** What may be run: with less fuel where no more was left. */
  readonly order: ProgramOrder;
  /** Gives back what was not used; after a refusal, in which nothing ran, all of it. */
  settle(ran: Result<RunResult>): Promise<void>;
}

/** SHA-256 of a program, hexadecimal; off this thread, because programs may be large. */
export async function programDigest(program: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", program.slice())));
}

/** What a run has used for certain. What was cut off by the device may have done more than it tells of. */
function usedFuel(ran: Result<RunResult>, held: number): number {
  if (!ran.ok) return 0;
  const { end, fuelUsed } = ran.value;
  return end.type === "node-fault" || end.type === "out-of-time" ? held : fuelUsed;
}

/** Takes the fuel of a run. `isExact`: less than was asked for is no use, because what others will compare says how much. */
export async function holdFuel(
  context: CommandContext,
  order: ProgramOrder,
  isExact: boolean,
): Promise<Result<HeldFuel>> {
  const { programBudgets } = context.environment;
  const { fuel } = order.limits;
  const name = sanitise(order.name);
  const held = await programBudgets.hold(await programDigest(order.program), name, fuel, isExact ? fuel : 1);
  if (!held.ok) return held;
  if (held.value.fuel < fuel) {
    const left = held.value.fuel.toLocaleString("en");
    context.notice(`${name} has ${left} units of fuel left of today's budget; it runs with those.`, "dim");
  }
  return accepted({
    order: { ...order, limits: { ...order.limits, fuel: held.value.fuel } },
    settle: async (ran) => {
      const settled = await programBudgets.settle(held.value, usedFuel(ran, held.value.fuel));
      // What is not given back counts as used: the safe side.
      if (!settled.ok) context.notice(settled.message, "warning");
    },
  });
}
