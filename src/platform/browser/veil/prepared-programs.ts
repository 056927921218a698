/**
 * Programs checked and metered, by their digest: each is prepared once and off every thread that has to answer, in a
 * worker that is thrown away if it does not come to an end. The window starts it, beside this thread and not after it.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { meteringDigest } from "#protocol/veil/costs.ts";
import type { PreparedProgram } from "#veil/prepared-program.ts";
import { unreachable } from "#veil/unreachable.ts";
import { mostPreparedCached, preparationLimitMs, preparedCacheBytes } from "./limits.ts";
import type { PreparationAnswer, PreparationOrder, PreparationTerms } from "./messages.ts";

function sizeOf(program: PreparedProgram): number {
  if (program.type === "core") return program.module.bytes.length;
  // A character of the glue takes up to two bytes.
  return [...program.modules.values()].reduce((sum, { bytes }) => sum + bytes.length, 2 * program.glue.length);
}

/** What the cache needs of the platform. */
export interface PreparationPlatform {
  /** Asks the window for another worker that prepares; the one that was there ends. */
  askForWorker(): void;
  readonly clock: Clock;
}

type Answer = Result<PreparedProgram>;

/** The cache and the worker behind it. */
export class PreparedPrograms {
  private readonly platform: PreparationPlatform;
  /** The least recently used first. */
  private readonly kept = new Map<string, PreparedProgram>();
  private keptBytes = 0;
  private readonly open = new Map<string, Promise<Answer>>();
  /** To the worker; nothing while another one is on its way. */
  private port: MessagePort | null = null;
  /** Orders for a worker that is on its way. */
  private waiting: PreparationOrder[] = [];
  /** Whether the last worker was given up and none has been asked for since. */
  private isWithoutWorker = false;
  private readonly answers = new Map<number, (answer: Answer) => void>();
  private nextId = 1;

  constructor(platform: PreparationPlatform) {
    this.platform = platform;
  }

  /** A worker has been started: the first one unasked. */
  attach(port: MessagePort): void {
    this.port = port;
    port.onmessage = ({ data: { id, ...answer } }: MessageEvent<PreparationAnswer>) => {
      this.answers.get(id)?.(answer);
      this.answers.delete(id);
    };
    for (const order of this.waiting.splice(0)) this.send(order);
  }

  /** The worker did not work. */
  fail(message: string): void {
    // One that is being replaced is of no interest any more.
    if (this.port === null) return;
    this.giveUp(
      message
        ? rejected("disconnected", `The part that checks programs did not work: ${message}. Try again.`)
        : unreachable("The part of the app that checks programs"),
    );
  }

  /** The prepared form under these terms. The bytes may be taken away from the caller. */
  async get(program: Uint8Array, terms: PreparationTerms): Promise<Answer> {
    // What is kept was made by this version of the rewriter; its digest stands in the key in case that is ever stored.
    const digest = await crypto.subtle.digest("SHA-256", program as Uint8Array<ArrayBuffer>);
    const granted = terms.capabilities.toSorted().join();
    const { memoryPages, transpiler } = terms;
    const key = [toHex(new Uint8Array(digest)), toHex(meteringDigest()), transpiler, memoryPages, granted].join("/");
    const kept = this.kept.get(key);
    if (kept !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, kept);
      return accepted(kept);
    }
    const preparing = this.open.get(key) ?? this.prepare(program, terms);
    this.open.set(key, preparing);
    const answer = await preparing;
    if (this.open.delete(key) && answer.ok) this.keep(key, answer.value);
    return answer;
  }

  private keep(key: string, program: PreparedProgram): void {
    const size = sizeOf(program);
    if (size > preparedCacheBytes) return;
    this.kept.set(key, program);
    this.keptBytes += size;
    for (const [oldest, value] of this.kept) {
      if (this.keptBytes <= preparedCacheBytes && this.kept.size <= mostPreparedCached) return;
      this.kept.delete(oldest);
      this.keptBytes -= sizeOf(value);
    }
  }

  private async prepare(program: Uint8Array, terms: PreparationTerms): Promise<Answer> {
    const id = this.nextId++;
    const answered = new Promise<Answer>((resolve) => this.answers.set(id, resolve));
    const stopTimer = this.platform.clock.schedule(preparationLimitMs, () =>
      this.giveUp(rejected("timeout", "Checking the program took too long; nothing of it has run.")),
    );
    const order: PreparationOrder = { id, program, terms };
    this.send(order);
    const answer = await answered;
    stopTimer();
    return answer;
  }

  private send(order: PreparationOrder): void {
    if (this.isWithoutWorker) {
      this.isWithoutWorker = false;
      this.platform.askForWorker();
    }
    if (this.port === null) this.waiting.push(order);
    else this.port.postMessage(order, [order.program.buffer as ArrayBuffer]);
  }

  /** Ends the worker; all who wait for it are refused. The next program has a new one. */
  private giveUp(refusal: Answer): void {
    this.port?.close();
    this.port = null;
    this.waiting = [];
    // Not asked for at once: where its script cannot be had, each would fail and ask for the next, without end.
    this.isWithoutWorker = true;
    for (const answer of this.answers.values()) answer(refusal);
    this.answers.clear();
  }
}
