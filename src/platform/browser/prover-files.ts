/**
 * Circuit files in a browser: fetched from the app's own origin, kept in the origin-private file system or, where that is
 * missing, in the Cache API. Both may be absent (private windows) or full; then every proof downloads again.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { CircuitFiles } from "../wasm/groth16/artifacts.ts";

const folderName = "circuits";

/** Reads a body chunk by chunk, so that progress can be told. */
async function readBody(response: Response, onBytes: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    bytes += part.value.length;
    onBytes(bytes);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function fetchFile(name: string, onBytes: (bytes: number) => void): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const unreachable = (reason: string) =>
    rejected("disconnected", `The file ${name} could not be fetched (${reason}). Try again when you are online.`, {
      name,
    });
  try {
    const response = await fetch(`/${folderName}/${name}`);
    return response.ok ? accepted(await readBody(response, onBytes)) : unreachable(`status ${response.status}`);
  } catch (error) {
    return unreachable(String(error));
  }
}

type Kept = Pick<CircuitFiles, "read" | "keep">;

const inFileSystem: Kept = {
  read: async (name) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(folderName, { create: true });
    const file = await folder.getFileHandle(name).catch(() => null);
    return file === null ? null : new Uint8Array(await (await file.getFile()).arrayBuffer());
  },
  keep: async (name, bytes, names) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(folderName, { create: true });
    for await (const old of folder.keys()) if (!names.includes(old)) await folder.removeEntry(old);
    // The file appears whole on close; a tab that ends before leaves the old one or none.
    const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await writable.write(bytes);
    await writable.close();
  },
};

const inCache: Kept = {
  read: async (name) => {
    const found = await (await caches.open(folderName)).match(`/${folderName}/${name}`);
    return found === undefined ? null : new Uint8Array(await found.arrayBuffer());
  },
  keep: async (name, bytes, names) => {
    const cache = await caches.open(folderName);
    for (const request of await cache.keys()) {
      if (!names.some((kept) => request.url.endsWith(`/${kept}`))) await cache.delete(request);
    }
    await cache.put(`/${folderName}/${name}`, new Response(bytes));
  },
};

/** Tries the file system, then the cache; what neither keeps is not kept. */
export const browserCircuitFiles: CircuitFiles = {
  fetch: fetchFile,
  read: (name) =>
    inFileSystem
      .read(name)
      .catch(() => null)
      .then(async (found) => found ?? (await inCache.read(name).catch(() => null))),
  keep: (name, bytes, names) =>
    inFileSystem.keep(name, bytes, names).catch(() => inCache.keep(name, bytes, names).catch(() => undefined)),
};
