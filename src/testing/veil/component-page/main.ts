/**
 * The page that runs components in a thread. Wiring only. It has no policy: here glue becomes code by `new Function`.
 */
import { connect } from "#sdk/rpc.ts";
import type { ComponentPage } from "./contract.ts";

const worker = new Worker(new URL("./component.worker.ts", import.meta.url), { type: "module" });
worker.addEventListener("error", (event) => console.error(event.message || "the worker's script did not load"));
(window as unknown as { components: ComponentPage }).components = connect<ComponentPage>(worker).methods;
