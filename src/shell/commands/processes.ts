/**
 * `ps`, `kill`: the lines that run behind the prompt.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import { duration, table } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command } from "./command.ts";

const ps: Command = {
  name: "ps",
  group: "programs",
  summary: "lists what runs behind the prompt",
  usage: "ps [--json]",
  options: { "--json": "print one line of JSON" },
  manual:
    "A line that ends in & runs behind the prompt, in this tab. Each has a number; `kill` and the number stops it. Closing the tab stops all.",
  examples: ["primes 1 10000000 > primes.txt &", "ps", "kill 1"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: (context, { flags }) => {
    const nowMs = context.environment.nowMs();
    const running = context.jobs.list();
    if (flags.has("json")) {
      context.json(running.map(({ id, line, startedMs }) => ({ id, line, startedMs })));
    } else if (running.length === 0) {
      context.print("Nothing runs behind the prompt. A line that ends in & does.", "dim");
    } else {
      const rows = running.map(({ id, line, startedMs }) => [`[${id}]`, duration(nowMs - startedMs), sanitise(line)]);
      for (const line of table([["job", "for", "line"], ...rows])) context.print(line);
    }
    return Promise.resolve(0);
  },
};

const kill: Command = {
  name: "kill",
  group: "programs",
  summary: "stops what runs behind the prompt",
  usage: "kill JOB…",
  options: {},
  manual:
    "Stops lines by their numbers in `ps`, at once. What they have written to the screen stays; a file after > is not touched. Ctrl-C stops the line in front.",
  examples: ["kill 1", "kill 1 2"],
  spec: { positionals: { least: 1, most: 16 } },
  run: (context, { positionals }) => {
    const found = positionals.map((word) => context.jobs.get(/^\d{1,3}$/.test(word) ? Number(word) : 0));
    const missing = found.indexOf(undefined);
    if (missing >= 0) {
      const message = `There is no job ${sanitise(positionals[missing] ?? "")}; \`ps\` lists them. Nothing was stopped.`;
      return Promise.resolve(context.refuse(rejected("not-found", message)));
    }
    for (const job of found) job?.stop();
    return Promise.resolve(0);
  },
};

/** Commands about what runs. */
export const processCommands: readonly Command[] = [ps, kill];
