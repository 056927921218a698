/**
 * What each program may compute in a day on this device, kept for all tabs. Fuel is taken before a run and given back after
 * it: whoever ends the tab in the middle has used it.
 * @module
 */

import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { byteString, list, nullable, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FuelHold, ProgramBudgets, ProgramBudgetsView } from "#sdk/budgets.ts";
import { openDailyFile } from "./daily-file.ts";
import type { VaultStore } from "./vault-store.ts";

/** Programs remembered in a day. */
const mostPrograms = 1_024;

/** Characters kept of a name. */
const nameCharacters = 64;

interface ProgramDay {
  readonly digest: Uint8Array;
  readonly name: string;
  readonly limit: number | null;
  readonly used: number;
}

interface ProgramsDay {
  readonly day: number;
  readonly each: number | null;
  readonly programs: readonly ProgramDay[];
}

const programsSchema: Schema<ProgramsDay> = record<ProgramsDay>({
  day: unsigned(),
  each: nullable(unsigned()),
  programs: list(
    record<ProgramDay>({
      digest: byteString(32, 32),
      name: text(4 * nameCharacters),
      limit: nullable(unsigned()),
      used: unsigned(),
    }),
    mostPrograms,
  ),
});

/** A new day: what was used is forgotten, budgets are not. */
function beginDay(day: number, before: ProgramsDay | null): ProgramsDay {
  const kept = (before?.programs ?? []).filter(({ limit }) => limit !== null);
  return { day, each: before?.each ?? null, programs: kept.map((program) => ({ ...program, used: 0 })) };
}

function viewOf({ each, programs }: ProgramsDay): ProgramBudgetsView {
  return { each, programs: programs.map(({ digest, ...rest }) => ({ digest: toHex(digest), ...rest })) };
}

const unused = (digest: string, name: string): ProgramDay => ({
  digest: fromHex(digest) ?? new Uint8Array(32),
  name,
  limit: null,
  used: 0,
});

/** The day with one program changed. */
function withProgram(
  now: ProgramsDay,
  digest: string,
  name: string,
  change: (program: ProgramDay) => Result<ProgramDay>,
): Result<ProgramsDay> {
  const shortName = [...name].slice(0, nameCharacters).join("");
  const known = now.programs.find((program) => toHex(program.digest) === digest);
  const changed = change({ ...(known ?? unused(digest, shortName)), name: shortName });
  if (!changed.ok) return changed;
  if (known === undefined && now.programs.length >= mostPrograms) {
    // What has no budget need not be counted.
    if (now.each === null && changed.value.limit === null) return accepted(now);
    const words = `${mostPrograms} programs are counted today, and no other can be. Nothing was run or changed; the next day begins at midnight UTC.`;
    return rejected("over-budget", words);
  }
  const others = now.programs.filter((program) => program !== known);
  return accepted({ ...now, programs: [...others, changed.value] });
}

function refusal(name: string, limit: number, used: number): Result<never> {
  const [all, gone] = [limit, used].map((units) => units.toLocaleString("en"));
  const words = `${name} has used ${gone} of today's budget of ${all} units of fuel, or holds them in another run. Nothing of it ran, and your files are as they were. \`budget ${name} --fuel COUNT\` raises it; the next day begins at midnight UTC.`;
  return rejected("over-budget", words);
}

/** The budgets in a file. */
export function createProgramBudgets(store: VaultStore, nowMs: () => number): ProgramBudgets {
  const file = openDailyFile(store, programsSchema, nowMs, beginDay);
  const view = (day: Result<ProgramsDay>): Result<ProgramBudgetsView> => (day.ok ? accepted(viewOf(day.value)) : day);
  return {
    view: async () => view(await file.read()),
    hold: async (digest, name, fuel, atLeast) => {
      let held: FuelHold | null = null;
      const taken = await file.change((now) =>
        withProgram(now, digest, name, (program) => {
          const limit = program.limit ?? now.each;
          const granted = limit === null ? fuel : Math.min(fuel, limit - program.used);
          if (limit !== null && granted < Math.max(1, atLeast)) return refusal(name, limit, program.used);
          held = { digest, fuel: granted, day: now.day };
          return accepted({ ...program, used: Math.min(Number.MAX_SAFE_INTEGER, program.used + granted) });
        }),
      );
      return taken.ok && held !== null ? accepted(held) : (taken as Result<never>);
    },
    settle: async ({ digest, fuel, day }, fuelUsed) => {
      const settled = await file.change((now) =>
        // What was held on a day that is over counts no longer.
        now.day !== day
          ? accepted(now)
          : withProgram(now, digest, nameIn(now, digest), (program) =>
              accepted({ ...program, used: Math.max(0, program.used - Math.max(0, fuel - fuelUsed)) }),
            ),
      );
      return settled.ok ? accepted(null) : settled;
    },
    setEach: async (each) => view(await file.change((now) => accepted({ ...now, each }), true)),
    setProgram: async (digest, name, limit) =>
      view(
        await file.change((now) => withProgram(now, digest, name, (program) => accepted({ ...program, limit })), true),
      ),
  };
}

function nameIn({ programs }: ProgramsDay, digest: string): string {
  return programs.find((program) => toHex(program.digest) === digest)?.name ?? "";
}
