/**
 * `edit`: documents that people write together. What it does is loaded with its first use.
 * @module
 */
import type { Command } from "./command.ts";

/** The command. */
export const editCommand: Command = {
  name: "edit",
  group: "files",
  summary: "writes a document, alone or with others",
  usage:
    "edit [NAME|LINK] [NAME] [--invite] [--print] [--version NUMBER] [--history] [--anchor] [--anchors] [--members] [--remove WHO] [--forget] [--yes] [--dry-run] [--json]",
  options: {
    "--invite": "print the link that lets others read and write it",
    "--print": "print its text and open nothing",
    "--version": "with --print: an earlier version, by its number",
    "--history": "list its versions: who wrote when",
    "--anchor": "put a digest of its text on the chain, which shows that it was there by now",
    "--anchors": "list such digests, and what the chain says of them",
    "--members": "list who is in it",
    "--remove": "remove somebody, @NAME or address: those who stay get a new key",
    "--forget": "delete it and its keys from this device",
    "--yes": "do not ask",
    "--dry-run": "say what would happen, and change nothing",
    "--json": "print one line of JSON",
  },
  examples: [
    "edit",
    "edit shopping",
    "edit shopping --invite",
    "edit shopping --print > list.txt",
    "edit shopping --print --version 3",
    "edit contract --anchor",
    "edit shopping --members",
    "edit shopping --remove @bob",
  ],
  spec: {
    flags: ["invite", "print", "history", "anchor", "anchors", "members", "forget", "yes", "dry-run", "json"],
    values: ["version", "remove"],
    positionals: { least: 0, most: 2 },
  },
  complete: async ({ client }, operands) => {
    if (!operands.includes("NAME|LINK") && !operands.includes("NAME")) return [];
    const held = await client.documents();
    return held.ok ? held.value.map(({ name }) => name) : [];
  },
  run: async (context, options) => (await import("../documents/edit.ts")).edit(context, options),
};
