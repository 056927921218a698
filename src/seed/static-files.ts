/**
 * The built app in memory: every file with its type, tag and compressed form. Only files that were there at start are
 * served, so no request can name a path outside. Compressing all of them at the start took most of it, and most visits
 * ask for few.
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { securityHeaders } from "./security-headers.ts";
import { veilPageHeaders, veilPagePath } from "./veil-policy.ts";

/** One file as it is sent. */
export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
  /** Gzip form, made when it is first asked for; null where it would not be smaller. */
  compressed(): Promise<Buffer | null>;
  readonly entityTag: string;
  /** Files with a hash in their name never change. */
  readonly immutable: boolean;
  /** The security headers it is sent with. */
  readonly headers: Readonly<Record<string, string>>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** Kinds of files that are compressed already (.bin: circuit keys). */
const packed: ReadonlySet<string> = new Set([".png", ".woff2", ".bin"]);

/** Compresses once, on a thread of its own. */
function compressing(body: Buffer): () => Promise<Buffer | null> {
  let made: Promise<Buffer | null> | null = null;
  return () => {
    made ??= promisify(gzip)(body, { level: 9 }).then((form) => (form.length < body.length * 0.9 ? form : null));
    return made;
  };
}

function readFile(path: string, urlPath: string): StaticFile {
  const body = readFileSync(path);
  return {
    type: types[extname(path)] ?? "application/octet-stream",
    body,
    compressed: packed.has(extname(path)) ? () => Promise.resolve(null) : compressing(body),
    entityTag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`,
    immutable: urlPath.startsWith("/assets/"),
    headers:
      urlPath === veilPagePath ? { ...securityHeaders, ...veilPageHeaders(body.toString("utf8")) } : securityHeaders,
  };
}

/** Reads a folder into a map from URL path to file; `/` is `index.html`. */
export function loadStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  const visit = (path: string, urlPath: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const at = join(path, entry.name);
      const url = `${urlPath}/${entry.name}`;
      if (entry.isDirectory()) visit(at, url);
      else files.set(url, readFile(at, url));
    }
  };
  visit(folder, "");
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}
