/**
 * What `man` says of the commands in commands/scripts.ts.
 * @module
 */
import { variableLimits } from "../../language/variables.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  sh: `Runs a file line by line, as if you typed it: whatever spends still asks you. The whole file is read first, so a slip in its last line runs nothing; at the first line that fails it stops and says where. What follows # is for readers. In it $1 to $9 are the words behind FILE, $@ all of them, $# how many, $? the exit code of the command before. It sees your variables and works on a copy of them.

In lines and scripts alike: NAME=VALUE sets a variable and $NAME puts it in, always as one word; in 'single quotes' everything stands for itself. *, ? and [a-z] stand for the files they match. What a variable or a file's name brings is never an option, an operator or a command of its own. A line goes on in the next after an open quote, \\, |, && or ||.`,
  set: `Lists what is set. NAME=VALUE sets a variable, $NAME puts it in, \`unset NAME\` forgets it. At most ${variableLimits.count}, kept while this page is open; never put a passphrase there.`,
  unset: "Forgets variables. If one of them is not set, none is forgotten.",
  test: "Ends with 0 if it is so and with 1 if not: `test $# -ge 1 && echo yes || echo no`. -n: the word is not empty, -z: it is, -e: there is such a file.",
};
