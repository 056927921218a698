/**
 * `finality`, `validators`: what can never be undone, and who says so.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { checkpointWords } from "#sdk/checkpoint-words.ts";
import type { FinalityView, ValidatorView } from "#sdk/finality.ts";
import { short, table } from "../format.ts";
import type { Command, CommandContext } from "./command.ts";
import { leakWarning, silenceWords } from "./finality-words.ts";
import { aeth } from "./spending.ts";
import { standingWords } from "./stake-words.ts";

const json = { "--json": "print one line of JSON" } as const;

const nobodyVotes =
  "Nobody votes yet, so only the first block is final and all others have odds. `stake` begins with the first voter.";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function votersWords(seats: readonly ValidatorView[]): string {
  const active = seats.filter(({ activeNano }) => activeNano > 0n);
  const stakedNano = active.reduce((sum, { balanceNano }) => sum + balanceNano, 0n);
  const own = active.find((seat) => seat.own);
  const here = own === undefined ? "this node does not vote" : `this node votes with ${percent(own.share)}`;
  return `${active.length} with ${aeth(stakedNano)}; ${here}`;
}

function printFinality(
  context: CommandContext,
  { height, finalised, justified, stalledBlocks, leaking, voting, checkpoint, silence }: FinalityView,
  seats: readonly ValidatorView[],
): void {
  const open = height - finalised.height;
  const rows = [
    ["final", `block ${finalised.height}, ${short(finalised.hash)}`],
    ["justified", `block ${justified.height}, ${short(justified.hash)}`],
    ["newest", `block ${height}${open === 0 ? ", final" : `, ${open} not final`}`],
    ["voters", votersWords(seats)],
    // Where nothing is final there is nothing to vouch for yet.
    ...(finalised.height > 0 ? [["checkpoint", checkpointWords(checkpoint)]] : []),
  ];
  for (const line of table(rows)) context.print(line);
  if (finalised.height > 0)
    context.print(
      `Newcomers who open the link with #checkpoint=${finalised.height}:${toHex(finalised.hash)} start on this history.`,
      "dim",
    );
  if (silence !== null) context.print(...silenceWords(silence));
  if (!voting) context.print(nobodyVotes, "warning");
  else if (leaking) context.print(leakWarning(stalledBlocks), "warning");
  else if (stalledBlocks > 1) context.print(`The ${stalledBlocks} newest blocks wait for votes.`, "dim");
}

const finality: Command = {
  name: "finality",
  group: "chain",
  summary: "which blocks can never be undone",
  usage: "finality [--json]",
  options: json,
  examples: ["finality", "finality --json"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const answer = await context.client.finality();
    if (!answer.ok) return context.refuse(answer);
    if (flags.has("json")) {
      context.json(answer.value);
      return 0;
    }
    const seats = await context.client.validators();
    if (!seats.ok) return context.refuse(seats);
    printFinality(context, answer.value, seats.value);
    return 0;
  },
};

const validators: Command = {
  name: "validators",
  group: "chain",
  summary: "who votes on what is final",
  usage: "validators [--json]",
  options: json,
  examples: ["validators"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const seats = await context.client.validators();
    if (!seats.ok) return context.refuse(seats);
    if (flags.has("json")) {
      context.json(seats.value);
      return 0;
    }
    if (seats.value.length === 0) {
      context.print(nobodyVotes, "dim");
      return 0;
    }
    const vault = await context.client.vaultStatus();
    const keyHash = vault.ok ? vault.value.keyHash : null;
    const rows = seats.value.map((seat) => [
      String(seat.slot),
      short(seat.key),
      percent(seat.share),
      `weight ${seat.weight.toFixed(2)}`,
      aeth(seat.balanceNano),
      `seen at ${seat.seenHeight}`,
      [
        standingWords(seat),
        ...(seat.own ? ["here"] : []),
        ...(keyHash !== null && equalBytes(keyHash, seat.owner) ? ["yours"] : []),
      ].join(", "),
    ]);
    for (const line of table(rows)) context.print(line);
    const view = await context.client.finality();
    if (view.ok && view.value.silence !== null) context.print(...silenceWords(view.value.silence));
    return 0;
  },
};

/** Commands that show what is final and who votes. */
export const finalityCommands: readonly Command[] = [finality, validators];
