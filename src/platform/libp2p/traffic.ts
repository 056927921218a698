/**
 * Counts the bytes of all streams with peers: gossip, requests, echoes and what libp2p says for itself. Below them are the
 * transports' own headers and encryption, a few per cent more, which browsers do not tell.
 * @module
 */
import type { Metrics, Stream, StreamMessageEvent } from "@libp2p/interface";
import type { Traffic } from "#sdk/resources.ts";

/** Rates are averages over so many finished seconds. */
const rateSeconds = 5;

interface Second {
  readonly second: number;
  receivedBytes: number;
  sentBytes: number;
}

/** Counts, and tells sums and rates. */
export class TrafficCounter {
  private readonly nowMs: () => number;
  private receivedBytes = 0;
  private sentBytes = 0;
  /** The newest seconds in which something went or came, the oldest first. */
  private readonly seconds: Second[] = [];

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Something came. */
  received(bytes: number): void {
    this.receivedBytes += bytes;
    this.now().receivedBytes += bytes;
  }

  /** Something went. */
  sent(bytes: number): void {
    this.sentBytes += bytes;
    this.now().sentBytes += bytes;
  }

  /** Sums since the start, and rates. */
  view(): Traffic {
    const now = this.secondNow();
    // The running second is not over.
    const newest = this.seconds.filter(({ second }) => second < now && second >= now - rateSeconds);
    const rate = (of: "receivedBytes" | "sentBytes"): number =>
      newest.reduce((sum, second) => sum + second[of], 0) / rateSeconds;
    const { receivedBytes, sentBytes } = this;
    return { receivedBytes, sentBytes, receivedPerSecond: rate("receivedBytes"), sentPerSecond: rate("sentBytes") };
  }

  private secondNow(): number {
    return Math.floor(this.nowMs() / 1_000);
  }

  private now(): Second {
    const second = this.secondNow();
    const last = this.seconds.at(-1);
    if (last?.second === second) return last;
    const next = { second, receivedBytes: 0, sentBytes: 0 };
    this.seconds.push(next);
    if (this.seconds.length > rateSeconds + 1) this.seconds.shift();
    return next;
  }
}

/** Counts what goes over a stream. A listener for what comes would make the stream think that somebody reads it. */
function follow(stream: Stream, counter: TrafficCounter): void {
  const send = stream.send.bind(stream);
  const dispatch = stream.dispatchEvent.bind(stream);
  stream.send = (data) => {
    counter.sent(data.byteLength);
    return send(data);
  };
  stream.dispatchEvent = (event: Event) => {
    if (event.type === "message") counter.received((event as StreamMessageEvent).data.byteLength);
    return dispatch(event);
  };
}

const nothing = (): void => undefined;

/** libp2p asks for much more than it is asked here. */
const unmeasured = { update: nothing, increment: nothing, decrement: nothing, reset: nothing, timer: () => nothing };

/** What `createLibp2p` takes as `metrics`: libp2p shows it each stream once its protocol is agreed on. */
export function countTraffic(): Metrics {
  const counter = new TrafficCounter(() => Date.now());
  const register = () => unmeasured;
  const metrics = {
    counter,
    trackMultiaddrConnection: nothing,
    trackProtocolStream: (stream: Stream) => follow(stream, counter),
    registerMetric: register,
    registerMetricGroup: register,
    registerCounter: register,
    registerCounterGroup: register,
    registerHistogram: register,
    registerHistogramGroup: register,
    registerSummary: register,
    registerSummaryGroup: register,
    traceFunction: <F>(_name: string, traced: F): F => traced,
    createTrace: nothing,
  };
  return metrics as unknown as Metrics;
}

/** The counter of a libp2p node that was made with {@link countTraffic}. */
export function trafficOf(libp2p: object): TrafficCounter | undefined {
  return (libp2p as { readonly metrics?: { readonly counter?: TrafficCounter } }).metrics?.counter;
}
