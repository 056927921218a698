/**
 * What the figures were measured on and of.
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

/** Machine, versions, commit. */
export function describeMachine(): Readonly<Record<string, unknown>> {
  const git = (...args: readonly string[]): string => spawnSync("git", args, { encoding: "utf8" }).stdout?.trim() ?? "";
  const packages = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly version?: string }>>;
  };
  const versionOf = (name: string): string => packages.packages[`node_modules/${name}`]?.version ?? "";
  return {
    at: new Date().toISOString(),
    commit: git("rev-parse", "HEAD"),
    changed: git("status", "--porcelain", "--untracked-files=no") !== "",
    machine: {
      processor: cpus()[0]?.model ?? "",
      cores: cpus().length,
      memoryBytes: totalmem(),
      system: release(),
      // Others at work on the machine show here.
      load: loadavg(),
    },
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(
        ["@noble/curves", "@noble/hashes", "@bitauth/libauth", "tiny-secp256k1", "hash-wasm", "libp2p"].map((name) => [
          name,
          versionOf(name),
        ]),
      ),
    },
  };
}
