/**
 * What tasks cost a page's main thread, in processor time: others that use the same processors do not count, however
 * little they leave.
 * @module
 */
import type { Page } from "playwright-core";

/** An event of a trace, as Chromium writes it (docs: "Trace Event Format"); `tdur` in µs of the thread's own time. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Does something and gives the processor time, in ms, of each task that main threads of pages had meanwhile. */
export async function taskTimes(page: Page, act: () => Promise<void>): Promise<readonly number[]> {
  const devtools = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  devtools.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await devtools.send("Tracing.start", {
    traceConfig: { includedCategories: ["toplevel"], excludedCategories: ["*"] },
    transferMode: "ReportEvents",
  });
  await act();
  const complete = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  await devtools.send("Tracing.end");
  await complete;
  await devtools.detach();
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}.${tid}`;
  const isMain = ({ name, args }: TraceEvent): boolean => name === "thread_name" && args?.name === "CrRendererMain";
  const mains = new Set(events.filter(isMain).map(threadOf));
  const tasks = events.filter((event) => event.name.endsWith("RunTask") && mains.has(threadOf(event)));
  if (tasks.length === 0) throw new Error("the trace has no tasks");
  return tasks.map(({ tdur = 0 }) => tdur / 1_000);
}
