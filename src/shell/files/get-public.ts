/**
 * What `get` of an address of IPFS does: fetches a file that everybody may read, block by block, each checked.
 * @module
 */
import {
  type FetchBlock,
  findPublic,
  type PublicFile,
  type PublicFolder,
  partsOf,
} from "#interchange/gateway/public-files.ts";
import { readPublicLink } from "#interchange/gateway/public-link.ts";
import { accepted, type Rejected, rejected } from "#protocol/result.ts";
import { pathProblem } from "#sdk/home-files.ts";
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

function folderRefused({ entries }: PublicFolder): Rejected {
  const names = [...entries.keys()];
  const told = names.slice(0, namesTold).map(sanitise).join(", ");
  const more = names.length > namesTold ? `, and ${names.length - namesTold} more` : "";
  return rejected(
    "invalid-argument",
    names.length === 0
      ? "This is a folder with nothing in it."
      : `This is a folder: \`get ADDRESS NAME/\` brings all of it into a folder NAME, and with a slash and one of its names behind the address comes that: ${told}${more}.`,
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
  const under = asked?.endsWith("/") ? asked.slice(0, -1) : null;
  const problem = under === null ? null : pathProblem(under);
  if (problem !== null) return context.refuse(rejected("invalid-argument", problem));
  const target = asked === "-" || under !== null ? accepted(null) : await checkTarget(context, asked);
  if (!target.ok) return context.refuse(target);
  context.status("asking for the file …");
  try {
    const found = await findPublic(fetch, link.value.cid, link.value.path);
    if (!found.ok) return context.refuse(found);
    const file = found.value;
    if (file.kind === "folder") {
      if (under === null) return context.refuse(folderRefused(file));
      const { getFolder } = await import("./get-folder.ts");
      return await getFolder(context, fetch, file, under, (one) => comingFile(context, fetch, one), flags);
    }
    if (under !== null)
      return context.refuse(
        rejected("invalid-argument", "This is a file: give a name without a slash behind it. Nothing was fetched."),
      );
    const coming = comingFile(context, fetch, file);
    if (asked === "-") {
      const given = await giveOut(context, coming);
      return given.ok ? 0 : context.refuse(given);
    }
    const cid = file.cid.toString();
    const wanted = pathOf(link.value.filename ?? link.value.path.at(-1) ?? cid);
    // Under another tag than a sealed file, whose manifest could have the same CID.
    const kept = await keepFile(context, coming, `/ipfs/${cid}`, asked, wanted);
    context.status(null);
    return kept.ok ? tellKept(context, kept.value, flags) : context.refuse(kept);
  } finally {
    context.status(null);
  }
}
