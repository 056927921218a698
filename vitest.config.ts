import { defineConfig } from "vitest/config";

/** Unit, property, contract and simulator tests: everything but real browsers (those are in e2e/). */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "threads",
    // Vitest leaves a core to who watches; of two that is half the machine.
    maxWorkers: "100%",
  },
});
