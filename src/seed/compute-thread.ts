/**
 * A compute thread of the seed: wiring only.
 * @module
 */
import { serve } from "#sdk/rpc.ts";
import { ownPort } from "../platform/node/compute-threads.ts";
import { createComputeService } from "../platform/wasm/compute-service.ts";

serve(ownPort(), createComputeService());
