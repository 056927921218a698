/**
 * `help`, `man`, `history`, `clear`, `version`: the shell about itself.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import { noSuchCommand } from "../did-you-mean.ts";
import { table } from "../format.ts";
import { positionalsOnly } from "../language/options.ts";
import { commandGroups, manualIndexPath, manualPath, seeAlso } from "../manual/manual-parts.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext, CommandGroup } from "./command.ts";

function find(context: CommandContext, name: string): Command | null {
  const found = context.commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const names = context.commands.map((command) => command.name);
  context.print(noSuchCommand(name, names), "bad");
  return null;
}

/** What manuals say; loaded with the first that is read. */
const texts = async () => (await import("../manual/manual-texts.ts")).manualTexts;

/** Manuals as facts. */
async function manualsOf(commands: readonly Command[]) {
  const manuals = await texts();
  return commands.map(({ name, group, summary, usage, options, examples }) => ({
    name,
    group,
    summary,
    usage,
    options,
    manual: manuals[name],
    examples,
  }));
}

async function printManual(context: CommandContext, command: Command): Promise<void> {
  const manuals = await texts();
  context.print(`${command.name}: ${command.summary}`, "strong");
  context.print(`Usage  ${command.usage}`);
  context.print("");
  context.print(manuals[command.name] ?? "");
  const options = Object.entries(command.options);
  if (options.length > 0) context.print("");
  for (const line of table(options.map(([name, words]) => [`  ${name}`, words]))) context.print(line);
  if (command.examples.length > 0) context.print("");
  for (const example of command.examples) context.print(`  $ ${example}`, "dim");
  const others = seeAlso(command, context.commands, manuals).map(({ name }) => name);
  context.print("");
  if (others.length > 0) context.print(`See also  ${others.join(", ")}`);
  context.print(`As a page  ${context.environment.addressOf(manualPath(command.name))}`, "dim");
}

const inGroup = ({ commands }: Pick<CommandContext, "commands">, group: CommandGroup): readonly Command[] =>
  commands.filter((command) => command.group === group);

/** All names, so few rows that a phone shows them at once. */
function printOverview(context: CommandContext): void {
  const rows = commandGroups.map(([group]) => [
    group,
    inGroup(context, group)
      .map(({ name }) => name)
      .join(" "),
  ]);
  for (const line of table(rows)) context.print(line);
  context.print("");
  context.print("`tour` shows you round in five minutes. `id new` makes your keys, `faucet` gets coins on dev.");
  context.print(
    "`help money` tells what the commands of a group do, `man pay` all about one. Tab completes, arrows recall, Ctrl-R searches, Ctrl-C or the Stop button stops.",
    "dim",
  );
  context.print(`All manuals as pages: ${context.environment.addressOf(manualIndexPath)}`, "dim");
}

function printGroup(context: CommandContext, [group, title]: (typeof commandGroups)[number]): void {
  context.print(title, "strong");
  const rows = inGroup(context, group).map(({ name, summary }) => [`  ${name}`, summary]);
  for (const line of table(rows)) context.print(line);
  if (context.commands.some(({ name }) => name === group)) {
    context.print(`The command ${group} has a manual: \`man ${group}\``, "dim");
  }
}

const help: Command = {
  name: "help",
  group: "system",
  summary: "what you can type here",
  usage: "help [GROUP|COMMAND] [--json]",
  options: { "--json": "print one line of JSON: all manuals, or those of the group or command" },
  examples: ["help", "help money", "help pay"],
  spec: { flags: ["json"], positionals: { least: 0, most: 1 } },
  complete: ({ commands }) =>
    Promise.resolve([...commandGroups.map(([group]) => group), ...commands.map(({ name }) => name)]),
  run: async (context, { positionals, flags }) => {
    const [word] = positionals;
    const group = commandGroups.find(([name]) => name === word);
    if (word !== undefined && group === undefined) return man.run(context, { ...positionalsOnly([word]), flags });
    if (flags.has("json")) {
      context.json(await manualsOf(group === undefined ? context.commands : inGroup(context, group[0])));
    } else if (group === undefined) printOverview(context);
    else printGroup(context, group);
    return 0;
  },
};

const man: Command = {
  name: "man",
  group: "system",
  summary: "a command's manual",
  usage: "man [COMMAND] [--page] [--json]",
  options: { "--page": "open the manual's page in a tab of its own", "--json": "print one line of JSON" },
  examples: ["man pay", "man pay --page"],
  spec: { flags: ["page", "json"], positionals: { least: 0, most: 1 } },
  complete: ({ commands }) => Promise.resolve(commands.map((command) => command.name)),
  run: async (context, { positionals: [name], flags }) => {
    const command = name === undefined ? null : find(context, name);
    if (name !== undefined && command === null) return 1;
    const path = command === null ? manualIndexPath : manualPath(command.name);
    if (flags.has("json")) {
      const manuals = await manualsOf(command === null ? context.commands : [command]);
      context.json(command === null ? manuals : manuals[0]);
    } else if (command === null) context.print(`All manuals: ${context.environment.addressOf(path)}`);
    else await printManual(context, command);
    if (flags.has("page")) context.environment.openPage(path);
    return 0;
  },
};

const history: Command = {
  name: "history",
  group: "system",
  summary: "what you have typed",
  usage: "history [clear] [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["history", "history clear"],
  spec: { flags: ["json"], positionals: { least: 0, most: 1 } },
  run: (context, { flags, positionals: [action] }) => {
    if (action === "clear") {
      context.forgetHistory();
      context.print("Your earlier lines are forgotten.", "good");
      return Promise.resolve(0);
    }
    if (action !== undefined) {
      const message = `"${sanitise(action)}" is nothing that \`history\` does; \`history clear\` forgets your earlier lines.`;
      return Promise.resolve(context.refuse(rejected("invalid-argument", message)));
    }
    if (flags.has("json")) context.json(context.history);
    else for (const [i, line] of context.history.entries()) context.print(`${String(i + 1).padStart(4)}  ${line}`);
    return Promise.resolve(0);
  },
};

const clear: Command = {
  name: "clear",
  group: "system",
  summary: "empties the screen",
  usage: "clear",
  options: {},
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
  usage: "version [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["version"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: (context, { flags }) => {
    const { version: number } = context.environment;
    if (flags.has("json")) context.json({ name: "AetherChain", version: number });
    else context.print(`AetherChain ${number}`);
    return Promise.resolve(0);
  },
};

/** The shell's commands about itself. */
export const helpCommands: readonly Command[] = [help, man, history, clear, version];
