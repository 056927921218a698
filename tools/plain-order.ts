/**
 * Has libp2p's list of known peers put names into the order of their letters' numbers in the app. It asks for the order of a
 * dictionary, which no one sees: the first such comparison has the engine load its tables, 20 ms on the thread that paints
 * while a visitor waits for the prompt.
 * @module
 */
import type { Plugin } from "vite";

const modules = /[/\\]@libp2p[/\\]peer-store[/\\]dist[/\\]src[/\\]utils[/\\](?:to-peer-pb|dedupe-addresses)\.js$/;
const comparison = /return (\S+)\.localeCompare\(([^)]*(?:\(\))?)\);/g;

/** Replaces the comparisons; a version of the package that has none where these stood stops the build. */
export function plainOrder(): Plugin {
  return {
    name: "aether-plain-order",
    apply: "build",
    transform(code, id) {
      if (!modules.test(id)) return null;
      const plain = code.replace(comparison, "{ const [x, y] = [$1, $2]; return x < y ? -1 : x > y ? 1 : 0; }");
      if (plain === code || plain.includes("localeCompare")) throw new Error(`${id} compares otherwise than it did`);
      return { code: plain, map: null };
    },
  };
}
