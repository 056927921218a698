/**
 * Circuit files in Node: published ones from a folder (the built app's), the expanded key kept in the data folder.
 * @module
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accepted, rejected } from "#protocol/result.ts";
import type { CircuitFiles } from "../wasm/groth16/artifacts.ts";

/** Files from `published`, kept in `kept`, which is made when needed. */
export function nodeCircuitFiles(published: string, kept: string): CircuitFiles {
  return {
    fetch: async (name, onBytes) => {
      try {
        const bytes = new Uint8Array(await readFile(join(published, name)));
        onBytes(bytes.length);
        return accepted(bytes);
      } catch (error) {
        return rejected(
          "not-found",
          `The file ${join(published, name)} cannot be read (${String(error)}). Build the app.`,
        );
      }
    },
    read: async (name) => {
      const bytes = await readFile(join(kept, name)).catch(() => null);
      return bytes === null ? null : new Uint8Array(bytes);
    },
    keep: async (name, bytes, names) => {
      try {
        await mkdir(kept, { recursive: true });
        for (const old of await readdir(kept)) if (!names.includes(old)) await rm(join(kept, old), { force: true });
        // Under another name until it is whole.
        await writeFile(join(kept, `${name}.part`), bytes);
        await rename(join(kept, `${name}.part`), join(kept, name));
      } catch {
        // A full or read-only disk costs the next proof the time to expand the key again, nothing more.
      }
    },
  };
}
