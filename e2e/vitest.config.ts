import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { patienceMs } from "./patience.ts";

/** Real browsers: each file starts its own seed and its own Chromium; one file at a time, this machine may be small. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["e2e/**/*.e2e.ts"],
    // Ends of what never comes. Tests wait for what is to happen, not for a time; a busy machine may take its own.
    testTimeout: 10 * patienceMs,
    hookTimeout: 5 * patienceMs,
    expect: { poll: { timeout: patienceMs } },
    // A build in which nothing works is told soon.
    bail: 8,
    fileParallelism: false,
    pool: "forks",
  },
});
