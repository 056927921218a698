import { describe, expect, it } from "vitest";
import { repairInitChannels, replayMissedEvents } from "./webrtc-init-channel.ts";

/** The part of a data channel that matters here, with the browser's order of events. */
class FakeChannel extends EventTarget {
  readyState: RTCDataChannelState = "connecting";

  /** The responder closes its throw-away channel before the dialler has looked. */
  openAndClose(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
    this.readyState = "closing";
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
  }
}

/** What @libp2p/webrtc does: waits for `open` on the channel, whenever it gets to it. */
function waitsForOpen(channel: RTCDataChannel): Promise<"opened" | "hung"> {
  return new Promise((resolve) => {
    channel.addEventListener("open", () => resolve("opened"), { once: true });
    setTimeout(() => resolve("hung"), 50);
  });
}

describe("the init channel of @libp2p/webrtc", () => {
  it("hangs a late dialler without the work-around", async () => {
    const channel = new FakeChannel();
    channel.openAndClose();
    expect(await waitsForOpen(channel as unknown as RTCDataChannel)).toBe("hung");
  });

  it("does not with it, however late the dialler is", async () => {
    for (const early of [true, false]) {
      const channel = new FakeChannel();
      const repaired = replayMissedEvents(channel as unknown as RTCDataChannel);
      const waiting = early ? waitsForOpen(repaired) : null;
      channel.openAndClose();
      expect(await (waiting ?? waitsForOpen(repaired))).toBe("opened");
    }
  });

  it("touches no other channel", () => {
    class Connection {
      createDataChannel(): RTCDataChannel {
        return new FakeChannel() as unknown as RTCDataChannel;
      }
    }
    repairInitChannels(Connection as unknown as Parameters<typeof repairInitChannels>[0]);
    const connection = new Connection() as unknown as RTCPeerConnection;
    expect(Object.hasOwn(connection.createDataChannel("init"), "addEventListener")).toBe(true);
    expect(Object.hasOwn(connection.createDataChannel("data"), "addEventListener")).toBe(false);
  });
});
