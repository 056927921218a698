/**
 * What is said about a paste before its Enter: whether it may spend, and how many lines it has. A paste is never run by itself.
 * @module
 */
import type { Command, Tone } from "./commands/command.ts";
import { readTokens, type Token, type Word } from "./language/tokens.ts";

/** A word as it is typed, or null if only running the line can tell. */
function literalOf(word: Word | undefined): string | null {
  return word?.every((part) => "text" in part) ? word.map((part) => ("text" in part ? part.text : "")).join("") : null;
}

/** The words of each command in a line. */
function commandsOf(tokens: readonly Token[]): readonly (readonly Word[])[] {
  const all: Word[][] = [[]];
  for (const [i, token] of tokens.entries()) {
    if (token.type === "operator") {
      if (!/[<>]/.test(token.operator)) all.push([]);
      continue;
    }
    const before = tokens[i - 1];
    // What follows > or < is a file.
    if (before?.type !== "operator" || !/[<>]/.test(before.operator)) all.at(-1)?.push(token.word);
  }
  return all.filter(({ length }) => length > 0);
}

function commandSpends(words: readonly Word[], commands: readonly Command[]): boolean {
  const name = literalOf(words[0]);
  if (name === null) return true;
  const spends = commands.find((command) => command.name === name)?.spends;
  return spends === "always" || (spends !== undefined && words.some((word) => literalOf(word) === spends));
}

/** Whether a line may move coins or touch keys. What cannot be told before it runs counts as spending. */
function maySpend(line: string, commands: readonly Command[]): boolean {
  const read = readTokens(line);
  return read.ok && commandsOf(read.value.tokens).some((words) => commandSpends(words, commands));
}

/** Something to be said, and how. */
export interface PasteRemark {
  readonly text: string;
  readonly tone: Tone;
}

/** What to say about a line of which a part was pasted. */
export function pasteRemarks(line: string, commands: readonly Command[]): readonly PasteRemark[] {
  const rows = line.split("\n").length;
  const lines = `These are ${rows} lines. Enter runs them one after the other, Ctrl-C drops them.`;
  const warning = "What you pasted may spend coins or touch keys. Read it before you press Enter.";
  return [
    ...(rows > 1 ? [{ text: lines, tone: "dim" as const }] : []),
    ...(maySpend(line, commands) ? [{ text: warning, tone: "warning" as const }] : []),
  ];
}
