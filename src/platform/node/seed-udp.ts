/**
 * The seed over UDP: WebRTC without a relay or a certificate authority, for pages whose way blocks WebSockets. Built on a
 * native package; where that is missing the seed says so once and serves its one port alone.
 * @module
 */
import { createSocket } from "node:dgram";
import { isIPv4, isIPv6 } from "node:net";
import type { webRTCDirect } from "@libp2p/webrtc";
import type { Log } from "#node/ports.ts";

/** Where to listen, and whom to tell if that fails. */
interface UdpOptions {
  readonly udp: { readonly host: string; readonly port: number } | null;
  readonly log: Log;
}

/** What libp2p is given for it. */
interface UdpListening {
  readonly addresses: readonly string[];
  readonly transports: readonly ReturnType<typeof webRTCDirect>[];
}

const nowhere: UdpListening = { addresses: [], transports: [] };

function numeric(host: string): string | null {
  if (host === "localhost") return "127.0.0.1";
  const bare = host.replace(/^\[|\]$/g, "");
  return isIPv4(bare) || isIPv6(bare) ? bare : null;
}

/** Whether a UDP port can be had. Asked first, because the native listener's failure would end the whole program. */
function canListen(host: string, port: number): Promise<boolean> {
  const socket = createSocket(isIPv4(host) ? "udp4" : "udp6");
  return new Promise((resolve) => {
    socket.once("error", () => resolve(false));
    socket.bind(port, host, () => socket.close(() => resolve(true)));
  });
}

/** Transport and address for listening on UDP; empty if that is not wanted or not possible here. */
export async function udpListening(options: UdpOptions): Promise<UdpListening> {
  const host = options.udp === null ? null : numeric(options.udp.host);
  if (options.udp === null || host === null) return nowhere;
  const { port } = options.udp;
  if (!(await canListen(host, port))) {
    const message = `UDP port ${port} is taken; tabs use the seed's one port alone. Choose another with --webrtc-port.`;
    options.log({ level: "warning", source: "network", message });
    return nowhere;
  }
  try {
    const { webRTCDirect } = await import("@libp2p/webrtc");
    const kind = isIPv4(host) ? "ip4" : "ip6";
    return { addresses: [`/${kind}/${host}/udp/${port}/webrtc-direct`], transports: [webRTCDirect()] };
  } catch (error) {
    const message = `no WebRTC over UDP on this machine; tabs use the seed's one port alone: ${String(error)}`;
    options.log({ level: "warning", source: "network", message });
    return nowhere;
  }
}

/**
 * The address under which a page that used this `Host` header reaches us over UDP, with the hash of our certificate;
 * null if we do not listen there. Only numbers: a browser's WebRTC looks no names up.
 */
export function udpAddressOf(host: string, listening: readonly string[]): string | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253})(?::\d{1,5})?$/.exec(host);
  const name = match === null ? null : numeric(match[1] as string);
  if (name === null) return null;
  const kind = isIPv4(name) ? "ip4" : "ip6";
  const own = listening.find((one) => one.startsWith(`/${kind}/`) && one.includes("/webrtc-direct/certhash/"));
  return own === undefined ? null : own.replace(/^\/ip[46]\/[^/]+/, `/${kind}/${name}`);
}
