/**
 * Components in numbers, in Node and in a thread of a page alike: preparing one, and what a call from a component to its host
 * costs, with the pinned jco and with the newest. The page has no policy, because here glue becomes code by `new Function`;
 * the sandbox has rows of its own.
 * @module
 */
import { type PreparedComponent, runComponent } from "#platform/veil/component-run.ts";
import { loadGlueInNode } from "#platform/veil/node-glue.ts";
import { prepareComponent } from "#platform/veil/transpile.ts";
import { capabilities, type TranspilerName } from "#veil/run.ts";
import { compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

/** Components to be measured; made in Node, where the tools are. */
export interface MeasuredComponents {
  /** A real program of some size. */
  readonly program: Uint8Array;
  /** By what they call. */
  readonly calls: Readonly<Record<string, Uint8Array>>;
  /** How often each does. */
  readonly callCount: number;
}

const memoryPages = 64;
const limits = { fuel: 1e12, memoryPages, outputBytes: 1_000, fileBytes: 1_000, wallMs: 60_000 };
const nothing = new Uint8Array(0);
const input = { arguments: [], environment: [], input: nothing, files: [], timeMs: 0, seed: new Uint8Array(32) };

async function preparedBy(component: Uint8Array, transpiler?: TranspilerName): Promise<PreparedComponent> {
  const program = await prepareComponent(component, memoryPages, transpiler);
  if (!program.ok) throw new Error(program.message);
  return program.value as PreparedComponent;
}

/** Runs it to its end. */
function ran(program: PreparedComponent, units: number): number {
  const result = runComponent(program, { capabilities, input, limits }, { loadGlue: loadGlueInNode });
  if (!result.ok) throw new Error(result.message);
  if (result.value.end.type !== "exit") throw new Error(`the measured program ended: ${result.value.end.type}`);
  return units;
}

const pinned = "jco 1.11.1";
const newest = { name: "jco newest" };

/** Rows of wherever this runs. */
export async function measureComponents({ program, calls, callCount }: MeasuredComponents): Promise<MeasuredRow[]> {
  const megabytes = program.length / 1e6;
  const preparing = await medianRates({
    ours: () => preparedBy(program).then(() => megabytes),
    newest: () => preparedBy(program, "newest").then(() => megabytes),
  });
  const glue = [await preparedBy(program), await preparedBy(program, "newest")].map((one) => one.glue.length);
  const rows = [
    compared(
      {
        name: `component: prepare, ${pinned}`,
        unit: "MB/s",
        method: `check, transpile and meter ${Math.round(program.length / 1e3)} kB with 4 modules; ${medianOfRounds}; glue of ${glue.join(" and ")} characters`,
      },
      preparing.ours,
      { ...newest, value: preparing.newest },
    ),
  ];
  for (const [kind, component] of Object.entries(calls)) {
    const [ours, theirs] = [await preparedBy(component), await preparedBy(component, "newest")];
    const rates = await medianRates({
      ours: () => ran(ours, callCount),
      newest: () => ran(theirs, callCount),
    });
    const method = `${callCount} calls of one run, its start included; ${medianOfRounds}`;
    const name = `component: host call (${kind}), ${pinned}`;
    rows.push(compared({ name, unit: "/s", method }, rates.ours, { ...newest, value: rates.newest }));
  }
  return rows;
}
