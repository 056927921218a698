/**
 * `GET /ipfs/<cid>[/path]` of the seed: public files over HTTP, for who has no node. How many answers there are at once, to
 * one client too, how long one may take and how slowly it may be read is bounded. An answer that would be wrong breaks off.
 * @module
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerGateway, type GatewayAnswer, type GatewayRequest, refusalAnswer } from "#interchange/gateway/gateway.ts";
import { rejected } from "#protocol/result.ts";
import { seedLimits } from "./limits.ts";
import { type BlockSources, PublicBlocks } from "./public-blocks.ts";

const tooMany = rejected("busy", "This seed hands over as much as it can just now; try again in a moment.");

function requestOf({ method, url, headers }: IncomingMessage): GatewayRequest {
  return {
    method: method === "HEAD" ? "HEAD" : "GET",
    path: url ?? "",
    range: headers.range ?? null,
    ifRange: (headers["if-range"] as string | undefined) ?? null,
    ifNoneMatch: headers["if-none-match"] ?? null,
  };
}

/** Public files of one seed. */
export class GatewayServer {
  private readonly blocks: PublicBlocks;
  private readonly openPerClient = new Map<string, number>();
  private open = 0;

  constructor(sources: BlockSources) {
    this.blocks = new PublicBlocks(sources);
  }

  /** Answers, and resolves once it is sent or the client has gone. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const client = request.socket.remoteAddress ?? "";
    const ofClient = this.openPerClient.get(client) ?? 0;
    if (this.open >= seedLimits.gatewayAnswers || ofClient >= seedLimits.gatewayAnswersPerClient)
      return send(response, refusalAnswer(tooMany));
    const refusal = this.blocks.refusal();
    if (refusal !== null) return send(response, refusalAnswer(refusal));
    this.open++;
    this.openPerClient.set(client, ofClient + 1);
    try {
      await send(response, await answerGateway((cid) => this.blocks.get(cid), requestOf(request)));
    } finally {
      this.open--;
      const left = (this.openPerClient.get(client) ?? 1) - 1;
      if (left > 0) this.openPerClient.set(client, left);
      else this.openPerClient.delete(client);
    }
  }
}

/** Sends a body no faster than it is taken; one that is refused in the middle ends without its end. */
async function send(response: ServerResponse, { status, headers, body }: GatewayAnswer): Promise<void> {
  const giveUp = (): void => void response.destroy();
  response.setTimeout(seedLimits.gatewayIdleMs, giveUp);
  const timer = setTimeout(giveUp, seedLimits.gatewayAnswerMs);
  const isOver = new AbortController();
  response.once("close", () => isOver.abort());
  response.on("error", giveUp);
  try {
    response.writeHead(status, headers);
    if (response.req.method !== "HEAD" && body !== null) {
      for await (const part of body) {
        if (!part.ok || isOver.signal.aborted) return giveUp();
        if (!response.write(part.value)) await once(response, "drain", { signal: isOver.signal });
      }
    }
    response.end();
  } catch {
    giveUp();
  } finally {
    clearTimeout(timer);
  }
}
