import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "vite";
import { compileHints } from "./tools/compile-hints.ts";
import { firstFrame } from "./tools/first-frame.ts";
import { manualPages } from "./tools/manual-pages.ts";
import { plainOrder } from "./tools/plain-order.ts";
import { buildMeta, shellBuild } from "./tools/shell-files.ts";
import { veilPage } from "./tools/veil-page.ts";

const version = (JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8")) as { version: string })
  .version;
const define = { __AETHER_VERSION__: JSON.stringify(version) };

const appFolder = "dist/app";

/** What a first visit runs until its node has joined, the commands apart: most of their code is never called. */
const firstRun = [
  "/src/shell/mount.tsx",
  "/src/shell/terminal/open-terminal.ts",
  "/src/platform/browser/tab-network.ts",
];

/**
 * What a first visit fetches, in this order, each with all that it cannot run without: many small files cost a visitor more
 * in requests than they save in bytes.
 */
const visitChunks = [
  { name: "entry", module: "/src/main.tsx" },
  { name: "prompt", module: "/src/shell/mount.tsx" },
  { name: "terminal", module: "/src/shell/terminal/open-terminal.ts" },
  { name: "commands", module: "/src/shell/shell.ts" },
  { name: "network-keys", module: "/src/platform/browser/tab-keys.ts" },
  { name: "network", module: "/src/platform/browser/tab-network.ts" },
];

/** The earlier chunk of a visit has what several of them need. */
const codeSplitting = {
  groups: visitChunks.map(({ name, module }, i) => ({
    name,
    priority: visitChunks.length - i,
    test: (id: string) => id.endsWith(module),
  })),
};

/** Two versions of jco have files of the same names: the newest one's say so. */
function assetFileNames({ originalFileNames }: { readonly originalFileNames: readonly string[] }): string {
  const isNewest = originalFileNames.some((name) => name.includes("jco-newest"));
  return `assets/${isNewest ? "newest-" : ""}[name]-[hash][extname]`;
}

/** The page: everything a tab loads, hashed file names, nothing inline. */
const app: UserConfig = {
  plugins: [react(), veilPage(), firstFrame(), manualPages(), plainOrder(), compileHints(firstRun), buildMeta()],
  define,
  worker: { format: "es", rollupOptions: { output: { assetFileNames } } },
  // The package's index holds both of its transports in one module; from its own file the rarer is a chunk of its own.
  resolve: {
    alias: {
      "virtual:webrtc-direct-transport": fileURLToPath(
        new URL("node_modules/@libp2p/webrtc/dist/src/private-to-public/transport.browser.js", import.meta.url),
      ),
    },
  },
  build: {
    outDir: appFolder,
    target: "es2023",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: { output: { codeSplitting } },
  },
};

/** The service worker, built last: it carries the list of all that the app consists of. */
const serviceWorker = (): UserConfig => ({
  define: {
    "process.env.NODE_ENV": JSON.stringify("production"),
    __AETHER_SHELL__: JSON.stringify(shellBuild(appFolder)),
  },
  publicDir: false,
  build: {
    outDir: appFolder,
    target: "es2023",
    emptyOutDir: false,
    // As a library the names of its own globals would stay as they are; it has none.
    lib: {
      entry: "workers/service-worker.ts",
      formats: ["iife"],
      name: "shell",
      fileName: () => "service-worker.js",
    },
    minify: true,
  },
});

/** The seed node and its threads: bundles for Node, native packages and libp2p left outside. */
const seed: UserConfig = {
  define,
  publicDir: false,
  ssr: { noExternal: [/^#/], target: "node" },
  build: {
    ssr: true,
    outDir: "dist/seed",
    target: "node20",
    emptyOutDir: true,
    rollupOptions: {
      input: {
        main: "src/seed/main.ts",
        "compute-thread": "src/seed/compute-thread.ts",
        "prover-thread": "src/seed/prover-thread.ts",
        "tsu-conformance": "src/seed/tsu-conformance.ts",
        "verify-receipt": "src/seed/verify-receipt.ts",
        "verify-state": "src/seed/verify-state.ts",
      },
      output: { entryFileNames: "[name].js" },
    },
  },
};

/** One module for outside test suites: the protocol exactly as shipped, no DOM, no Node. */
const conformance: UserConfig = {
  define,
  publicDir: false,
  build: {
    outDir: "dist",
    target: "es2023",
    emptyOutDir: false,
    minify: false,
    lib: { entry: "src/conformance.ts", formats: ["es"], fileName: () => "conformance.js" },
    rollupOptions: {
      // Megabytes of WebAssembly that are loaded from node_modules if a component is run, and else not at all.
      external: ["@bytecodealliance/jco/component", "jco-newest/component"],
      output: { codeSplitting: false },
    },
  },
};

/** The simulator: real node cores in one Node process. */
const simulate: UserConfig = {
  define,
  publicDir: false,
  ssr: { noExternal: [/^#/], target: "node" },
  build: {
    ssr: true,
    outDir: "dist/simulate",
    target: "node20",
    emptyOutDir: true,
    rollupOptions: { input: { main: "src/testing/simulate.ts" }, output: { entryFileNames: "[name].js" } },
  },
};

/** The benchmarks' own page: the app's workers and the measured bodies, under the app's policy. */
const bench: UserConfig = {
  define,
  root: fileURLToPath(new URL("src/testing/bench/page", import.meta.url)),
  publicDir: false,
  worker: { format: "es" },
  resolve: {
    alias: [
      {
        find: /^\.\/wasm_loader\.js$/,
        replacement: fileURLToPath(new URL("src/testing/bench/page/tiny-secp256k1-wasm.ts", import.meta.url)),
      },
    ],
  },
  build: {
    outDir: fileURLToPath(new URL("dist/bench", import.meta.url)),
    target: "es2023",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_000,
  },
};

const configurations: Readonly<Record<string, UserConfig>> = { app, seed, conformance, simulate, bench };

export default defineConfig(({ mode }) =>
  mode === "service-worker" ? serviceWorker() : (configurations[mode] ?? app),
);
