/**
 * The seed's one port: the app, public files under `/ipfs/`, `/healthz`, `/bootstrap.json`, `/rpc`, and the WebSocket upgrade that libp2p takes over.
 * Every route has a size, a rate and a time limit; nothing here trusts a header further than it must.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { TokenBuckets } from "#platform/libp2p/token-buckets.ts";
import type { NodeRequests } from "#sdk/contract.ts";
import { clientName } from "./client-name.ts";
import type { GatewayServer } from "./gateway-server.ts";
import { answerRpc } from "./json-rpc.ts";
import { seedLimits } from "./limits.ts";
import { securityHeaders } from "./security-headers.ts";
import type { StaticFile } from "./static-files.ts";

/** What the server serves. */
export interface SeedServices {
  readonly node: NodeRequests;
  readonly files: ReadonlyMap<string, StaticFile>;
  /** The answer of `/bootstrap.json` for a page that used this `Host` header. */
  bootstrap(host: string, secure: boolean): unknown;
  /** Answers what is asked under `/ipfs/`; null: nobody does. */
  readonly gateway: Pick<GatewayServer, "answer"> | null;
  /** Takes over a WebSocket upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  nowMs(): number;
  readonly tls: { readonly certificate: Buffer; readonly key: Buffer } | null;
}

type Headers = Record<string, string>;

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Headers = {},
): void {
  response.writeHead(status, {
    ...securityHeaders,
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, "application/json", JSON.stringify(value), { "cache-control": "no-store" });
}

async function sendFile(request: IncomingMessage, response: ServerResponse, file: StaticFile): Promise<void> {
  const headers: Headers = {
    ...file.headers,
    etag: file.entityTag,
    vary: "accept-encoding",
    "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
  };
  if (request.headers["if-none-match"] === file.entityTag) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  const acceptsGzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  const compressed = acceptsGzip ? await file.compressed() : null;
  if (compressed !== null) send(response, 200, file.type, compressed, { ...headers, "content-encoding": "gzip" });
  else send(response, 200, file.type, file.body, headers);
}

/** Reads a body up to the limit; null when it is longer (the rest is not read). */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > seedLimits.requestBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function handleRpc(services: SeedServices, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST") {
    send(response, 405, "text/plain", "JSON-RPC takes POST.\n", { allow: "POST" });
    return;
  }
  // A JSON content type cannot be sent by a foreign page without a preflight, which this server never grants.
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    send(response, 415, "text/plain", "JSON-RPC takes content-type application/json.\n");
    return;
  }
  const body = await readBody(request);
  if (body === null) {
    send(response, 413, "text/plain", `At most ${seedLimits.requestBodyBytes} bytes.\n`, { connection: "close" });
    return;
  }
  const answer = await answerRpc(services.node, body);
  if (answer === null) {
    response.writeHead(204, securityHeaders);
    response.end();
  } else sendJson(response, 200, answer);
}

async function handleHealth(services: SeedServices, response: ServerResponse): Promise<void> {
  const status = await services.node.status();
  if (!status.ok) return sendJson(response, 503, { status: "failing", reason: status.message });
  const { height, peers, network } = status.value;
  sendJson(response, 200, { status: "ok", network, height, peers });
}

async function route(services: SeedServices, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] as string;
  if (path === "/rpc") return handleRpc(services, request, response);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return send(response, 405, "text/plain", "Only GET here.\n", { allow: "GET, HEAD" });
  }
  if (path === "/healthz") return handleHealth(services, response);
  if (path === "/bootstrap.json") {
    return sendJson(response, 200, services.bootstrap(request.headers.host ?? "", services.tls !== null));
  }
  if (path === "/ipfs" || path.startsWith("/ipfs/")) {
    if (services.gateway !== null) return services.gateway.answer(request, response);
    return send(response, 404, "text/plain", "This seed shows no published files; a tab of the app does.\n");
  }
  const file = services.files.get(path);
  if (file !== undefined) return sendFile(request, response, file);
  send(response, 404, "text/plain", "Nothing here.\n");
}

/** Makes the server; the caller listens and closes. */
export function createSeedServer(services: SeedServices): Server {
  const { clientBurst: burst, clientRefillPerSecond: perSecond, clientsRemembered: names } = seedLimits;
  const buckets = new TokenBuckets({ burst, perSecond, names });
  const allow = (client: string): boolean => buckets.spend(clientName(client), services.nowMs());
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (!allow(request.socket.remoteAddress ?? "")) {
      send(response, 429, "text/plain", "Too many requests; wait a second.\n", {
        "retry-after": "1",
        connection: "close",
      });
      return;
    }
    route(services, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else send(response, 500, "text/plain", "The seed could not answer that.\n");
    });
  };
  const server =
    services.tls === null
      ? createServer(onRequest)
      : createTlsServer({ cert: services.tls.certificate, key: services.tls.key }, onRequest);
  server.maxConnections = seedLimits.connections;
  server.requestTimeout = seedLimits.requestTimeoutMs;
  server.headersTimeout = seedLimits.headerTimeoutMs;
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    if (!allow((socket as { remoteAddress?: string }).remoteAddress ?? "")) socket.destroy();
    else services.upgrade(request, socket, head);
  });
  return server as Server;
}
