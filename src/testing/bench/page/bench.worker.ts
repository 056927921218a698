/**
 * The thread that measures in a browser: a worker like the node's, with compute workers of the app below it.
 * @module
 */
import { meterModule } from "#protocol/veil/meter.ts";
import { sendEvent, serve } from "#sdk/rpc.ts";
import erasureModuleUrl from "../../../../node_modules/@digitaldefiance/reed-solomon-erasure.wasm/dist/reed_solomon_erasure_bg.wasm?url";
import largeModuleUrl from "../../../../node_modules/tiny-secp256k1/lib/secp256k1.wasm?url";
import { computeThread } from "../../../platform/browser/compute-threads.ts";
import { installTrustedTypes } from "../../../platform/browser/trusted-types.ts";
import { bodies } from "../bodies.ts";
import type { BenchPage } from "./contract.ts";

installTrustedTypes(self);

const fetched = async (url: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(url)).arrayBuffer());

const page: BenchPage = {
  run: async (name) => {
    const body = bodies[name];
    if (body === undefined) throw new Error(`there is no benchmark ${name}`);
    // Not a static import: its module awaits WebAssembly, and calls that arrive while a worker's script waits are lost.
    const tiny = await import("tiny-secp256k1");
    return body({
      spawn: () =>
        computeThread(
          new Worker(new URL("../../../../workers/compute.worker.ts", import.meta.url), { type: "module" }),
        ),
      threads: Math.min(4, navigator.hardwareConcurrency),
      tinySecp256k1: ({ digest, signature, publicKey }) => tiny.verify(digest, publicKey, signature, true),
      memoryBytes: null,
      meterModule,
      referenceErasureCode: () => fetched(erasureModuleUrl),
      largeModule: () => fetched(largeModuleUrl),
    });
  },
};
serve(self, page);
// Calls that arrive before this line are lost.
sendEvent(self, "ready");
