/**
 * What `deal` does: keepers that answer with a bond for what they have of a kept file.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import type { AuditedBytes } from "#protocol/files/audit-tree.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { limits, networks } from "#protocol/parameters.ts";
import { dealBondNano, type KeeperOffer } from "#protocol/programs/storage-offers.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { StorageDealView } from "#sdk/storage-deals.ts";
import { dealPeriodNano, planDeal, planDealEnd } from "#wallet/storage-plans.ts";
import { type Command, type CommandContext, exitCodes } from "../commands/command.ts";
import { prepare, spendPlan } from "../commands/prepared-spending.ts";
import { aeth, carryOut, consent, printOutcome, signerOf, withReasons } from "../commands/spending.ts";
import { blocksWords } from "../commands/stake-words.ts";
import { bytes as inBytes, short, table } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { misuse } from "../language/usage.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { stripesOf, withCipher } from "./fetch.ts";
import { allHeld, keptNamed } from "./held.ts";

/** Audits of a deal unless the person says otherwise: a day of them on an idle `dev`. */
const usualAudits = 24;

type Flags = ParsedOptions["flags"];

/** What one keeper could answer for. */
interface Part {
  readonly offer: KeeperOffer;
  readonly digests: readonly Uint8Array[];
  readonly audited: AuditedBytes;
}

function auditsOf(typed: string | undefined): Result<number> {
  const audits = typed === undefined ? usualAudits : /^\d{1,5}$/.test(typed) ? Number(typed) : 0;
  return audits >= 1 && audits <= limits.dealPeriods
    ? accepted(audits)
    : rejected("invalid-argument", `A deal has 1 to ${limits.dealPeriods} audits, not ${sanitise(typed ?? "")}.`);
}

/** Its peer id's end, as windows show it. */
const keeperName = ({ peer }: KeeperOffer): string => `…${sanitise(peer).slice(-8)}`;

/** Why nobody can be asked. */
async function nobody({ client }: CommandContext, name: string): Promise<Rejected> {
  const offers = await client.storageOffers();
  if (!offers.ok) return offers;
  const words =
    offers.value.length === 0
      ? "No keeper offers to answer for files with a bond now; `deal offers` lists those that do."
      : offers.value.some(({ connected }) => connected)
        ? `No connected keeper that offers a bond has anything of ${name} that it does not answer for already; \`deal list\` shows your deals, \`get NAME --where\` who keeps a file.`
        : "None of the keepers that offer a bond is connected; `deal offers` lists them.";
  return rejected("not-found", words);
}

/** What each keeper has that it does not answer for yet, with its audit root, keeper by keeper. */
async function partsOf(context: CommandContext, file: HeldFile, keyHash: Uint8Array): Promise<Result<readonly Part[]>> {
  const { client } = context;
  const stripes = await withCipher(context, (cipher) => stripesOf(context, cipher, file));
  if (!stripes.ok) return stripes;
  const deals = await client.storageDeals(keyHash);
  const answerable = await client.answerableBlocks(stripes.value);
  if (!deals.ok || !answerable.ok) return deals.ok ? (answerable as Rejected) : deals;
  const parts: Part[] = [];
  for (const { offer, digests } of answerable.value) {
    const taken = deals.value
      .filter((one) => one.offer.peer === offer.peer)
      .flatMap(({ asked }) => asked?.digests ?? []);
    const known = new Set(taken.map(toHex));
    const open = digests.filter((digest) => !known.has(toHex(digest)));
    for (let from = 0; from < open.length; from += fileLimits.digestsAtOnce) {
      const some = open.slice(from, from + fileLimits.digestsAtOnce);
      context.status(`reading what ${keeperName(offer)} keeps …`);
      const audited = await client.auditedBytes(offer.peer, some);
      context.status(null);
      if (!audited.ok) return audited;
      parts.push({ offer, digests: some, audited: audited.value });
    }
  }
  return accepted(parts);
}

/** Asks one keeper; null: the person has stopped it. */
async function askKeeper(
  context: CommandContext,
  file: HeldFile,
  { offer, digests, audited }: Part,
  audits: number,
  flags: Flags,
): Promise<Result<object> | "refused" | "dry-run"> {
  const prepared = await prepare(context);
  if (prepared === null) return "refused";
  const { planning, coins, keys } = prepared;
  const { parameters } = planning;
  const plan = planDeal({ offer, audited, periods: audits }, coins.coins, planning);
  if (!plan.ok) return withReasons(plan, coins);
  const periodNano = dealPeriodNano(offer, audited.bytes, parameters);
  const bondNano = dealBondNano(audited.bytes, periodNano * BigInt(audits), parameters);
  if (bondNano > offer.freeBondNano) {
    const words = `The keeper ${keeperName(offer)} has not enough bond left for that: ${aeth(offer.freeBondNano)} of ${aeth(bondNano)}. Fewer audits bind less.`;
    return rejected("bond-too-small", words);
  }
  const inWords = !flags.has("json");
  if (inWords) {
    const pace = blocksWords(parameters.storage.auditBlocks, parameters);
    context.notice(
      `The keeper ${keeperName(offer)} has ${digests.length} block${digests.length === 1 ? "" : "s"} of ${sanitise(file.name)}, ${inBytes(audited.bytes)}. It would show parts of them every ${pace}, ${audits} time${audits === 1 ? "" : "s"}, for ${aeth(periodNano)} each, and answer with ${aeth(bondNano)}.`,
      "plain",
    );
  }
  const said = await consent(context, plan.value, flags);
  if (said !== "agreed") return said;
  const { id, body } = plan.value;
  const { peer, id: offerId } = offer;
  // Before it is sent: a tab that dies in between knows what to tell the keeper.
  const asked = { peer, offer: offerId, deal: id, of: file.digest, digests, expiry: body.expiry };
  const remembered = await context.client.rememberDeal(asked);
  if (!remembered.ok) return remembered;
  const signer = signerOf(context, keys.publicKey, planning.stampBits);
  const done = await carryOut(context, plan.value, signer, inWords);
  if (!done.ok) return done;
  const { standing } = done.value;
  if (inWords && printOutcome(context, id, standing) !== 0) return "refused";
  return accepted({ id, keeper: peer, bytes: audited.bytes, audits, periodNano, bondNano, standing });
}

/** Runs `deal make`. */
async function make(context: CommandContext, name: string, { flags, values }: ParsedOptions): Promise<number> {
  const audits = auditsOf(values.get("audits"));
  if (!audits.ok) return context.refuse(audits);
  const held = await allHeld(context);
  if (held === null) return 1;
  const file = keptNamed(held, name);
  if (!file.ok) return context.refuse(file);
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const parts = await partsOf(context, file.value, prepared.keys.keyHash);
  if (!parts.ok) return context.refuse(parts);
  if (parts.value.length === 0) return context.refuse(await nobody(context, sanitise(file.value.name)));
  const made: object[] = [];
  for (const part of parts.value) {
    const asked = await askKeeper(context, file.value, part, audits.value, flags);
    if (asked === "dry-run") continue;
    if (asked === "refused") return exitCodes.stopped;
    if (!asked.ok) return context.refuse(asked);
    made.push(asked.value);
  }
  if (flags.has("dry-run")) return 0;
  if (flags.has("json")) context.json(made);
  else
    context.notice(
      "The keeper is told which blocks these are, and has 50 blocks to accept; `deal list` shows how it stands. Nothing is paid before.",
      "good",
    );
  return 0;
}

/** How a deal stands, in words. */
function standingWords({ deal, isHandedOver, asked, trouble }: StorageDealView): string {
  const { accepted: runs, audited, missed, periods, escrowNano, bondNano, dueHeight } = deal;
  if (runs === 1) {
    const misses = missed === 0 ? "" : `, ${missed} missed`;
    return `${audited - missed} of ${periods} audits passed${misses}; ${aeth(escrowNano)} to earn, bond ${aeth(bondNano)}`;
  }
  if (isHandedOver) return `waits for its keeper until block ${dueHeight}`;
  const why = asked === null ? "Made on another device: open a tab there." : trouble;
  return `waits until block ${dueHeight}; its keeper was not told yet. ${sanitise(why)}`.trimEnd();
}

/** Our deals; null if it was said why they cannot be had. */
async function ownDeals(context: CommandContext): Promise<readonly StorageDealView[] | null> {
  const vault = await context.client.vaultStatus();
  const keyHash = vault.ok ? vault.value.keyHash : null;
  const deals = keyHash === null ? accepted([]) : await context.client.storageDeals(keyHash);
  if (vault.ok && deals.ok) return deals.value;
  context.refuse(vault.ok ? (deals as Rejected) : vault);
  return null;
}

/** Runs `deal list`. */
async function list(context: CommandContext, flags: Flags): Promise<number> {
  const deals = await ownDeals(context);
  if (deals === null) return 1;
  // Names stand in the vault: while it is locked there are none.
  const held = await context.client.heldFiles();
  const nameOf = ({ asked }: StorageDealView): string | null => {
    const file = held.ok && asked !== null ? held.value.find(({ digest }) => equalBytes(digest, asked.of)) : undefined;
    return file?.name ?? null;
  };
  if (flags.has("json")) {
    context.json(
      deals.map((one) => {
        const { id, bytes, periods, audited, missed, escrowNano, bondNano, dueHeight, accepted: runs } = one.deal;
        const facts = { id, name: nameOf(one), keeper: one.offer.peer, bytes, accepted: runs === 1, dueHeight };
        return {
          ...facts,
          audits: periods,
          passed: audited - missed,
          missed,
          escrowNano,
          bondNano,
          trouble: one.trouble,
        };
      }),
    );
    return 0;
  }
  if (deals.length === 0) context.print("No deals now. `deal make NAME` has keepers answer for a kept file.", "dim");
  const rows = deals.map((one) => [
    short(one.deal.id),
    sanitise(nameOf(one) ?? "a file"),
    inBytes(one.deal.bytes),
    keeperName(one.offer),
    standingWords(one),
  ]);
  for (const line of table(rows)) context.print(line);
  return 0;
}

/** Runs `deal offers`. */
async function listOffers(context: CommandContext, flags: Flags): Promise<number> {
  const [offers, status] = await Promise.all([context.client.storageOffers(), context.client.status()]);
  if (!offers.ok || !status.ok) return context.refuse(offers.ok ? (status as Rejected) : offers);
  if (flags.has("json")) {
    context.json(offers.value.map(({ offer, connected }) => ({ ...offer, connected })));
    return 0;
  }
  if (offers.value.length === 0) {
    context.print("No keeper offers to answer for files with a bond now. `put` works all the same.", "dim");
    return 0;
  }
  const parameters = networks[status.value.network];
  const rows = offers.value.map(({ offer, connected }) => [
    keeperName(offer),
    `${inBytes(offer.freeBytes)} of ${inBytes(offer.bytes)} free`,
    `${aeth(offer.priceNano)} a MiB and audit`,
    `bond ${aeth(offer.freeBondNano)}`,
    `until block ${offer.untilHeight}`,
    connected ? "connected" : "away",
  ]);
  for (const line of table(rows)) context.print(line);
  context.print(`An audit is every ${blocksWords(parameters.storage.auditBlocks, parameters)}.`, "dim");
  return 0;
}

/** Runs `deal end`. */
async function end(context: CommandContext, typed: string, flags: Flags): Promise<number> {
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const deals = await context.client.storageDeals(prepared.keys.keyHash);
  if (!deals.ok) return context.refuse(deals);
  const meant = deals.value.filter(({ deal }) => toHex(deal.id).startsWith(typed.toLowerCase()));
  const [only] = meant;
  if (only === undefined || meant.length > 1) {
    const words =
      deals.value.length === 0 ? "You have no deals." : "That names no deal, or several; `deal list` shows yours.";
    return context.refuse(rejected("no-such-deal", words));
  }
  if (!flags.has("json"))
    context.notice(
      only.deal.accepted === 1
        ? "Its running audit is the last one; what the keeper does not earn comes back by itself then."
        : "Nobody has accepted it: its price comes back at once.",
      "plain",
    );
  return spendPlan(context, prepared, planDealEnd(only, prepared.coins.coins, prepared.planning), flags);
}

/** Runs `deal`. */
export function runDeals(context: CommandContext, options: ParsedOptions, command: Command): Promise<number> {
  const [action, what] = options.positionals;
  const { flags } = options;
  if (action === "make" && what !== undefined) return make(context, what, options);
  if (action === "end" && what !== undefined) return end(context, what, flags);
  if (action === "list" && what === undefined) return list(context, flags);
  if (action === "offers" && what === undefined) return listOffers(context, flags);
  return Promise.resolve(context.refuse(rejected("invalid-argument", misuse(options.positionals, command))));
}
