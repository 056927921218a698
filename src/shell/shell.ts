/**
 * The shell without a screen: lines in, text out. Parses, finds the command, asks the user where a command needs it.
 * @module
 */
import type { Rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { activityCommand } from "./commands/activity.ts";
import { chainCommands } from "./commands/chain.ts";
import type { Command, CommandContext, ShellEnvironment, Tone } from "./commands/command.ts";
import { hardwareCommand } from "./commands/hardware.ts";
import { helpCommands } from "./commands/help.ts";
import { identityCommand } from "./commands/identity.ts";
import { moneyCommands } from "./commands/money.ts";
import { proofCommands } from "./commands/proofs.ts";
import { systemCommands } from "./commands/system.ts";
import { nearest } from "./did-you-mean.ts";
import { jsonLine } from "./format.ts";
import { isOpen, parseLine, parseOptions } from "./parser.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** All commands. */
export const commands: readonly Command[] = [
  identityCommand,
  ...moneyCommands,
  ...proofCommands,
  ...chainCommands,
  ...systemCommands,
  activityCommand,
  hardwareCommand,
  ...helpCommands,
];

/** Where the shell writes and asks. */
export interface ShellScreen {
  print(text: string, tone: Tone): void;
  ask(question: string, hidden: boolean): Promise<string | null>;
  clear(): void;
  history(): readonly string[];
}

/** Commands that move coins or keys: a paste that holds one gets a warning. */
const spending = /(^|[;&\s])(pay|id|faucet|prove)\s/;

/** Whether pasted text holds a command that spends. */
export function spends(text: string): boolean {
  return spending.test(`${text} `);
}

/** One shell on one client. */
export class Shell {
  private readonly client: Client;
  private readonly environment: ShellEnvironment;
  private readonly screen: ShellScreen;
  private interrupt: () => void = () => undefined;

  constructor(client: Client, environment: ShellEnvironment, screen: ShellScreen) {
    this.client = client;
    this.environment = environment;
    this.screen = screen;
  }

  /** Whether a line waits for more (an open quote). */
  wantsMore(line: string): boolean {
    return isOpen(line);
  }

  /** Stops what is running, as Ctrl-C does. */
  stop(): void {
    this.interrupt();
  }

  /** Runs a line; gives the exit code of its last command. */
  async run(line: string): Promise<number> {
    const parsed = parseLine(line);
    if (!parsed.ok) return this.refuse(parsed);
    let code = 0;
    for (const { words, onlyIfGood } of parsed.value) {
      if (onlyIfGood && code !== 0) continue;
      code = await this.runCommand(words);
    }
    return code;
  }

  /** Completions of the last word of a line. */
  async completions(line: string): Promise<{ readonly word: string; readonly candidates: readonly string[] }> {
    const words = line.split(/\s+/);
    const word = words[words.length - 1] ?? "";
    const command = commands.find((one) => one.name === words[0]);
    let all: readonly string[];
    if (words.length === 1 || command === undefined) all = commands.map((one) => one.name);
    else {
      const { flags = [], values = [] } = command.spec;
      const options = [...flags, ...values].map((name) => `--${name}`);
      const more = word.startsWith("-") ? [] : ((await command.complete?.({ client: this.client, commands })) ?? []);
      all = [...more, ...options];
    }
    return { word, candidates: all.filter((candidate) => candidate.startsWith(word)).sort() };
  }

  private async runCommand(words: readonly string[]): Promise<number> {
    const [name = "", ...args] = words;
    const command = commands.find((one) => one.name === name);
    if (command === undefined) {
      const near = nearest(
        name,
        commands.map((one) => one.name),
      );
      const hint = near === null ? "`help` lists what there is." : `Did you mean ${near}?`;
      this.screen.print(`There is no command ${sanitise(name)}. ${hint}`, "bad");
      return 127;
    }
    const options = parseOptions(args, command.spec, command.usage);
    if (!options.ok) return this.refuse(options);
    try {
      return await command.run(this.context(), options.value);
    } catch (error) {
      this.screen.print(`The command failed: ${sanitise(String(error))}. Nothing that was confirmed is lost.`, "bad");
      return 1;
    }
  }

  private context(): CommandContext {
    const { client, environment, screen } = this;
    const interrupted = new Promise<void>((resolve) => {
      this.interrupt = resolve;
    });
    return {
      client,
      environment,
      commands,
      interrupted,
      history: screen.history(),
      print: (text, tone = "plain") => screen.print(text, tone),
      json: (value) => screen.print(jsonLine(value), "plain"),
      refuse: (refusal) => this.refuse(refusal),
      ask: (question, hidden = false) => screen.ask(question, hidden),
      confirm: async (question) => /^y(es)?$/i.test(((await screen.ask(`${question} [y/N] `, false)) ?? "").trim()),
      clear: () => screen.clear(),
    };
  }

  private refuse(refusal: Rejected): number {
    this.screen.print(refusal.message.split("\n").map(sanitise).join("\n"), "bad");
    return 1;
  }
}
