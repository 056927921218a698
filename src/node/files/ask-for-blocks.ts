/**
 * One request about blocks to one peer.
 * @module
 */
import { type BlockRequest, encodeBlockRequest, shortAnswerBytes } from "#protocol/files/requests.ts";
import type { Result } from "#protocol/result.ts";
import { type Network, protocols } from "../ports.ts";
import { filePlan } from "./file-limits.ts";

/** Asks, and takes an answer of so many bytes at most. */
export function askForBlocks(
  network: Pick<Network, "request">,
  peerId: string,
  request: BlockRequest,
  maximumResponseBytes: number = shortAnswerBytes,
): Promise<Result<Uint8Array>> {
  const limits = { timeoutMs: filePlan.askTimeoutMs, maximumResponseBytes };
  return network.request(peerId, protocols.block, encodeBlockRequest(request), limits);
}
