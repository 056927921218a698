/**
 * The host's side of a session: greeting, requests with their answers in order, deadlines. One request at a time.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import type { SamplerDescription } from "#protocol/hardware/ising.ts";
import { type HardwareMessage, hardwareVersion, refusalCodes, wireLimits } from "#protocol/hardware/messages.ts";
import { accepted, type Rejected, type RejectionCode, type Result, rejected } from "#protocol/result.ts";
import type { ByteStream } from "./byte-stream.ts";
import { FrameChannel } from "./frame-channel.ts";

/** What a driver needs. */
export interface DriverParts {
  readonly stream: ByteStream;
  readonly clock: Clock;
  /** A number below 2^32, new for every session. */
  newSession(): number;
  /** How long a silent device is waited for. */
  readonly patience?: { readonly helloMs: number; readonly answerMs: number };
}

/** A device may be silent for two seconds; twice that and it hangs. */
const defaultPatience = { helloMs: 1_000, answerMs: 2 * wireLimits.workingMs };

const greetings = 3;

type Answer = Result<HardwareMessage>;

/** What the device's reasons are to us. */
const codes: Readonly<Record<(typeof refusalCodes)[number], RejectionCode>> = {
  // The device has seen a gap of its own: a new session mends it.
  sequence: "bad-response",
  invalid: "invalid-argument",
  busy: "rate-limited",
  unsupported: "invalid-argument",
  overflow: "too-large",
  failed: "bad-sample",
};

/** The session. */
export class HardwareSession {
  private readonly parts: DriverParts;
  private readonly channel: FrameChannel;
  private readonly patience: { readonly helloMs: number; readonly answerMs: number };
  private inbox: Answer[] = [];
  private wake: () => void = () => undefined;
  private greeting: number | null = null;
  private lastRequest = 0;
  private goneFor: Rejected | null = null;
  /** The open question after the device's health; it may be asked during a run. */
  private question: { readonly request: number; resolve(answer: Answer): void } | null = null;
  readonly ended: Promise<Rejected>;

  constructor(parts: DriverParts) {
    this.parts = parts;
    this.patience = parts.patience ?? defaultPatience;
    let resolveEnded: (reason: Rejected) => void = () => undefined;
    this.ended = new Promise((resolve) => {
      resolveEnded = resolve;
    });
    this.channel = new FrameChannel(parts.stream, wireLimits.window, {
      onOpening: (message) => {
        if (message.type !== "welcome" || message.session !== this.greeting) return;
        this.greeting = null;
        // Frames of an older session may have come in since the hello; counting begins here.
        this.channel.restart();
        this.put(accepted(message));
      },
      onMessage: (message) => {
        // Before the welcome these belong to a session that is over.
        if (this.greeting !== null) return;
        const { question } = this;
        if (question === null || !("request" in message) || message.request !== question.request) {
          this.put(accepted(message));
          return;
        }
        this.channel.release();
        question.resolve(message.type === "refuse" ? refusal(message) : accepted(message));
      },
      onFault: (fault) => {
        if (this.greeting === null) this.put(fault);
      },
      onEnd: (reason) => {
        this.goneFor = reason;
        this.question?.resolve(reason);
        this.wake();
        resolveEnded(reason);
      },
    });
  }

  /** Begins a new session; gives what the device says of itself. */
  async greet(): Promise<Result<SamplerDescription>> {
    const heardBefore = this.channel.receivedBytes;
    for (let greeting = 0; greeting < greetings; greeting++) {
      const session = this.parts.newSession();
      this.inbox = [];
      this.greeting = session;
      await this.channel.open({ type: "hello", oldest: hardwareVersion, newest: hardwareVersion, session });
      const answer = await this.next(this.patience.helloMs);
      if (answer.ok && answer.value.type === "welcome") return describe(answer.value);
      if (!answer.ok && answer.code === "disconnected") return answer;
    }
    this.greeting = null;
    return this.channel.receivedBytes > heardBefore
      ? rejected("bad-response", "What answers is no sampling unit we know: it sends bytes that are no frames of ours.")
      : rejected("timeout", "The device is silent. Is it switched on, and is it a sampling unit?");
  }

  /** Sends a request under a new number. */
  async request(make: (number: number) => HardwareMessage): Promise<number> {
    const number = ++this.lastRequest;
    this.inbox = this.inbox.filter((answer) => {
      if (answer.ok) this.channel.release();
      return false;
    });
    await this.send(make(number));
    return number;
  }

  /** Asks after the device's health. */
  async ask(): Promise<Answer> {
    if (this.goneFor !== null) return this.goneFor;
    if (this.question !== null) return rejected("rate-limited", "The device is being asked already.");
    const request = ++this.lastRequest;
    let cancel: () => void = () => undefined;
    const answered = new Promise<Answer>((resolve) => {
      this.question = { request, resolve };
      const silence = rejected("timeout", "The device stopped answering.");
      cancel = this.parts.clock.schedule(this.patience.answerMs, () => resolve(silence));
    });
    void this.send({ type: "ask", request });
    const answer = await answered;
    cancel();
    this.question = null;
    return answer;
  }

  /** Sends a further message of a request; false if the session ended or the device lets nothing through. */
  async send(message: HardwareMessage): Promise<boolean> {
    let cancel: () => void = () => undefined;
    const stalled = new Promise<false>((resolve) => {
      cancel = this.parts.clock.schedule(this.patience.answerMs, () => resolve(false));
    });
    const sent = await Promise.race([this.channel.send(message), stalled]);
    cancel();
    return sent;
  }

  /** The next message that answers a request. `working` only renews the deadline; what answers older requests is dropped. */
  async answer(request: number): Promise<Answer> {
    for (;;) {
      const answer = await this.next(this.patience.answerMs);
      if (!answer.ok) return answer;
      const message = answer.value;
      if (message.type === "refuse" && (message.request === request || message.request === 0)) return refusal(message);
      if (message.type === "working" || !("request" in message) || message.request !== request) continue;
      return answer;
    }
  }

  /** Stops a run and reads until the device has heard it. */
  async stop(request: number): Promise<void> {
    if (!(await this.send({ type: "stop", request }))) return;
    for (;;) {
      const answer = await this.answer(request);
      if (!answer.ok || answer.value.type === "done") return;
    }
  }

  close(): Promise<void> {
    return this.channel.close();
  }

  private put(answer: Answer): void {
    this.inbox.push(answer);
    this.wake();
  }

  /** The next thing in the inbox; it is credited to the device when it is taken out. */
  private async next(patienceMs: number): Promise<Answer> {
    if (this.inbox.length === 0 && this.goneFor === null) {
      await new Promise<void>((resolve) => {
        const cancel = this.parts.clock.schedule(patienceMs, resolve);
        this.wake = () => {
          cancel();
          resolve();
        };
      });
      this.wake = () => undefined;
    }
    const answer = this.inbox.shift();
    if (answer !== undefined) {
      if (answer.ok && answer.value.type !== "welcome") this.channel.release();
      return answer;
    }
    return this.goneFor ?? rejected("timeout", "The device stopped answering.");
  }
}

function describe(message: Extract<HardwareMessage, { type: "welcome" }>): Result<SamplerDescription> {
  if (message.version !== hardwareVersion) {
    return rejected(
      "unknown-version",
      `The device speaks version ${message.version}; this app speaks ${hardwareVersion}.`,
    );
  }
  const { name, spins, edges, topology, emulated, firmware } = message;
  return accepted({ name, spins, edges, topology, emulated: emulated === 1, version: firmware });
}

function refusal(message: Extract<HardwareMessage, { type: "refuse" }>): Rejected {
  const code = refusalCodes[message.code] ?? "failed";
  return rejected(codes[code], `The device refuses (${code}): ${message.message}`);
}
