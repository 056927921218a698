/**
 * Files of the device and the page's files, one as the other.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type ByteSource, eachPiece } from "#sdk/home-files.ts";

/** A file of the device, of which what is asked for is read. */
export function sourceOfBlob(blob: Blob): ByteSource {
  return {
    sizeBytes: blob.size,
    read: async (from, length) => {
      try {
        return accepted(new Uint8Array(await blob.slice(from, from + length).arrayBuffer()));
      } catch {
        return rejected("not-found", "The file cannot be read: it was changed, moved or deleted.");
      }
    },
  };
}

/** All of a source as a blob. Its pieces are the browser's, which puts them on disk when there are many. */
export async function blobOf(source: ByteSource): Promise<Result<Blob>> {
  const parts: Blob[] = [];
  const all = await eachPiece(source, (piece) => {
    parts.push(new Blob([piece as Uint8Array<ArrayBuffer>]));
    return Promise.resolve(accepted(undefined));
  });
  return all.ok ? accepted(new Blob(parts, { type: "application/octet-stream" })) : all;
}
