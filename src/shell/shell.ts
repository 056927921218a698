/**
 * The shell without a screen: lines in, text out. Parses, finds the command, asks the user where a command needs it.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { activityCommand } from "./commands/activity.ts";
import { chainCommands } from "./commands/chain.ts";
import { type Command, exitCodes, type ShellEnvironment, type Tone } from "./commands/command.ts";
import { fileCommands, homePaths } from "./commands/files.ts";
import { finalityCommands } from "./commands/finality.ts";
import { hardwareCommand } from "./commands/hardware.ts";
import { helpCommands } from "./commands/help.ts";
import { identityCommand } from "./commands/identity.ts";
import { memoryCommands } from "./commands/memory.ts";
import { moneyCommands } from "./commands/money.ts";
import { processCommands } from "./commands/processes.ts";
import { proofCommands } from "./commands/proofs.ts";
import { receiptCommands } from "./commands/receipts.ts";
import { runCommands } from "./commands/run.ts";
import { stakeCommands } from "./commands/stake.ts";
import { systemCommands } from "./commands/system.ts";
import { jsonLine } from "./format.ts";
import { createJob, type Job, Jobs, mostJobs } from "./jobs.ts";
import type { ScreenText } from "./output.ts";
import { isOpen, type Pipeline, parseLine } from "./parser.ts";
import { runPipeline } from "./pipeline.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** All commands. */
export const commands: readonly Command[] = [
  identityCommand,
  ...moneyCommands,
  ...stakeCommands,
  ...runCommands,
  ...processCommands,
  ...memoryCommands,
  ...receiptCommands,
  ...fileCommands,
  ...proofCommands,
  ...chainCommands,
  ...finalityCommands,
  ...systemCommands,
  activityCommand,
  hardwareCommand,
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
  clear(): void;
  history(): readonly string[];
}

/** Commands that move coins or keys: a paste that holds one gets a warning. */
const spending = /(^|[;&\s])(pay|id|faucet|stake|unstake|prove|offer|alloc|allocate|free)\s/;

/** Whether pasted text holds a command that spends. */
export function spends(text: string): boolean {
  return spending.test(`${text} `);
}

/** One shell on one client. */
export class Shell {
  private readonly client: Client;
  private readonly environment: ShellEnvironment;
  private readonly screen: ShellScreen;
  private readonly jobs = new Jobs();
  private front: Job | null = null;

  constructor(client: Client, environment: ShellEnvironment, screen: ShellScreen) {
    this.client = client;
    this.environment = environment;
    this.screen = screen;
  }

  /** Whether a line waits for more (an open quote). */
  wantsMore(line: string): boolean {
    return isOpen(line);
  }

  /** Stops what is running in front, as Ctrl-C does. */
  stop(): void {
    this.front?.stop();
  }

  /** Runs a line; gives the exit code of its last command. */
  async run(line: string): Promise<number> {
    const parsed = parseLine(line);
    if (!parsed.ok) return this.refuse(rejected(parsed.code, `${parsed.message} Nothing was run.`));
    const job = createJob(line, this.environment.nowMs());
    this.front = job;
    let code = 0;
    for (const pipeline of parsed.value) {
      if (pipeline.runs !== "always" && (pipeline.runs === "after-success") !== (code === 0)) continue;
      if (job.isStopped) return exitCodes.stopped;
      code = pipeline.background ? this.startBehind(pipeline) : await this.runPipeline(pipeline, job);
    }
    return code;
  }

  /** Completions of the last word of a line. */
  async completions(line: string): Promise<{ readonly word: string; readonly candidates: readonly string[] }> {
    // What stands before the last operator is another command's.
    const words = line
      .slice(Math.max(...["|", ";", "&"].map((operator) => line.lastIndexOf(operator))) + 1)
      .trimStart()
      .split(/\s+/);
    const word = words[words.length - 1] ?? "";
    const command = commands.find((one) => one.name === words[0]);
    let all: readonly string[];
    if (/^(<|>>?)$/.test(words[words.length - 2] ?? "")) all = await homePaths({ environment: this.environment });
    else if (words.length === 1 || command === undefined) all = commands.map((one) => one.name);
    else {
      const { flags = [], values = [], lists = [] } = command.spec;
      const options = [...flags, ...values, ...lists].map((name) => `--${name}`);
      const more = word.startsWith("-")
        ? []
        : ((await command.complete?.({ client: this.client, environment: this.environment, commands })) ?? []);
      all = [...more, ...options];
    }
    return { word, candidates: all.filter((candidate) => candidate.startsWith(word)).sort() };
  }

  /** Runs a pipeline behind the prompt, which comes back at once. */
  private startBehind(pipeline: Pipeline): number {
    const line = pipeline.stages.map((words) => words.join(" ")).join(" | ");
    const job = this.jobs.add(line, this.environment.nowMs());
    if (job === null) {
      this.screen.print(`${mostJobs} lines run already. \`ps\` lists them, \`kill\` stops one.`, "bad");
      return exitCodes.cannotRun;
    }
    this.screen.print(`[${job.id}] started. \`kill ${job.id}\` stops it.`, "dim");
    void this.runPipeline(pipeline, job).then((code) => {
      this.jobs.remove(job);
      const how = job.isStopped ? "was stopped" : code === 0 ? "is done" : `ended with exit code ${code}`;
      this.screen.interject(`[${job.id}] ${sanitise(line)}: ${how}.`, code === 0 ? "dim" : "warning");
    });
    return 0;
  }

  private runPipeline(pipeline: Pipeline, job: Job): Promise<number> {
    const { client, environment, screen, jobs } = this;
    const isBehind = job.id > 0;
    const print = (text: ScreenText, tone: Tone): void =>
      isBehind ? screen.interject(text, tone) : screen.print(text, tone);
    return runPipeline(pipeline, {
      commands,
      print,
      files: environment.files,
      context: (sink, errors, input) => ({
        client,
        environment,
        commands,
        job,
        jobs,
        input,
        interrupted: job.interrupted,
        history: screen.history(),
        print: (text, tone = "plain") => {
          // What it has said before stands before it.
          errors.end();
          sink.print(text, tone);
        },
        notice: print,
        status: (text) => {
          if (!isBehind) screen.showStatus(text);
        },
        write: (bytes) => sink.write(bytes),
        writeError: (bytes) => errors.write(bytes),
        json: (value) => sink.print(jsonLine(value), "plain"),
        refuse: (refusal) => this.refuse(refusal, print),
        // Who types at the prompt must not answer a question that comes from behind it.
        ask: (question, hidden = false) => (isBehind ? Promise.resolve(null) : screen.ask(question, hidden)),
        confirm: async (question) =>
          !isBehind && /^y(es)?$/i.test(((await screen.ask(`${question} [y/N] `, false)) ?? "").trim()),
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
