/**
 * `budget`: what the wallet may sign away and programs may compute in a day, and what is gone of it.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ProgramBudgetsView, SpendingView } from "#sdk/budgets.ts";
import { formatAmount, parseAmount } from "#wallet/amount.ts";
import { budgetOfDigest, programBudgetWords, spendingWords } from "../budget-words.ts";
import { table } from "../format.ts";
import { programDigest } from "../fuel-holding.ts";
import { type ParsedOptions, valueOrNone } from "../language/options.ts";
import { programNamed } from "../run-order.ts";
import { parseCount } from "../size.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { tryPassphrase } from "./backup.ts";
import { type Command, type CommandContext, exitCodes } from "./command.ts";

const usage =
  "budget [set [--spend AMOUNT|none] [--fuel COUNT|none] | PROGRAM [--fuel COUNT|none]] [--yes] [--dry-run] [--json]";

interface Budgets {
  readonly spending: SpendingView;
  readonly programs: ProgramBudgetsView;
}

async function held({ client, environment }: CommandContext): Promise<Result<Budgets>> {
  const spending = await client.spendingBudget();
  if (!spending.ok) return spending;
  const programs = await environment.programBudgets.view();
  return programs.ok ? accepted({ spending: spending.value, programs: programs.value }) : programs;
}

async function show(context: CommandContext, json: boolean): Promise<number> {
  const budgets = await held(context);
  if (!budgets.ok) return context.refuse(budgets);
  if (json) {
    context.json(budgets.value);
    return 0;
  }
  const { spending, programs } = budgets.value;
  const each = programs.each === null ? "no budget" : `${programs.each.toLocaleString("en")} units of fuel a day`;
  const rows = [
    ["wallet", spendingWords(spending)],
    ["each program", each],
    ...programs.programs.map((program) => [sanitise(program.name), programBudgetWords(program, programs)]),
  ];
  for (const line of table(rows)) context.print(line);
  context.print("A day ends at midnight UTC.", "dim");
  return 0;
}

const isMore = (wanted: bigint | number | null | undefined, before: bigint | number | null): boolean =>
  wanted !== undefined && before !== null && (wanted === null || wanted > before);

/** Asks before a budget becomes more: whoever walks past an open page must not do it in passing. True: go on. */
async function mayChange(context: CommandContext, options: ParsedOptions, raises: boolean): Promise<boolean> {
  if (!raises || options.flags.has("yes") || options.flags.has("json")) return true;
  if (await context.confirm("Allow more a day than before?")) return true;
  context.print("Nothing was changed.", "dim");
  return false;
}

function dryRun(context: CommandContext, what: readonly string[]): number {
  for (const line of what) context.print(`This would set ${line}.`);
  context.print("Dry run: nothing was changed.", "dim");
  return 0;
}

const amountWords = (nano: bigint | null): string => (nano === null ? "no budget" : `${formatAmount(nano)} AETH a day`);
const fuelWords = (fuel: number | null): string =>
  fuel === null ? "no budget of its own" : `${fuel.toLocaleString("en")} units of fuel a day`;

/** Sets the wallet's budget, for the passphrase where that allows more: an open vault is not enough. */
async function setSpending(context: CommandContext, nano: bigint | null, raises: boolean): Promise<number> {
  const set = (passphrase: string | null) => context.client.setSpendingBudget(nano, passphrase);
  if (raises) {
    const tried = await tryPassphrase(context, "Passphrase, to let the wallet sign away more: ", set);
    return tried.ok ? 0 : tried.code;
  }
  const done = await set(null);
  return done.ok ? 0 : context.refuse(done);
}

async function set(context: CommandContext, options: ParsedOptions): Promise<number> {
  const spend = valueOrNone(options, "spend", parseAmount);
  if (!spend.ok) return context.refuse(spend);
  const fuel = valueOrNone(options, "fuel", parseCount);
  if (!fuel.ok) return context.refuse(fuel);
  if (spend.value === undefined && fuel.value === undefined)
    return context.refuse(rejected("invalid-argument", `Usage: ${usage}`));
  if (options.flags.has("dry-run"))
    return dryRun(context, [
      ...(spend.value === undefined ? [] : [`what the wallet signs away: ${amountWords(spend.value)}`]),
      ...(fuel.value === undefined ? [] : [`each program: ${fuelWords(fuel.value)}`]),
    ]);
  const before = await held(context);
  // Damaged budgets are set anew; who does it is asked.
  const raisesSpending = !before.ok || isMore(spend.value, before.value.spending.limitNano);
  const raises = raisesSpending || isMore(fuel.value, before.value.programs.each);
  if (!(await mayChange(context, options, raises))) return exitCodes.stopped;
  if (spend.value !== undefined) {
    const code = await setSpending(context, spend.value, raisesSpending);
    if (code !== 0) return code;
  }
  if (fuel.value !== undefined) {
    const done = await context.environment.programBudgets.setEach(fuel.value);
    if (!done.ok) return context.refuse(done);
  }
  return show(context, options.flags.has("json"));
}

async function ofProgram(context: CommandContext, options: ParsedOptions, name: string): Promise<number> {
  if (options.values.has("spend"))
    return context.refuse(
      rejected("invalid-argument", "Programs spend nothing by themselves: `budget set --spend AMOUNT`."),
    );
  const fuel = valueOrNone(options, "fuel", parseCount);
  if (!fuel.ok) return context.refuse(fuel);
  const program = await programNamed(context, name);
  if (!program.ok) return context.refuse(program);
  const digest = await programDigest(program.value);
  const { programBudgets } = context.environment;
  let view = await programBudgets.view();
  if (fuel.value !== undefined) {
    const wanted = fuel.value;
    if (options.flags.has("dry-run")) return dryRun(context, [`${sanitise(name)}: ${fuelWords(wanted)}`]);
    const known = view.ok ? view.value.programs.find((one) => one.digest === digest) : undefined;
    const each = view.ok ? view.value.each : null;
    if (!(await mayChange(context, options, !view.ok || isMore(wanted ?? each, known?.limit ?? each))))
      return exitCodes.stopped;
    view = await programBudgets.setProgram(digest, sanitise(name), wanted);
  }
  if (!view.ok) return context.refuse(view);
  if (options.flags.has("json")) {
    const known = view.value.programs.find((one) => one.digest === digest);
    context.json({ each: view.value.each, ...(known ?? { digest, name, limit: null, used: 0 }) });
  } else context.print(`${sanitise(name)}  ${budgetOfDigest(view.value, digest)}`);
  return 0;
}

/** The command. */
export const budgetCommand: Command = {
  name: "budget",
  group: "money",
  summary: "what the wallet may sign away and programs may compute in a day",
  usage,
  options: {
    "--spend AMOUNT|none": "AETH that the wallet of this device signs away a day at most",
    "--fuel COUNT|none": "units of fuel, such as 100G, that each program uses a day; after PROGRAM, that one",
    "--yes": "do not ask before a budget becomes more",
    "--dry-run": "show what would be set, change nothing",
    "--json": "print one line of JSON; implies --yes",
  },
  examples: ["budget", "budget set --spend 10 --fuel 200G", "budget tool.wasm --fuel 20G", "budget set --spend none"],
  spec: { flags: ["yes", "dry-run", "json"], values: ["spend", "fuel"], positionals: { least: 0, most: 1 } },
  complete: async (context) => {
    const known = await context.environment.programs.list();
    return known.ok ? known.value.map(({ name }) => name) : [];
  },
  optionWords: { spend: ["none"], fuel: ["20G", "200G", "none"] },
  run: (context, options) => {
    const [word] = options.positionals;
    if (word === "set") return set(context, options);
    if (word !== undefined) return ofProgram(context, options, word);
    if (options.values.size === 0) return show(context, options.flags.has("json"));
    return Promise.resolve(context.refuse(rejected("invalid-argument", `Usage: ${usage}`)));
  },
};
