/**
 * Programs in a tab: from the request to the end when nothing of the sandbox is there yet, when a booted worker waits, and
 * with a component; what a call of the host costs; how soon a program is gone that is killed or out of time.
 */
import { readFileSync } from "node:fs";
import { openProfile, type Tab } from "../../../e2e/harness.ts";
import { run, serveVeilPage } from "../../../e2e/veil-steps.ts";
import { textModule } from "../veil/text-module.ts";
import type { PageRequest } from "../veil-page/contract.ts";
import { browserName } from "./browser-platform.ts";
import { type BenchRow, type MeasuredRow, median, sampled } from "./row.ts";

const coldStarts = 9;
const pooledStarts = 40;
const ends = 9;
const hostCalls = 2_000_000;

const clockNow = '(import "aether:os/clock@0.1.0" "now" (func $now (result i64)))';

function program(body: string, imports = ""): number[] {
  return [...textModule(`(module ${imports} (func (export "run") (result i32) ${body} (i32.const 0)))`)];
}

/** So many turns of a loop around a body. */
function loop(turns: number, body: string): string {
  return `(local $i i32) (loop $again ${body}
    (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${turns}))))`;
}

const nothing = program("");
const endless = program("(loop (br 0))");
const generous = { fuel: Number.MAX_SAFE_INTEGER, wallMs: 60_000 };

async function samples(count: number, sample: () => Promise<number>): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) taken.push(await sample());
  return taken;
}

async function timeOf(tab: Tab, request: PageRequest): Promise<number> {
  const report = await run(tab, { ...request, limits: { ...generous, ...request.limits } });
  if (report.end.type !== "exit") throw new Error(`the program ended by ${JSON.stringify(report.end)}`);
  return report.ms;
}

async function measureEnds(tab: Tab): Promise<MeasuredRow[]> {
  const killed = await samples(ends, async () => {
    const limits = generous;
    return (await run(tab, { program: endless, limits, kill: { afterMs: 100 } })).msAfterKill;
  });
  const wallMs = 200;
  const late = async (what: number[] | string): Promise<number> =>
    (await run(tab, { program: what, limits: { ...generous, wallMs } })).ms - wallMs;
  const overdue = await samples(ends, () => late(endless));
  const script = await samples(3, () => late("(() => { for (;;); })()"));
  const goals = [{ of: "p95", atMost: 2_500 }] as const;
  const how = `an endless loop, limit ${wallMs} ms; from the limit to the result in the window`;
  return [
    sampled(
      { name: "program killed: until it has ended", unit: "ms", method: "endless loop, killed after 100 ms" },
      killed,
    ),
    sampled({ name: "program out of time: how late", unit: "ms", goals, method: how }, overdue),
    sampled({ name: "script in the place of glue, out of time: how late", unit: "ms", goals, method: how }, script),
  ];
}

/** Rows of the sandbox. */
export async function measureSandbox(): Promise<readonly BenchRow[]> {
  const server = await serveVeilPage();
  const profile = await openProfile();
  try {
    const cold = await samples(coldStarts, async () => {
      const tab = await profile.open(server.url);
      const ms = await timeOf(tab, { program: nothing });
      await tab.page.close();
      return ms;
    });
    const tab = await profile.open(server.url);
    await timeOf(tab, { program: nothing });
    const pooled = await samples(pooledStarts, () => timeOf(tab, { program: nothing }));
    const wc = [...readFileSync(new URL("../../../guests/wc/wc.wasm", import.meta.url))];
    const component: PageRequest = { program: wc, input: "one two\n" };
    const transpiled = await timeOf(tab, component);
    const cached = await samples(ends, () => timeOf(tab, component));
    const calling = await samples(5, () =>
      timeOf(tab, { program: program(loop(hostCalls, "(drop (call $now))"), clockNow) }),
    );
    const looping = await samples(5, () => timeOf(tab, { program: program(loop(hostCalls, "(nop)")) }));
    const callNs = ((median(calling) - median(looping)) * 1e6) / hostCalls;
    const whole = "an empty program, from the request to its result in the window";
    const rows: MeasuredRow[] = [
      sampled(
        {
          name: "program, cold start",
          unit: "ms",
          goals: [{ of: "value", atMost: 150 }],
          method: `${whole}; a new tab each, nothing of the sandbox loaded`,
        },
        cold,
      ),
      sampled(
        { name: "program, pooled start", unit: "ms", goals: [{ of: "value", atMost: 30 }], method: whole },
        pooled,
      ),
      sampled(
        {
          name: "component, pooled and cached",
          unit: "ms",
          method: `guests/wc (C, wasi-libc); the first time, with jco, ${transpiled.toFixed(0)} ms`,
        },
        cached,
      ),
      {
        name: "call of the host",
        unit: "ns",
        value: callNs,
        method: `clock.now, ${hostCalls} calls less the same loop without them; medians of 5`,
      },
      ...(await measureEnds(tab)),
    ];
    return rows.map((row) => ({ ...row, where: browserName(tab) }));
  } finally {
    await profile.close();
    server.close();
  }
}
