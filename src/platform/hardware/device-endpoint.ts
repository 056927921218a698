/**
 * The device's side of the hardware protocol over any sampler: what a vendor's firmware does, in a form that can be read.
 * The emulated unit behind a byte stream, for tests and for vendors to compare with.
 * @module
 */
import type { Clock, Sampler } from "#node/ports.ts";
import { crc32 } from "#protocol/hardware/crc32.ts";
import type { SamplingSchedule } from "#protocol/hardware/ising.ts";
import {
  type HardwareMessage,
  hardwareVersion,
  type RefusalCode,
  refusalCodes,
  wireLimits,
} from "#protocol/hardware/messages.ts";
import { packedInstanceBytes, unpackInstance } from "#protocol/hardware/packed-instance.ts";
import type { ByteStream } from "./byte-stream.ts";
import { FrameChannel } from "./frame-channel.ts";

/** Frames a small device has room for. */
const deviceWindow = 8;

interface Loading {
  readonly request: number;
  readonly message: Extract<HardwareMessage, { type: "begin" }>;
  readonly bytes: Uint8Array;
  filled: number;
}

/** Serves a sampler at the far end of a stream until the stream ends; the returned function closes it. */
export function serveDevice(stream: ByteStream, sampler: Sampler, clock: Clock): () => Promise<void> {
  const endpoint = new DeviceEndpoint(stream, sampler, clock);
  return () => endpoint.close();
}

class DeviceEndpoint {
  private readonly sampler: Sampler;
  private readonly clock: Clock;
  private readonly channel: FrameChannel;
  private inSession = false;
  private loading: Loading | null = null;
  /** Whether this session has loaded an instance: a new one must not sample what an older one left. */
  private programmed = false;
  /** Number of the run under way, null when idle. */
  private running: number | null = null;

  constructor(stream: ByteStream, sampler: Sampler, clock: Clock) {
    this.sampler = sampler;
    this.clock = clock;
    this.channel = new FrameChannel(stream, deviceWindow, {
      onOpening: (message) => {
        if (message.type === "hello") this.welcome(message);
      },
      onMessage: (message) => {
        this.channel.release();
        if (this.inSession) void this.handle(message);
      },
      onFault: () => {
        // Frames were lost: nothing of this session can be trusted to be whole. The host is told and begins another.
        if (this.inSession) this.refuse(0, "sequence", "frames were lost or damaged");
        this.inSession = false;
        this.running = null;
      },
      onEnd: () => {
        this.inSession = false;
        this.running = null;
      },
    });
  }

  async close(): Promise<void> {
    await this.channel.close();
    await this.sampler.close();
  }

  private welcome(hello: Extract<HardwareMessage, { type: "hello" }>): void {
    this.channel.restart();
    this.running = null;
    this.loading = null;
    this.programmed = false;
    this.inSession = hello.oldest <= hardwareVersion && hardwareVersion <= hello.newest;
    // The frame that carries the host's credit is accounted for after this call, so the answer goes out behind it.
    queueMicrotask(() => {
      const { name, spins, edges, topology, emulated, version } = this.sampler.describe();
      void this.channel.notify({
        type: "welcome",
        version: hardwareVersion,
        session: hello.session,
        name,
        spins,
        edges,
        topology,
        emulated: emulated ? 1 : 0,
        firmware: version,
      });
    });
  }

  private async handle(message: HardwareMessage): Promise<void> {
    if (message.type === "begin") this.begin(message);
    else if (message.type === "part") await this.part(message);
    else if (message.type === "sample") await this.sample(message);
    else if (message.type === "ask") await this.report(message.request);
    else if (message.type === "stop") {
      if (this.running !== message.request) return;
      this.running = null;
      await this.channel.send({ type: "done", request: message.request });
    } else this.refuse(0, "invalid", `a host does not send ${message.type}`);
  }

  private begin(message: Extract<HardwareMessage, { type: "begin" }>): void {
    if (this.running !== null) return this.refuse(message.request, "busy", "a run is under way");
    const { spins, edges } = this.sampler.describe();
    if (message.spins < 1 || message.spins > spins || message.edges > edges) {
      return this.refuse(message.request, "overflow", `at most ${spins} spins and ${edges} couplings`);
    }
    const bytes = new Uint8Array(packedInstanceBytes(message.spins, message.edges));
    this.loading = { request: message.request, message, bytes, filled: 0 };
  }

  private async part(part: Extract<HardwareMessage, { type: "part" }>): Promise<void> {
    const { loading } = this;
    // Parts of a load that was refused are still on their way.
    if (loading === null || loading.request !== part.request) return;
    if (part.offset !== loading.filled || part.offset + part.bytes.length > loading.bytes.length) {
      this.loading = null;
      return this.refuse(part.request, "invalid", "a part that does not follow the one before it");
    }
    loading.bytes.set(part.bytes, part.offset);
    loading.filled += part.bytes.length;
    if (loading.filled < loading.bytes.length) return;
    this.loading = null;
    const { spins, edges, beta, checksum } = loading.message;
    if (crc32(loading.bytes) !== checksum) return this.refuse(part.request, "invalid", "the checksum is another");
    const instance = unpackInstance(loading.bytes, spins, edges, beta);
    if (!instance.ok) return this.refuse(part.request, "invalid", instance.message);
    const loaded = await this.sampler.program(instance.value);
    this.programmed = loaded.ok;
    if (loaded.ok) await this.channel.send({ type: "done", request: part.request });
    else this.refuse(part.request, "invalid", loaded.message);
  }

  private async sample(message: Extract<HardwareMessage, { type: "sample" }>): Promise<void> {
    const { request } = message;
    if (this.running !== null) return this.refuse(request, "busy", "a run is under way");
    if (!this.programmed) return this.refuse(request, "invalid", "no instance was programmed in this session");
    if (message.seed !== null && !this.sampler.describe().emulated) {
      return this.refuse(request, "unsupported", "physics takes no seed");
    }
    this.running = request;
    const stopWorking = this.reportWorking(request);
    const outcome = await this.run(request, message);
    stopWorking();
    if (this.running !== request) return;
    this.running = null;
    if (outcome === null) await this.channel.send({ type: "done", request });
    else this.refuse(request, "invalid", outcome);
  }

  /** Sends a run's blocks; null when it went well. */
  private async run(request: number, schedule: SamplingSchedule): Promise<string | null> {
    let first = 0;
    for await (const block of this.sampler.sample(schedule)) {
      if (this.running !== request) return null;
      if (!block.ok) return block.message;
      const size = block.value.spins.length / block.value.samples;
      const most = Math.max(1, Math.floor(wireLimits.dataBytes / size));
      for (let at = 0; at < block.value.samples; at += most) {
        const samples = Math.min(most, block.value.samples - at);
        const spins = block.value.spins.subarray(at * size, (at + samples) * size);
        if (!(await this.channel.send({ type: "block", request, first, samples, spins }))) return null;
        if (this.running !== request) return null;
        first += samples;
      }
    }
    return null;
  }

  /** Says every half of the agreed time that the run goes on. */
  private reportWorking(request: number): () => void {
    let cancel: () => void = () => undefined;
    const tick = (): void => {
      if (this.running === request && this.channel.maySend) void this.channel.send({ type: "working", request });
      cancel = this.clock.schedule(wireLimits.workingMs / 2, tick);
    };
    cancel = this.clock.schedule(wireLimits.workingMs / 2, tick);
    return () => cancel();
  }

  private async report(request: number): Promise<void> {
    const health = await this.sampler.health();
    if (!health.ok) return this.refuse(request, "failed", health.message);
    const { good, detail, samples, microjoules } = health.value;
    await this.channel.send({ type: "report", request, good: good ? 1 : 0, detail, samples, microjoules });
  }

  private refuse(request: number, code: RefusalCode, message: string): void {
    const words = message.slice(0, wireLimits.messageBytes / 4);
    void this.channel.send({ type: "refuse", request, code: refusalCodes.indexOf(code), message: words });
  }
}
