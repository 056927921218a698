/**
 * What `man` says of the commands in commands/help.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  help:
    "Names all commands by group, tells what those of one group do, or shows one command's manual. Works before you have any keys.\n\n" +
    "Keys: Tab completes commands, options and what stands behind them, files, variables and ids; arrows up and down recall lines, Ctrl-R searches them (again: further back). Ctrl-Shift-F finds words in what the terminal has shown. Ctrl or Alt with arrows moves by words, Ctrl-A and Ctrl-E to the ends; Ctrl-W and Alt-D cut a word, Ctrl-U and Ctrl-K the rest of the line, Ctrl-Y puts back what was cut. Ctrl-C copies what is selected; else it drops the line or stops what runs. Ctrl-V pastes, which runs nothing. Ctrl-Z sends what runs behind the prompt, Ctrl-L clears the screen. Escape and then Tab, or Shift-Tab, leave the terminal. A line that begins with a space is not remembered.",
  man: "Shows what a command does, its options, what it costs, examples, and which other commands belong to it. The same stands on a page of its own, whose address comes last and can be clicked; without COMMAND it is the page that lists all. The pages need no script, and are there without a network once the app has been kept by the browser.",
  history:
    "Lists earlier lines of all tabs, oldest first; the newest 500 are kept in this browser. Passphrases and phrases are never part of it, nor is a line that begins with a space, nor one that names no command behind a line that asked for a passphrase. `history clear` forgets them all; tabs that are open keep theirs until they are closed.",
  clear: "Empties the screen. The chain does not forget. Ctrl-L does the same.",
  version: "Prints the version of the app.",
};
