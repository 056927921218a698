/**
 * `ps`, `kill`: the lines that run behind the prompt.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { rejected } from "#protocol/result.ts";
import type { ProcessView } from "#sdk/memory.ts";
import { duration, bytes as inBytes, table } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";

/** Processes of this identity that the ledger has as running, in this tab or another; none without an identity. */
async function recordedProcesses({ client }: CommandContext): Promise<readonly ProcessView[]> {
  const vault = await client.vaultStatus();
  if (!vault.ok || vault.value.keyHash === null) return [];
  const processes = await client.processes(vault.value.keyHash);
  return processes.ok ? processes.value : [];
}

const ps: Command = {
  name: "ps",
  group: "programs",
  summary: "lists what runs behind the prompt and on the ledger",
  usage: "ps [--json]",
  options: { "--json": "print one line of JSON" },
  manual:
    "A line that ends in & runs behind the prompt, in this tab. Each has a number; `kill` and the number stops it. Closing the tab stops all. Runs recorded with `run --process` that the ledger has as running follow, wherever they run.",
  examples: ["primes 1 10000000 > primes.txt &", "ps", "kill 1"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const nowMs = context.environment.nowMs();
    const jobs = context.jobs.list();
    const recorded = await recordedProcesses(context);
    if (flags.has("json")) {
      context.json({ jobs: jobs.map(({ id, line, startedMs }) => ({ id, line, startedMs })), processes: recorded });
      return 0;
    }
    if (jobs.length === 0) context.print("Nothing runs behind the prompt. A line that ends in & does.", "dim");
    else {
      const rows = jobs.map(({ id, line, startedMs }) => [`[${id}]`, duration(nowMs - startedMs), sanitise(line)]);
      for (const line of table([["job", "for", "line"], ...rows])) context.print(line);
    }
    for (const { outPoint, process } of recorded) {
      const { name, bytes } = process.lease;
      const word = sanitise(name);
      context.print(
        `On the ledger, ${toHex(outPoint.txId)} holds the ${inBytes(bytes)} of ${word}. If it does not run any more: free ${word} --stop`,
      );
    }
    return 0;
  },
};

const kill: Command = {
  name: "kill",
  group: "programs",
  summary: "stops what runs behind the prompt",
  usage: "kill JOB…",
  options: {},
  manual:
    "Stops lines by their numbers in `ps`, at once. What they have written to the screen stays; a file after > is not touched. Ctrl-C, or the Stop button, stops the line in front.",
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
