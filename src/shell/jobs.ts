/**
 * Lines that run: the one in front, which Ctrl-C stops, and those behind the prompt, which `kill` stops.
 * @module
 */

/** A line under way. */
export interface Job {
  /** Small numbers, given anew when they are free. */
  readonly id: number;
  readonly line: string;
  readonly startedMs: number;
  /** Resolves when somebody stops it. */
  readonly interrupted: Promise<void>;
  readonly isStopped: boolean;
  stop(): void;
}

/** Lines that may run behind the prompt at once. */
export const mostJobs = 16;

/** The lines that run behind the prompt. */
export class Jobs {
  private readonly running = new Map<number, Job>();

  /** Oldest first. */
  list(): readonly Job[] {
    return [...this.running.values()];
  }

  get(id: number): Job | undefined {
    return this.running.get(id);
  }

  /** Takes a line in; null if too many run. */
  add(line: string, startedMs: number): Job | null {
    if (this.running.size >= mostJobs) return null;
    let id = 1;
    while (this.running.has(id)) id++;
    const job = createJob(line, startedMs, id);
    this.running.set(id, job);
    return job;
  }

  /** Forgets a line that has ended. */
  remove({ id }: Job): void {
    this.running.delete(id);
  }
}

/** A line to be run; 0 is the one in front. */
export function createJob(line: string, startedMs: number, id = 0): Job {
  let resolve: () => void = () => undefined;
  let isStopped = false;
  const interrupted = new Promise<void>((done) => {
    resolve = done;
  });
  return {
    id,
    line,
    startedMs,
    interrupted,
    get isStopped() {
      return isStopped;
    },
    stop: () => {
      isStopped = true;
      resolve();
    },
  };
}
