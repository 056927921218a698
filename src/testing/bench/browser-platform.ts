/**
 * Benchmarks in a real Chromium: a page of their own, served on loopback under the headers that the app is served with.
 * @module
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { openProfile, type Tab } from "../../../e2e/harness.ts";
import { securityHeaders } from "../../seed/security-headers.ts";
import { loadStaticFiles } from "../../seed/static-files.ts";
import type { BenchPage } from "./page/contract.ts";
import type { BenchRow } from "./row.ts";

const folder = fileURLToPath(new URL("../../../dist/bench", import.meta.url));

/** A benchmark that takes longer has hung. */
const mostMinutes = 5;

/** Serves the built page. */
async function servePage(): Promise<{ readonly server: Server; readonly url: string }> {
  const files = loadStaticFiles(folder);
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    response.writeHead(file === undefined ? 404 : 200, {
      ...securityHeaders,
      "content-type": file?.type ?? "text/plain",
    });
    response.end(file?.body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** How a row names the browser it ran in. */
export function browserName(tab: Tab): string {
  return `Chromium ${tab.page.context().browser()?.version() ?? ""}`.trim();
}

/** Runs a benchmark in a fresh profile. */
export async function runInBrowser(name: string): Promise<readonly BenchRow[]> {
  const { server, url } = await servePage();
  const profile = await openProfile();
  try {
    const tab = await profile.open(url);
    const complaint = new Promise<never>((_, reject) => {
      const refuse = (what: string): void => reject(new Error(`the page complained: ${what}`));
      tab.page.on("pageerror", ({ message }) => refuse(message));
      tab.page.on("console", (message) => message.type() === "error" && refuse(message.text()));
      AbortSignal.timeout(mostMinutes * 60_000).addEventListener("abort", () => refuse("no answer in time"));
    });
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
