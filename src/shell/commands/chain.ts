/**
 * `blocks`, `block`, `tx`, `explain`: reading the chain.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import { decodeTransaction, transactionId } from "#protocol/ledger/transaction.ts";
import { rejected } from "#protocol/result.ts";
import { whyGone } from "#sdk/standing.ts";
import { bytes, duration, table } from "../format.ts";
import { positionalsOnly } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { blockIdOf, blockRows, transactionWords } from "./chain-words.ts";
import type { Command, CommandContext } from "./command.ts";
import { certaintyLine } from "./spending.ts";

const json = { "--json": "print one line of JSON" } as const;

const blocks: Command = {
  name: "blocks",
  group: "chain",
  summary: "the newest blocks",
  usage: "blocks [COUNT] [--json]",
  options: json,
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

/** So many of the newest blocks are named by height when somebody asks for one. */
const heightsListed = 20;

/** Transactions that wait, and those that brought one's own coins. */
async function knownTransactions({ client }: Pick<CommandContext, "client">): Promise<readonly string[]> {
  const waiting = await client.mempool({ limit: 100 });
  const vault = await client.vaultStatus();
  const own = vault.ok && vault.value.keyHash !== null ? await client.coins(vault.value.keyHash) : null;
  return [
    ...(waiting.ok ? waiting.value.map(({ id }) => toHex(id)) : []),
    ...(own?.ok ? own.value.coins.map(({ txId }) => toHex(txId)) : []),
  ];
}

const block: Command = {
  name: "block",
  group: "chain",
  summary: "one block",
  usage: "block HEIGHT|HASH [--json]",
  options: json,
  examples: ["block 12"],
  spec: { flags: ["json"], positionals: { least: 1, most: 1 } },
  complete: async ({ client }) => {
    const newest = await client.blocks({ limit: 100 });
    if (!newest.ok) return [];
    const heights = newest.value.slice(0, heightsListed).map(({ height }) => String(height));
    return [...heights, ...newest.value.map(({ hash }) => toHex(hash))];
  },
  run: async (context, { flags, positionals }) => {
    const id = blockIdOf(positionals[0] ?? "");
    if (!id.ok) return context.refuse(id);
    const answer = await context.client.block(id.value);
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
    const rows = blockRows(answer.value, decoded.value);
    for (const line of table(rows)) context.print(line);
    for (const [i, transaction] of transactions.entries())
      context.print(`  ${toHex(ids[i] as Uint8Array)}  ${transaction.command.type}`);
    return 0;
  },
};

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
  for (const line of transactionWords(transaction.value, answer.value)) context.print(line);
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
  examples: ["tx 5f2c…"],
  spec: { flags: ["json"], positionals: { least: 1, most: 1 } },
  complete: knownTransactions,
  run: (context, { flags, positionals }) => showTransaction(context, positionals[0] ?? "", flags.has("json")),
};

const explain: Command = {
  name: "explain",
  group: "chain",
  summary: "a transaction or a command in plain words",
  usage: "explain ID|COMMAND [--json]",
  options: json,
  examples: ["explain pay"],
  spec: { flags: ["json"], positionals: { least: 1, most: 1 } },
  complete: async (world) => [
    ...world.commands.map((command) => command.name),
    // A node that does not answer keeps no command from being named.
    ...(await knownTransactions(world).catch(() => [])),
  ],
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
