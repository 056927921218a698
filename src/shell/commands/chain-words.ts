/**
 * Blocks and transactions in plain words, for the terminal and for windows.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { type Certificate, slotsOf } from "#protocol/consensus/certificate.ts";
import { heightOfEpoch, isSecondRound } from "#protocol/consensus/votes.ts";
import type { Block } from "#protocol/ledger/block.ts";
import type { Lock } from "#protocol/ledger/lock.ts";
import type { Transaction } from "#protocol/ledger/transaction.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { BlockView, TransactionView } from "#sdk/contract.ts";
import { formatAmount } from "#wallet/amount.ts";
import { bytes, short } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { memoryCommandWords, thingWords } from "./memory-words.ts";
import { isStakeCommand, stakeCommandWords } from "./stake-words.ts";
import { isStorageCommand, storageCommandWords } from "./storage-words.ts";

/** A block's height or 32-byte hash out of what somebody typed. Refuses with `invalid-argument`. */
export function blockIdOf(typed: string): Result<number | Uint8Array> {
  if (/^\d{1,12}$/.test(typed)) return accepted(Number(typed));
  const hash = fromHex(typed);
  return hash?.length === 32
    ? accepted(hash)
    : rejected("invalid-argument", "Give a height, or a block hash of 64 hexadecimal digits.");
}

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

/** The facts of a block, by name. */
export function blockRows(
  { hash, height, timeMs, sizeBytes, confirmations, canonical, final }: BlockView,
  { header, transactions, work, certificate }: Block,
): readonly (readonly [name: string, fact: string])[] {
  return [
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
}

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

/** What a transaction does, one line each. */
export function transactionWords(transaction: Transaction, view: TransactionView): readonly string[] {
  const lines: string[] = [];
  const { command, outputs, feeNano } = transaction;
  if (command.type === "proof.post") {
    const priceNano = command.segmentFeeNano * BigInt(command.segments);
    lines.push(
      `Has a program of ${command.program.length} instructions proved in ${command.segments} segment${command.segments === 1 ? "" : "s"}, for ${formatAmount(priceNano)} AETH. \`proof show\` tells how far it is.`,
    );
  } else if (command.type === "coin.request") {
    lines.push(
      `Asks for ${formatAmount(command.amountNano)} AETH to be paid to the key ${short(command.keyHash)}. Moves nothing itself.`,
    );
  } else if (isStakeCommand(command)) {
    lines.push(stakeCommandWords(command));
  } else if (command.type === "did.rotate") {
    lines.push(`Replaces the key of ${didOf(command.previous)}: from now on ${didOf(command.next)} stands for it.`);
  } else if (isStorageCommand(command)) {
    lines.push(storageCommandWords(command));
  } else if (command.type !== "coin.pay") {
    lines.push(memoryCommandWords(command));
  } else {
    const from = view.spent[0]?.keyHash;
    lines.push(`Pays from ${from ? `the key ${short(from)}` : "an output"}:`);
  }
  for (const [i, input] of transaction.inputs.entries()) {
    const spent = view.spent[i];
    lines.push(
      `  consumes ${short(input.txId)}:${input.index}${spent && spent.amountNano > 0n ? `  ${formatAmount(spent.amountNano)} AETH` : ""}`,
    );
  }
  for (const output of outputs)
    lines.push(
      `  creates  ${output.amount > 0n ? `${formatAmount(output.amount)} AETH` : thingWords(output)} ${lockWords(output.lock)}`,
    );
  const memo = "memo" in command ? new TextDecoder().decode(command.memo) : "";
  if (memo !== "") lines.push(`  memo     ${sanitise(memo)}`);
  lines.push(
    feeNano === 0n
      ? "  fee      none: stamped, free lane"
      : `  fee      ${formatAmount(feeNano)} AETH, half of it burnt`,
  );
  return lines;
}
