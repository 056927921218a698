/**
 * `help`, `man`, `history`, `clear`, `version`: the shell about itself.
 * @module
 */
import { nearest } from "../did-you-mean.ts";
import { table } from "../format.ts";
import { positionalsOnly } from "../language/options.ts";
import type { Command, CommandContext, CommandGroup } from "./command.ts";

const groups: readonly (readonly [CommandGroup, string])[] = [
  ["identity", "You"],
  ["money", "Money"],
  ["programs", "Programs"],
  ["files", "Files in this browser"],
  ["scripts", "Scripts"],
  ["proofs", "Provable programs"],
  ["chain", "The chain"],
  ["system", "This node"],
];

function find(context: CommandContext, name: string): Command | null {
  const found = context.commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    context.commands.map((command) => command.name),
  );
  context.print(`There is no command ${name}.${near === null ? "" : ` Did you mean ${near}?`}`, "bad");
  return null;
}

function printManual(context: CommandContext, command: Command): void {
  context.print(`${command.name}: ${command.summary}`, "strong");
  context.print(`Usage  ${command.usage}`);
  context.print("");
  context.print(command.manual);
  const options = Object.entries(command.options);
  if (options.length > 0) context.print("");
  for (const line of table(options.map(([name, words]) => [`  ${name}`, words]))) context.print(line);
  if (command.examples.length > 0) context.print("");
  for (const example of command.examples) context.print(`  $ ${example}`, "dim");
}

const help: Command = {
  name: "help",
  group: "system",
  summary: "what you can type here",
  usage: "help [COMMAND]",
  options: {},
  manual: "Lists all commands by group, or shows one command's manual. Works before you have any keys.",
  examples: ["help", "help pay"],
  spec: { positionals: { least: 0, most: 1 } },
  complete: ({ commands }) => Promise.resolve(commands.map((command) => command.name)),
  run: (context, { positionals }) => {
    const [name] = positionals;
    if (name !== undefined) return man.run(context, positionalsOnly(positionals));
    for (const [group, title] of groups) {
      context.print(title, "strong");
      const rows = context.commands
        .filter((command) => command.group === group)
        .map((command) => [`  ${command.name}`, command.summary]);
      for (const line of table(rows)) context.print(line);
    }
    context.print(
      "Type man and a name for more. Tab completes, arrows recall, Ctrl-R searches, Ctrl-C or the Stop button stops.",
      "dim",
    );
    return Promise.resolve(0);
  },
};

const man: Command = {
  name: "man",
  group: "system",
  summary: "a command's manual",
  usage: "man COMMAND",
  options: {},
  manual: "Shows what a command does, its options, what it costs and examples.",
  examples: ["man pay"],
  spec: { positionals: { least: 1, most: 1 } },
  complete: ({ commands }) => Promise.resolve(commands.map((command) => command.name)),
  run: (context, { positionals }) => {
    const command = find(context, positionals[0] ?? "");
    if (command === null) return Promise.resolve(1);
    printManual(context, command);
    return Promise.resolve(0);
  },
};

const history: Command = {
  name: "history",
  group: "system",
  summary: "what you have typed",
  usage: "history",
  options: {},
  manual: "Lists earlier lines, oldest first. Passphrases and phrases are never part of it.",
  examples: ["history"],
  spec: { positionals: { least: 0, most: 0 } },
  run: (context) => {
    for (const [i, line] of context.history.entries()) context.print(`${String(i + 1).padStart(4)}  ${line}`);
    return Promise.resolve(0);
  },
};

const clear: Command = {
  name: "clear",
  group: "system",
  summary: "empties the screen",
  usage: "clear",
  options: {},
  manual: "Empties the screen. The chain does not forget. Ctrl-L does the same.",
  examples: ["clear"],
  spec: { positionals: { least: 0, most: 0 } },
  run: (context) => {
    context.clear();
    return Promise.resolve(0);
  },
};

const version: Command = {
  name: "version",
  group: "system",
  summary: "which version this is",
  usage: "version",
  options: {},
  manual: "Prints the version of the app.",
  examples: ["version"],
  spec: { positionals: { least: 0, most: 0 } },
  run: (context) => {
    context.print(`AetherChain ${context.environment.version}`);
    return Promise.resolve(0);
  },
};

/** The shell's commands about itself. */
export const helpCommands: readonly Command[] = [help, man, history, clear, version];
