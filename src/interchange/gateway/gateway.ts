/**
 * Answers to `/ipfs/<cid>[/path]`, the same by a seed over HTTP and by a tab through its service worker: files that anybody
 * published, out of blocks of which each is checked. They come from the origin under which the app runs, so every answer
 * takes all of that from what is in it: a sandbox without scripts, forms and storage, nothing loaded from elsewhere, and types
 * of a short list.
 * @module
 */

import type { CID } from "multiformats/cid";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Rejected, type RejectionCode, type Result } from "#protocol/result.ts";
import { codecs } from "../content-id.ts";
import { readRange } from "./byte-range.ts";
import { contentTypeOf, dispositionOf } from "./content-types.ts";
import { folderPage } from "./folder-page.ts";
import { gatewayPolicy } from "./policy.ts";
import { type FetchBlock, findPublic, type PublicFile, type PublicFolder, partsOf } from "./public-files.ts";
import { type PublicLink, readPublicLink, writePublicPath } from "./public-link.ts";

/** What is asked. */
export interface GatewayRequest {
  readonly method: "GET" | "HEAD";
  /** Path and query of the address, as they were sent. */
  readonly path: string;
  /** Values of the headers `Range`, `If-Range` and `If-None-Match`. */
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly ifNoneMatch: string | null;
}

/** Parts of a body in their order; behind a refusal nothing follows, and what came must not be taken for the whole. */
export type GatewayBody = AsyncGenerator<Result<Uint8Array>, void>;

/** What is answered. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** To be gone through once, or ended by its `return`. */
  readonly body: GatewayBody | null;
}

const safety: Readonly<Record<string, string>> = {
  "content-security-policy": gatewayPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // A page in the sandbox is of no origin, so that to it its own pictures are foreign ones.
  "cross-origin-resource-policy": "cross-origin",
};

const statuses: Partial<Record<RejectionCode, number>> = {
  "invalid-argument": 400,
  "not-found": 404,
  "too-large": 413,
  "too-many": 413,
  "too-deep": 413,
  "unsupported-feature": 501,
  "rate-limited": 503,
  busy: 503,
  disconnected: 503,
  timeout: 504,
};

/** A refusal as an answer: in words, and never kept. What is not as it should be came from those who were asked. */
export function refusalAnswer({ code, message }: Rejected): GatewayAnswer {
  const status = statuses[code] ?? 502;
  const headers = { ...safety, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  return {
    status,
    headers: status === 503 ? { ...headers, "retry-after": "5" } : headers,
    body: whole(utf8ToBytes(`${message}\n`)),
  };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Result<Uint8Array>, void> {
  yield await Promise.resolve(accepted(bytes));
}

const tagOf = (text: string): string => `"${text}"`;

const matches = (header: string | null, tag: string): boolean =>
  header !== null && header.split(",").some((one) => one.trim().replace(/^W\//, "") === tag);

function fileAnswer(fetch: FetchBlock, request: GatewayRequest, file: PublicFile, name: string | null): GatewayAnswer {
  const { sizeBytes, root, cid } = file;
  const tag = tagOf(cid.toString());
  const kept = { ...safety, etag: tag, "cache-control": "public, max-age=31536000, immutable" };
  if (matches(request.ifNoneMatch, tag)) return { status: 304, headers: kept, body: null };
  const isWhole = request.ifRange !== null && request.ifRange !== tag;
  const range = isWhole ? null : readRange(request.range, sizeBytes);
  if (range === "outside")
    return { status: 416, headers: { ...safety, "content-range": `bytes */${sizeBytes}` }, body: null };
  const type = contentTypeOf(name, root instanceof Uint8Array ? root : null);
  const { from, to } = range ?? { from: 0, to: sizeBytes };
  const headers = {
    ...kept,
    "content-type": type,
    "content-disposition": dispositionOf(type, name ?? cid.toString()),
    "content-length": `${to - from}`,
    "accept-ranges": "bytes",
    ...(range === null ? {} : { "content-range": `bytes ${from}-${to - 1}/${sizeBytes}` }),
  };
  const body = request.method === "HEAD" ? null : partsOf(fetch, file, { from, to });
  return { status: range === null ? 200 : 206, headers, body };
}

function listAnswer(
  { method, ifNoneMatch }: GatewayRequest,
  { cid, entries }: PublicFolder,
  title: string,
): GatewayAnswer {
  const tag = tagOf(`${cid.toString()}.list`);
  const kept = { ...safety, etag: tag, "cache-control": "public, max-age=3600" };
  if (matches(ifNoneMatch, tag)) return { status: 304, headers: kept, body: null };
  const page = utf8ToBytes(folderPage(title, entries.keys()));
  const headers = { ...kept, "content-type": "text/html; charset=utf-8", "content-length": `${page.length}` };
  return { status: 200, headers, body: method === "HEAD" ? null : whole(page) };
}

const folderIndex = "index.html";

async function answerFolder(
  fetch: FetchBlock,
  request: GatewayRequest,
  link: PublicLink,
  folder: PublicFolder,
): Promise<GatewayAnswer> {
  // Addresses in a page of a folder lead on from the folder only if its own ends with a slash.
  if (!link.isFolder) {
    const location = `${writePublicPath(link.cid, link.path)}/`;
    return { status: 301, headers: { ...safety, location, "cache-control": "public, max-age=3600" }, body: null };
  }
  const index = folder.entries.get(folderIndex);
  const found = index === undefined ? null : await findPublic(fetch, index, []);
  if (found !== null && !found.ok) return refusalAnswer(found);
  return found?.value.kind === "file"
    ? fileAnswer(fetch, request, found.value, folderIndex)
    : listAnswer(request, folder, link.path.at(-1) ?? link.cid.toString());
}

/** One block as it is, for who checks it by its CID (https://specs.ipfs.tech/http-gateways/trustless-gateway/). */
async function blockAnswer(
  fetch: FetchBlock,
  { method, ifNoneMatch }: GatewayRequest,
  cid: CID,
): Promise<GatewayAnswer> {
  const tag = tagOf(`${cid.toString()}.raw`);
  const kept = { ...safety, etag: tag, "cache-control": "public, max-age=31536000, immutable" };
  if (matches(ifNoneMatch, tag)) return { status: 304, headers: kept, body: null };
  const block = await fetch(cid);
  if (!block.ok) return refusalAnswer(block);
  const headers = {
    ...kept,
    "content-type": "application/vnd.ipld.raw",
    "content-disposition": `attachment; filename="${cid.toString()}.bin"`,
    "content-length": `${block.value.length}`,
  };
  return { status: 200, headers, body: method === "HEAD" ? null : whole(block.value) };
}

/** Answers one request; `fetch` gives checked blocks (`checkedBlocks`). */
export async function answerGateway(fetch: FetchBlock, request: GatewayRequest): Promise<GatewayAnswer> {
  const link = readPublicLink(request.path);
  if (!link.ok) return refusalAnswer(link);
  const { cid, path, filename, isBlock } = link.value;
  if (isBlock) return blockAnswer(fetch, request, cid);
  // Who has it asks whether it changed, which it cannot have.
  if (path.length === 0 && cid.code === codecs.raw && matches(request.ifNoneMatch, tagOf(cid.toString())))
    return { status: 304, headers: { ...safety, etag: tagOf(cid.toString()) }, body: null };
  const found = await findPublic(fetch, cid, path);
  if (!found.ok) return refusalAnswer(found);
  return found.value.kind === "file"
    ? fileAnswer(fetch, request, found.value, filename ?? path.at(-1) ?? null)
    : answerFolder(fetch, request, link.value, found.value);
}
