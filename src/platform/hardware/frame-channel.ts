/**
 * Frames over a byte stream, for either side: reads, decodes, keeps the session's account, waits for credit before it
 * sends. Decides nothing about messages.
 * @module
 */
import { encodeFrame, FrameDecoder } from "#protocol/hardware/frame.ts";
import { Link } from "#protocol/hardware/link.ts";
import type { HardwareMessage } from "#protocol/hardware/messages.ts";
import { type Rejected, rejected } from "#protocol/result.ts";
import type { ByteStream } from "./byte-stream.ts";

/** What a channel tells its owner. */
export interface ChannelHandlers {
  /** Opens a session from afar: called before the frame is accounted for. */
  onOpening(message: HardwareMessage): void;
  /** A counted message in its turn; the owner calls {@link FrameChannel.release} when it is used up. */
  onMessage(message: HardwareMessage): void;
  /** Bytes that are no frame, a gap, or more than was granted. */
  onFault(fault: Rejected): void;
  /** The stream is over. */
  onEnd(reason: Rejected): void;
}

/** One end. */
export class FrameChannel {
  private readonly stream: ByteStream;
  private readonly handlers: ChannelHandlers;
  private readonly link: Link;
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private session = 0;
  private over = false;
  private waiting: (() => void)[] = [];
  /** Bytes received so far: tells a silent device from one that talks something else. */
  receivedBytes = 0;

  constructor(stream: ByteStream, window: number, handlers: ChannelHandlers) {
    this.stream = stream;
    this.handlers = handlers;
    this.link = new Link(window);
    this.reader = stream.readable.getReader();
    this.writer = stream.writable.getWriter();
    this.writer.closed.catch(() => undefined);
    void this.read();
  }

  /** Whether nothing more can be sent. */
  get closed(): boolean {
    return this.over;
  }

  /** Begins a session by the host's `hello`. The zero before it ends whatever the device was in the middle of reading. */
  async open(hello: HardwareMessage): Promise<void> {
    this.restart();
    await this.put(Uint8Array.of(0));
    await this.put(encodeFrame(this.link.frame(hello)));
  }

  /** Forgets the session: waiting sends come back false, counts begin anew. */
  restart(): void {
    this.session++;
    this.link.restart();
    this.wake();
  }

  /** Sends a message that needs no credit. */
  async notify(message: HardwareMessage): Promise<void> {
    await this.put(encodeFrame(this.link.frame(message)));
  }

  /** Sends a counted message once there is credit; false if the session ended first. */
  async send(message: HardwareMessage): Promise<boolean> {
    const { session } = this;
    while (!this.link.maySend && !this.over && session === this.session) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.over || session !== this.session) return false;
    await this.put(encodeFrame(this.link.frame(message)));
    return !this.over;
  }

  /** Whether a counted message could go out now. */
  get maySend(): boolean {
    return this.link.maySend && !this.over;
  }

  /** One received message is used up; tells the other side when that matters. */
  release(): void {
    if (this.link.release()) void this.notify({ type: "credit" });
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.end(rejected("disconnected", "The connection was closed."));
    await this.reader.cancel().catch(() => undefined);
    await this.writer.abort().catch(() => undefined);
    this.reader.releaseLock();
    this.writer.releaseLock();
    await this.stream.close();
  }

  private async put(bytes: Uint8Array): Promise<void> {
    if (this.over) return;
    try {
      await this.writer.write(bytes);
    } catch (error) {
      this.end(rejected("disconnected", `The device cannot be written to any more: ${reasonOf(error)}`));
    }
  }

  private async read(): Promise<void> {
    const decoder = new FrameDecoder();
    try {
      for (;;) {
        const { value, done } = await this.reader.read();
        if (done) break;
        this.receivedBytes += value.length;
        for (const frame of decoder.push(value)) {
          if (this.over) return;
          if (!frame.ok) this.fault(`What the other side sends does not arrive whole. ${frame.message}`);
          else this.take(frame.value);
        }
      }
      this.end(rejected("disconnected", "The device is gone: was it unplugged?"));
    } catch (error) {
      this.end(rejected("disconnected", `The device is gone: ${reasonOf(error)}`));
    }
  }

  private take(frame: Parameters<Link["receive"]>[0]): void {
    const { message } = frame;
    const opens = message.type === "hello" || message.type === "welcome";
    if (opens) this.handlers.onOpening(message);
    const reception = this.link.receive(frame);
    this.wake();
    if (reception === "gap") this.fault("Frames were lost on the way.");
    else if (reception === "overrun") this.fault("More frames came than were granted.");
    else if (reception === "message") this.handlers.onMessage(message);
  }

  private fault(message: string): void {
    this.handlers.onFault(rejected("bad-response", message));
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }

  private end(reason: Rejected): void {
    if (this.over) return;
    this.over = true;
    this.wake();
    this.handlers.onEnd(reason);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}
