/**
 * The echo that proves a connection: 32 random bytes there and back over that very connection, not over any other to
 * the same peer. @libp2p/webrtc 6.0 reports connections whose ICE has failed; those never answer.
 * @module
 */
import type { Connection, Stream } from "@libp2p/interface";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { deadline } from "./deadline.ts";

const pingProtocol = "/ipfs/ping/1.0.0";
const pingBytes = 32;

/** Round trip over a connection in milliseconds, to a tenth; null if nothing right came back in time. */
export async function echo(connection: Connection, timeoutMs: number, ended: AbortSignal): Promise<number | null> {
  const { signal, clear } = deadline(timeoutMs, ended, "no echo in time");
  let stream: Stream | undefined;
  const abort = (): void => stream?.abort(new Error("no echo in time"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    stream = await connection.newStream(pingProtocol, { signal, runOnLimitedConnection: true });
    signal.throwIfAborted();
    const sent = crypto.getRandomValues(new Uint8Array(pingBytes));
    const startedMs = performance.now();
    stream.send(sent);
    const received = new Uint8Array(pingBytes);
    let at = 0;
    for await (const part of stream) {
      const bytes = part.subarray().subarray(0, pingBytes - at);
      received.set(bytes, at);
      at += bytes.length;
      if (at === pingBytes) break;
    }
    const latencyMs = performance.now() - startedMs;
    void stream.close().catch(() => undefined);
    return equalBytes(sent, received) ? Math.round(latencyMs * 10) / 10 : null;
  } catch {
    return null;
  } finally {
    clear();
    signal.removeEventListener("abort", abort);
  }
}
