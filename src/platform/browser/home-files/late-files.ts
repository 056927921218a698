/**
 * Files whose code is loaded when they are first asked for: the page shows before that.
 * @module
 */
import type { HomeFiles } from "#sdk/home-files.ts";

/** The same files, loaded late; a load that failed is tried again. */
export function lateHomeFiles(load: () => Promise<HomeFiles>): HomeFiles {
  let loaded: Promise<HomeFiles> | null = null;
  const files = (): Promise<HomeFiles> => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw error;
    });
    return loaded;
  };
  return {
    list: async () => (await files()).list(),
    read: async (path) => (await files()).read(path),
    open: async (path) => (await files()).open(path),
    write: async (path, bytes) => (await files()).write(path, bytes),
    add: async (added) => (await files()).add(added),
    draft: async (tag) => (await files()).draft(tag),
    left: async () => (await files()).left(),
    remove: async (path) => (await files()).remove(path),
  };
}
