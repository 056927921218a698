/**
 * Gives the thread that paints its turns while libp2p starts and connects: libp2p does each in one long row of microtasks.
 * @module
 */
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions } from "@libp2p/interface";
import { breathe } from "./turns.ts";

/** Among libp2p's services: each step of starting, which is of all services at once, comes in a turn of its own. */
export const startingInTurns = () => ({ beforeStart: breathe, start: breathe, afterStart: breathe });

/**
 * An encrypter whose handshake has its own turns. What a peer sends meanwhile waits in its stream, as it does for whoever
 * listens late.
 */
export function encryptingInTurns<Components>(
  create: (components: Components) => ConnectionEncrypter,
): (components: Components) => ConnectionEncrypter {
  return (components) => {
    const encrypter = create(components);
    const inTurns = (name: "secureInbound" | "secureOutbound"): void => {
      const secure = encrypter[name].bind(encrypter);
      encrypter[name] = async (stream: MessageStream, options?: SecureConnectionOptions) => {
        await breathe();
        const secured = await secure(stream, options);
        await breathe();
        return secured;
      };
    };
    inTurns("secureInbound");
    inTurns("secureOutbound");
    return encrypter;
  };
}
