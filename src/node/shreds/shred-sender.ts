/**
 * Sends shreds, a few at once to each peer: a block is 64 of them, and streams with a peer are few.
 * @module
 */
import { encodeShredRequest, type ShredRequest, shredAnswers } from "#protocol/messages/shreds.ts";
import { type Network, protocols } from "../ports.ts";
import type { ServingBudget } from "../serving-budget.ts";

/** Bounds of what is sent. */
export const sendingLimits = {
  /** Pushes to a peer that are under way at once; it takes 16 of a protocol, and we may ask it meanwhile. */
  open: 4,
  /** Pushes that wait for a peer: two blocks' worth. Who is slower asks others for what it lacks. */
  waiting: 128,
  timeoutMs: 10_000,
  answerBytes: 64,
} as const;

interface Lane {
  open: number;
  readonly waiting: Uint8Array[];
}

/** The pushes of one node. */
export class ShredSender {
  private readonly network: Pick<Network, "request">;
  private readonly serving: Pick<ServingBudget, "note">;
  /** By peer; one without work is not there. */
  private readonly lanes = new Map<string, Lane>();

  constructor(network: Pick<Network, "request">, serving: Pick<ServingBudget, "note">) {
    this.network = network;
    this.serving = serving;
  }

  /** Sends a shred as soon as it is its turn; false if too much waits for that peer. */
  push(peerId: string, request: ShredRequest & { readonly type: "push" }): boolean {
    const lane = this.lanes.get(peerId) ?? { open: 0, waiting: [] };
    if (lane.waiting.length >= sendingLimits.waiting) return false;
    this.lanes.set(peerId, lane);
    lane.waiting.push(encodeShredRequest(request));
    if (lane.open < sendingLimits.open) void this.run(peerId, lane);
    return true;
  }

  private async run(peerId: string, lane: Lane): Promise<void> {
    lane.open++;
    for (let bytes = lane.waiting.shift(); bytes !== undefined; bytes = lane.waiting.shift()) {
      this.serving.note(bytes.length);
      const answer = await this.network.request(peerId, protocols.shred, bytes, {
        timeoutMs: sendingLimits.timeoutMs,
        maximumResponseBytes: sendingLimits.answerBytes,
      });
      // Who does not answer, or does not speak this, gets no more of what waits: it has other ways to the block.
      if (!answer.ok || !shredAnswers.push.decode(answer.value).ok) lane.waiting.length = 0;
    }
    lane.open--;
    if (lane.open === 0) this.lanes.delete(peerId);
  }
}
