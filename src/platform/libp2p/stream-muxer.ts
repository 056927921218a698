/**
 * Yamux, with one mend. It announces a new stream to the other side in a microtask of its own, and what that throws when the
 * connection has ended meanwhile reaches nobody: in a page it is an error on the console, a seed would end of it.
 * @module
 */
import { yamux } from "@libp2p/yamux";

/** The muxer of all connections that have none of their own. A stream that cannot be announced is aborted. */
export function streamMuxer(): ReturnType<typeof yamux> {
  const createFactory = yamux();
  return () => {
    const factory = createFactory();
    const createMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
      const muxer = createMuxer(connection);
      const createStream = muxer.onCreateStream.bind(muxer);
      muxer.onCreateStream = () => {
        const stream = createStream();
        const announce = stream.sendWindowUpdate.bind(stream);
        stream.sendWindowUpdate = () => {
          try {
            announce();
          } catch (error) {
            stream.abort(error instanceof Error ? error : new Error(String(error)));
          }
        };
        return stream;
      };
      return muxer;
    };
    return factory;
  };
}
