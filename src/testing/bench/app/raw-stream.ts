/**
 * What the browser itself moves between two pages: a bare data channel, the yardstick for files among tabs.
 * @module
 */
import type { Page } from "playwright-core";

/** As large as a message may be that every browser takes. */
const messageBytes = 65_536;

/** What may lie in the sender's buffer: enough to keep the channel busy, and far from where Chromium closes it (16 MiB). */
const bufferedBytes = 4_194_304;

interface Ends {
  sender?: RTCPeerConnection;
  channel?: RTCDataChannel;
  receiver?: RTCPeerConnection;
  /** Resolves at the last byte. */
  received?: Promise<number>;
}

/** The description of a page's connection once all its candidates are in it. */
async function whole(connection: RTCPeerConnection): Promise<string> {
  if (connection.iceGatheringState !== "complete") {
    await new Promise<void>((resolve) => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === "complete") resolve();
      };
    });
  }
  return connection.localDescription?.sdp ?? "";
}

/** Bytes per second of one ordered, reliable channel from one page to another, connected before the clock starts. */
export async function rawStreamRate(from: Page, to: Page, bytes: number): Promise<number> {
  // Functions that run in a page cannot see this module: the helper goes along as text.
  const helper = `window.whole = ${whole.toString()}`;
  await Promise.all([from.evaluate(helper), to.evaluate(helper)]);
  const offer = await from.evaluate(async () => {
    const page = globalThis as unknown as { whole: typeof whole; ends: Ends };
    const sender = new RTCPeerConnection();
    const channel = sender.createDataChannel("raw");
    page.ends = { sender, channel };
    await sender.setLocalDescription();
    return page.whole(sender);
  });
  const answer = await to.evaluate(
    async ({ sdp, expected }) => {
      const page = globalThis as unknown as { whole: typeof whole; ends: Ends };
      const receiver = new RTCPeerConnection();
      const received = new Promise<number>((resolve) => {
        receiver.ondatachannel = ({ channel }) => {
          let count = 0;
          channel.binaryType = "arraybuffer";
          channel.onmessage = ({ data }) => {
            count += (data as ArrayBuffer).byteLength;
            if (count >= expected) resolve(count);
          };
        };
      });
      page.ends = { receiver, received };
      await receiver.setRemoteDescription({ type: "offer", sdp });
      await receiver.setLocalDescription();
      return page.whole(receiver);
    },
    { sdp: offer, expected: bytes },
  );
  await from.evaluate(async (sdp) => {
    const { ends } = globalThis as unknown as { ends: Required<Ends> };
    const opened = new Promise((resolve) => {
      ends.channel.onopen = resolve;
    });
    await ends.sender.setRemoteDescription({ type: "answer", sdp });
    await opened;
  }, answer);
  const startedMs = performance.now();
  const sending = from.evaluate(
    async ({ bytes, messageBytes, bufferedBytes }) => {
      const { channel } = (globalThis as unknown as { ends: Required<Ends> }).ends;
      const message = new Uint8Array(messageBytes);
      channel.bufferedAmountLowThreshold = bufferedBytes / 2;
      for (let sent = 0; sent < bytes; sent += messageBytes) {
        channel.send(message.subarray(0, Math.min(messageBytes, bytes - sent)));
        if (channel.bufferedAmount < bufferedBytes) continue;
        await new Promise((resolve) => {
          channel.onbufferedamountlow = resolve;
        });
      }
    },
    { bytes, messageBytes, bufferedBytes },
  );
  await to.evaluate(() => (globalThis as unknown as { ends: Required<Ends> }).ends.received);
  const rate = (bytes * 1_000) / (performance.now() - startedMs);
  await sending;
  for (const page of [from, to]) {
    await page.evaluate(() => {
      const { ends } = globalThis as unknown as { ends: Ends };
      ends.sender?.close();
      ends.receiver?.close();
    });
  }
  return rate;
}
