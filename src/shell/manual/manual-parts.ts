/**
 * What a command's manual consists of, besides its words: paragraphs and lists in them, commands that they name, the
 * address of its page. `man` and the pages are made of the same.
 * @module
 */
import type { Command, CommandGroup } from "../commands/command.ts";

/** Groups of commands with their titles, in the order in which they are listed. */
export const commandGroups: readonly (readonly [CommandGroup, string])[] = [
  ["identity", "You"],
  ["messages", "Messages"],
  ["money", "Money"],
  ["programs", "Programs"],
  ["files", "Files in this browser"],
  ["scripts", "Scripts"],
  ["proofs", "Provable programs"],
  ["chain", "The chain"],
  ["system", "This node"],
];

/** Path of the page that lists all manuals. */
export const manualIndexPath = "/manual/index.html";

/** Path of a command's page. */
export function manualPath(name: string): string {
  return `/manual/${name}.html`;
}

/** A part of a manual's text: a paragraph, or names with what each means. */
export type ManualBlock =
  | { readonly type: "paragraph"; readonly text: string }
  | { readonly type: "list"; readonly rows: readonly (readonly [name: string, words: string])[] };

/** `new         makes keys`: a name, two spaces at least, and what it means. */
const listed = /^(\S.*?) {2,}(\S.*)$/;

/** A manual's text in its parts. */
export function manualBlocks(manual: string): readonly ManualBlock[] {
  const blocks: ManualBlock[] = [];
  for (const line of manual.split("\n").filter((one) => one.trim() !== "")) {
    const [, name, words] = listed.exec(line) ?? [];
    const before = blocks.at(-1);
    if (name === undefined || words === undefined) blocks.push({ type: "paragraph", text: line });
    else if (before?.type === "list")
      blocks[blocks.length - 1] = { type: "list", rows: [...before.rows, [name, words]] };
    else blocks.push({ type: "list", rows: [[name, words]] });
  }
  return blocks;
}

/** Commands that a text names in backquotes, as in `pay DID AMOUNT`. */
function namedIn(text: string): readonly string[] {
  return [...text.matchAll(/`([a-z0-9]+)[^`]*`/g)].map(([, name = ""]) => name);
}

/** Other commands that somebody who reads of one may want: those it names, and those that name it; else those of its group. */
export function seeAlso(
  command: Command,
  commands: readonly Command[],
  manuals: Readonly<Record<string, string>>,
): readonly Command[] {
  const inManual = ({ name }: Command): readonly string[] => namedIn(manuals[name] ?? "");
  const named = new Set([...inManual(command), ...Object.values(command.options).flatMap(namedIn)]);
  const others = commands.filter(({ name }) => name !== command.name);
  const near = others.filter((other) => named.has(other.name) || inManual(other).includes(command.name));
  return near.length > 0 ? near : others.filter(({ group }) => group === command.group);
}
