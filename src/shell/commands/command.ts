/**
 * The shape of every command, and what it works with.
 * @module
 */
import type { Rejected, Result } from "#protocol/result.ts";
import type { ProgramBudgets } from "#sdk/budgets.ts";
import type { Client } from "#sdk/contract.ts";
import type { RunningCipher } from "#sdk/files.ts";
import type { ProgramGrants } from "#sdk/grants.ts";
import type { ByteSource, HomeFiles } from "#sdk/home-files.ts";
import type { InstalledApp } from "#sdk/installed-app.ts";
import type { Passkeys } from "#sdk/passkeys.ts";
import type { SamplingUnits } from "#sdk/units.ts";
import type { GuestCatalogue } from "#veil/guest-catalogue.ts";
import type { ProgramRunner } from "#veil/run.ts";
import type { AppearanceControl } from "../appearance.ts";
import type { KeysSeen } from "../eviction.ts";
import type { Job, Jobs } from "../jobs.ts";
import type { OptionSpec, ParsedOptions } from "../language/options.ts";
import type { Scope } from "../language/variables.ts";
import type { TourStore } from "../tour/tour-progress.ts";
import type { Place } from "../windows/place.ts";

/** Groups of `help`. */
export type CommandGroup =
  | "identity"
  | "messages"
  | "money"
  | "programs"
  | "files"
  | "scripts"
  | "proofs"
  | "chain"
  | "system";

/** Colours a line may have; "program" is foreign text that has its own and is not wrapped. */
export type Tone = "plain" | "good" | "warning" | "bad" | "dim" | "strong" | "program";

/**
 * Exit codes from here on say that a command did not run to its end: 126 it could not be run, 127 there is none of that
 * name, 128 and more it was stopped. Nothing that follows such a command in a pipeline is run.
 */
export const exitCodes = { cannotRun: 126, unknown: 127, stopped: 130, aborted: 134, killed: 137 } as const;

/** What the page around the shell can tell and do. */
export interface ShellEnvironment {
  readonly version: string;
  /** Builds, installation and start without a network. */
  readonly app: InstalledApp;
  nowMs(): number;
  randomBytes(length: number): Uint8Array;
  /** Lets the page paint and answer before a long piece of work goes on. */
  breathe(): Promise<void>;
  readonly history: { load(): readonly string[]; save(lines: readonly string[]): void };
  /** Quota and use in bytes, and whether the browser promised to keep the data. */
  storage(): Promise<{ readonly usedBytes: number; readonly quotaBytes: number; readonly persisted: boolean } | null>;
  /** What programs may compute in a day. */
  readonly programBudgets: ProgramBudgets;
  /** What was remembered of programs. */
  readonly programGrants: ProgramGrants;
  /** A second way to open the vault. */
  readonly passkeys: Passkeys;
  /** The emulated sampling unit and what is plugged in. */
  readonly units: SamplingUnits;
  /** The source of a program that comes with the app; null if there is none of that name. */
  exampleProgram(name: string): Promise<string | null>;
  /** Lets the user choose a file; null if none was chosen. Of a longer one it gives `mostBytes` and one, so that it is refused. */
  openFile(accept: string, mostBytes: number): Promise<{ readonly name: string; readonly bytes: Uint8Array } | null>;
  /** The same for a file of any size, read as it is needed. */
  chooseFile(accept: string): Promise<{ readonly name: string; readonly content: ByteSource } | null>;
  /** Gives the user a file to keep. */
  saveFile(name: string, bytes: Uint8Array): void;
  /** The same with all of a source. */
  saveSource(name: string, content: ByteSource): Promise<Result<void>>;
  /** How the page looks. */
  readonly appearance: AppearanceControl;
  /** The whole address of a path of this app. */
  addressOf(path: string): string;
  /** Opens a path of this app in a tab of its own. */
  openPage(path: string): void;
  /** Shows an invitation to pair as a QR code, with its link and code; the function it gives takes that away. */
  showInvitation(link: string, code: string): Promise<() => void>;
  /** Opens a window of the page at a place, as a link would. */
  openWindow(place: Place): void;
  /** The place of the newest window that is open; null if none is. */
  openedPlace(): Place | null;
  /** Where somebody is in the tour. */
  readonly tour: TourStore;
  /** Since when this browser has keys, kept apart from them. */
  readonly keysSeen: KeysSeen;
  /** Files that are kept in this browser. */
  readonly files: HomeFiles;
  /** Starts a thread that seals and opens shared files; whoever started it ends it. */
  startFileCipher(): RunningCipher;
  /** Runs programs of any origin. */
  readonly runner: ProgramRunner;
  /** Tries whether programs are kept apart from the page; refused if not. */
  isolation(): Promise<Result<null>>;
  /** Programs that come with the app. */
  readonly programs: GuestCatalogue;
  readonly features: readonly { readonly name: string; readonly there: boolean; readonly why: string }[];
}

/** What a running command may use. */
export interface CommandContext {
  readonly client: Client;
  readonly environment: ShellEnvironment;
  /** Prints lines of our own words. Foreign text goes through `sanitise` first. */
  print(text: string, tone?: Tone): void;
  /** Prints about the command itself: on the screen also where its output goes elsewhere. */
  notice(text: string, tone: Tone): void;
  /** Shows how far it is, in the place of what was shown before; null: nothing. Only what runs in front is shown. */
  status(text: string | null): void;
  /** Gives out bytes of a program or file, as they are. */
  write(bytes: Uint8Array): void;
  /** Gives out all of a source, read as it is needed. */
  give(source: ByteSource): Promise<Result<void>>;
  /** Bytes that belong on the screen also when the output goes elsewhere. */
  writeError(bytes: Uint8Array): void;
  /** What the command before it in the pipeline, or a file, gives it to read; null if there is nothing. */
  readonly input: Uint8Array | null;
  /** The line it is part of. */
  readonly job: Job;
  readonly jobs: Jobs;
  /** Prints one line of JSON. */
  json(value: unknown): void;
  /** Prints a refusal; the exit code to return. */
  refuse(refusal: Rejected): number;
  /** Asks for a line; null if the user gave up. Hidden lines are neither shown nor kept in the history. */
  ask(question: string, hidden?: boolean): Promise<string | null>;
  /** Asks yes or no; Enter alone means no. */
  confirm(question: string): Promise<boolean>;
  /**
   * Whether a person typed it at the prompt and reads what it says: no script, pipe, `>`, `&` or `--json`, and no dry run.
   * Only then is more asked, or made, than the command itself says.
   */
  readonly isByHand: boolean;
  /** Whether it is the first time in this session that somebody asks about that. */
  isFirst(what: "install-offer"): boolean;
  /** Resolves when Ctrl-C is pressed, or the line's job killed. */
  readonly interrupted: Promise<void>;
  clear(): void;
  readonly history: readonly string[];
  /** Forgets lines typed before, in this tab and in what is kept. */
  readonly forgetHistory: () => void;
  readonly commands: readonly Command[];
  /** Variables of the line it is part of. */
  readonly scope: Scope;
  /**
   * Runs a script, its lines one after the other, with this command's output as theirs; gives the exit code of the last, or of
   * the first that failed.
   */
  runScript(name: string, source: string, args: readonly string[]): Promise<number>;
}

/** Whether an answer to a question that ends in `[y/N]` is yes. */
export const isYes = (answer: string | null): boolean => /^y(es)?$/i.test((answer ?? "").trim());

/** The same command with its words on the screen, whatever becomes of its output. */
export function aside(context: CommandContext): CommandContext {
  return { ...context, print: (text, tone = "plain") => context.notice(text, tone) };
}

/** What completions come from. */
export type CompletionContext = Pick<CommandContext, "client" | "commands" | "environment" | "jobs" | "scope"> & {
  /** Ids seen, and names of people from lines that were typed. */
  readonly longWords: readonly string[];
};

/** What may stand behind an option: the words themselves, or a way to find them, given what was begun. */
export type OptionWords =
  | readonly string[]
  | ((context: CompletionContext, begun: string) => Promise<readonly string[]>);

/** A command of the shell. */
export interface Command {
  readonly name: string;
  readonly group: CommandGroup;
  /** One line for `help`. */
  readonly summary: string;
  readonly usage: string;
  /** Options by name with what they do. */
  readonly options: Readonly<Record<string, string>>;
  readonly examples: readonly string[];
  readonly spec: OptionSpec;
  /** Whether it reads what a pipe or `<` brings. */
  readonly readsInput?: boolean;
  /** Whether it may move coins or touch keys, or with which option it does: a paste that holds it gets a warning. */
  readonly spends?: "always" | `--${string}`;
  /**
   * Words for the place at which one is. `operands` says what may stand there, by the names that the usage gives it (`FILE`);
   * words that the usage itself names are known from there, and those of other places are left out.
   */
  complete?(context: CompletionContext, operands: readonly string[]): Promise<readonly string[]>;
  /** By the names of options, what completes their values. */
  readonly optionWords?: Readonly<Record<string, OptionWords>>;
  /** Runs it; 0 is success. */
  run(context: CommandContext, options: ParsedOptions): Promise<number>;
}
