/**
 * Seals and opens files on a thread of its own, which lives as long as a file is on its way: a megabyte takes tens of
 * milliseconds.
 * @module
 */
import type { FileCipher, RunningCipher } from "#sdk/files.ts";
import { connect } from "#sdk/rpc.ts";

/** Starts a worker that serves a {@link FileCipher}. */
export function startFileCipher(createWorker: () => Worker): RunningCipher {
  const worker = createWorker();
  const { methods, close } = connect<FileCipher>(worker);
  worker.addEventListener("error", () => close());
  const end = (): void => {
    close();
    worker.terminate();
  };
  return {
    sealChunk: (clear, code) => methods.sealChunk(clear, code),
    openChunk: (shards, code, length, key) => methods.openChunk(shards, code, length, key),
    sealManifest: (manifest) => methods.sealManifest(manifest),
    sealAddressed: (addressed) => methods.sealAddressed(addressed),
    openLinked: (block, key) => methods.openLinked(block, key),
    openManifest: (block, key) => methods.openManifest(block, key),
    sealTable: (chunks) => methods.sealTable(chunks),
    openTable: (block, key, of, place) => methods.openTable(block, key, of, place),
    end,
  };
}
