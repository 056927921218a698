/**
 * What `get` of an address of IPFS does: fetches a file that everybody may read, block by block, each checked.
 * @module
 */
import { type FetchBlock, findPublic, type PublicFile, partsOf } from "#interchange/gateway/public-files.ts";
import { type PublicLink, readPublicLink } from "#interchange/gateway/public-link.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";
import { pathOf } from "../opened-files.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type ComingFile, checkTarget, giveOut, keepFile, tellKept } from "./fetch.ts";
import { publicBlocks } from "./published.ts";
import { percentWords, Stopping } from "./transfers.ts";

/** Names of a folder that are told. */
const namesTold = 20;

/** A file as its blocks come from peers. */
function comingFile(context: CommandContext, fetch: FetchBlock, file: PublicFile): ComingFile {
  const { sizeBytes } = file;
  return {
    sizeBytes,
    pour: async (from, take) => {
      const stopping = new Stopping(context);
      let came = from;
      for await (const part of partsOf(fetch, file, { from, to: sizeBytes })) {
        const taken = part.ok ? await take(part.value) : part;
        if (!taken.ok) return taken;
        came += part.ok ? part.value.length : 0;
        context.status(`fetching … ${percentWords(came, sizeBytes)}`);
        if (stopping.isAsked) return rejected("cancelled", "Stopped.");
      }
      return accepted(null);
    },
  };
}

async function findFile(fetch: FetchBlock, { cid, path }: PublicLink): Promise<Result<PublicFile>> {
  const found = await findPublic(fetch, cid, path);
  if (!found.ok || found.value.kind === "file") return found as Result<PublicFile>;
  const names = [...found.value.entries.keys()];
  const told = names.slice(0, namesTold).map(sanitise).join(", ");
  const more = names.length > namesTold ? `, and ${names.length - namesTold} more` : "";
  return rejected(
    "invalid-argument",
    names.length === 0
      ? "This is a folder with nothing in it."
      : `This is a folder; put a slash and one of its names behind the address: ${told}${more}.`,
  );
}

/** Runs `get` for an address of IPFS. */
export async function getPublic(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const [typed = "", asked] = positionals;
  if (flags.has("where"))
    return context.refuse(rejected("invalid-argument", "`--where` is about sealed files; this one is public."));
  const link = readPublicLink(typed);
  if (!link.ok) return context.refuse(link);
  const fetch = publicBlocks(context);
  const target = asked === "-" ? accepted(null) : await checkTarget(context, asked);
  if (!target.ok) return context.refuse(target);
  context.status("asking for the file …");
  try {
    const file = await findFile(fetch, link.value);
    if (!file.ok) return context.refuse(file);
    const coming = comingFile(context, fetch, file.value);
    if (asked === "-") {
      const given = await giveOut(context, coming);
      return given.ok ? 0 : context.refuse(given);
    }
    const cid = file.value.cid.toString();
    const wanted = pathOf(link.value.filename ?? link.value.path.at(-1) ?? cid);
    // Under another tag than a sealed file, whose manifest could have the same CID.
    const kept = await keepFile(context, coming, `/ipfs/${cid}`, asked, wanted);
    context.status(null);
    return kept.ok ? tellKept(context, kept.value, flags) : context.refuse(kept);
  } finally {
    context.status(null);
  }
}
