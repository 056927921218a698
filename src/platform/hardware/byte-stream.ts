/**
 * What the hardware protocol runs over: a pair of byte streams that somebody can pull the plug of. Web Serial, WebUSB, a
 * TCP socket, a serial file and a pair in memory all fit.
 * @module
 */

/** An open connection to a device. */
export interface ByteStream {
  /** For people: which connection this is. */
  readonly label: string;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Closes the connection; both streams may have been taken by readers and writers. */
  close(): Promise<void>;
}

/** Bytes each direction of a pair in memory holds before a writer waits. */
const pairBytes = 4_096;

/** Two ends of a connection in memory, made of real streams: what one writes the other reads. */
export function streamPair(label: string): readonly [ByteStream, ByteStream] {
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: pairBytes });
  const [there, back] = [0, 1].map(
    () => new TransformStream<Uint8Array, Uint8Array>(undefined, strategy, strategy),
  ) as [TransformStream<Uint8Array, Uint8Array>, TransformStream<Uint8Array, Uint8Array>];
  const end = (readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>): ByteStream => ({
    label,
    readable,
    writable,
    close: async () => {
      if (!readable.locked) await readable.cancel().catch(() => undefined);
      if (!writable.locked) await writable.abort().catch(() => undefined);
    },
  });
  return [end(back.readable, there.writable), end(there.readable, back.writable)];
}
