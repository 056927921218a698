/**
 * A WebSocket to dial with for Node 20, which has none; seeds dial other seeds. Must be imported before libp2p dials.
 * @module
 */
import { WebSocket } from "ws";

/** One whose failure after libp2p has let go of it is nobody's exception, as in browsers. */
class QuietWebSocket extends WebSocket {
  constructor(...given: ConstructorParameters<typeof WebSocket>) {
    super(...given);
    this.on("error", () => undefined);
  }
}

Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? QuietWebSocket });
