/**
 * Serves built pages of tests and benchmarks on loopback, under the headers that the app is served with.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { securityHeaders } from "../seed/security-headers.ts";
import { loadStaticFiles } from "../seed/static-files.ts";

/** A server and its end. */
export interface ServedFolder {
  readonly url: string;
  /** Paths asked for so far. */
  readonly requests: readonly string[];
  close(): void;
}

/** Starts serving a folder; other `headers` are for pages with rivals that do not run under the app's policy. */
export async function serveFolder(folder: string, headers?: Readonly<Record<string, string>>): Promise<ServedFolder> {
  const files = loadStaticFiles(folder);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const file = files.get(request.url ?? "");
    response.writeHead(file === undefined ? 404 : 200, {
      ...(headers ?? file?.headers ?? securityHeaders),
      "content-type": file?.type ?? "text/plain",
    });
    response.end(file?.body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    close: () => server.close(),
  };
}
