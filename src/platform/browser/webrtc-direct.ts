/**
 * WebRTC straight to a seed over UDP, as a file of its own so that it is loaded only where WebSockets do not get through.
 * @module
 */
import { WebRTCDirectTransport } from "virtual:webrtc-direct-transport";

/** Makes the transport for a libp2p node's components. */
export function createWebRtcDirect(components: object): object {
  return new WebRTCDirectTransport(components);
}
