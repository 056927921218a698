/**
 * Lines that run: the one in front, which Ctrl-C stops and Ctrl-Z sends behind the prompt, and those behind it, which `kill`
 * stops and `fg` brings back.
 * @module
 */

/** Lines that may run behind the prompt at once. */
export const mostJobs = 16;

/** A line under way, as a window shows it. */
export interface RunningLine {
  /** 0 for one that has only ever been in front. */
  readonly id: number;
  readonly line: string;
  readonly startedMs: number;
  readonly progress: string | null;
  readonly isBehind: boolean;
  stop(): void;
}

/** A promise and who keeps it. */
class Event<T> {
  happen: (value: T) => void = () => undefined;
  readonly happened = new Promise<T>((resolve) => {
    this.happen = resolve;
  });
}

/** A line under way. */
export class Job {
  /** A small number, given anew when it is free; 0 for a line that has only ever been in front. */
  id = 0;
  readonly line: string;
  readonly startedMs: number;
  /** The job that this line only shows, as `fg` does: what is meant for this one is meant for that. */
  standsFor: Job | null = null;
  /** How far it is, in its own words; null if it has not said. */
  progress: string | null = null;
  private readonly stopping = new Event<void>();
  private leaving = new Event<void>();
  private readonly ending = new Event<number>();
  private stopped = false;
  private behind = false;

  constructor(line: string, startedMs: number) {
    this.line = line;
    this.startedMs = startedMs;
  }

  /** Resolves when somebody stops it. */
  get interrupted(): Promise<void> {
    return this.stopping.happened;
  }

  /** Resolves when it is next sent behind the prompt. */
  get sentBehind(): Promise<void> {
    return this.leaving.happened;
  }

  /** Resolves with its exit code. */
  get ended(): Promise<number> {
    return this.ending.happened;
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  /** Whether the prompt is free: then it shows no progress and can ask nothing. */
  get isBehind(): boolean {
    return this.behind;
  }

  stop(): void {
    this.stopped = true;
    this.stopping.happen();
  }

  /** Frees the prompt. */
  goBehind(): void {
    this.behind = true;
    this.leaving.happen();
    this.leaving = new Event();
  }

  /** Takes the prompt. */
  comeForward(): void {
    this.behind = false;
  }

  end(code: number): void {
    this.ending.happen(code);
  }
}

/** The lines with a number. */
export class Jobs {
  private readonly running = new Map<number, Job>();

  /** Oldest first. */
  list(): readonly Job[] {
    return [...this.running.values()];
  }

  get(id: number): Job | undefined {
    return this.running.get(id);
  }

  /** Gives a line a number until it ends; false if too many run. */
  add(job: Job): boolean {
    if (job.id > 0) return true;
    if (this.running.size >= mostJobs) return false;
    let id = 1;
    while (this.running.has(id)) id++;
    job.id = id;
    this.running.set(id, job);
    void job.ended.then(() => this.running.delete(id));
    return true;
  }
}
