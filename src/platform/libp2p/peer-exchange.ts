/**
 * `/aether/peers/1`: "whom do you know, and how are you?" Tabs ask the seed and each other, so that newcomers are found
 * without a list that somebody keeps, and without the seed once they know one peer; a slow node says that it is slow.
 * @module
 */
import type { Connection, Libp2p } from "@libp2p/interface";
import { decode, encode, list, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { bootstrapLimits } from "./bootstrap.ts";
import { networkLimits } from "./limits.ts";
import { readFrame, writeFrame } from "./wire.ts";

const exchangeProtocol = "/aether/peers/1";
const exchangeBytes = 8_192;
const mostDriftMs = 1_000_000_000;

/** An answer. */
export interface PeerExchange {
  /** Ids of peers that the other reaches directly. */
  readonly peers: readonly string[];
  /** Addresses of other seeds, from a seed; believed only from one. */
  readonly seeds: readonly string[];
  /** How late the other's timers are. */
  readonly timerDriftMs: number;
}

const exchangeSchema: Schema<PeerExchange> = record<PeerExchange>({
  peers: list(text(64), networkLimits.exchangedPeers),
  seeds: list(text(bootstrapLimits.characters), networkLimits.seeds),
  timerDriftMs: unsigned(mostDriftMs),
});

/** Answers the question with what `tell` gives. */
export async function serveExchange(libp2p: Libp2p, tell: () => PeerExchange): Promise<void> {
  await libp2p.handle(
    exchangeProtocol,
    async (stream) => {
      const { peers, seeds, timerDriftMs } = tell();
      const told: PeerExchange = {
        peers: peers.slice(-networkLimits.exchangedPeers),
        seeds: seeds.slice(0, networkLimits.seeds),
        timerDriftMs: Math.min(timerDriftMs, mostDriftMs),
      };
      await writeFrame(stream, encode(exchangeSchema, told), AbortSignal.timeout(networkLimits.echoTimeoutMs));
      await stream.close();
    },
    { maxInboundStreams: networkLimits.exchangeStreams },
  );
}

/** Asks over a connection; null if the peer does not answer this. */
export async function askExchange(connection: Connection): Promise<PeerExchange | null> {
  const signal = AbortSignal.timeout(networkLimits.echoTimeoutMs);
  try {
    const stream = await connection.newStream(exchangeProtocol, { signal });
    signal.addEventListener("abort", () => stream.abort(new Error("time-out")), { once: true });
    const answer = await readFrame(stream, exchangeBytes);
    void stream.close().catch(() => undefined);
    const told = answer.ok ? decode(exchangeSchema, answer.value, exchangeBytes) : answer;
    return told.ok ? told.value : null;
  } catch {
    return null;
  }
}
