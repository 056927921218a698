/**
 * The shell as the prompt has it: there at once, while what runs the lines is still being fetched and the node still starts.
 * Lines that are typed before that wait, and say what for.
 * @module
 */
import type { Completion } from "./completion.ts";
import type { RunningLine } from "./jobs.ts";
import { isOpen, joinLines } from "./language/grammar.ts";
import type { PasteRemark } from "./paste.ts";
import type { Shell, ShellScreen } from "./shell.ts";
import { text } from "./text.ts";

/** After so long a line that runs before the node has started says why it takes longer. */
const sayWaitingAfterMs = 700;

/** Exit code of a line that was not run. */
const notRun = 126;

/** What the prompt needs of a shell. */
export type PromptShell = Pick<
  LateShell,
  "wantsMore" | "join" | "pasteRemarks" | "completions" | "run" | "stop" | "sendBehind"
>;

interface LateShellParts {
  readonly screen: ShellScreen;
  /** Fetches what runs the lines. */
  load(): Promise<Shell>;
  /** Settles when the node has started, or could not. */
  readonly nodeStarts: Promise<unknown>;
  wait(ms: number): Promise<void>;
}

/** One shell, loaded once; a fetch that failed is tried again when the shell is next needed. */
export class LateShell {
  private readonly parts: LateShellParts;
  private loading: Promise<Shell> | null = null;
  private shell: Shell | null = null;
  private isNodeStarted = false;
  /** Gives up the line that runs, or waits for what runs it. */
  private giveUp: (() => void) | null = null;

  constructor(parts: LateShellParts) {
    this.parts = parts;
    const started = (): void => {
      this.isNodeStarted = true;
    };
    parts.nodeStarts.then(started, started);
  }

  /** Fetches what runs the lines before there is one. */
  prepare(): void {
    this.load().catch(() => undefined);
  }

  /** Whether a line waits for more: an open quote, or a pipe that leads nowhere yet. */
  wantsMore(line: string): boolean {
    return isOpen(line);
  }

  /** A line that waited for more, with what was typed next. */
  join(earlier: string, line: string): string {
    return earlier === "" ? line : joinLines(earlier, line);
  }

  /** What to say about a line of which a part was pasted. */
  async pasteRemarks(line: string): Promise<readonly PasteRemark[]> {
    return (await this.load()).pasteRemarks(line);
  }

  /** Completions of what stands before the cursor. */
  async completions(before: string): Promise<Completion> {
    return (await this.load()).completions(before);
  }

  /** Runs a line as {@link Shell.run} does. */
  async run(line: string): Promise<number> {
    let isOver = false;
    const given = new Promise<null>((resolve) => {
      this.giveUp = () => resolve(null);
    });
    if (!this.isNodeStarted) void this.sayWhatItWaitsFor(() => !isOver);
    const shell = this.shell ?? (await Promise.race([this.loadOrSay(), given]));
    const code = shell === null ? notRun : await shell.run(line);
    isOver = true;
    return code;
  }

  /** Stops what is running in front, as Ctrl-C does. */
  stop(): void {
    if (this.shell === null) this.giveUp?.();
    else this.shell.stop();
  }

  /** Sends what is running in front behind the prompt, as Ctrl-Z does. */
  sendBehind(): void {
    this.shell?.sendBehind();
  }

  /** What runs. */
  running(): readonly RunningLine[] {
    return this.shell?.running() ?? [];
  }

  /** Looks whether what has happened beside the terminal is what the tour waits for; before it is loaded none has begun. */
  look(): void {
    void this.shell?.lookForTour();
  }

  private load(): Promise<Shell> {
    this.loading ??= this.parts.load().then(
      (shell) => {
        this.shell = shell;
        return shell;
      },
      (error: unknown) => {
        this.loading = null;
        throw error;
      },
    );
    return this.loading;
  }

  private loadOrSay(): Promise<Shell | null> {
    return this.load().catch(() => {
      this.parts.screen.print(text.commandsMissing, "bad");
      return null;
    });
  }

  /** A line that needs no node has ended by then, or shows how far it is. */
  private async sayWhatItWaitsFor(isRunning: () => boolean): Promise<void> {
    const { screen, nodeStarts, wait } = this.parts;
    await wait(sayWaitingAfterMs);
    if (this.isNodeStarted || !isRunning()) return;
    screen.showStatus(text.nodeStarting);
    await nodeStarts.catch(() => undefined);
    if (isRunning()) screen.showStatus(null);
  }
}
