/**
 * `credential revoke`: spends a credential's mark. The chain tells everybody who looks from that block on.
 * @module
 */
import { isMarkOf, markOfStatus } from "#identity/credentials/mark.ts";
import { readCredential } from "#identity/credentials/read.ts";
import { equalBytes, fromHex } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { planRevocation } from "#wallet/mark-plans.ts";
import type { CommandContext } from "../commands/command.ts";
import { prepare, spendPlan } from "../commands/prepared-spending.ts";
import type { ParsedOptions } from "../language/options.ts";
import { credentialText } from "./files.ts";
import { outputAtHead } from "./standing.ts";

/** The mark that is meant: its name, or that of a credential in a file. */
async function meantMark(
  context: CommandContext,
  what: string | undefined,
  networkId: Uint8Array,
): Promise<Result<OutPoint>> {
  const [, name = "", index] = /^([0-9a-fA-F]{64}):(\d{1,2})$/.exec(what ?? "") ?? [];
  const txId = fromHex(name);
  if (txId?.length === 32 && Number(index) < limits.outputs) return accepted({ txId, index: Number(index) });
  const text = await credentialText(context, what);
  const read = text.ok ? readCredential(text.value) : text;
  if (!read.ok) return read;
  const { status } = read.value.token.payload;
  const mark = markOfStatus(status);
  if (mark === undefined || mark === null) {
    return rejected(
      "unsupported-feature",
      "This credential cannot be revoked: it was made without a mark. It is good until it expires.",
    );
  }
  if (!equalBytes(mark.network, networkId)) {
    return rejected(
      "unavailable-on-network",
      "This credential's mark is on another network than this node's; revoke it there.",
    );
  }
  return accepted(mark.outPoint);
}

/** `credential revoke`. */
export async function revoke(context: CommandContext, { positionals: [what], flags }: ParsedOptions): Promise<number> {
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const { keys, planning } = prepared;
  const mark = await meantMark(context, what, planning.networkId);
  if (!mark.ok) return context.refuse(mark);
  const found = await outputAtHead(context.client, mark.value);
  if (!found.ok) return context.refuse(found);
  const { stored, height } = found.value;
  if (stored === null) {
    const message = `There is no such mark at block ${height}: it was revoked already, or its block has not come yet. Nothing was changed.`;
    return context.refuse(rejected("missing-output", message));
  }
  const own = await context.client.succession(keys.keyHash);
  if (!own.ok) return context.refuse(own);
  const hashes = [keys.keyHash, ...own.value.earlier.map(keyHashOf)];
  if (!hashes.some((hash) => isMarkOf(stored.output, hash))) {
    return context.refuse(
      rejected(
        "lock-not-satisfied",
        "This is not a credential of yours: only its issuer can revoke it. Nothing was changed.",
      ),
    );
  }
  const plan = planRevocation(mark.value, stored.output.amount, flags.has("free"), planning);
  if (plan.ok && !flags.has("json")) {
    context.print("Revokes a credential, for good: whoever verifies it from then on is told.", "strong");
  }
  return spendPlan(context, prepared, plan, flags);
}
