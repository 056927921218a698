/**
 * Runs the commands of a pipeline one after the other: each reads all that the one before it has written. Programs are
 * given all their input before they start, so that a run depends on nothing else; a pipe is that input.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { HomeFiles } from "#sdk/home-files.ts";
import { type Command, type CommandContext, exitCodes, type Tone } from "./commands/command.ts";
import { noSuchCommand } from "./did-you-mean.ts";
import { bytes as inBytes } from "./format.ts";
import { type Argument, expandOne, expandWords } from "./language/expand.ts";
import type { Pipeline } from "./language/grammar.ts";
import { type ParsedOptions, parseOptions } from "./language/options.ts";
import type { Word } from "./language/tokens.ts";
import type { Scope } from "./language/variables.ts";
import { mostPipedBytes, type OutputSink, PipeOutput, ScreenOutput, type ScreenText } from "./output.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** What a command of a pipeline is given beside its words. */
export interface Given {
  readonly input: Uint8Array | null;
  /** Whether it stands alone, reads and writes nothing but the screen, and was asked for words and deeds. */
  readonly isByHand: boolean;
}

/** What pipelines run with. */
export interface PipelineWorld {
  readonly commands: readonly Command[];
  print(text: ScreenText, tone: Tone): void;
  /** Where the last command's output goes that is not written to a file: the screen, or what a script's output goes to. */
  sink(): OutputSink;
  readonly files: HomeFiles;
  /** Variables it reads and sets. */
  readonly scope: Scope;
  /** `errors` takes what belongs on the screen wherever the output goes. */
  context(sink: OutputSink, errors: OutputSink, given: Given): CommandContext;
  /** Hears of each command that has ended. */
  ended(name: string, code: number): void;
}

interface Stage {
  readonly command: Command;
  readonly options: ParsedOptions;
}

/** A pipeline with all its words as they are now. */
interface Expanded {
  readonly stages: readonly (readonly Argument[])[];
  readonly input: string | null;
  readonly output: Output | null;
}

interface Output {
  readonly path: string;
  readonly append: boolean;
}

async function homePaths(files: HomeFiles): Promise<Result<readonly string[]>> {
  const listed = await files.list();
  return listed.ok ? accepted(listed.value.map(({ path }) => path)) : listed;
}

async function expanded(
  { stages, input, output }: Pipeline,
  { scope, files }: PipelineWorld,
): Promise<Result<Expanded>> {
  let listed: Promise<Result<readonly string[]>> | null = null;
  // Once for all patterns of a line: to list a thousand files takes its time.
  const expansions = scope.expansions(() => {
    listed ??= homePaths(files);
    return listed;
  });
  const words: (readonly Argument[])[] = [];
  for (const stage of stages) {
    const one = await expandWords(stage, expansions);
    if (!one.ok) return one;
    words.push(one.value);
  }
  const path = (word: Word | null): Result<string | null> =>
    word === null ? accepted(null) : expandOne(word, expansions);
  const from = path(input);
  if (!from.ok) return from;
  const to = path(output?.path ?? null);
  if (!to.ok) return to;
  const target = to.value === null ? null : { path: to.value, append: output?.append ?? false };
  return accepted({ stages: words, input: from.value, output: target });
}

/** Sets variables; gives 0, or 1 if one could not be set. */
function assign({ assignments }: Pipeline, world: PipelineWorld): number {
  const { scope, files } = world;
  for (const { name, value } of assignments) {
    const text = expandOne(
      value,
      scope.expansions(() => homePaths(files)),
    );
    const refused = text.ok ? scope.set(name, text.value) : text;
    if (refused !== null) return said(world, refused.message);
  }
  return 0;
}

/** Runs a pipeline; gives the exit code of its last command, or of the one that did not run to its end. */
export async function runPipeline(typed: Pipeline, world: PipelineWorld): Promise<number> {
  if (typed.stages.length === 0) return assign(typed, world);
  const words = await expanded(typed, world);
  if (!words.ok) return said(world, `${words.message} Nothing was run.`);
  const pipeline = words.value;
  const stages: Stage[] = [];
  // Before anything runs: a word misspelt at the end must not cost what stands before it.
  for (const [index, words] of pipeline.stages.entries()) {
    const stage = stageOf(words, index > 0 || pipeline.input !== null, world);
    if (typeof stage === "number") return stage;
    stages.push(stage);
  }
  let input: Uint8Array | null = null;
  if (pipeline.input !== null) {
    const read = await world.files.read(pipeline.input);
    if (!read.ok) return said(world, read.message);
    input = read.value;
  }
  let code = 0;
  let output: PipeOutput | null = null;
  for (const [index, stage] of stages.entries()) {
    const isLast = index === stages.length - 1;
    const isShown = isLast && pipeline.output === null;
    const sink = isShown ? world.sink() : new PipeOutput(world.print);
    const { flags } = stage.options;
    const isByHand = isShown && index === 0 && input === null && !flags.has("json") && !flags.has("dry-run");
    code = await runStage(stage, world, sink, { input, isByHand });
    if (!(sink instanceof PipeOutput)) continue;
    if (code >= exitCodes.cannotRun) {
      if (!isLast) brokenOff(world, stage.command.name, code);
      return kept(world, pipeline.output, code);
    }
    const piped = isLast ? accepted(null) : await sink.bytes();
    if (!piped.ok) return kept(world, pipeline.output, said(world, piped.message));
    if (sink.overflowed || (!isLast && piped.value === null)) {
      said(world, `${stage.command.name} gives out more than ${inBytes(mostPipedBytes)}, more than a pipe holds.`);
      return kept(world, pipeline.output, exitCodes.cannotRun);
    }
    input = piped.value;
    output = sink;
  }
  if (pipeline.output === null || output === null) return code;
  // `cat missing > notes.txt` would cost the notes.
  if (code !== 0 && output.sizeBytes === 0 && !pipeline.output.append) return kept(world, pipeline.output, code);
  const { storeOutput } = await import("./store-output.ts");
  const stored = await storeOutput(world.files, pipeline.output, output);
  return stored.ok ? code : said(world, stored.message);
}

function said(world: PipelineWorld, message: string): number {
  world.print(message.split("\n").map(sanitise).join("\n"), "bad");
  return 1;
}

/** A program may end with such a code by itself, without a word: then nobody would know where its output went. */
function brokenOff(world: PipelineWorld, name: string, code: number): void {
  if (code === exitCodes.cannotRun || code === exitCodes.stopped) return;
  world.print(`${name} ended with exit code ${code}: nothing behind it was run, and what it wrote is lost.`, "warning");
}

function kept(world: PipelineWorld, output: Output | null, code: number): number {
  if (output !== null) world.print(`${sanitise(output.path)} was not written.`, "dim");
  return code;
}

function stageOf(words: readonly Argument[], isFed: boolean, world: PipelineWorld): Stage | number {
  const [first, ...args] = words;
  const name = first?.text ?? "";
  const command = world.commands.find((one) => one.name === name);
  if (command === undefined) {
    const names = world.commands.map((one) => one.name);
    world.print(noSuchCommand(name, names), "bad");
    return exitCodes.unknown;
  }
  if (isFed && command.readsInput !== true) {
    return said(world, `${command.name} reads no input: a pipe or < before it would be lost. Nothing was run.`);
  }
  const options = parseOptions(args, command.spec, command.usage);
  return options.ok ? { command, options: options.value } : said(world, options.message);
}

async function runStage(
  { command, options }: Stage,
  world: PipelineWorld,
  sink: OutputSink,
  given: Given,
): Promise<number> {
  // One for the whole command: its lines are counted together and none is torn where its bytes came in two.
  const errors = new ScreenOutput(world.print, "`run --json PROGRAM > FILE` keeps it all.");
  try {
    const code = await command.run(world.context(sink, errors, given), options);
    world.ended(command.name, code);
    return code;
  } catch (error) {
    world.print(`The command failed: ${sanitise(String(error))}. Nothing that was confirmed is lost.`, "bad");
    return 1;
  } finally {
    sink.end();
    errors.end();
  }
}
