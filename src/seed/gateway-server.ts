/**
 * `GET /ipfs/<cid>[/path]` of the seed: public files over HTTP, for who has no node. How many answers there are at once, to
 * one client too, how long one may take and how slowly it may be read is bounded. An answer that would be wrong breaks off.
 * @module
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerGateway, type GatewayAnswer, type GatewayRequest, refusalAnswer } from "#interchange/gateway/gateway.ts";
import type { FetchBlock } from "#interchange/gateway/public-files.ts";
import { type Rejected, rejected } from "#protocol/result.ts";
import { clientName } from "./client-name.ts";
import { seedLimits } from "./limits.ts";
import { type BlockSources, PublicBlocks } from "./public-blocks.ts";

const tooMany = rejected("busy", "This seed hands over as much as it can just now; try again in a moment.");

/** A smaller part may take as long as one of so many bytes: a phone's connection stands still now and then. */
const leastPartBytes = 262_144;

const tooLong = rejected("timeout", "What the address leads to was not found in time; try again later.");

function requestOf({ method, url, headers }: IncomingMessage): GatewayRequest {
  return {
    method: method === "HEAD" ? "HEAD" : "GET",
    path: url ?? "",
    range: headers.range ?? null,
    ifRange: (headers["if-range"] as string | undefined) ?? null,
    ifNoneMatch: headers["if-none-match"] ?? null,
  };
}

/** How slowly an answer may be taken: for so long not at all, and so many bytes a second at least. */
export interface ReadingPace {
  readonly gatewayIdleMs: number;
  readonly gatewayLeastRate: number;
}

/** Public files of one seed. */
export class GatewayServer {
  private readonly blocks: PublicBlocks;
  private readonly openPerClient = new Map<string, number>();
  private readonly pace: ReadingPace;
  private open = 0;

  constructor(sources: BlockSources, pace: ReadingPace = seedLimits) {
    this.blocks = new PublicBlocks(sources);
    this.pace = pace;
  }

  /** Answers, and resolves once it is sent or the client has gone. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const client = clientName(request.socket.remoteAddress);
    const ofClient = this.openPerClient.get(client) ?? 0;
    if (this.open >= seedLimits.gatewayAnswers || ofClient >= seedLimits.gatewayAnswersPerClient)
      return send(response, refusalAnswer(tooMany), this.pace);
    const refusal = this.blocks.refusal();
    if (refusal !== null) return send(response, refusalAnswer(refusal), this.pace);
    this.open++;
    this.openPerClient.set(client, ofClient + 1);
    try {
      await send(response, await this.find(request, response), this.pace);
    } finally {
      this.open--;
      const left = (this.openPerClient.get(client) ?? 1) - 1;
      if (left > 0) this.openPerClient.set(client, left);
      else this.openPerClient.delete(client);
    }
  }

  /**
   * What is to be sent. Blocks on the way to it come from anybody, as slowly as they like: nothing is looked for any more once
   * that takes too long, or for a client that has gone.
   */
  private async find(request: IncomingMessage, response: ServerResponse): Promise<GatewayAnswer> {
    let refusal: Rejected | null = null;
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<GatewayAnswer>((resolve) => {
      const end = (): void => {
        refusal = tooLong;
        resolve(refusalAnswer(tooLong));
      };
      response.once("close", end);
      timer = setTimeout(end, seedLimits.gatewayFindMs);
    });
    const get: FetchBlock = (cid) => (refusal === null ? this.blocks.get(cid) : Promise.resolve(refusal));
    return Promise.race([answerGateway(get, requestOf(request)), ended]).finally(() => clearTimeout(timer));
  }
}

/** Sends a body no faster than it is taken, and to nobody who takes it too slowly; one that is refused in the middle ends without its end. */
async function send(
  response: ServerResponse,
  { status, headers, body }: GatewayAnswer,
  { gatewayIdleMs, gatewayLeastRate }: ReadingPace,
): Promise<void> {
  // Of who has gone already nothing is heard any more, neither that there is room nor that they go.
  if (response.destroyed) return void (await body?.return());
  const giveUp = (): void => void response.destroy();
  response.setTimeout(gatewayIdleMs, giveUp);
  const timer = setTimeout(giveUp, seedLimits.gatewayAnswerMs);
  const isOver = new AbortController();
  response.once("close", () => isOver.abort());
  response.on("error", giveUp);
  try {
    response.writeHead(status, headers);
    if (response.req.method !== "HEAD" && body !== null) {
      for await (const part of body) {
        if (!part.ok || isOver.signal.aborted) return giveUp();
        if (response.write(part.value)) continue;
        const taken = Math.max(part.value.length, leastPartBytes);
        const slowest = AbortSignal.timeout(Math.ceil((1_000 * taken) / gatewayLeastRate));
        await once(response, "drain", { signal: AbortSignal.any([isOver.signal, slowest]) });
      }
    }
    response.end();
  } catch {
    giveUp();
  } finally {
    clearTimeout(timer);
  }
}
