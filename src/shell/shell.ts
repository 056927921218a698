/**
 * The shell without a screen: lines in, text out. Parses, finds the command, asks the user where a command needs it.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { activityCommand } from "./commands/activity.ts";
import { appearanceCommand } from "./commands/appearance.ts";
import { carCommand } from "./commands/archives.ts";
import { budgetCommand } from "./commands/budget.ts";
import { chainCommands } from "./commands/chain.ts";
import { type Command, exitCodes, isYes, type ShellEnvironment, type Tone } from "./commands/command.ts";
import { contactCommand } from "./commands/contacts.ts";
import { credentialCommand } from "./commands/credentials.ts";
import { editCommand } from "./commands/documents.ts";
import { fileListCommands } from "./commands/file-lists.ts";
import { fileCommands } from "./commands/files.ts";
import { finalityCommands } from "./commands/finality.ts";
import { grantCommands } from "./commands/grants.ts";
import { hardwareCommand } from "./commands/hardware.ts";
import { helpCommands } from "./commands/help.ts";
import { identityCommand } from "./commands/identity.ts";
import { installedCommands } from "./commands/installed.ts";
import { ipfsCommand } from "./commands/ipfs.ts";
import { keptFileCommands } from "./commands/kept-files.ts";
import { mailCommands } from "./commands/mail.ts";
import { memoryCommands } from "./commands/memory.ts";
import { moneyCommands } from "./commands/money.ts";
import { pairCommand } from "./commands/pairing.ts";
import { processCommands } from "./commands/processes.ts";
import { proofCommands } from "./commands/proofs.ts";
import { receiptCommands } from "./commands/receipts.ts";
import { recoveryCommand } from "./commands/recovery.ts";
import { runCommands } from "./commands/run.ts";
import { scriptCommands } from "./commands/scripts.ts";
import { sharedFileCommands } from "./commands/shared-files.ts";
import { spaceCommand } from "./commands/spaces.ts";
import { stakeCommands } from "./commands/stake.ts";
import { systemCommands } from "./commands/system.ts";
import { tourCommand } from "./commands/tour.ts";
import { windowCommand } from "./commands/windows.ts";
import { type Completion, complete } from "./completion.ts";
import { lostKeysSince, lostWords } from "./eviction.ts";
import { jsonLine } from "./format.ts";
import { Job, Jobs, mostJobs, type RunningLine } from "./jobs.ts";
import { type Pipeline, parseLine, pipelineText } from "./language/grammar.ts";
import { readScript } from "./language/script.ts";
import { Scope } from "./language/variables.ts";
import { forwardingSink, type OutputSink, ScreenOutput, type ScreenText } from "./output.ts";
import { type PasteRemark, pasteRemarks } from "./paste.ts";
import { runPipeline } from "./pipeline.ts";
import { SeenWords } from "./seen-words.ts";
import { sanitise } from "./terminal/sanitise.ts";
import { Tour, type TourLines } from "./tour/tour.ts";
import type { Ended } from "./tour/tour-steps.ts";

/** All commands. */
export const commands: readonly Command[] = [
  identityCommand,
  spaceCommand,
  contactCommand,
  pairCommand,
  recoveryCommand,
  ...mailCommands,
  credentialCommand,
  ...moneyCommands,
  budgetCommand,
  ...stakeCommands,
  ...runCommands,
  ...grantCommands,
  ...processCommands,
  ...memoryCommands,
  ...receiptCommands,
  ...fileListCommands,
  ...fileCommands,
  ...keptFileCommands,
  ...sharedFileCommands,
  ipfsCommand,
  carCommand,
  editCommand,
  ...scriptCommands,
  ...proofCommands,
  ...chainCommands,
  ...finalityCommands,
  ...systemCommands,
  windowCommand,
  appearanceCommand,
  ...installedCommands,
  activityCommand,
  hardwareCommand,
  tourCommand,
  ...helpCommands,
];

/** Where the shell writes and asks. */
export interface ShellScreen {
  print(text: ScreenText, tone: Tone): void;
  /** Prints between prompts, for lines that run behind them. */
  interject(text: ScreenText, tone: Tone): void;
  /** Shows how far what runs in front is, in the place of what was shown before; null: nothing. */
  showStatus(text: string | null): void;
  /** Resolves when what was printed is drawn so far that there is room for more. */
  room(): Promise<void>;
  ask(question: string, hidden: boolean): Promise<string | null>;
  /** Whether somebody is there to answer. */
  readonly isAnswered: boolean;
  clear(): void;
  history(): readonly string[];
  /** Forgets earlier lines, here and for other visits. */
  forgetHistory(): void;
}

/** What pipelines of one line, or of one script, have in common. */
interface Surroundings {
  readonly job: Job;
  readonly scope: Scope;
  /** Where output goes that no `>` catches; null: to the screen. */
  readonly sink: OutputSink | null;
}

/** So long a line or script may keep the thread. */
const longestBreathMs = 20;

/** Commands of one line that the tour is told of. */
const mostEnded = 64;

/** Scripts that run scripts that run scripts, and so on. */
const deepestScript = 8;

/** One shell on one client. */
export class Shell {
  private readonly client: Client;
  private readonly environment: ShellEnvironment;
  private readonly screen: ShellScreen;
  private isFrontOver = true;
  private readonly jobs = new Jobs();
  private readonly scope = Scope.atPrompt();
  private readonly seen = new SeenWords();
  private front: Job | null = null;
  private breathedMs = 0;
  /** Leads through the tour; null where nobody reads, as in shells of windows. */
  private readonly tour: Tour | null;
  private ended: Ended[] = [];
  /** What was offered to the person since the page was opened. */
  private readonly offered = new Set<string>();

  constructor(
    client: Client,
    environment: ShellEnvironment,
    screen: ShellScreen,
    { leadsTour = false }: { readonly leadsTour?: boolean } = {},
  ) {
    this.tour = leadsTour ? new Tour(client, environment) : null;
    this.client = client;
    this.environment = environment;
    this.screen = screen;
  }

  /** What to say about a line of which a part was pasted. */
  pasteRemarks(line: string): readonly PasteRemark[] {
    return pasteRemarks(line, commands);
  }

  /** Stops what is running in front, as Ctrl-C does. */
  stop(): void {
    this.front?.stop();
  }

  /** What runs, in front first. A line that only shows another one is not another. */
  running(): readonly RunningLine[] {
    const { front } = this;
    const behind = this.jobs.list();
    const isOwn = front !== null && front.standsFor === null && !behind.includes(front);
    return isOwn && !this.isFrontOver ? [front, ...behind] : behind;
  }

  /** Sends what is running in front behind the prompt, as Ctrl-Z does. */
  sendBehind(): void {
    const { front } = this;
    if (front === null || front.isBehind) return;
    if (front.standsFor !== null) front.standsFor.goBehind();
    else if (this.addJob(front, this.printerFor(front))) front.goBehind();
  }

  /** Runs a line; gives the exit code of its last command, or 0 once it was sent behind the prompt. */
  async run(line: string): Promise<number> {
    const nowMs = this.environment.nowMs();
    const job = new Job(line, nowMs);
    this.front = job;
    this.isFrontOver = false;
    // Who typed it has let the page live.
    this.breathedMs = nowMs;
    const ended = this.runLine(line, job).then(async (code) => {
      this.scope.lastCode = code;
      job.end(code);
      if (this.front === job) this.isFrontOver = true;
      if (job.isBehind) this.tellEnd(job, code);
      await this.lookForTour(job.isBehind);
      return code;
    });
    return Promise.race([ended, job.sentBehind.then(() => 0)]);
  }

  /** Says so if this browser had keys and has them no more, and notes those that come. */
  async watchKeys(): Promise<void> {
    const { client, environment, screen } = this;
    const look = () => lostKeysSince(client, environment.keysSeen, environment.nowMs());
    client.subscribe(({ type }) => {
      if (type === "vault") void look();
    });
    const lostMs = await look();
    if (lostMs === null) return;
    const { detail, advice } = lostWords(lostMs);
    screen.interject(`${detail[0]?.toUpperCase()}${detail.slice(1)}. ${advice}`, "warning");
  }

  /** Says where the person is in the tour, after the page was loaded. */
  async resumeTour(): Promise<void> {
    this.sayOfTour((await this.tour?.now()) ?? [], true);
  }

  /** Looks whether a step of the tour has happened, as it may have when a window was opened. */
  async lookForTour(isBehind = true): Promise<void> {
    this.sayOfTour((await this.tour?.look(this.ended.splice(0))) ?? [], isBehind);
  }

  private sayOfTour(lines: TourLines, isBehind: boolean): void {
    for (const [text, tone] of lines) {
      if (isBehind) this.screen.interject(text, tone);
      else this.screen.print(text, tone);
    }
  }

  /** Completions of what stands before the cursor. */
  completions(before: string): Promise<Completion> {
    const { client, environment, scope, jobs, seen, screen } = this;
    return complete(before, { client, environment, commands, scope, jobs, longWords: seen.words(screen.history()) });
  }

  private async runLine(line: string, job: Job): Promise<number> {
    const parsed = parseLine(line);
    if (!parsed.ok) return this.refuse(rejected(parsed.code, `${parsed.message} Nothing was run.`));
    return this.runAll(parsed.value, { job, scope: this.scope, sink: null });
  }

  private async runAll(pipelines: readonly Pipeline[], surroundings: Surroundings): Promise<number> {
    const { job, scope } = surroundings;
    let code = 0;
    for (const pipeline of pipelines) {
      if (this.environment.nowMs() - this.breathedMs >= longestBreathMs) await this.breathe();
      if (pipeline.runs !== "always" && (pipeline.runs === "after-success") !== (code === 0)) continue;
      if (job.isStopped) return exitCodes.stopped;
      code = pipeline.background
        ? this.startBehind(pipeline, surroundings)
        : await this.runPipeline(pipeline, surroundings);
      scope.lastCode = code;
    }
    return code;
  }

  /** Lets the page live: thousands of assignments would else be one long task that no Ctrl-C comes into. */
  private async breathe(): Promise<void> {
    await this.environment.breathe();
    this.breathedMs = this.environment.nowMs();
  }

  /** Runs a script's lines until one fails; all of it is read before the first is run. */
  private async runScript(
    name: string,
    source: string,
    args: readonly string[],
    { job, scope, sink }: Surroundings,
  ): Promise<number> {
    const print = this.printerFor(job);
    if (scope.depth >= deepestScript) {
      return this.refuse(rejected("too-many", `Scripts run scripts ${deepestScript} deep at most.`), print);
    }
    const script = readScript(source);
    if (!script.ok) return this.refuse(rejected(script.code, `${name}, ${script.message} Nothing was run.`), print);
    const inside = scope.forScript(name, args);
    for (const { pipelines, row } of script.value) {
      const code = await this.runAll(pipelines, { job, scope: inside, sink });
      if (code === 0) continue;
      if (!job.isStopped) {
        const message = `${sanitise(name)}, line ${row}, ended with exit code ${code}: what follows it was not run.`;
        print(message, "warning");
      }
      return code;
    }
    return 0;
  }

  /** `print` reaches who began it: a script behind the prompt must not write over it. */
  private addJob(job: Job, print: (text: string, tone: Tone) => void): boolean {
    if (!this.jobs.add(job)) {
      print(`${mostJobs} lines run already. \`ps\` lists them, \`kill\` stops one.`, "bad");
      return false;
    }
    print(`[${job.id}] runs behind the prompt. \`fg ${job.id}\` brings it back, \`kill ${job.id}\` stops it.`, "dim");
    return true;
  }

  /** Runs a pipeline behind the prompt, which comes back at once. */
  private startBehind(pipeline: Pipeline, { job: starter, scope }: Surroundings): number {
    const job = new Job(pipelineText(pipeline), this.environment.nowMs());
    job.goBehind();
    if (!this.addJob(job, this.printerFor(starter))) return exitCodes.cannotRun;
    void this.runPipeline(pipeline, {
      job,
      scope: scope.forScript(scope.name, scope.scriptArguments),
      sink: null,
    }).then((code) => {
      job.end(code);
      if (job.isBehind) this.tellEnd(job, code);
    });
    return 0;
  }

  private tellEnd({ id, line, isStopped }: Job, code: number): void {
    const how = isStopped ? "was stopped" : code === 0 ? "is done" : `ended with exit code ${code}`;
    this.screen.interject(`[${id}] ${sanitise(line)}: ${how}.`, code === 0 ? "dim" : "warning");
  }

  /** Prints to where the line is now: it may come and go. */
  private printerFor(job: Job): (text: ScreenText, tone: Tone) => void {
    return (text, tone) => {
      if (typeof text === "string") this.seen.note(text);
      if (job.isBehind) this.screen.interject(text, tone);
      else this.screen.print(text, tone);
    };
  }

  private runPipeline(pipeline: Pipeline, surroundings: Surroundings): Promise<number> {
    const { client, environment, screen, jobs } = this;
    const { job, scope } = surroundings;
    const print = this.printerFor(job);
    const isTyped = screen.isAnswered && surroundings.sink === null && scope.depth === 0;
    return runPipeline(pipeline, {
      commands,
      print,
      sink: () => (surroundings.sink === null ? new ScreenOutput(print) : forwardingSink(surroundings.sink)),
      files: environment.files,
      scope,
      ended: (name, code) => {
        if (this.ended.length < mostEnded) this.ended.push({ name, code });
      },
      context: (sink, errors, { input, isByHand }) => ({
        client,
        environment,
        commands,
        job,
        jobs,
        input,
        scope,
        runScript: (name, source, args) => this.runScript(name, source, args, { job, scope, sink }),
        interrupted: job.interrupted,
        history: screen.history(),
        forgetHistory: () => screen.forgetHistory(),
        print: (text, tone = "plain") => {
          // What it has said before stands before it.
          errors.end();
          sink.print(text, tone);
        },
        notice: print,
        status: (text) => {
          job.progress = text;
          if (!job.isBehind) screen.showStatus(text);
        },
        write: (bytes) => sink.write(bytes),
        give: (source) => sink.give(source),
        writeError: (bytes) => errors.write(bytes),
        json: (value) => sink.print(jsonLine(value), "plain"),
        refuse: (refusal) => this.refuse(refusal, print),
        // Who types at the prompt must not answer a question that comes from behind it.
        ask: (question, hidden = false) => (job.isBehind ? Promise.resolve(null) : screen.ask(question, hidden)),
        confirm: async (question) => !job.isBehind && isYes(await screen.ask(`${question} [y/N] `, false)),
        isByHand: isByHand && isTyped && !job.isBehind,
        isFirst: (what) => {
          const { size } = this.offered;
          return this.offered.add(what).size > size;
        },
        clear: () => screen.clear(),
      }),
    })
      .catch((error: unknown) => {
        // Without an answer the prompt would never come back.
        print(`The line failed: ${sanitise(String(error))}. Nothing that was confirmed is lost.`, "bad");
        return 1;
      })
      .then(async (code) => {
        // What each command of a line may print is bounded; how many there are is not.
        await screen.room();
        return code;
      });
  }

  private refuse(refusal: Rejected, print: (text: string, tone: Tone) => void = this.screen.print.bind(this.screen)) {
    print(refusal.message.split("\n").map(sanitise).join("\n"), "bad");
    return 1;
  }
}
