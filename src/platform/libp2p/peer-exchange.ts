/**
 * `/aether/peers/1`: "whom do you know?" Tabs ask the seed and each other, so that newcomers are found without a list
 * that somebody keeps, and without the seed once they know one peer.
 * @module
 */
import type { Connection, Libp2p } from "@libp2p/interface";
import { decode, encode, list, type Schema, text } from "#protocol/codec/schema.ts";
import { networkLimits } from "./limits.ts";
import { readFrame, writeFrame } from "./wire.ts";

const exchangeProtocol = "/aether/peers/1";
const peerList: Schema<readonly string[]> = list(text(64), networkLimits.exchangedPeers);
const exchangeBytes = 4_096;

/** Answers the question with the peers that `known` gives. */
export async function serveExchange(libp2p: Libp2p, known: () => readonly string[]): Promise<void> {
  await libp2p.handle(
    exchangeProtocol,
    async (stream) => {
      const answer = encode(peerList, known().slice(-networkLimits.exchangedPeers));
      await writeFrame(stream, answer, AbortSignal.timeout(networkLimits.echoTimeoutMs));
      await stream.close();
    },
    { maxInboundStreams: 2 },
  );
}

/** Asks over a connection; nobody, if the peer does not answer this. */
export async function askExchange(connection: Connection): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(networkLimits.echoTimeoutMs);
  try {
    const stream = await connection.newStream(exchangeProtocol, { signal });
    signal.addEventListener("abort", () => stream.abort(new Error("time-out")), { once: true });
    const answer = await readFrame(stream, exchangeBytes);
    void stream.close().catch(() => undefined);
    const named = answer === null ? null : decode(peerList, answer, exchangeBytes);
    return named?.ok ? named.value : [];
  } catch {
    return [];
  }
}
