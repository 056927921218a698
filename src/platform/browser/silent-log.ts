/**
 * libp2p's own log in a tab: none. It makes loggers for each part, connection and stream, and its own ones look through
 * their settings each time, on the thread that paints. What the node says of its network it says itself.
 * @module
 */
import type { ComponentLogger, Logger } from "@libp2p/interface";

const nothing = (): void => undefined;

const silent: Logger = Object.assign(() => undefined, {
  error: nothing,
  trace: nothing,
  enabled: false,
  newScope: () => silent,
});

/** Loggers that write nothing. */
export const silentLog: ComponentLogger = { forComponent: () => silent };
