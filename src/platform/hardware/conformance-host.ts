/**
 * The conformance suite's hand on the wire: sends what a host sends and what no host should, and looks at every frame that
 * comes back. A device's fault is thrown as {@link Nonconformity} and ends the case it happened in.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { crc32 } from "#protocol/hardware/crc32.ts";
import { encodeFrame, FrameDecoder } from "#protocol/hardware/frame.ts";
import type { IsingInstance, SamplingSchedule } from "#protocol/hardware/ising.ts";
import { Link } from "#protocol/hardware/link.ts";
import { type HardwareMessage, hardwareVersion, refusalCodes, wireLimits } from "#protocol/hardware/messages.ts";
import { packInstance } from "#protocol/hardware/packed-instance.ts";
import type { ByteStream } from "./byte-stream.ts";

/** What a device did that the protocol does not allow, in words for its maker. */
export class Nonconformity extends Error {}

/** A message of one type. */
export type Message<T extends HardwareMessage["type"]> = Extract<HardwareMessage, { type: T }>;

/** A request's answer must begin within this. */
const answerMs = 2 * wireLimits.workingMs;

/** The hand on the wire. */
export class ConformanceHost {
  private readonly clock: Clock;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private link = new Link(wireLimits.window);
  private inbox: HardwareMessage[] = [];
  private fault: string | null = null;
  private wake: () => void = () => undefined;
  private session = 0;
  private welcomed = false;
  /** Off: what comes in is not credited until {@link grant}. */
  private crediting = true;
  private held = 0;
  private lastRequest = 0;

  constructor(stream: ByteStream, clock: Clock) {
    this.clock = clock;
    this.writer = stream.writable.getWriter();
    this.writer.closed.catch(() => undefined);
    void this.read(stream.readable.getReader());
  }

  /** A new number for a request. */
  nextRequest(): number {
    return ++this.lastRequest;
  }

  /** Begins a session and gives the welcome. `window` is the credit the device gets. */
  async hello(
    options: { readonly window?: number; readonly crediting?: boolean; readonly version?: number } = {},
  ): Promise<Message<"welcome">> {
    const { window = wireLimits.window, crediting = true, version = hardwareVersion } = options;
    this.link = new Link(window);
    this.crediting = crediting;
    this.held = 0;
    this.welcomed = false;
    this.inbox = [];
    this.fault = null;
    this.session++;
    await this.bytes(Uint8Array.of(0));
    await this.bytes(
      encodeFrame(this.link.frame({ type: "hello", oldest: version, newest: version, session: this.session })),
    );
    const message = await this.next(1_000, "a welcome within a second of hello");
    return this.expect(message, "welcome");
  }

  /** Sends bytes as they are. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.writer.write(bytes);
  }

  /** The next frame's bytes without sending them: for damaging them, or losing them. */
  frame(message: HardwareMessage): Uint8Array {
    return encodeFrame(this.link.frame(message));
  }

  /** Sends a message as soon as the device has room for it. */
  async send(message: HardwareMessage): Promise<void> {
    const deadline = this.clock.nowMs() + answerMs;
    while (!this.link.maySend) {
      if (this.clock.nowMs() > deadline) throw new Nonconformity("It has granted no credit for 4 s.");
      await this.pause(50);
    }
    await this.bytes(this.frame(message));
  }

  /** Grants what was held back and goes on granting. */
  async grant(): Promise<void> {
    this.crediting = true;
    for (; this.held > 0; this.held--) this.link.release();
    await this.bytes(this.frame({ type: "credit" }));
  }

  /** Messages that came in and were not looked at. */
  get waiting(): number {
    return this.inbox.length;
  }

  /** The next message, whatever it is. */
  async next(patienceMs: number = answerMs, wanted = "an answer within 4 s"): Promise<HardwareMessage> {
    const deadline = this.clock.nowMs() + patienceMs;
    for (;;) {
      if (this.fault !== null) throw new Nonconformity(this.fault);
      const message = this.inbox.shift();
      if (message !== undefined) {
        if (message.type !== "welcome") this.credit();
        return message;
      }
      const leftMs = deadline - this.clock.nowMs();
      if (leftMs <= 0) throw new Nonconformity(`There should have been ${wanted}; there was silence.`);
      await this.pause(leftMs);
    }
  }

  /** The next message that answers a request; `working` is skipped. */
  async answer(request: number): Promise<HardwareMessage> {
    for (;;) {
      const message = await this.next();
      if (message.type === "working") continue;
      if ("request" in message && message.request === request) return message;
      throw new Nonconformity(`A ${message.type} came that answers no open request.`);
    }
  }

  /** Holds an answer to its type. */
  expect<T extends HardwareMessage["type"]>(message: HardwareMessage, type: T): Message<T> {
    if (message.type === type) return message as Message<T>;
    const words = message.type === "refuse" ? ` (${refusalCodes[message.code] ?? "?"}: ${message.message})` : "";
    throw new Nonconformity(`A ${type} should have come; it was a ${message.type}${words}.`);
  }

  /** Nothing may come for a while. */
  async silence(forMs: number): Promise<void> {
    const until = this.clock.nowMs() + forMs;
    for (let leftMs = forMs; leftMs > 0; leftMs = until - this.clock.nowMs()) {
      if (this.inbox.length > 0) throw new Nonconformity(`A ${this.inbox[0]?.type} came where silence belongs.`);
      await this.pause(leftMs);
    }
  }

  /** Lets the device do what it may, for this long. */
  async settle(forMs: number): Promise<void> {
    const until = this.clock.nowMs() + forMs;
    for (let leftMs = forMs; leftMs > 0; leftMs = until - this.clock.nowMs()) await this.pause(leftMs);
  }

  /** Lets time pass, at most until something comes in. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.schedule(ms, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Loads an instance; gives the device's verdict. */
  async load(instance: IsingInstance, checksum?: number): Promise<Message<"done"> | Message<"refuse">> {
    const bytes = packInstance(instance);
    const request = this.nextRequest();
    const { spins, couplings, beta } = instance;
    const sum = checksum ?? crc32(bytes);
    await this.send({ type: "begin", request, spins, edges: couplings.length, beta, checksum: sum });
    for (let offset = 0; offset < bytes.length; offset += wireLimits.dataBytes) {
      const part = bytes.subarray(offset, offset + wireLimits.dataBytes);
      await this.send({ type: "part", request, offset, bytes: part });
    }
    const answer = await this.answer(request);
    return answer.type === "refuse" ? answer : this.expect(answer, "done");
  }

  /** Starts a run; gives its request's number. */
  async start(schedule: SamplingSchedule): Promise<number> {
    const request = this.nextRequest();
    await this.send({ type: "sample", request, ...schedule });
    return request;
  }

  /** Reads a run to its end, checking order, counts and sizes; gives all samples. */
  async finish(request: number, samples: number, sampleBytes: number): Promise<Uint8Array> {
    const all = new Uint8Array(samples * sampleBytes);
    for (let at = 0; ; ) {
      const message = await this.answer(request);
      if (message.type === "done") {
        if (at !== samples) throw new Nonconformity(`The run ended after ${at} of ${samples} samples.`);
        return all;
      }
      const block = this.expect(message, "block");
      if (block.first !== at) throw new Nonconformity(`A block begins with sample ${block.first}; ${at} was next.`);
      if (block.samples < 1 || at + block.samples > samples) {
        throw new Nonconformity(`A block of ${block.samples} samples; ${samples - at} were left.`);
      }
      if (block.spins.length !== block.samples * sampleBytes) {
        throw new Nonconformity(`${block.spins.length} bytes for ${block.samples} samples of ${sampleBytes} bytes.`);
      }
      all.set(block.spins, at * sampleBytes);
      at += block.samples;
    }
  }

  private credit(): void {
    if (!this.crediting) this.held++;
    else if (this.link.release()) void this.bytes(this.frame({ type: "credit" }));
  }

  private async read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new FrameDecoder();
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        for (const frame of decoder.push(value)) {
          if (!frame.ok) this.complain(frame.message);
          else this.take(frame.value);
        }
        this.wake();
      }
      this.complain("The connection ended.");
    } catch (error) {
      this.complain(`The connection ended: ${String(error)}`);
    }
    this.wake();
  }

  private take(frame: { readonly sequence: number; readonly limit: number; readonly message: HardwareMessage }): void {
    const { message } = frame;
    if (message.type === "welcome" && message.session === this.session) this.welcomed = true;
    // Until the welcome the device may still be saying what belongs to the session before.
    else if (!this.welcomed) return;
    const reception = this.link.receive(frame);
    if (reception === "gap") this.complain(`Frame ${frame.sequence} (${message.type}) is out of sequence.`);
    else if (reception === "overrun") this.complain(`A ${message.type} came beyond the credit that was granted.`);
    else if (reception === "message" || message.type === "welcome") this.inbox.push(message);
  }

  private complain(fault: string): void {
    if (this.welcomed) this.fault ??= fault;
  }
}
