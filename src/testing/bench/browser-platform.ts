/**
 * Benchmarks in a real Chromium: a page of their own, served on loopback under the headers that the app is served with.
 * @module
 */
import { fileURLToPath } from "node:url";
import { openProfile, type Tab } from "../../../e2e/harness.ts";
import { serveFolder } from "../serve-folder.ts";
import type { BenchPage } from "./page/contract.ts";
import type { BenchRow } from "./row.ts";

const folder = fileURLToPath(new URL("../../../dist/bench", import.meta.url));

/** A benchmark that takes longer has hung. */
const mostMinutes = 5;

/** How a row names the browser it ran in. */
export function browserName(tab: Tab): string {
  return `Chromium ${tab.page.context().browser()?.version() ?? ""}`.trim();
}

/** Runs a benchmark in a fresh profile. */
export async function runInBrowser(name: string): Promise<readonly BenchRow[]> {
  const server = await serveFolder(folder);
  const profile = await openProfile();
  try {
    const tab = await profile.open(server.url);
    const complaint = new Promise<never>((_, reject) => {
      const refuse = (what: string): void => reject(new Error(`the page complained: ${what}`));
      tab.page.on("pageerror", ({ message }) => refuse(message));
      tab.page.on("console", (message) => message.type() === "error" && refuse(message.text()));
      AbortSignal.timeout(mostMinutes * 60_000).addEventListener("abort", () => refuse("no answer in time"));
    });
    const ready = tab.page.waitForFunction(() => "bench" in window);
    await Promise.race([ready, complaint]);
    const rows = await Promise.race([
      tab.page.evaluate((body) => (window as unknown as { bench: BenchPage }).bench.run(body), name),
      complaint,
    ]);
    return rows.map((row) => ({ ...row, where: browserName(tab) }));
  } finally {
    await profile.close();
    server.close();
  }
}
