/**
 * Blocks of public files as commands need them: from here or from peers, and which of them belong to what one has published.
 * @module
 */
import { codecs, contentId } from "#interchange/content-id.ts";
import { blocksBelow, checkedBlocks, type FetchBlock } from "#interchange/gateway/public-files.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { accepted, type Result } from "#protocol/result.ts";
import { publicFetch } from "#sdk/whole-blocks.ts";
import { hashBytes } from "../archives/hash-bytes.ts";
import type { CommandContext } from "../commands/command.ts";
import { isOneBlock } from "./held.ts";

const orIpfs = " If a node of IPFS has it, `ipfs connect` its address and try again.";

/** Gets blocks, each checked. */
export function publicBlocks({ client }: Pick<CommandContext, "client">): FetchBlock {
  return checkedBlocks(publicFetch(client, orIpfs), hashBytes);
}

/** All that was left of what one has published, as its own tree says it. */
export async function stripesOfPublished(context: CommandContext, held: HeldFile): Promise<Result<readonly Stripe[]>> {
  const root = contentId(isOneBlock(held) ? codecs.raw : codecs.dagPb, held.digest);
  context.status("asking for the file …");
  const blocks = await blocksBelow(publicBlocks(context), root).finally(() => context.status(null));
  if (!blocks.ok) return blocks;
  const copies = (digest: Uint8Array): readonly Uint8Array[] => Array.from({ length: held.parity + 1 }, () => digest);
  return accepted(blocks.value.map(({ multihash }) => ({ data: 1, shards: copies(multihash.digest) })));
}
