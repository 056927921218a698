/**
 * The page of programs as tests use it: built with the app's sandbox or with another worker in its place, served under
 * the app's headers beside a server of somebody else that counts what reaches it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ServedFolder, serveFolder } from "../src/testing/serve-folder.ts";
import type { PageReport, PageRequest, VeilPage } from "../src/testing/veil-page/contract.ts";
import { type VeilEntries, veilEntries, veilPage } from "../tools/veil-page.ts";
import type { Tab } from "./harness.ts";
import { buildTestPage } from "./test-pages.ts";

/** Builds and serves the page. */
export async function serveVeilPage(entries: VeilEntries = veilEntries): Promise<ServedFolder> {
  return serveFolder(await buildTestPage("veil-page", [veilPage(entries)]));
}

/** A server of somebody else, who would be glad about a request. */
export interface Outsider {
  readonly url: string;
  /** Connections and requests so far: even a connection without a request would be news. */
  contacts(): number;
  close(): void;
}

/** Starts it. It grants everybody everything, so that nothing is stopped by its answer. */
export async function startOutsider(): Promise<Outsider> {
  let contacts = 0;
  const server = createServer((_request, response) => {
    contacts++;
    response.writeHead(200, {
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "content-type": "text/javascript",
    });
    // As a script of a worker it says that it came through.
    response.end("globalThis.postMessage?.(1)");
  });
  server.on("connection", () => contacts++);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, contacts: () => contacts, close: () => server.close() };
}

/** Runs a program on the page. */
export function run(tab: Tab, request: PageRequest): Promise<PageReport> {
  return tab.page.evaluate(
    (asked) => (window as unknown as { veil: VeilPage }).veil.run(asked),
    request,
  ) as Promise<PageReport>;
}
