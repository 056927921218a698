/**
 * Gives the thread that paints its turns while libp2p starts and connects: libp2p does each in one long row of microtasks.
 * @module
 */
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions } from "@libp2p/interface";
import { breathe } from "./turns.ts";

type Method = (...args: unknown[]) => unknown;

/** Lets methods of one object begin in turns of their own; those it has not are left out. */
function beginInTurns(whole: object, names: readonly string[]): void {
  const methods = whole as Record<string, Method | undefined>;
  for (const name of names) {
    const method = methods[name]?.bind(whole);
    if (method === undefined) continue;
    methods[name] = async (...args) => {
      await breathe();
      return method(...args);
    };
  }
}

/** What libp2p gives the makers of its services. */
interface Components {
  /** All of them by name. */
  readonly components: Readonly<Record<string, unknown>>;
  readonly datastore: object;
}

/** What libp2p starts is what has both. */
const isStartable = (part: unknown): part is object =>
  typeof (part as Partial<Record<string, unknown>> | null)?.["start"] === "function" &&
  typeof (part as Partial<Record<string, unknown>>)["stop"] === "function";

/**
 * A service among libp2p's that does nothing itself: lets each other part take each step of its start in a turn of its own,
 * and what libp2p keeps of peers answer as from a disk, in a later turn: in memory it answers within the same one.
 */
export function startingInTurns(parts: object) {
  const { components, datastore } = parts as Components;
  beginInTurns(datastore, ["get", "put", "has", "delete"]);
  const service = {
    beforeStart: async () => {
      for (const part of Object.values(components))
        if (part !== service && isStartable(part)) beginInTurns(part, ["start", "afterStart"]);
      await breathe();
    },
    start: breathe,
    afterStart: breathe,
    // What has none is no service to libp2p, and is never started.
    stop: () => undefined,
  };
  return service;
}

/**
 * An encrypter whose handshake has its own turns. What a peer sends meanwhile waits in its stream, as it does for whoever
 * listens late.
 */
export function encryptingInTurns<Parts>(
  create: (components: Parts) => ConnectionEncrypter,
): (components: Parts) => ConnectionEncrypter {
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
