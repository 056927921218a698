/**
 * The supervisor's end of the port to a frame: starts and ends its workers, and notices when the frame's process has
 * gone, of which a browser tells nobody.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { mostPingsUnanswered, pingIntervalMs } from "./limits.ts";
import type { FrameCommand, FrameWord } from "./messages.ts";

/** A worker that has been started in the frame. */
export interface FrameWorker {
  /** To the worker's script. What comes out of it is untrusted. */
  readonly port: MessagePort;
  /** Ends its thread; nothing of it is heard any more. */
  end(): void;
}

/** One frame as long as it lives. */
export class FrameLink {
  private readonly port: MessagePort;
  private readonly clock: Clock;
  private readonly onGone: () => void;
  private readonly deaths = new Map<number, (message: string) => void>();
  private nextId = 1;
  private unanswered = 0;
  private wasHeard = false;
  private stopPings: (() => void) | null = null;
  private closedFor: string | null = null;

  constructor(port: MessagePort, clock: Clock, onGone: () => void) {
    this.port = port;
    this.clock = clock;
    this.onGone = onGone;
    port.onmessage = ({ data }: MessageEvent<FrameWord>) => {
      this.hear();
      if (data.type === "died") this.takeDeath(data.id)?.(data.message);
    };
  }

  /** It, or a worker in it, has said something. */
  hear(): void {
    this.unanswered = 0;
    this.wasHeard = true;
  }

  /** Whether it has ever been heard: a page that was not loaded never is. */
  get isLoaded(): boolean {
    return this.wasHeard;
  }

  /** Starts a worker. `onDeath` hears of an end that nobody asked for. */
  start(onDeath: (message: string) => void): FrameWorker {
    const id = this.nextId++;
    const { port1, port2 } = new MessageChannel();
    if (this.closedFor !== null) {
      onDeath(this.closedFor);
      return { port: port1, end: () => port1.close() };
    }
    this.deaths.set(id, onDeath);
    this.tell({ type: "start", id }, [port2]);
    this.watch();
    const end = (): void => {
      port1.close();
      if (this.takeDeath(id) !== undefined) this.tell({ type: "end", id });
    };
    return { port: port1, end };
  }

  /** The frame is given up: every worker in it counts as dead. */
  close(message: string): void {
    this.closedFor = message;
    this.stopPings?.();
    this.stopPings = null;
    this.port.close();
    for (const id of [...this.deaths.keys()]) this.takeDeath(id)?.(message);
  }

  private takeDeath(id: number): ((message: string) => void) | undefined {
    const death = this.deaths.get(id);
    this.deaths.delete(id);
    return death;
  }

  private tell(command: FrameCommand, transfer: Transferable[] = []): void {
    this.port.postMessage(command, transfer);
  }

  /** Asks for a sign of life as long as there are workers. */
  private watch(): void {
    this.stopPings ??= this.clock.schedule(pingIntervalMs, () => {
      this.stopPings = null;
      if (this.deaths.size === 0) return;
      if (this.unanswered >= mostPingsUnanswered) {
        this.close("the sandbox's process has gone");
        this.onGone();
        return;
      }
      this.unanswered++;
      this.tell({ type: "ping" });
      this.watch();
    });
  }
}
