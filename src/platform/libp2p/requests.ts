/**
 * Requests over streams of our own, both ends: one stream a request, bounded in size, time, number and rate. What a peer
 * sends never throws out of here; what we cannot answer is refused in words.
 * @module
 */
import type { Connection, Stream } from "@libp2p/interface";
import type { Log, Protocol, RequestLimits } from "#node/ports.ts";
import { type Result, rejected } from "#protocol/result.ts";
import { deadline } from "./deadline.ts";
import type { NetworkLimits } from "./limits.ts";
import { TokenBuckets } from "./token-buckets.ts";
import { answerOverheadBytes, decodeAnswer, encodeAnswer, readFrame, writeFrame } from "./wire.ts";

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Asks over one connection. Never throws. */
export async function ask(
  connection: Connection,
  protocol: Protocol,
  request: Uint8Array,
  limits: RequestLimits & { readonly requestBytes: number },
  ended: AbortSignal,
): Promise<Result<Uint8Array>> {
  if (request.length > limits.requestBytes) {
    return rejected("too-large", `A request of ${request.length} bytes; at most ${limits.requestBytes} are allowed.`);
  }
  const { signal, clear } = deadline(limits.timeoutMs, ended, "time-out");
  let stream: Stream | undefined;
  const abort = (): void => stream?.abort(new Error("time-out"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true });
    await writeFrame(stream, request, signal);
    const answer = await readFrame(stream, limits.maximumResponseBytes + answerOverheadBytes);
    if (answer.ok) {
      void stream.close().catch(() => undefined);
      return decodeAnswer(answer.value, limits.maximumResponseBytes);
    }
    stream.abort(new Error(answer.message));
    return answer.code === "too-large" ? answer : outcome(signal, ended, answer.message);
  } catch (error) {
    const { name, message } = asError(error);
    stream?.abort(asError(error));
    if (name === "TooManyOutboundProtocolStreamsError") {
      return rejected("rate-limited", "Too many requests to this peer are open; wait for answers.");
    }
    if (name === "UnsupportedProtocolError") {
      return rejected("unsupported-protocol", `The peer does not speak ${protocol}; it may be older than this node.`);
    }
    return outcome(signal, ended, message);
  } finally {
    clear();
    signal.removeEventListener("abort", abort);
  }
}

function outcome(signal: AbortSignal, ended: AbortSignal, message: string): Result<Uint8Array> {
  if (signal.aborted && !ended.aborted) return rejected("timeout", "The peer did not answer in time.");
  return rejected("disconnected", `The peer ended the stream without an answer: ${message}`);
}

/** Gives the answer of the node. */
export type AnswerRequest = (peerId: string, protocol: Protocol, request: Uint8Array) => Promise<Result<Uint8Array>>;

/** Answers the streams that peers open. */
export class RequestServer {
  private readonly limits: NetworkLimits;
  private readonly answer: AnswerRequest;
  private readonly ended: AbortSignal;
  private readonly log: Log;
  private readonly buckets: TokenBuckets;
  private readonly open = new Map<string, number>();

  constructor(limits: NetworkLimits, answer: AnswerRequest, ended: AbortSignal, log: Log) {
    this.limits = limits;
    this.answer = answer;
    this.ended = ended;
    this.log = log;
    this.buckets = new TokenBuckets({
      burst: limits.requestBurst,
      perSecond: limits.requestsPerSecond,
      names: limits.rememberedPeers,
    });
  }

  /** Serves one stream to its end. */
  async serve(protocol: Protocol, stream: Stream, connection: Connection): Promise<void> {
    const peerId = connection.remotePeer.toString();
    const place = `${peerId} ${protocol}`;
    const already = this.open.get(place) ?? 0;
    this.open.set(place, already + 1);
    const { signal, clear } = deadline(this.limits.handlerTimeoutMs, this.ended, "time-out");
    const abort = (): void => stream.abort(new Error("time-out"));
    signal.addEventListener("abort", abort, { once: true });
    try {
      const request = await readFrame(stream, this.limits.requestBytes);
      const answer = await Promise.race([this.judge(peerId, protocol, request, already), aborted(signal)]);
      await writeFrame(stream, encodeAnswer(answer), signal);
      await stream.close({ signal });
    } catch (error) {
      stream.abort(asError(error));
    } finally {
      clear();
      signal.removeEventListener("abort", abort);
      const rest = (this.open.get(place) ?? 1) - 1;
      if (rest > 0) this.open.set(place, rest);
      else this.open.delete(place);
    }
  }

  private async judge(
    peerId: string,
    protocol: Protocol,
    request: Result<Uint8Array>,
    already: number,
  ): Promise<Result<Uint8Array>> {
    if (already >= this.limits.streamsPerPeer)
      return rejected("rate-limited", "Too many requests at once; wait for answers.");
    if (!this.buckets.spend(peerId, Date.now())) return rejected("rate-limited", "Too many requests; slow down.");
    if (!request.ok) return request;
    try {
      return await this.answer(peerId, protocol, request.value);
    } catch (error) {
      // A handler that throws is a bug of ours, not of the peer's.
      const context = { peerId, protocol };
      this.log({ level: "error", source: "network", message: `a request handler failed: ${error}`, context });
      return rejected("disconnected", "This node could not answer.");
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(asError(signal.reason)), { once: true });
  });
}
