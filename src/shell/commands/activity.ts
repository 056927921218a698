/**
 * `activity`: what this node computes, what it costs, and how much it may.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type ComputeCaps, cpuPercentRange } from "#sdk/compute.ts";
import {
  blocksWords,
  capsWords,
  energyBasis,
  energyWords,
  paidWords,
  producingWords,
  proofWords,
  sampleWords,
  searchWords,
  weightWords,
} from "../activity/activity-words.ts";
import { table } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { trustLabel } from "../text.ts";
import type { Command, CommandContext } from "./command.ts";

const usage =
  "activity [cap [--cpu PERCENT] [--background run|pause] [--battery run|pause] [--typing run|pause]] [--json]";

async function show(context: CommandContext, json: boolean): Promise<number> {
  const answer = await context.client.activity();
  if (!answer.ok) return context.refuse(answer);
  const it = answer.value;
  if (json) {
    context.json(it);
    return 0;
  }
  const rows = [
    ["making blocks", `${producingWords(it)}${it.producing ? "" : "; `role produce on` starts"}`],
    ["nonce search", searchWords(it.search)],
    ["proof", proofWords(it.work)],
    ["energy sample", sampleWords(it.work.sample)],
    ["found", weightWords(it.proposer)],
    ["paid", paidWords(it.proposer)],
    ["blocks made", blocksWords(it)],
    ["energy", energyWords(it.energy)],
    ["", energyBasis(it.energy)],
    ["caps", capsWords(it.caps)],
    ["proofs rest on", trustLabel],
  ];
  for (const line of table(rows)) context.print(line);
  if (it.caps.pauseOnBattery && it.onBattery === null)
    context.print("This browser does not tell whether the device is on battery, so nothing pauses for that.", "dim");
  return 0;
}

function readState(options: ParsedOptions, name: "background" | "battery" | "typing"): Result<boolean | null> {
  const word = options.values.get(name);
  if (word === undefined) return accepted(null);
  if (word === "pause" || word === "run") return accepted(word === "pause");
  return rejected("invalid-argument", `--${name} is run or pause, not "${sanitise(word)}".`);
}

/** The caps that were named; the others are the node's. */
function readCaps(options: ParsedOptions): Result<Partial<ComputeCaps>> {
  const word = options.values.get("cpu");
  const { least, most } = cpuPercentRange;
  const cpuPercent = word === undefined ? least : /^\d{1,3}$/.test(word) ? Number(word) : Number.NaN;
  if (!(cpuPercent >= least && cpuPercent <= most)) {
    const words = `--cpu is a whole number from ${least} to ${most}, not "${sanitise(word ?? "")}". To compute nothing: role produce off`;
    return rejected("invalid-argument", words);
  }
  const background = readState(options, "background");
  if (!background.ok) return background;
  const battery = readState(options, "battery");
  if (!battery.ok) return battery;
  const typing = readState(options, "typing");
  if (!typing.ok) return typing;
  return accepted({
    ...(word === undefined ? {} : { cpuPercent }),
    ...(background.value === null ? {} : { pauseInBackground: background.value }),
    ...(battery.value === null ? {} : { pauseOnBattery: battery.value }),
    ...(typing.value === null ? {} : { pauseWhileTyping: typing.value }),
  });
}

async function heldCaps({ client }: CommandContext): Promise<Result<ComputeCaps>> {
  const held = await client.activity();
  return held.ok ? accepted(held.value.caps) : held;
}

async function setCaps({ client }: CommandContext, options: ParsedOptions): Promise<Result<ComputeCaps>> {
  const wanted = readCaps(options);
  return wanted.ok ? client.setCaps(wanted.value) : wanted;
}

async function cap(context: CommandContext, options: ParsedOptions, json: boolean): Promise<number> {
  const caps = await (options.values.size > 0 ? setCaps(context, options) : heldCaps(context));
  if (!caps.ok) return context.refuse(caps);
  if (json) context.json(caps.value);
  else context.print(capsWords(caps.value));
  return 0;
}

/** The command. */
export const activityCommand: Command = {
  name: "activity",
  group: "system",
  summary: "what this node computes, what it costs, and how much it may",
  usage,
  options: {
    "--cpu PERCENT": `share of each thread's time, ${cpuPercentRange.least} to ${cpuPercentRange.most} (50)`,
    "--background run|pause": "while this page is in the background (pause)",
    "--battery run|pause": "while the device runs on its battery (pause)",
    "--typing run|pause": "while you type, click or scroll in a page of this profile (pause)",
    "--json": "print one line of JSON",
  },
  manual:
    "A node that makes blocks does three things for each: it draws an energy sample, proves that a piece of a program was run, and searches a number (the nonce) that makes the block's hash small. `activity` shows how far each is, why they pause, and an estimate of the energy they take: busy threads × their share of the time × an assumed 10 W per core. No browser measures power, so it may be off by a factor of two. `activity cap` sets how much may be taken, for all three alike; it is kept on this device. The button Activity below the terminal shows the same, live. A new profile has 50 % of each thread, and pauses in the background, on battery, and while you type, click or scroll in any of its pages (until a second and a half after). Where a browser does not tell of a battery, nothing pauses for it. `found` is the weight of your blocks: up to 4, for a stake that votes (`stake`) and segments of people's jobs that you proved. `paid` is what you get of the maker's part of a block: half without a stake, all with one, less again above 5 % of the newest blocks. Checking other people's blocks is never capped. To stop at once: `role produce off`.",
  examples: ["activity", "activity cap --cpu 30", "activity cap --background run --battery pause"],
  spec: {
    flags: ["json"],
    values: ["cpu", "background", "battery", "typing"],
    positionals: { least: 0, most: 1 },
  },
  complete: () => Promise.resolve(["cap"]),
  run: (context, options) => {
    const [action] = options.positionals;
    const json = options.flags.has("json");
    if (action === "cap") return cap(context, options, json);
    if (action === undefined && options.values.size === 0) return show(context, json);
    return Promise.resolve(context.refuse(rejected("invalid-argument", `Usage: ${usage}`)));
  },
};
