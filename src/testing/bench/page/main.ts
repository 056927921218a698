/**
 * The page of the benchmarks: starts their worker and lets the driver call it. Wiring only.
 * @module
 */
import { connect } from "#sdk/rpc.ts";
import { installTrustedTypes } from "../../../platform/browser/trusted-types.ts";
import type { BenchPage } from "./contract.ts";

installTrustedTypes(window);
const worker = new Worker(new URL("./bench.worker.ts", import.meta.url), { type: "module" });
worker.addEventListener("error", (event) => console.error(event.message || "the worker's script did not load"));
const { methods, onEvent } = connect<BenchPage>(worker);
onEvent(() => {
  (window as unknown as { bench: BenchPage }).bench = methods;
});
