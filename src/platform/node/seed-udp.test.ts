import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { udpAddressOf, udpListening } from "./seed-udp.ts";

describe("the seed's address over UDP", () => {
  const own = ["/ip4/127.0.0.1/tcp/5/ws/p2p/x", "/ip4/192.0.2.9/udp/9/webrtc-direct/certhash/uE/p2p/x"];

  it.each([
    ["127.0.0.1:8080", "/ip4/127.0.0.1/udp/9/webrtc-direct/certhash/uE/p2p/x"],
    ["localhost:8080", "/ip4/127.0.0.1/udp/9/webrtc-direct/certhash/uE/p2p/x"],
    // A browser's WebRTC looks no names up.
    ["example.org", null],
    // It listens on no such address.
    ["[::1]:8080", null],
    ["x/../y", null],
    ["", null],
  ])("for a page from %j", (host, address) => {
    expect(udpAddressOf(host, own)).toBe(address);
  });

  it("is missed aloud when its port is taken", async () => {
    const taker = createSocket("udp4");
    await new Promise<void>((resolve) => taker.bind(0, "127.0.0.1", resolve));
    const { port } = taker.address();
    const warnings: string[] = [];
    const log = ({ message }: { message: string }): void => void warnings.push(message);
    expect(await udpListening({ udp: { host: "127.0.0.1", port }, log })).toEqual({ addresses: [], transports: [] });
    expect(warnings.join()).toMatch(/UDP port \d+ is taken/);
    taker.close();
  });

  it("is none where it does not listen", async () => {
    expect(udpAddressOf("127.0.0.1:80", own.slice(0, 1))).toBeNull();
    const nowhere = { addresses: [], transports: [] };
    expect(await udpListening({ udp: null, log: () => undefined })).toEqual(nowhere);
    expect(await udpListening({ udp: { host: "a.name", port: 1 }, log: () => undefined })).toEqual(nowhere);
  });
});
