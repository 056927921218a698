/**
 * `receipts`: what is said of processes on the ledger.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { rejected } from "#protocol/result.ts";
import type { ProcessRunView } from "#sdk/memory.ts";
import { short, table } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";
import { exitWords, figureWords, leaseWords, selfAttested } from "./memory-words.ts";

function standingWords({ standing }: Pick<ProcessRunView, "standing">): string {
  return standing.state === "included" ? `in block ${standing.height}` : "waits for a block";
}

function show(context: CommandContext, run: ProcessRunView): void {
  const { id, process, publicInput, end, lapsed } = run;
  const receipt = end?.receipt ?? null;
  const rows = [
    ["process", `${toHex(id)}, ${standingWords(run)}`],
    ["program", toHex(process.programDigest)],
    ["input", `${toHex(process.inputDigest)}${publicInput === null ? "" : `, public, ${publicInput.length} bytes`}`],
    ["memory", leaseWords(process.lease)],
  ];
  if (lapsed) rows.push(["ended", "with its lease: nobody has said how while it could be said"]);
  else if (end === null) rows.push(["ended", "not yet, as far as is known here"]);
  if (end !== null) rows.push(["stopped by", `${toHex(end.id)}, ${standingWords(end)}`]);
  if (end !== null && receipt === null) rows.push(["ended", "without a receipt: its owner could not tell"]);
  if (receipt !== null) {
    const { fuel, memory } = figureWords(receipt);
    rows.push(
      ["ended", exitWords(receipt.exit)],
      ["output", toHex(receipt.outputDigest)],
      ["fuel", fuel],
      ["memory used", memory],
      ["metering", toHex(receipt.meteringDigest)],
    );
  }
  for (const line of table(rows)) context.print(line);
  if (receipt !== null) {
    const again =
      publicInput === null ? "" : ` \`rerun ${short(id)}…\` with the whole id repeats it here and compares.`;
    context.print(`${selfAttested}.${again}`, "warning");
  }
}

async function list(context: CommandContext, json: boolean): Promise<number> {
  const vault = await context.client.vaultStatus();
  if (!vault.ok) return context.refuse(vault);
  const { keyHash } = vault.value;
  if (keyHash === null) {
    return context.refuse(
      rejected("vault-missing", "There is no identity on this device; `receipts TX` shows any process."),
    );
  }
  const running = await context.client.processes(keyHash);
  if (!running.ok) return context.refuse(running);
  const ended = await context.client.receipts(keyHash);
  if (!ended.ok) return context.refuse(ended);
  if (json) {
    context.json({ running: running.value, ended: ended.value });
    return 0;
  }
  if (running.value.length + ended.value.length === 0) {
    context.print("No process of yours is on the ledger, as far as blocks are kept here.", "dim");
    return 0;
  }
  const rows = [
    ...running.value.map(({ outPoint, process }) => [
      toHex(outPoint.txId),
      sanitise(process.lease.name),
      "not stopped",
    ]),
    ...ended.value.map(({ id, process, end }) => [
      toHex(id),
      sanitise(process.lease.name),
      end?.receipt ? exitWords(end.receipt.exit) : "no receipt",
    ]),
  ];
  for (const line of table(rows)) context.print(line);
  context.print(`How they ended is ${selfAttested}.`, "dim");
  return 0;
}

/** Ids of one's own processes that were stopped. */
export async function ownReceipts({ client }: Pick<CommandContext, "client">): Promise<readonly string[]> {
  const vault = await client.vaultStatus();
  if (!vault.ok || vault.value.keyHash === null) return [];
  const ended = await client.receipts(vault.value.keyHash);
  return ended.ok ? ended.value.map(({ id }) => toHex(id)) : [];
}

const receipts: Command = {
  name: "receipts",
  group: "programs",
  summary: "what the ledger says of processes",
  usage: "receipts [TX] [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["receipts", "receipts 5f2c… --json"],
  spec: { flags: ["json"], positionals: { least: 0, most: 1 } },
  complete: ownReceipts,
  run: async (context, { positionals, flags }) => {
    const [typed] = positionals;
    const json = flags.has("json");
    if (typed === undefined) return list(context, json);
    const id = fromHex(typed);
    if (id?.length !== 32)
      return context.refuse(rejected("invalid-argument", "A transaction id has 64 hexadecimal digits."));
    const run = await context.client.process(id);
    if (!run.ok) return context.refuse(run);
    if (json) context.json(run.value);
    else show(context, run.value);
    return 0;
  },
};

/** Commands about what is said of processes. */
export const receiptCommands: readonly Command[] = [receipts];
