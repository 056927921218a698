import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { accepted } from "#protocol/result.ts";
import type { NodeRequests } from "#sdk/contract.ts";
import { createSeedServer, type SeedServices } from "./http-server.ts";
import { seedLimits } from "./limits.ts";
import { securityHeaders } from "./security-headers.ts";

const file = {
  type: "text/html; charset=utf-8",
  body: Buffer.from("<!doctype html>".repeat(20)),
  compressed: () => Promise.resolve(Buffer.from("smaller")),
  entityTag: '"abc"',
  immutable: false,
  headers: securityHeaders,
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(changes: Partial<SeedServices> = {}): Promise<string> {
  const node = {
    status: () => Promise.resolve(accepted({ height: 3, peers: 2, network: "dev" })),
  } as unknown as NodeRequests;
  const server = createSeedServer({
    node,
    files: new Map([["/", file]]),
    bootstrap: (host, secure) => ({ host, secure }),
    upgrade: (_request, socket) => socket.destroy(),
    gateway: {
      answer: (_request, response) => {
        response.writeHead(418).end();
        return Promise.resolve();
      },
    },
    nowMs: () => 0,
    tls: null,
    ...changes,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("seed HTTP server", () => {
  it("serves the page with the policy that shuts everything foreign out", async () => {
    const origin = await serve();
    const response = await fetch(origin, { headers: { "accept-encoding": "identity" } });
    expect(await response.text()).toBe(file.body.toString());
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/script-src[^;]*('unsafe-inline'|'unsafe-eval'|data:|blob:)/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("answers an unchanged file with 304", async () => {
    const response = await fetch(await serve(), { headers: { "if-none-match": '"abc"' } });
    expect(response.status).toBe(304);
  });

  it("tells its health and gives bootstrap data for the page's own host, never cached", async () => {
    const origin = await serve();
    expect(await (await fetch(`${origin}/healthz`)).json()).toEqual({
      status: "ok",
      network: "dev",
      height: 3,
      peers: 2,
    });
    const bootstrap = await fetch(`${origin}/bootstrap.json`);
    expect(bootstrap.headers.get("cache-control")).toBe("no-store");
    expect(await bootstrap.json()).toEqual({ host: new URL(origin).host, secure: false });
  });

  it.each([
    ["GET", "/../package.json", 404],
    ["GET", "/%2e%2e/package.json", 404],
    ["GET", "/nothing", 404],
    ["POST", "/", 405],
    ["GET", "/rpc", 405],
  ])("%s %s gives %d", async (method, path, status) => {
    const url = new URL(await serve());
    const answered = await new Promise<number>((resolve, reject) => {
      const request = httpRequest({ host: url.hostname, port: url.port, method, path }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on("error", reject);
      request.end();
    });
    expect(answered).toBe(status);
  });

  it("takes JSON-RPC only as JSON and only up to the limit", async () => {
    const origin = await serve();
    const post = (body: string, type: string) =>
      fetch(`${origin}/rpc`, { method: "POST", body, headers: { "content-type": type } });
    expect((await post("{}", "text/plain")).status).toBe(415);
    expect((await post(" ".repeat(seedLimits.requestBodyBytes + 1), "application/json")).status).toBe(413);
    const answer = await (await post('{"jsonrpc":"2.0","id":1,"method":"node_status"}', "application/json")).json();
    expect(answer).toMatchObject({ id: 1, result: { height: 3 } });
  });

  it("slows a client down after its burst", async () => {
    const origin = await serve();
    const statuses = await Promise.all(
      Array.from({ length: seedLimits.clientBurst + 10 }, async () => {
        const response = await fetch(`${origin}/healthz`);
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(seedLimits.clientBurst);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  });

  it("stays alive when a route fails", async () => {
    const origin = await serve({
      bootstrap: () => {
        throw new Error("broken");
      },
    });
    expect((await fetch(`${origin}/bootstrap.json`)).status).toBe(500);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  });
});
