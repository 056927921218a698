import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Runs the benchmark and nothing else. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: { include: ["src/testing/bench/main.ts"], pool: "forks" },
});
