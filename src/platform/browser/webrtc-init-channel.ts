/**
 * Works around a race in @libp2p/webrtc 6.0: the dialler waits for its throw-away `init` data channel to open, but the
 * responder may have upgraded and closed it before the dialler looks; then the dial hangs until its time-out. A channel
 * that is already past opening is made to say so once more.
 * @module
 */

type ChannelFactory = (this: RTCPeerConnection, label: string, options?: RTCDataChannelInit) => RTCDataChannel;

/** Makes a channel tell late listeners of `open` or `close` what they have missed. */
export function replayMissedEvents(channel: RTCDataChannel): RTCDataChannel {
  const listen = channel.addEventListener.bind(channel);
  const late = (type: string): boolean => {
    const past = channel.readyState === "closing" || channel.readyState === "closed";
    return (type === "open" && past) || (type === "close" && channel.readyState === "closed");
  };
  channel.addEventListener = ((type: string, listener: EventListener, options?: AddEventListenerOptions) => {
    listen(type, listener, options);
    if (late(type)) queueMicrotask(() => channel.dispatchEvent(new Event(type)));
  }) as typeof channel.addEventListener;
  // A waiter for `open` must not outlive the channel.
  listen("close", () => channel.dispatchEvent(new Event("open")), { once: true });
  return channel;
}

/** Installs the work-around on the browser's peer connections. */
export function repairInitChannels(connection: { prototype: { createDataChannel: ChannelFactory } }): void {
  const create = connection.prototype.createDataChannel;
  connection.prototype.createDataChannel = function createDataChannel(label, options) {
    const channel = create.call(this, label, options);
    return label === "init" ? replayMissedEvents(channel) : channel;
  };
}
