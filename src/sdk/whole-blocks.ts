/**
 * Blocks that are left whole, as copies: manifests, tables, and all blocks of files that everybody may read.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileRequests } from "./files.ts";

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
