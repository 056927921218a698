import { defineConfig } from "vitest/config";

/** Unit, property, contract and simulator tests: everything but real browsers (those are in e2e/). */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    // Ends of what never comes: a busy machine may take its own time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Each file in a process of its own: the address space of WebAssembly memories (10 GB each, until they are collected)
    // is the process's, and a file that starts thousands must not leave another one none.
    pool: "forks",
    // Vitest leaves a core to who watches; of two that is half the machine.
    maxWorkers: "100%",
  },
});
