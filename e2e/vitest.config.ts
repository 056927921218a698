import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Real browsers: each file starts its own seed and its own Chromium; one file at a time, this machine may be small. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["e2e/**/*.e2e.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A second, as it is by default, is not long for a page on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    fileParallelism: false,
    pool: "forks",
  },
});
