/**
 * `blocks`, `block`, `tx`, `explain`: reading the chain.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { type Certificate, slotsOf } from "#protocol/consensus/certificate.ts";
import { heightOfEpoch, isSecondRound } from "#protocol/consensus/votes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import type { Lock } from "#protocol/ledger/lock.ts";
import { decodeTransaction, type Transaction, transactionId } from "#protocol/ledger/transaction.ts";
import { rejected } from "#protocol/result.ts";
import type { TransactionView } from "#sdk/contract.ts";
import { whyGone } from "#sdk/standing.ts";
import { formatAmount } from "#wallet/amount.ts";
import { bytes, duration, short, table } from "../format.ts";
import { positionalsOnly } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";
import { memoryCommandWords, thingWords } from "./memory-words.ts";
import { certaintyLine } from "./spending.ts";
import { isStakeCommand, stakeCommandWords } from "./stake-words.ts";

const json = { "--json": "print one line of JSON" } as const;

const blocks: Command = {
  name: "blocks",
  group: "chain",
  summary: "the newest blocks",
  usage: "blocks [COUNT] [--json]",
  options: json,
  manual: "One line a block, newest first: height, hash, age, transactions, size, and whether this node made it.",
  examples: ["blocks", "blocks 30"],
  spec: { flags: ["json"], positionals: { least: 0, most: 1 } },
  run: async (context, { flags, positionals }) => {
    const count = positionals[0] ?? "10";
    if (!/^[1-9]\d?$|^100$/.test(count))
      return context.refuse(rejected("invalid-argument", "The count is a number from 1 to 100."));
    const answer = await context.client.blocks({ limit: Number(count) });
    if (!answer.ok) return context.refuse(answer);
    if (flags.has("json")) {
      context.json(answer.value);
      return 0;
    }
    const rows = answer.value.map((block) => [
      String(block.height),
      toHex(block.hash).slice(0, 16),
      `${duration(context.environment.nowMs() - block.timeMs)} ago`,
      `${block.transactions} tx`,
      bytes(block.sizeBytes),
      block.own ? "made here" : "",
    ]);
    for (const line of table(rows)) context.print(line);
    return 0;
  },
};

/** What a block shows of votes. */
function certificateWords(certificate: Certificate | null): string {
  if (certificate === null) return "none";
  return certificate
    .map(({ link, signers }) => {
      const height = heightOfEpoch(link.target.epoch);
      const voters = slotsOf(signers)?.length ?? 0;
      return `of ${voters} to ${isSecondRound(link) ? "finalise" : "justify"} block ${height}`;
    })
    .join(", ");
}

const block: Command = {
  name: "block",
  group: "chain",
  summary: "one block",
  usage: "block HEIGHT|HASH [--json]",
  options: json,
  manual:
    "A block's header facts, whether it can never be undone, the votes that it carries for blocks before it, and its transactions. A browser keeps the newest 2 000 blocks whole and all others by their header: asked for an older one it says so.",
  examples: ["block 12"],
  spec: { flags: ["json"], positionals: { least: 1, most: 1 } },
  complete: async ({ client }) => {
    const newest = await client.blocks({ limit: 100 });
    return newest.ok ? newest.value.map(({ hash }) => toHex(hash)) : [];
  },
  run: async (context, { flags, positionals }) => {
    const typed = positionals[0] ?? "";
    const id = /^\d{1,12}$/.test(typed) ? Number(typed) : fromHex(typed);
    if (id === undefined || (typeof id !== "number" && id.length !== 32)) {
      return context.refuse(rejected("invalid-argument", "Give a height, or a block hash of 64 hexadecimal digits."));
    }
    const answer = await context.client.block(id);
    if (!answer.ok) return context.refuse(answer);
    const { hash, height, timeMs, sizeBytes, confirmations, canonical, final } = answer.value;
    const decoded = decodeBlock(answer.value.bytes);
    if (!decoded.ok) return context.refuse(decoded);
    const { header, transactions, work, certificate } = decoded.value;
    const ids = transactions.map((transaction) => transactionId(transaction));
    if (flags.has("json")) {
      const carried = work === null ? null : { proofBytes: work.proof.length, sampleBytes: work.sample.length };
      const facts = { hash, height, timeMs, sizeBytes, confirmations, canonical, final, header, transactions: ids };
      context.json({ ...facts, work: carried, certificate });
      return 0;
    }
    const rows = [
      ["block", `${height}${canonical ? "" : " (not on the chain)"}`],
      ["hash", toHex(hash)],
      ["parent", toHex(header.parent)],
      ["time", new Date(timeMs).toISOString()],
      ["state root", toHex(header.stateRoot)],
      ["proposer", toHex(header.proposer.keyHash)],
      [
        "proof",
        work === null ? "none: the first block" : `${bytes(work.proof.length)} of 64 executed steps, checked here`,
      ],
      ["sample", work === null ? "none" : "256 spins at or below the energy bar, checked here"],
      ["size", bytes(sizeBytes)],
      ["confirmations", `${confirmations}${final ? ", final" : ""}`],
      ["votes", certificateWords(certificate)],
      ["transactions", String(transactions.length)],
    ];
    for (const line of table(rows)) context.print(line);
    for (const [i, transaction] of transactions.entries())
      context.print(`  ${toHex(ids[i] as Uint8Array)}  ${transaction.command.type}`);
    return 0;
  },
};

function lockWords(lock: Lock): string {
  switch (lock.type) {
    case "key":
      return `for the key ${short(lock.keyHash)}`;
    case "threshold":
      return `for any ${lock.required} of ${lock.keyHashes.length} keys`;
    case "hash-time":
      return `for the key ${short(lock.recipient)} with a secret before height ${lock.height}, then back to ${short(lock.refund)}`;
    case "program":
      return `for the system program ${sanitise(lock.program)}`;
  }
}

function describe(context: CommandContext, transaction: Transaction, view: TransactionView): void {
  const { command, outputs, feeNano } = transaction;
  if (command.type === "proof.post") {
    const priceNano = command.segmentFeeNano * BigInt(command.segments);
    context.print(
      `Has a program of ${command.program.length} instructions proved in ${command.segments} segment${command.segments === 1 ? "" : "s"}, for ${formatAmount(priceNano)} AETH. \`proof show\` tells how far it is.`,
    );
  } else if (command.type === "coin.request") {
    context.print(
      `Asks for ${formatAmount(command.amountNano)} AETH to be paid to the key ${short(command.keyHash)}. Moves nothing itself.`,
    );
  } else if (isStakeCommand(command)) {
    context.print(stakeCommandWords(command));
  } else if (command.type !== "coin.pay") {
    context.print(memoryCommandWords(command));
  } else {
    const from = view.spent[0]?.keyHash;
    context.print(`Pays from ${from ? `the key ${short(from)}` : "an output"}:`);
  }
  for (const [i, input] of transaction.inputs.entries()) {
    const spent = view.spent[i];
    context.print(
      `  consumes ${short(input.txId)}:${input.index}${spent && spent.amountNano > 0n ? `  ${formatAmount(spent.amountNano)} AETH` : ""}`,
    );
  }
  for (const output of outputs)
    context.print(
      `  creates  ${output.amount > 0n ? `${formatAmount(output.amount)} AETH` : thingWords(output)} ${lockWords(output.lock)}`,
    );
  const memo = "memo" in command ? new TextDecoder().decode(command.memo) : "";
  if (memo !== "") context.print(`  memo     ${sanitise(memo)}`);
  context.print(
    feeNano === 0n
      ? "  fee      none: stamped, free lane"
      : `  fee      ${formatAmount(feeNano)} AETH, half of it burnt`,
  );
}

async function showTransaction(context: CommandContext, typed: string, asJson: boolean): Promise<number> {
  const id = fromHex(typed);
  if (id?.length !== 32)
    return context.refuse(rejected("invalid-argument", "A transaction id has 64 hexadecimal digits."));
  const answer = await context.client.transaction(id);
  if (!answer.ok) return context.refuse(answer);
  const { standing } = answer.value;
  if (asJson) {
    context.json(answer.value);
    return 0;
  }
  if (standing.state === "dropped") {
    context.print(sanitise(whyGone("Not in the chain, and it will not be: ", standing)), "bad");
    return 1;
  }
  const transaction = decodeTransaction(answer.value.bytes);
  if (!transaction.ok) return context.refuse(transaction);
  describe(context, transaction.value, answer.value);
  if (standing.state === "pending") context.print("Waits for a block.", "warning");
  else {
    context.print(
      `In block ${standing.height}, ${standing.confirmations} confirmation${standing.confirmations === 1 ? "" : "s"}.`,
      "good",
    );
    context.print(certaintyLine(standing), standing.final ? "good" : "dim");
  }
  return 0;
}

const tx: Command = {
  name: "tx",
  group: "chain",
  summary: "one transaction, and how certain it is",
  usage: "tx ID [--json]",
  options: json,
  manual:
    "What a transaction does and where it stands. Once its block is final no branch without it can be chosen any more, and it says so. Until then, and where nobody votes, it tells the exact odds that an attacker with 10 or 30 % of the work could still reverse it. A lost one says why.",
  examples: ["tx 5f2c…"],
  spec: { flags: ["json"], positionals: { least: 1, most: 1 } },
  complete: async ({ client }) => {
    const waiting = await client.mempool({ limit: 100 });
    return waiting.ok ? waiting.value.map(({ id }) => toHex(id)) : [];
  },
  run: (context, { flags, positionals }) => showTransaction(context, positionals[0] ?? "", flags.has("json")),
};

const explain: Command = {
  name: "explain",
  group: "chain",
  summary: "a transaction or a command in plain words",
  usage: "explain ID|COMMAND [--json]",
  options: json,
  manual: "For a transaction id: who pays whom, what is consumed and created. For a command's name: its manual.",
  examples: ["explain pay"],
  spec: { flags: ["json"], positionals: { least: 1, most: 1 } },
  complete: ({ commands }) => Promise.resolve(commands.map((command) => command.name)),
  run: (context, { positionals, flags }) => {
    const word = positionals[0] ?? "";
    const man = context.commands.find((command) => command.name === "man");
    const isCommand = context.commands.some((command) => command.name === word);
    return isCommand && man !== undefined
      ? man.run(context, { ...positionalsOnly(positionals), flags })
      : showTransaction(context, word, flags.has("json"));
  },
};

/** Commands that read the chain. */
export const chainCommands: readonly Command[] = [blocks, block, tx, explain];
