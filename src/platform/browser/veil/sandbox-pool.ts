/**
 * Booted workers that wait for a guest. A worker is taken for one run and never comes back; the next ones are booted when
 * a run has ended, so that they do not compete with it.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { unreachable } from "#veil/unreachable.ts";
import { FrameLink, type FrameWorker } from "./frame-link.ts";
import { bootLimitMs, pooledSandboxes } from "./limits.ts";

/** A worker of the frame from its start on. */
export class Sandbox {
  readonly worker: FrameWorker;
  /** Whether it came up; false if it died or took too long. */
  readonly ready: Promise<boolean>;
  private death: string | null = null;
  private heir: ((message: string) => void) | null = null;

  constructor(frame: FrameLink, clock: Clock) {
    let settle: (ready: boolean) => void = () => undefined;
    this.ready = new Promise((resolve) => {
      settle = resolve;
    });
    const die = (message: string): void => {
      this.death = message;
      settle(false);
      this.heir?.(message);
    };
    this.worker = frame.start(die);
    const stopTimer = clock.schedule(bootLimitMs, () => {
      this.worker.end();
      die("a thread for it did not start in time");
    });
    this.worker.port.onmessage = () => {
      // Its first word can only be that it is ready; if it is not, the next one is wrong as well.
      stopTimer();
      frame.hear();
      settle(true);
    };
    void this.ready.then(stopTimer);
  }

  /** Whether it has died. */
  get isDead(): boolean {
    return this.death !== null;
  }

  /** Why it died; nothing while it lives. */
  get causeOfDeath(): string {
    return this.death ?? "";
  }

  /** Tells of its death, at once if it is dead already. */
  onDeath(action: (message: string) => void): void {
    this.heir = action;
    if (this.death !== null) action(this.death);
  }
}

/** The pool over one frame at a time. */
export class SandboxPool {
  private readonly askForFrame: () => void;
  private readonly clock: Clock;
  private idle: Sandbox[] = [];
  private frame: Promise<FrameLink> | null = null;
  private link: FrameLink | null = null;
  private arrive: ((frame: FrameLink) => void) | null = null;

  constructor(askForFrame: () => void, clock: Clock) {
    this.askForFrame = askForFrame;
    this.clock = clock;
  }

  /** A frame has come: the first one unasked, later ones because they are needed. */
  attach(port: MessagePort): void {
    const frame = new FrameLink(port, this.clock, () => this.forget());
    this.link = frame;
    if (this.arrive === null) this.frame = Promise.resolve(frame);
    else this.arrive(frame);
    this.arrive = null;
  }

  /** The page of the frame that came last could not be had. */
  missing(): void {
    if (this.link === null || this.link.isLoaded) return;
    this.link.close("the sandbox's page was not loaded");
    this.forget();
  }

  /** A worker for one run: one that waits, or a new one. `disconnected` if the sandbox's page cannot be had. */
  async take(): Promise<Result<Sandbox>> {
    for (let attempt = 1; ; attempt++) {
      const frame = await this.openFrame();
      const sandbox = this.waiting() ?? new Sandbox(frame, this.clock);
      if (await sandbox.ready) return accepted(sandbox);
      if (frame.isLoaded) return rejected("timeout", sandbox.causeOfDeath);
      // It may have been asked for while the seed was away; by now there may be one.
      if (attempt === 2) return unreachable("The page of the sandbox");
    }
  }

  private waiting(): Sandbox | undefined {
    const found = this.idle.find(({ isDead }) => !isDead);
    this.idle = this.idle.filter((sandbox) => sandbox !== found && !sandbox.isDead);
    return found;
  }

  /** Takes back a worker that has not been told anything. */
  giveBack(sandbox: Sandbox): void {
    this.idle.push(sandbox);
  }

  /** Boots workers until enough of them wait. */
  async refill(): Promise<void> {
    const frame = await this.openFrame();
    if (frame !== this.link) return;
    this.idle = this.idle.filter(({ isDead }) => !isDead);
    while (this.idle.length < pooledSandboxes) this.idle.push(new Sandbox(frame, this.clock));
  }

  private openFrame(): Promise<FrameLink> {
    if (this.frame === null) {
      this.frame = new Promise((resolve) => {
        this.arrive = resolve;
      });
      this.askForFrame();
    }
    return this.frame;
  }

  /** The frame is dead and with it all its workers; the next run has a new one. */
  private forget(): void {
    this.frame = null;
    this.link = null;
    this.idle = [];
  }
}
