/**
 * A proving thread of the seed: makes one proof and is thrown away. Wiring only.
 * @module
 */
import { workerData } from "node:worker_threads";
import { sendEvent, serve } from "#sdk/rpc.ts";
import { ownPort } from "../platform/node/compute-threads.ts";
import { nodeCircuitFiles } from "../platform/node/prover-files.ts";
import { systemClock, systemEntropy } from "../platform/node/system.ts";
import { createProverService } from "../platform/wasm/prover-service.ts";

/** Where the thread finds circuit files and may keep them. */
export interface ProverThreadData {
  readonly publishedFolder: string;
  readonly keptFolder: string;
}

const { publishedFolder, keptFolder } = workerData as ProverThreadData;
const port = ownPort();
serve(
  port,
  createProverService(nodeCircuitFiles(publishedFolder, keptFolder), systemClock, systemEntropy, (progress) =>
    sendEvent(port, progress),
  ),
);
