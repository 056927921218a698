/**
 * A proving thread of the tab: makes one proof and is thrown away. Wiring only.
 * @module
 */
import { sendEvent, serve } from "#sdk/rpc.ts";
import { browserCircuitFiles } from "../src/platform/browser/prover-files.ts";
import { browserClock, browserEntropy } from "../src/platform/browser/system.ts";
import { createProverService } from "../src/platform/wasm/prover-service.ts";

serve(
  self,
  createProverService(browserCircuitFiles, browserClock, browserEntropy, (progress) => sendEvent(self, progress)),
);
