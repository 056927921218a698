/**
 * Blocks that are left whole, as copies: manifests, tables, and all blocks of files that everybody may read.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileRequests } from "./files.ts";
import type { IpfsRequests } from "./ipfs.ts";

/** A CID, as far as it is needed to ask for its block. */
interface PublicName {
  readonly bytes: Uint8Array;
  readonly multihash: { readonly digest: Uint8Array };
}

const didNotCome = rejected("not-found", "Not all of the file came; try again.");

/** The block of a digest, from here or from peers, which checked it. */
export async function fetchWhole(
  client: Pick<FileRequests, "fetchStripe">,
  digest: Uint8Array,
): Promise<Result<Uint8Array>> {
  const fetched = await client.fetchStripe({ data: 1, shards: [digest] }, []);
  if (!fetched.ok) return fetched;
  const { shards, trouble } = fetched.value;
  if (trouble !== null) return trouble;
  const [block] = shards;
  return block === undefined || block === null ? didNotCome : accepted(block);
}

/** Refusals that say no more than that no peer gave the block. */
const notHere: ReadonlySet<string> = new Set(["not-found", "disconnected", "rate-limited", "timeout"]);

/**
 * Gets blocks of public files, by their CIDs: from here, from peers, or else from nodes of IPFS that were connected. Where
 * the last one came from is asked first: the blocks of a file lie together. `hint` is added to what is said where no such node is connected.
 */
export function publicFetch(
  client: Pick<FileRequests & IpfsRequests, "fetchStripe" | "ipfsBlock">,
  hint = "",
): (cid: PublicName) => Promise<Result<Uint8Array>> {
  let isIpfsFirst = false;
  return async (cid) => {
    const early = isIpfsFirst ? await client.ipfsBlock(cid.bytes) : null;
    if (early?.ok) return early;
    isIpfsFirst = false;
    const here = await fetchWhole(client, cid.multihash.digest);
    if (here.ok || !notHere.has(here.code)) return here;
    const there = early ?? (await client.ipfsBlock(cid.bytes));
    isIpfsFirst = there.ok;
    const isAlone = !there.ok && (there.code === "disconnected" || there.code === "unsupported-feature");
    return isAlone ? { ...here, message: `${here.message}${hint}` } : there;
  };
}
