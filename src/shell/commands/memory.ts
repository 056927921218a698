/**
 * `offer`, `alloc`, `allocate`, `free`: memory that providers lend, and leases of it.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { limits, networks } from "#protocol/parameters.ts";
import { leastLeaseBytes, type MemoryOffer, offerBurnNano } from "#protocol/programs/memory-market.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { LeaseView, ProcessView } from "#sdk/memory.ts";
import { parseAmount } from "#wallet/amount.ts";
import { planAllocation, planFree, planMemoryOffer, planWithdrawal } from "#wallet/memory-plans.ts";
import { bytes, short, table } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { misuse } from "../language/usage.ts";
import { parseSize } from "../size.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";
import { leaseWords } from "./memory-words.ts";
import { prepare, spendPlan } from "./prepared-spending.ts";
import { stopProcess } from "./process-records.ts";
import { aeth, spendingOptions } from "./spending.ts";

/** How long an offer stands unless it says otherwise: most of a day on an idle `dev`. */
const usualOfferBlocks = 1_000;

/** Price of a MiB unless the provider says otherwise: a GiB costs 0.01 AETH. */
const usualPriceNano = 10_000n;

const refuse = (message: string): Result<never> => rejected("invalid-argument", message);

/** Reads a size and rounds it up to whole pages. */
function parsePages(typed: string, mostBytes: number): Result<number> {
  const size = parseSize(typed);
  if (!size.ok) return size;
  const { memoryPageBytes } = limits;
  const rounded = Math.ceil(size.value / memoryPageBytes) * memoryPageBytes;
  if (rounded === 0) return refuse("Nothing is no size; the least is 64KiB.");
  return rounded <= mostBytes
    ? accepted(rounded)
    : refuse(`${bytes(rounded)} is too much; at most ${bytes(mostBytes)}.`);
}

function parsePrice(typed: string | undefined): Result<bigint> {
  if (typed === undefined) return accepted(usualPriceNano);
  return /^0(\.0+)?$/.test(typed) ? accepted(0n) : parseAmount(typed);
}

function parseBlocks(typed: string | undefined): Result<number> {
  const blocks = typed === undefined ? usualOfferBlocks : /^\d{1,6}$/.test(typed) ? Number(typed) : 0;
  const most = limits.memoryOfferBlocks - 1;
  return blocks >= 1 && blocks <= most
    ? accepted(blocks)
    : refuse(`An offer stands for 1 to ${most} blocks, not ${sanitise(typed ?? "")}.`);
}

async function offerMemory(
  context: CommandContext,
  typedSize: string,
  { values, flags }: ParsedOptions,
): Promise<number> {
  const size = parsePages(typedSize, limits.memoryOfferBytes);
  const price = parsePrice(values.get("price"));
  const blocks = parseBlocks(values.get("blocks"));
  for (const part of [size, price, blocks]) if (!part.ok) return context.refuse(part);
  if (!size.ok || !price.ok || !blocks.ok) return 1;
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const standing = await context.client.memoryOffers();
  if (!standing.ok) return context.refuse(standing);
  const { planning, coins } = prepared;
  const untilHeight = planning.height + blocks.value;
  const burnNano = offerBurnNano(standing.value.length, blocks.value, planning.parameters);
  const terms = { bytes: size.value, untilHeight, priceNano: price.value, burnNano };
  return spendPlan(context, prepared, planMemoryOffer(terms, coins.coins, planning), flags);
}

function priceWords({ priceNano }: MemoryOffer): string {
  return priceNano === 0n ? "free" : `${aeth(priceNano)} a MiB`;
}

async function listOffers(context: CommandContext, flags: ReadonlySet<string>): Promise<number> {
  const offers = await context.client.memoryOffers();
  if (!offers.ok) return context.refuse(offers);
  if (flags.has("json")) context.json(offers.value);
  else if (offers.value.length === 0) context.print("Nobody offers memory now. `offer memory 1GiB` does.", "dim");
  else {
    const vault = await context.client.vaultStatus();
    const own = vault.ok && vault.value.keyHash !== null ? await ownHashes(context.client, vault.value.keyHash) : [];
    const status = await context.client.status();
    if (!status.ok) return context.refuse(status);
    const parameters = networks[status.value.network];
    const rows = offers.value.map((offer) => [
      short(offer.id),
      `${bytes(offer.freeBytes)} of ${bytes(offer.bytes)} free`,
      `leases from ${bytes(leastLeaseBytes(offer.bytes, parameters))}`,
      priceWords(offer),
      `until block ${offer.untilHeight}`,
      own.some((hash) => equalBytes(hash, offer.provider)) ? "yours" : `by ${short(offer.provider)}`,
    ]);
    for (const line of table(rows)) context.print(line);
  }
  return 0;
}

/** Hashes of a key and of those that it took over from; of it alone if the node cannot tell. */
async function ownHashes(client: Pick<Client, "succession">, keyHash: Uint8Array): Promise<readonly Uint8Array[]> {
  const standing = await client.succession(keyHash);
  return [keyHash, ...(standing.ok ? standing.value.earlier.map(keyHashOf) : [])];
}

/** The one offer of ours that is meant: by the front of its id, or because there is no other. */
function ownOffer(offers: readonly MemoryOffer[], hashes: readonly Uint8Array[], typed: string): Result<MemoryOffer> {
  const own = offers.filter(({ provider }) => hashes.some((hash) => equalBytes(provider, hash)));
  const meant = own.filter(({ id }) => toHex(id).startsWith(typed.toLowerCase()));
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return accepted(only);
  if (own.length === 0) return rejected("no-such-offer", "You offer no memory now.");
  return refuse(`Say which of your offers: ${own.map(({ id }) => short(id)).join(", ")}.`);
}

async function withdraw(context: CommandContext, typed: string, flags: ReadonlySet<string>): Promise<number> {
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const offers = await context.client.memoryOffers();
  if (!offers.ok) return context.refuse(offers);
  const { keyHash } = prepared.keys;
  const offer = ownOffer(offers.value, await ownHashes(context.client, keyHash), typed);
  if (!offer.ok) return context.refuse(offer);
  // The dry run knows no successions: the offer is ours whichever of our keys made it.
  const ours = { ...offer.value, provider: keyHash };
  return spendPlan(context, prepared, planWithdrawal(ours, prepared.coins.coins, prepared.planning), flags);
}

/** Storage has nothing to do with the ledger or with keys; it is loaded with its first use. */
async function offerStorage(context: CommandContext, typed: string, flags: ReadonlySet<string>): Promise<number> {
  return (await import("../files/offer.ts")).offerStorage(context, typed, flags);
}

const offerUsage =
  "offer memory SIZE [--price AETH] [--blocks N] | offer storage [SIZE|off] | offer list | offer withdraw [ID] [--yes] [--dry-run] [--json]";

const offer: Command = {
  name: "offer",
  group: "programs",
  summary: "lends memory or room for files, lists who lends memory, takes an offer back",
  usage: offerUsage,
  options: {
    "--price AETH": "of a MiB for the whole time; 0 for nothing (0.00001 unless you say otherwise)",
    "--blocks N": `how many blocks it stands (${usualOfferBlocks} unless you say otherwise, 19999 at most)`,
    ...spendingOptions,
  },
  examples: ["offer memory 1GiB --price 0.00002", "offer storage 2GiB", "offer list", "offer withdraw"],
  spends: "always",
  spec: { flags: ["yes", "dry-run", "json"], values: ["price", "blocks"], positionals: { least: 1, most: 3 } },
  optionWords: { price: ["0", "0.00001"], blocks: [String(usualOfferBlocks), "19999"] },
  run: (context, options) => {
    const [action = "", ...rest] = options.positionals;
    if (action === "storage") return offerStorage(context, rest.join(" "), options.flags);
    if (action === "memory" && rest.length > 0) return offerMemory(context, rest.join(" "), options);
    if (action === "list" && rest.length === 0) return listOffers(context, options.flags);
    if (action === "withdraw" && rest.length <= 1) return withdraw(context, rest[0] ?? "", options.flags);
    return Promise.resolve(context.refuse(rejected("invalid-argument", misuse(options.positionals, offer))));
  },
};

interface Holdings {
  readonly leases: readonly LeaseView[];
  readonly processes: readonly ProcessView[];
}

/** All that is held, or what is held under a name. */
async function holdingsOf(
  client: CommandContext["client"],
  keyHash: Uint8Array,
  name?: string,
): Promise<Result<Holdings>> {
  const leases = await client.leases(keyHash, name);
  if (!leases.ok) return leases;
  const processes = await client.processes(keyHash, name);
  return processes.ok ? accepted({ leases: leases.value, processes: processes.value }) : processes;
}

async function listLeases(context: CommandContext, flags: ReadonlySet<string>): Promise<number> {
  const vault = await context.client.vaultStatus();
  if (!vault.ok) return context.refuse(vault);
  const { keyHash } = vault.value;
  const held = keyHash === null ? accepted({ leases: [], processes: [] }) : await holdingsOf(context.client, keyHash);
  if (!held.ok) return context.refuse(held);
  const { leases, processes } = held.value;
  if (flags.has("json")) context.json({ leases, processes });
  else if (leases.length + processes.length === 0) {
    context.print("You have no memory leased. `alloc 64MiB --process demo` leases some.", "dim");
  }
  if (flags.has("json")) return 0;
  for (const { lease, pending, expired } of leases) {
    const word = expired
      ? "its time is over; the next block clears it away"
      : pending
        ? "waits for a block"
        : "free to use";
    context.print(`${leaseWords(lease)}: ${word}`);
  }
  for (const { outPoint, process } of processes) {
    context.print(`${leaseWords(process.lease)}: held by the process ${toHex(outPoint.txId)}`);
  }
  return 0;
}

async function allocate(
  context: CommandContext,
  typedSize: string,
  name: string,
  flags: ReadonlySet<string>,
): Promise<number> {
  const size = parsePages(typedSize, limits.leaseBytes);
  if (!size.ok) return context.refuse(size);
  if (!/^[a-z0-9][a-z0-9._-]{0,31}$/i.test(name)) {
    const message = `${sanitise(name)} is no name. One has 1 to 32 letters, digits, dots, dashes or underscores and starts with a letter or digit.`;
    return context.refuse(rejected("invalid-argument", message));
  }
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const { keys, planning, coins } = prepared;
  const held = await holdingsOf(context.client, keys.keyHash, name);
  if (!held.ok) return context.refuse(held);
  const [same] = [
    ...held.value.leases.filter(({ expired }) => !expired).map(({ lease }) => lease),
    ...held.value.processes.map((one) => one.process.lease),
  ];
  if (same !== undefined) {
    const message = `You have ${leaseWords(same)} already. \`free ${name}\` gives it back; or choose another name.`;
    return context.refuse(rejected("invalid-argument", message));
  }
  const offers = await context.client.memoryOffers();
  if (!offers.ok) return context.refuse(offers);
  const plan = planAllocation({ bytes: size.value, name }, offers.value, coins.coins, planning);
  const code = await spendPlan(context, prepared, plan, flags);
  if (code !== 0 || flags.has("json") || flags.has("dry-run")) return code;
  context.print(`${bytes(size.value)} leased for ${name}: \`run --process ${name} PROGRAM\` runs within it.`, "good");
  return 0;
}

const alloc: Command = {
  name: "alloc",
  group: "programs",
  summary: "leases memory for a process; alone, lists your leases",
  usage: "alloc SIZE --process NAME [--yes] [--dry-run] [--json]",
  options: { "--process NAME": "what the lease is for; `run` and `free` know it by this name", ...spendingOptions },
  examples: ["alloc 64MiB --process demo", "alloc 1GB --process big --dry-run", "alloc"],
  spends: "always",
  spec: { flags: ["yes", "dry-run", "json"], values: ["process"], positionals: { least: 0, most: 2 } },
  run: (context, { positionals, values, flags }) => {
    if (positionals.length === 0 && !values.has("process")) return listLeases(context, flags);
    const name = values.get("process");
    if (name !== undefined && positionals.length > 0) return allocate(context, positionals.join(" "), name, flags);
    const missing =
      name === undefined ? "Say what for: --process NAME." : "Say how much: `alloc 64MiB --process NAME`.";
    return Promise.resolve(context.refuse(rejected("invalid-argument", missing)));
  },
};

const sentence = /^(\S+(?: [a-z]+)?) memory for process (\S+)$/i;

const allocateSentence: Command = {
  name: "allocate",
  group: "programs",
  summary: "`alloc` as a sentence",
  usage: "allocate SIZE memory for process NAME [--yes] [--dry-run] [--json]",
  options: spendingOptions,
  examples: ["allocate 1GB memory for process P"],
  spends: "always",
  spec: { flags: ["yes", "dry-run", "json"], positionals: { least: 1, most: 6 } },
  run: (context, { positionals, flags }) => {
    const [, size, name] = sentence.exec(positionals.join(" ")) ?? [];
    if (size !== undefined && name !== undefined) return allocate(context, size, name, flags);
    const message = "Write it as `allocate 1GB memory for process P`.";
    return Promise.resolve(context.refuse(rejected("invalid-argument", message)));
  },
};

async function freeLease(context: CommandContext, name: string, flags: ReadonlySet<string>): Promise<number> {
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const { keys, planning } = prepared;
  const held = await holdingsOf(context.client, keys.keyHash, name);
  if (!held.ok) return context.refuse(held);
  const lease = held.value.leases.find(({ expired }) => !expired) ?? held.value.leases[0];
  if (lease !== undefined) return spendPlan(context, prepared, planFree(lease, null, planning), flags);
  const [holder] = held.value.processes;
  const word = sanitise(name);
  if (holder === undefined) {
    return context.refuse(rejected("not-found", `You have no memory for ${word}; \`alloc\` lists what you have.`));
  }
  const id = toHex(holder.outPoint.txId);
  if (!flags.has("stop")) {
    const message = `The process ${id} holds it and has not been stopped. If it does not run any more, \`free ${word} --stop\` ends it without a receipt.`;
    return context.refuse(rejected("invalid-argument", message));
  }
  if (flags.has("dry-run")) {
    context.print(
      `This would stop the process ${id} without a receipt, then free its lease. Nothing was signed.`,
      "dim",
    );
    return 0;
  }
  const isAgreed = flags.has("yes") || flags.has("json");
  if (!isAgreed && !(await context.confirm(`Stop the process ${id} without a receipt?`))) {
    context.print("Not stopped; nothing was changed.", "dim");
    return 130;
  }
  const { process } = holder;
  const stopped = await stopProcess(context, { owned: holder }, null);
  if (!stopped.ok) return context.refuse(stopped);
  if (process.lease.untilHeight <= planning.height) {
    if (flags.has("json")) context.json({ id: stopped.value });
    else context.print("Stopped. The lease's time was over, so there is nothing to free.", "good");
    return 0;
  }
  const back = { outPoint: { txId: stopped.value, index: 0 }, lease: process.lease };
  const nonce = planning.nonce ^ 1n;
  return spendPlan(context, prepared, planFree(back, null, { ...planning, nonce }), new Set([...flags, "yes"]));
}

const free: Command = {
  name: "free",
  group: "programs",
  summary: "gives leased memory back",
  usage: "free NAME [--stop] [--yes] [--dry-run] [--json]",
  options: {
    "--stop": "end a process that holds the lease and does not run any more, without a receipt",
    ...spendingOptions,
  },
  examples: ["free demo", "free demo --stop"],
  spends: "always",
  spec: { flags: ["stop", "yes", "dry-run", "json"], positionals: { least: 1, most: 1 } },
  complete: async ({ client }) => {
    const vault = await client.vaultStatus();
    if (!vault.ok || vault.value.keyHash === null) return [];
    const held = await holdingsOf(client, vault.value.keyHash);
    if (!held.ok) return [];
    const { leases, processes } = held.value;
    return [...leases.map(({ lease }) => lease.name), ...processes.map(({ process }) => process.lease.name)];
  },
  run: (context, { positionals, flags }) => freeLease(context, positionals[0] ?? "", flags),
};

/** Commands about memory that is lent. */
export const memoryCommands: readonly Command[] = [offer, alloc, allocateSentence, free];
