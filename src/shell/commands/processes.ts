/**
 * `ps`, `jobs`, `fg`, `kill`: the lines that run behind the prompt.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { rejected } from "#protocol/result.ts";
import type { ProcessView } from "#sdk/memory.ts";
import { duration, bytes as inBytes, table } from "../format.ts";
import type { Job } from "../jobs.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";

/** Processes of this identity that the ledger has as running, in this tab or another; none without an identity. */
async function recordedProcesses({ client }: CommandContext): Promise<readonly ProcessView[]> {
  const vault = await client.vaultStatus();
  if (!vault.ok || vault.value.keyHash === null) return [];
  const processes = await client.processes(vault.value.keyHash);
  return processes.ok ? processes.value : [];
}

function printJobs({ jobs, environment, print }: CommandContext): void {
  const running = jobs.list();
  if (running.length === 0) return print("Nothing runs behind the prompt. A line that ends in & does.", "dim");
  const nowMs = environment.nowMs();
  const rows = running.map(({ id, line, startedMs }) => [`[${id}]`, duration(nowMs - startedMs), sanitise(line)]);
  for (const line of table([["job", "for", "line"], ...rows])) print(line);
}

/** The job of a number, in words a person types; undefined if there is none. */
const jobOf = ({ jobs }: CommandContext, word: string): Job | undefined =>
  jobs.get(/^%?\d{1,3}$/.test(word) ? Number(word.replace("%", "")) : 0);

const jobNumbers: Command["complete"] = ({ jobs }) => Promise.resolve(jobs.list().map(({ id }) => String(id)));

const jobsCommand: Command = {
  name: "jobs",
  group: "programs",
  summary: "lists what runs behind the prompt",
  usage: "jobs [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["jobs", "fg 1"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: (context, { flags }) => {
    if (!flags.has("json")) printJobs(context);
    else context.json(context.jobs.list().map(({ id, line, startedMs }) => ({ id, line, startedMs })));
    return Promise.resolve(0);
  },
};

const fg: Command = {
  name: "fg",
  group: "programs",
  summary: "brings a line back in front of the prompt",
  usage: "fg [JOB]",
  options: {},
  examples: ["fg", "fg 2"],
  spec: { positionals: { least: 0, most: 1 } },
  complete: jobNumbers,
  run: async (context, { positionals: [word] }) => {
    const job = word === undefined ? context.jobs.list().at(-1) : jobOf(context, word);
    if (job === undefined || job === context.job) {
      const which = word === undefined ? "Nothing runs behind the prompt." : `There is no job ${sanitise(word)}.`;
      return context.refuse(rejected("not-found", `${which} \`jobs\` lists what does.`));
    }
    context.notice(job.line.split("\n").map(sanitise).join("\n"), "dim");
    context.job.standsFor = job;
    job.comeForward();
    void context.interrupted.then(() => job.stop());
    const code = await Promise.race([job.ended, job.sentBehind.then(() => 0)]);
    context.job.standsFor = null;
    return code;
  },
};

const ps: Command = {
  name: "ps",
  group: "programs",
  summary: "lists what runs behind the prompt and on the ledger",
  usage: "ps [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["primes 1 10000000 > primes.txt &", "ps", "kill 1"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const jobs = context.jobs.list();
    const recorded = await recordedProcesses(context);
    if (flags.has("json")) {
      context.json({ jobs: jobs.map(({ id, line, startedMs }) => ({ id, line, startedMs })), processes: recorded });
      return 0;
    }
    printJobs(context);
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
  examples: ["kill 1", "kill 1 2"],
  spec: { positionals: { least: 1, most: 16 } },
  complete: jobNumbers,
  run: (context, { positionals }) => {
    const found = positionals.map((word) => jobOf(context, word));
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
export const processCommands: readonly Command[] = [ps, jobsCommand, fg, kill];
