/**
 * `prove`, `proof`: programs whose execution blocks prove, and the receipts of it.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import type { Command as LedgerCommand } from "#protocol/ledger/command.ts";
import { assemble } from "#protocol/proofs/machine/assembler.ts";
import { machineLimits } from "#protocol/proofs/machine/instruction.ts";
import { runToHalt } from "#protocol/proofs/machine/interpreter.ts";
import { initialState } from "#protocol/proofs/machine/program.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ProofJobView, ReceiptView } from "#sdk/contract.ts";
import { parseAmount } from "#wallet/amount.ts";
import { planProofJob } from "#wallet/build.ts";
import { table } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { trustLabel } from "../text.ts";
import type { Command, CommandContext } from "./command.ts";
import { unlocked } from "./identity.ts";
import { aeth, planContext, signerOf, spend, spendingOptions, withReasons } from "./spending.ts";
import { saveStateProof } from "./state-proofs.ts";

/** Programs that come with the app, in public/programs. */
const examplePrograms = ["checksum", "collatz", "fibonacci", "gcd", "sort", "square-root"] as const;

/** Programs and receipts are far shorter; a film picked by mistake is not read whole. */
const mostFileBytes = 1 << 20;

type Job = Extract<LedgerCommand, { type: "proof.post" }>;

interface Prepared {
  readonly job: Job;
  /** Memory in which the program halts. */
  readonly output: readonly number[];
}

async function readSource(context: CommandContext, name: string): Promise<Result<string>> {
  if (name === "-") {
    const file = await context.environment.openFile(".asm,text/plain", mostFileBytes);
    return file === null
      ? rejected("cancelled", "No file was chosen; nothing was changed.")
      : accepted(new TextDecoder().decode(file.bytes));
  }
  const known = examplePrograms.find((program) => program === name.replace(/\.asm$/, ""));
  const source = known === undefined ? null : await context.environment.exampleProgram(known);
  return source === null
    ? rejected(
        "not-found",
        `There is no program ${sanitise(name)} with the app, or it cannot be fetched now. There are ${examplePrograms.join(", ")}; \`prove -\` opens a file of yours.`,
      )
    : accepted(source);
}

function readWords(words: readonly string[]): Result<readonly number[]> {
  const values = words.map((word) => (/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(word) ? Number(word) : Number.NaN));
  const bad = values.findIndex((value) => !(value < 2 ** 32));
  return bad < 0
    ? accepted(values)
    : rejected("invalid-argument", `${sanitise(words[bad] ?? "")} is not a whole number from 0 to 4294967295.`);
}

/** Assembles and runs a program here, which says how many segments it needs and what will be proved. */
function prepare(source: string, input: readonly number[], segmentFeeNano: bigint): Result<Prepared> {
  const assembled = assemble(source);
  if (!assembled.ok) return assembled;
  const start = initialState(input);
  if (!start.ok) return start;
  const { program, length } = assembled.value;
  const states = runToHalt(program, start.value, machineLimits.jobSegments);
  if (!states.ok) return states;
  const job: Job = {
    type: "proof.post",
    program: Array.from(program.subarray(0, length)),
    input,
    segments: states.value.length - 1,
    segmentFeeNano,
  };
  return accepted({ job, output: Array.from(states.value.at(-1)?.memory ?? []) });
}

/** Memory up to its last word that is not zero. */
function words(memory: readonly number[]): string {
  const last = memory.findLastIndex((word) => word !== 0);
  return memory.slice(0, last + 1).join(" ") || "0";
}

const prove: Command = {
  name: "prove",
  group: "proofs",
  summary: "has a program's run proved by the blocks to come",
  usage: "prove PROGRAM [WORD…] [--max-fee AETH] [--yes] [--dry-run] [--json]",
  options: { "--max-fee AETH": "refuse if segments and fee together cost more than this", ...spendingOptions },
  examples: ["prove fibonacci 30", "prove gcd 270 192 --dry-run", "prove sort 5 3 9 1 7 2 8 4"],
  spends: "always",
  spec: {
    flags: ["yes", "dry-run", "json"],
    values: ["max-fee"],
    positionals: { least: 1, most: 1 + machineLimits.memoryWords },
  },
  complete: () => Promise.resolve([...examplePrograms, "-"]),
  run: async (context, { positionals, flags, values }) => {
    const [name = "", ...typed] = positionals;
    const most = values.has("max-fee") ? parseAmount(values.get("max-fee") ?? "") : accepted(null);
    if (!most.ok) return context.refuse(most);
    const input = readWords(typed);
    if (!input.ok) return context.refuse(input);
    const source = await readSource(context, name);
    if (!source.ok) return context.refuse(source);
    const keys = await unlocked(context);
    if (keys === null) return 1;
    const planning = await planContext(context, keys.keyHash);
    if (!planning.ok) return context.refuse(planning);
    const prepared = prepare(source.value, input.value, planning.value.segmentPriceNano);
    if (!prepared.ok) return context.refuse(prepared);
    const { job, output } = prepared.value;
    const priceNano = job.segmentFeeNano * BigInt(job.segments);
    const coins = await context.client.coins(keys.keyHash);
    if (!coins.ok) return context.refuse(coins);
    const plan = planProofJob(job, coins.value.coins, planning.value);
    if (!plan.ok) return context.refuse(withReasons(plan, coins.value));
    const costNano = priceNano + plan.value.body.feeNano;
    if (most.value !== null && costNano > most.value) {
      const message = `Its ${job.segments} segments and the fee cost ${aeth(costNano)}, more than the ${aeth(most.value)} you allow. Nothing was signed.`;
      return context.refuse(rejected("fee-too-low", message));
    }
    if (!flags.has("json")) {
      context.print(`Run here, the memory ends as  ${words(output)}`, "strong");
      context.print(
        `${job.segments} segment${job.segments === 1 ? "" : "s"} to prove, ${aeth(priceNano)} for the provers.`,
      );
    }
    const code = await spend(context, plan.value, signerOf(context, keys.publicKey, planning.value.stampBits), flags);
    if (code === 0 && !flags.has("json") && !flags.has("dry-run"))
      context.print(`The blocks to come prove it: proof show ${toHex(plan.value.id)}`, "dim");
    return code;
  },
};

function showJob(context: CommandContext, job: ProofJobView): number {
  const { proofs, proved, segments, standing } = job;
  const rows = [
    ["job", toHex(job.id)],
    ["input", words(job.input)],
    ["output", `${words(job.output)}${proved < segments ? " (computed here, not proved yet)" : ""}`],
    ["proved", `${proved} of ${segments} segment${segments === 1 ? "" : "s"}`],
    ["price", `${aeth(job.segmentFeeNano)} a segment`],
    ["trust", trustLabel],
  ];
  for (const line of table(rows)) context.print(line);
  for (const proof of proofs)
    context.print(`  segment ${proof.segment}  block ${proof.height}  ${toHex(proof.blockHash).slice(0, 16)}`, "dim");
  if (proofs.length < proved)
    context.print(`  ${proved - proofs.length} proved in blocks that are not kept here; a seed has them.`, "dim");
  if (standing.state === "pending") context.print("Waits for a block to be queued.", "warning");
  return 0;
}

function showReceipt(context: CommandContext, receipt: ReceiptView): number {
  context.print(`Proved: from ${words(receipt.input)} the program gives ${words(receipt.output)}.`, "good");
  const count = `${receipt.segments} proof${receipt.segments === 1 ? "" : "s"}`;
  context.print(`${count} checked here. ${trustLabel}.`, "dim");
  if (receipt.onChain) context.print(`Blocks of this chain carry ${count === "1 proof" ? "it" : "them"}.`, "dim");
  else if (!receipt.sameNetwork) {
    context.print(
      "The receipt names another network: who made it, when, and for which job are not checked.",
      "warning",
    );
  } else {
    context.print(
      "This chain, as far as it is known here, does not carry these proofs for this job: the program's result holds, but who made them, when, and for which job are mere words.",
      "warning",
    );
  }
  return 0;
}

/** The receipt of a job, or of a file that the user chooses. */
async function receiptOf(context: CommandContext, what: string): Promise<Result<Uint8Array>> {
  if (what === "-") {
    const file = await context.environment.openFile(".receipt", mostFileBytes);
    return file === null ? rejected("cancelled", "No file was chosen.") : accepted(file.bytes);
  }
  const id = fromHex(what);
  return id?.length === 32
    ? context.client.proofReceipt(id)
    : rejected("invalid-argument", "Give a job's id (64 hexadecimal digits), or - to choose a receipt file.");
}

/** Names of the user's coins. */
async function ownOutputs({ client }: Pick<CommandContext, "client">): Promise<readonly string[]> {
  const vault = await client.vaultStatus();
  if (!vault.ok || vault.value.keyHash === null) return [];
  const coins = await client.coins(vault.value.keyHash);
  return coins.ok ? coins.value.coins.map(({ txId, index }) => `${toHex(txId)}:${index}`) : [];
}

const proof: Command = {
  name: "proof",
  group: "proofs",
  summary: "how far a job is; saves and checks receipts, and proofs of what the state holds",
  usage: "proof show|verify|export JOB [--json] | proof state TX:INDEX|KEY [HEIGHT:HASH] [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["proof show 5f2c…", "proof verify 5f2c…", "proof verify -", "proof export 5f2c…", "proof state 9ab0…:0"],
  spec: { flags: ["json"], positionals: { least: 2, most: 3 } },
  complete: async (context, operands) => [
    ...(operands.includes("JOB") ? context.longWords.filter((word) => fromHex(word)?.length === 32) : []),
    ...(operands.includes("TX:INDEX") ? await ownOutputs(context) : []),
  ],
  run: async (context, { positionals, flags }) => {
    const [action = "", what = "", checkpoint] = positionals;
    const json = flags.has("json");
    if (action === "state") return saveStateProof(context, what, checkpoint, json);
    if (checkpoint !== undefined)
      return context.refuse(rejected("invalid-argument", "Only `proof state` takes a checkpoint."));
    if (action === "show") {
      const id = fromHex(what);
      if (id?.length !== 32)
        return context.refuse(rejected("invalid-argument", "A job's id has 64 hexadecimal digits."));
      const job = await context.client.proofJob(id);
      if (!job.ok) return context.refuse(job);
      if (!json) return showJob(context, job.value);
      context.json(job.value);
      return 0;
    }
    if (action !== "verify" && action !== "export")
      return context.refuse(
        rejected("invalid-argument", "Usage: proof show|verify|export JOB, or proof state TX:INDEX"),
      );
    if (action === "export" && what === "-")
      return context.refuse(
        rejected("invalid-argument", "A receipt file is there already; `proof export JOB` makes one."),
      );
    const receipt = await receiptOf(context, what);
    if (!receipt.ok) return context.refuse(receipt);
    if (action === "export") {
      const name = `aether-${what.slice(0, 12).toLowerCase()}.receipt`;
      context.environment.saveFile(name, receipt.value);
      if (json) context.json({ file: name, sizeBytes: receipt.value.length });
      else context.print(`Saved as ${name}, ${receipt.value.length} bytes.`, "good");
      return 0;
    }
    const verified = await context.client.verifyReceipt(receipt.value);
    if (!verified.ok) return context.refuse(verified);
    if (!json) return showReceipt(context, verified.value);
    context.json(verified.value);
    return 0;
  },
};

/** Commands about provable programs. */
export const proofCommands: readonly Command[] = [prove, proof];
