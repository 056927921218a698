/**
 * The thread that runs components. Wiring only.
 */
import { serve } from "#sdk/rpc.ts";
import { measureComponents } from "../../bench/component-body.ts";
import { runComponentCases } from "../component-cases.ts";
import type { ComponentPage } from "./contract.ts";

async function fetched(name: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`/${name}.wasm`)).arrayBuffer());
}

const page: ComponentPage = {
  run: () => runComponentCases(fetched),
  measure: async (kinds, callCount) => {
    const calls: Record<string, Uint8Array> = {};
    for (const kind of kinds) calls[kind] = await fetched(kind);
    return measureComponents({ program: await fetched("wasi-probe"), calls, callCount });
  },
};
serve(self, page);
