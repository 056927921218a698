/**
 * `tsu`: thermodynamic sampling units, emulated and plugged in.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { SampleReport, TransportView, UnitHealth, UnitView } from "#sdk/units.ts";
import { unitTransports } from "#sdk/units.ts";
import { table } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext, Tone } from "./command.ts";

const usage = "tsu list | connect serial|usb | disconnect | sample [--samples N] [--seed WORD] | health [--json]";

/** Samples drawn when nobody says how many. */
const defaultSamples = 1_000;

/** A tenth of a long run is reported at a time. */
const reports = 10;

/** Never leaves out what is software. */
function label(unit: { readonly emulated: boolean }): string {
  return unit.emulated ? "emulated" : "hardware";
}

function refuseUsage(context: CommandContext): number {
  return context.refuse({ ok: false, code: "invalid-argument", message: `Usage: ${usage}` });
}

function printUnits(context: CommandContext, units: readonly UnitView[], transports: readonly TransportView[]): void {
  const rows = units.map((unit) => [
    unit.active ? "*" : " ",
    sanitise(unit.name),
    label(unit),
    unit.transport ?? "built in",
    `${unit.spins} spins, ${unit.edges} couplings, topology ${sanitise(unit.topology)}`,
    `version ${sanitise(unit.version)}`,
  ]);
  for (const line of table(rows)) context.print(line);
  for (const { transport, missing } of transports) {
    context.print(
      missing === "" ? `  ${transport}: ready, \`tsu connect ${transport}\`` : `  ${transport}: ${missing}`,
      "dim",
    );
  }
}

async function list(context: CommandContext, json: boolean): Promise<number> {
  const answer = await context.environment.units.list();
  if (!answer.ok) return context.refuse(answer);
  if (json) context.json(answer.value);
  else printUnits(context, answer.value.units, answer.value.transports);
  return 0;
}

/** Whether the samples of blocks are drawn on a device that was just connected. */
async function forBlocks(context: CommandContext, reason: string): Promise<readonly [string, Tone]> {
  if (reason !== "") return [`It draws no samples of blocks: ${sanitise(reason)}`, "warning"];
  const status = await context.client.status();
  return status.ok && !status.value.leader
    ? ["Another tab of this profile makes the blocks; a device connected there would draw their samples.", "dim"]
    : ["It passed its first test: while this tab makes blocks, it draws their energy samples.", "dim"];
}

async function connect(context: CommandContext, name: string | undefined, json: boolean): Promise<number> {
  const transport = unitTransports.find((one) => one === name);
  if (transport === undefined) return refuseUsage(context);
  const answer = await context.environment.units.connect(transport);
  if (!answer.ok) return context.refuse(answer);
  const unit = answer.value;
  if (json) context.json(unit);
  else {
    context.print(
      `Connected: ${sanitise(unit.name)} (${label(unit)}), ${unit.spins} spins, ${unit.edges} couplings.`,
      "good",
    );
    context.print("It draws from now on. `tsu disconnect` goes back to the built-in unit.", "dim");
    const [words, tone] = await forBlocks(context, unit.notForBlocks);
    context.print(words, tone);
  }
  return 0;
}

async function disconnect(context: CommandContext, json: boolean): Promise<number> {
  const answer = await context.environment.units.disconnect();
  if (!answer.ok) return context.refuse(answer);
  if (json) context.json({ disconnected: true });
  else context.print("Disconnected. The built-in emulated unit draws from now on.");
  return 0;
}

function printReport(context: CommandContext, report: SampleReport): void {
  const perSpin = (energy: number): string => (energy / report.spins).toFixed(3);
  const share = ((100 * report.belowBar) / report.samples).toFixed(1);
  const rows = [
    ["drawn by", `${sanitise(report.unit)} (${label(report)})`],
    ["samples", `${report.samples} of ${report.spins} spins in ${report.elapsedMs.toFixed(0)} ms`],
    ["lowest energy", `${report.lowestEnergy} (${perSpin(report.lowestEnergy)} a spin)`],
    ["mean energy", `${report.meanEnergy.toFixed(1)} (${perSpin(report.meanEnergy)} a spin)`],
    ["block's bar", `${report.bar}: ${share} % of the samples are at or below it`],
    ["digest", toHex(report.digest)],
  ];
  for (const line of table(rows)) context.print(line);
}

async function sample(context: CommandContext, options: ParsedOptions): Promise<number> {
  const json = options.flags.has("json");
  const samples = Number(options.values.get("samples") ?? defaultSamples);
  let nextReport = samples / reports;
  const answer = await context.environment.units.sample(
    { samples, seed: options.values.get("seed") ?? null },
    context.interrupted,
    (progress) => {
      if (json || progress.samples < nextReport || progress.of < 10 * defaultSamples) return;
      while (nextReport <= progress.samples) nextReport += samples / reports;
      context.print(`  ${progress.samples} of ${progress.of} samples; Ctrl-C stops`, "dim");
    },
  );
  if (!answer.ok) return context.refuse(answer);
  if (json) context.json(answer.value);
  else printReport(context, answer.value);
  return 0;
}

function printHealth(context: CommandContext, it: UnitHealth): void {
  const own = it.good ? "good" : `not good${it.detail === "" ? "" : `: ${sanitise(it.detail)}`}`;
  const tests = `${it.goodSpins} of ${it.testedSpins} spins pass repetition count and adaptive proportion (SP 800-90B)`;
  const used = it.takenOut === "" ? "mixed with the browser's own" : `taken out: ${sanitise(it.takenOut)}`;
  const rows = [
    ["unit", `${sanitise(it.unit)} (${label(it)})`],
    ["its own word", own],
    ["our tests", tests],
    ["randomness", used],
    ["samples", String(it.samples)],
    [
      "energy used",
      it.microjoules === null ? "not measured by this unit" : `${it.microjoules} µJ as the unit measures it`,
    ],
  ];
  const trouble = !it.good || it.takenOut !== "";
  for (const line of table(rows)) context.print(line, trouble ? "warning" : "plain");
}

async function health(context: CommandContext, json: boolean): Promise<number> {
  const answer = await context.environment.units.health();
  if (!answer.ok) return context.refuse(answer);
  if (json) context.json(answer.value);
  else printHealth(context, answer.value);
  return answer.value.good && answer.value.takenOut === "" ? 0 : 1;
}

/** The command. */
export const hardwareCommand: Command = {
  name: "tsu",
  group: "system",
  summary: "thermodynamic sampling units: emulated here, or plugged in",
  usage,
  options: {
    "--samples N": "how many samples to draw (1000)",
    "--seed WORD": "names the instance; an emulated unit then draws the same samples everywhere",
    "--json": "print one line of JSON",
  },
  examples: ["tsu list", "tsu sample --samples 5000", "tsu connect serial", "tsu health"],
  spec: { flags: ["json"], values: ["samples", "seed"], positionals: { least: 0, most: 2 } },
  optionWords: { samples: ["1000", "5000"] },
  run: (context, options) => {
    const [action = "list", name] = options.positionals;
    const json = options.flags.has("json");
    if (name !== undefined && action !== "connect") return Promise.resolve(refuseUsage(context));
    if (action === "list") return list(context, json);
    if (action === "connect") return connect(context, name, json);
    if (action === "disconnect") return disconnect(context, json);
    if (action === "sample") return sample(context, options);
    if (action === "health") return health(context, json);
    return Promise.resolve(refuseUsage(context));
  },
};
