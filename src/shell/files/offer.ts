/**
 * What `offer storage` does: how much this browser keeps of other people's files.
 * @module
 */
import type { Result } from "#protocol/result.ts";
import type { StorageOffer } from "#sdk/files.ts";
import type { CommandContext } from "../commands/command.ts";
import { bytes as inBytes } from "../format.ts";
import { parseSize } from "../size.ts";

function tell(context: CommandContext, { offeredBytes, keptBytes }: StorageOffer, flags: ReadonlySet<string>): void {
  if (flags.has("json")) context.json({ offeredBytes, keptBytes });
  else if (offeredBytes === null)
    context.print("This browser keeps nothing for others. `offer storage 2GiB` would.", "dim");
  else context.print(`This browser keeps ${inBytes(keptBytes)} for others, and ${inBytes(offeredBytes)} at most.`);
}

/** What a change means, in words; what is there before it. */
function effect(bytes: number | null, { keptBytes }: StorageOffer): string {
  if (bytes === null)
    return keptBytes === 0
      ? "Nothing is kept for others any more."
      : `Deletes ${inBytes(keptBytes)} that are kept here for others. Their owners may need them: other keepers make anew what is missed, if enough of it is left.`;
  return `Keeps up to ${inBytes(bytes)} of other people's files in this browser, while this tab is open: sealed shards, which you cannot read. They go after 30 days. Nobody pays for it yet.`;
}

/** Runs `offer storage`. */
export async function offerStorage(
  context: CommandContext,
  typed: string,
  flags: ReadonlySet<string>,
): Promise<number> {
  const { client } = context;
  const now = await client.storageOffer();
  if (!now.ok) return context.refuse(now);
  if (typed === "") {
    tell(context, now.value, flags);
    return 0;
  }
  const size: Result<number | null> = typed === "off" ? { ok: true, value: null } : parseSize(typed);
  if (!size.ok) return context.refuse(size);
  context.notice(effect(size.value, now.value), "plain");
  if (flags.has("dry-run")) return 0;
  if (!flags.has("yes") && !(await context.confirm(size.value === null ? "Stop?" : "Offer it?"))) {
    context.notice("Nothing was changed.", "dim");
    return 130;
  }
  const chosen = await client.offerStorage(size.value);
  if (!chosen.ok) return context.refuse(chosen);
  tell(context, chosen.value, flags);
  return 0;
}
