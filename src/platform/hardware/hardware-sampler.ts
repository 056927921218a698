/**
 * Driver: a sampling unit at the end of a byte stream behind the port `Sampler`. Believes nothing the device says without
 * looking, mends what can be mended by a new session, and says in plain words what cannot.
 * @module
 */
import type { DeviceSampler } from "#node/ports.ts";
import { crc32 } from "#protocol/hardware/crc32.ts";
import {
  checkInstance,
  checkSchedule,
  type IsingInstance,
  packedBytes,
  type SamplerDescription,
  type SamplerHealth,
  type SamplingSchedule,
  type SpinBlock,
} from "#protocol/hardware/ising.ts";
import { type HardwareMessage, wireLimits } from "#protocol/hardware/messages.ts";
import { packInstance } from "#protocol/hardware/packed-instance.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import { type DriverParts, HardwareSession } from "./hardware-session.ts";

/** Sessions begun for one request before the device is given up. */
const mostAttempts = 3;

/** Opens a device: greets it and asks what it is. On a refusal the stream is closed. */
export async function openHardwareSampler(parts: DriverParts): Promise<Result<DeviceSampler>> {
  const session = new HardwareSession(parts);
  const greeted = await session.greet();
  if (greeted.ok) return accepted(new Driver(session, greeted.value));
  await session.close();
  return greeted;
}

/** Another session may mend these; the rest are final. */
function mayRecover(refusal: Rejected): boolean {
  return refusal.code === "bad-response" || refusal.code === "timeout";
}

/** A run on the device. */
interface Active {
  readonly request: number;
  /** The answer its reader waits for; null while nobody reads. */
  reading: Promise<Result<HardwareMessage>> | null;
}

const replaced = rejected("cancelled", "The device was given something else to do.");

class Driver implements DeviceSampler {
  private readonly session: HardwareSession;
  private readonly description: SamplerDescription;
  private loaded: IsingInstance | null = null;
  /** Counts what the device is given to do; a run whose number is not the newest is over. */
  private newest = 0;
  private active: Active | null = null;
  /** One thing on the wire at a time, in the order in which it was asked for. */
  private readonly turns = new Turns();
  readonly ended: Promise<Rejected>;

  constructor(session: HardwareSession, description: SamplerDescription) {
    this.session = session;
    this.description = description;
    this.ended = session.ended;
  }

  describe(): SamplerDescription {
    return this.description;
  }

  program(instance: IsingInstance): Promise<Result<null>> {
    const checked = checkInstance(instance);
    if (!checked.ok) return Promise.resolve(checked);
    const { spins, edges } = this.description;
    if (instance.spins > spins || instance.couplings.length > edges) {
      const words = `The device takes ${spins} spins and ${edges} couplings.`;
      return Promise.resolve(rejected("too-large", words, { spins, edges }));
    }
    this.newest++;
    return this.turns.take(async () => {
      await this.clear();
      this.loaded = instance;
      let outcome = await this.load(instance);
      for (let attempt = 1; !outcome.ok && mayRecover(outcome) && attempt < mostAttempts; attempt++) {
        outcome = await this.recover();
      }
      if (!outcome.ok) this.loaded = null;
      return outcome;
    });
  }

  async *sample(schedule: SamplingSchedule): AsyncGenerator<Result<SpinBlock>, void> {
    const checked = checkSchedule(schedule);
    if (!checked.ok) return yield checked;
    const own = ++this.newest;
    let delivered = 0;
    for (let attempt = 1; ; attempt++) {
      let fault: Rejected | null = null;
      for await (const block of this.attempt(own, schedule, delivered)) {
        if (!block.ok) fault = block;
        else {
          delivered += block.value.samples;
          yield block;
        }
      }
      if (own !== this.newest) return yield replaced;
      if (fault === null) return;
      if (!mayRecover(fault) || attempt === mostAttempts) return yield fault;
      const again = await this.turns.take(() => (own === this.newest ? this.recover() : Promise.resolve(replaced)));
      // What went wrong first says more than that it cannot be mended.
      if (!again.ok) return yield mayRecover(again) ? fault : again;
    }
  }

  async health(): Promise<Result<SamplerHealth>> {
    const answer = await this.session.ask();
    if (!answer.ok) return answer;
    if (answer.value.type !== "report") return unexpected(answer.value);
    const { good, detail, samples, microjoules } = answer.value;
    return accepted({ good: good === 1, detail, samples, microjoules });
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** Ends the run under way, if any, and reads what the device still says of it. */
  private async clear(): Promise<void> {
    const { active } = this;
    if (active === null) return;
    this.active = null;
    if (!(await this.session.send({ type: "stop", request: active.request }))) return;
    let last = active.reading === null ? null : await active.reading;
    while (last === null || (last.ok && last.value.type !== "done")) last = await this.session.answer(active.request);
  }

  /** A new session with the instance that was loaded. */
  private async recover(): Promise<Result<null>> {
    this.active = null;
    const greeted = await this.session.greet();
    if (!greeted.ok) return greeted;
    return this.loaded === null ? accepted(null) : this.load(this.loaded);
  }

  private async load(instance: IsingInstance): Promise<Result<null>> {
    const bytes = packInstance(instance);
    const request = await this.session.request((number) => ({
      type: "begin",
      request: number,
      spins: instance.spins,
      edges: instance.couplings.length,
      beta: instance.beta,
      checksum: crc32(bytes),
    }));
    for (let offset = 0; offset < bytes.length; offset += wireLimits.dataBytes) {
      const part = bytes.subarray(offset, offset + wireLimits.dataBytes);
      if (!(await this.session.send({ type: "part", request, offset, bytes: part }))) break;
    }
    const answer = await this.session.answer(request);
    if (!answer.ok) return answer;
    return answer.value.type === "done" ? accepted(null) : unexpected(answer.value);
  }

  private startRun(own: number, schedule: SamplingSchedule): Promise<Active | Rejected> {
    return this.turns.take(async () => {
      await this.clear();
      if (own !== this.newest) return replaced;
      if (this.loaded === null) return rejected("invalid-argument", "Program an instance first.");
      const request = await this.session.request((number) => ({ type: "sample", request: number, ...schedule }));
      this.active = { request, reading: null };
      return this.active;
    });
  }

  /** One run on the device. Samples before number `from` were delivered by an earlier attempt and are skipped. */
  private async *attempt(
    own: number,
    schedule: SamplingSchedule,
    from: number,
  ): AsyncGenerator<Result<SpinBlock>, void> {
    const active = await this.startRun(own, schedule);
    if ("ok" in active) return yield active;
    const size = packedBytes(this.loaded?.spins ?? 0);
    let position = 0;
    try {
      for (;;) {
        active.reading = this.session.answer(active.request);
        const answer = await active.reading;
        active.reading = null;
        // Taken over by whoever ends the run: what it still says is theirs to read.
        if (this.active !== active) return;
        // There is nothing left to stop after these: the run has ended, or the session will.
        if (!answer.ok || answer.value.type !== "block") this.active = null;
        if (!answer.ok) return yield answer;
        const message = answer.value;
        if (message.type === "done") {
          if (position !== schedule.samples) yield rejected("bad-response", "The device ended the run too early.");
          return;
        }
        const wrong =
          message.type !== "block" ||
          message.first !== position ||
          message.samples < 1 ||
          position + message.samples > schedule.samples ||
          message.spins.length !== message.samples * size;
        if (wrong) {
          this.active = null;
          return yield unexpected(message);
        }
        position += message.samples;
        const fresh = Math.min(message.samples, position - from);
        if (fresh > 0) yield accepted({ samples: fresh, spins: message.spins.slice(-fresh * size) });
        if (this.active !== active) return;
      }
    } finally {
      if (this.active === active)
        await this.turns.take(() => (this.active === active ? this.clear() : Promise.resolve()));
    }
  }
}

function unexpected(message: HardwareMessage): Rejected {
  return rejected("bad-response", `The device sent a ${message.type} that does not fit what it was asked.`);
}
