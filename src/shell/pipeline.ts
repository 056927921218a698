/**
 * Runs the commands of a pipeline one after the other: each reads all that the one before it has written. Programs are
 * given all their input before they start, so that a run depends on nothing else; a pipe is that input.
 * @module
 */
import { concatBytes } from "#protocol/codec/bytes.ts";
import type { HomeFiles } from "#sdk/home-files.ts";
import { type Command, type CommandContext, exitCodes, type Tone } from "./commands/command.ts";
import { nearest } from "./did-you-mean.ts";
import { bytes as inBytes } from "./format.ts";
import { mostPipedBytes, type OutputSink, PipeOutput, ScreenOutput, type ScreenText } from "./output.ts";
import { type OutputTarget, type ParsedOptions, type Pipeline, parseOptions } from "./parser.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** What pipelines run with. */
export interface PipelineWorld {
  readonly commands: readonly Command[];
  print(text: ScreenText, tone: Tone): void;
  readonly files: HomeFiles;
  /** `errors` takes what belongs on the screen wherever the output goes. */
  context(sink: OutputSink, errors: OutputSink, input: Uint8Array | null): CommandContext;
}

interface Stage {
  readonly command: Command;
  readonly options: ParsedOptions;
}

/** Runs a pipeline; gives the exit code of its last command, or of the one that did not run to its end. */
export async function runPipeline(pipeline: Pipeline, world: PipelineWorld): Promise<number> {
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
  for (const [index, stage] of stages.entries()) {
    const isShown = index === stages.length - 1 && pipeline.output === null;
    const sink = isShown ? new ScreenOutput(world.print) : new PipeOutput(world.print);
    code = await runStage(stage, world, sink, input);
    if (sink instanceof PipeOutput) {
      if (code >= exitCodes.cannotRun) {
        if (index < stages.length - 1) brokenOff(world, stage.command.name, code);
        return kept(world, pipeline.output, code);
      }
      if (sink.overflowed) {
        said(world, `${stage.command.name} gives out more than ${inBytes(mostPipedBytes)}, more than a pipe holds.`);
        return kept(world, pipeline.output, exitCodes.cannotRun);
      }
      input = sink.bytes();
    }
  }
  if (pipeline.output === null || input === null) return code;
  const stored = await store(world.files, pipeline.output, input);
  return stored === null ? code : said(world, stored);
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

function kept(world: PipelineWorld, output: OutputTarget | null, code: number): number {
  if (output !== null) world.print(`${sanitise(output.path)} was not written.`, "dim");
  return code;
}

function stageOf(words: readonly string[], isFed: boolean, world: PipelineWorld): Stage | number {
  const [name = "", ...args] = words;
  const command = world.commands.find((one) => one.name === name);
  if (command === undefined) {
    const near = nearest(
      name,
      world.commands.map((one) => one.name),
    );
    const hint = near === null ? "`help` lists what there is." : `Did you mean ${near}?`;
    world.print(`There is no command ${sanitise(name)}. ${hint}`, "bad");
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
  input: Uint8Array | null,
): Promise<number> {
  // One for the whole command: its lines are counted together and none is torn where its bytes came in two.
  const errors = new ScreenOutput(world.print, "`run --json PROGRAM > FILE` keeps it all.");
  try {
    return await command.run(world.context(sink, errors, input), options);
  } catch (error) {
    world.print(`The command failed: ${sanitise(String(error))}. Nothing that was confirmed is lost.`, "bad");
    return 1;
  } finally {
    sink.end();
    errors.end();
  }
}

/** Writes a pipeline's output; gives the reason if that could not be. */
async function store(files: HomeFiles, { path, append }: OutputTarget, written: Uint8Array): Promise<string | null> {
  let all = written;
  if (append) {
    const before = await files.read(path);
    if (before.ok) all = concatBytes(before.value, written);
    else if (before.code !== "not-found") return before.message;
  }
  const stored = await files.write(path, all);
  return stored.ok ? null : stored.message;
}
