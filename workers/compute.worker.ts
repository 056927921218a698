/**
 * A compute thread of the tab: signatures, beacon proofs, nonces. Wiring only.
 * @module
 */
import { serve } from "#sdk/rpc.ts";
import { createComputeService } from "../src/platform/wasm/compute-service.ts";

serve(self, createComputeService());
