/**
 * `activity`: what this node computes, what it costs, and how much it may.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type ComputeCaps, cpuPercentRange } from "#sdk/compute.ts";
import type { ResourceCaps } from "#sdk/resources.ts";
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
import {
  resourceCapsWords,
  servedWords,
  storagePartsWords,
  storageWords,
  trafficWords,
} from "../activity/resource-words.ts";
import { table } from "../format.ts";
import { type ParsedOptions, valueOrNone } from "../language/options.ts";
import { parseSize } from "../size.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { trustLabel } from "../text.ts";
import type { Command, CommandContext } from "./command.ts";

const usage =
  "activity [cap [--cpu PERCENT] [--background run|pause] [--battery run|pause] [--typing run|pause] [--storage SIZE|none] [--serve SIZE|none]] [--json]";

async function show(context: CommandContext, json: boolean): Promise<number> {
  const answer = await context.client.activity();
  if (!answer.ok) return context.refuse(answer);
  const it = answer.value;
  const taken = await context.client.resources();
  if (!taken.ok) return context.refuse(taken);
  const resources = taken.value;
  if (json) {
    context.json({ ...it, resources });
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
    ["storage", storageWords(resources)],
    ["", storagePartsWords(resources)],
    ["traffic", trafficWords(resources)],
    ["served", servedWords(resources)],
    ["caps", resourceCapsWords(resources.caps)],
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

const readSize = (word: string): Result<number> => parseSize(sanitise(word));

/** The same for storage and traffic. */
function readResourceCaps(options: ParsedOptions): Result<Partial<ResourceCaps>> {
  const storage = valueOrNone(options, "storage", readSize);
  if (!storage.ok) return storage;
  const serve = valueOrNone(options, "serve", readSize);
  if (!serve.ok) return serve;
  return accepted({
    ...(storage.value === undefined ? {} : { storageBytes: storage.value }),
    ...(serve.value === undefined ? {} : { servedBytesPerSecond: serve.value }),
  });
}

type AllCaps = ComputeCaps & ResourceCaps;

async function heldCaps({ client }: CommandContext): Promise<Result<AllCaps>> {
  const held = await client.activity();
  if (!held.ok) return held;
  const taken = await client.resources();
  return taken.ok ? accepted({ ...held.value.caps, ...taken.value.caps }) : taken;
}

/** What is refused changes nothing: all is read first, and what only the node can judge goes before what cannot fail. */
async function setCaps(context: CommandContext, options: ParsedOptions): Promise<Result<AllCaps>> {
  const { client } = context;
  const compute = readCaps(options);
  if (!compute.ok) return compute;
  const resources = readResourceCaps(options);
  if (!resources.ok) return resources;
  if (Object.keys(resources.value).length > 0) {
    const set = await client.setResourceCaps(resources.value);
    if (!set.ok) return set;
  }
  const set = Object.keys(compute.value).length > 0 ? await client.setCaps(compute.value) : compute;
  return set.ok ? heldCaps(context) : set;
}

async function cap(context: CommandContext, options: ParsedOptions, json: boolean): Promise<number> {
  const caps = await (options.values.size > 0 ? setCaps(context, options) : heldCaps(context));
  if (!caps.ok) return context.refuse(caps);
  if (json) context.json(caps.value);
  else for (const line of [capsWords(caps.value), resourceCapsWords(caps.value)]) context.print(line);
  return 0;
}

const runOrPause = ["run", "pause"];

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
    "--storage SIZE|none": "what the node keeps on this device, such as 200MB (none); old blocks go first",
    "--serve SIZE|none": "chain data sent to others each second, such as 100kB (none)",
    "--json": "print one line of JSON",
  },
  examples: [
    "activity",
    "activity cap --cpu 30",
    "activity cap --background run --battery pause",
    "activity cap --storage 200MB --serve 100kB",
  ],
  spec: {
    flags: ["json"],
    values: ["cpu", "background", "battery", "typing", "storage", "serve"],
    positionals: { least: 0, most: 1 },
  },
  optionWords: {
    cpu: ["10", "25", "50", "100"],
    background: runOrPause,
    battery: runOrPause,
    typing: runOrPause,
    storage: ["200MB", "1GB", "none"],
    serve: ["100kB", "1MB", "none"],
  },
  run: (context, options) => {
    const [action] = options.positionals;
    const json = options.flags.has("json");
    if (action === "cap") return cap(context, options, json);
    if (action === undefined && options.values.size === 0) return show(context, json);
    return Promise.resolve(context.refuse(rejected("invalid-argument", `Usage: ${usage}`)));
  },
};
