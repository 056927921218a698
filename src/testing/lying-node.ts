/**
 * A node that answers requests about blocks of files otherwise than it would.
 * @module
 */
import { type NetworkHandlers, protocols } from "#node/ports.ts";
import type { Result } from "#protocol/result.ts";
import type { SimulatedNode } from "./simulator.ts";

/** Changes what a node answers to requests about blocks, or when; `request` is what it was asked. */
export function answering(
  node: SimulatedNode,
  change: (answer: Result<Uint8Array>, request: Uint8Array) => Result<Uint8Array> | Promise<Result<Uint8Array>>,
): void {
  const inner = node.network as unknown as { handlers: NetworkHandlers };
  const { handlers } = inner;
  inner.handlers = {
    ...handlers,
    onRequest: async (peerId, protocol, request) => {
      const answer = await handlers.onRequest(peerId, protocol, request);
      return protocol === protocols.block ? change(answer, request) : answer;
    },
  };
}
