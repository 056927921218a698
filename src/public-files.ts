/**
 * What a tab answers its service worker under `/ipfs/`: public files out of blocks that its node gets from peers. Loaded with
 * the first such request.
 * @module
 */
import { answerGateway } from "./interchange/gateway/gateway.ts";
import { checkedBlocks } from "./interchange/gateway/public-files.ts";
import { answerOverPort } from "./platform/browser/installed/public-answers.ts";
import type { PublicRequest } from "./platform/browser/installed/public-words.ts";
import type { FileRequests } from "./sdk/files.ts";
import type { IpfsRequests } from "./sdk/ipfs.ts";
import { publicFetch } from "./sdk/whole-blocks.ts";

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));

/** Answers one request over its port. */
export function answerPublicRequest(
  client: Pick<FileRequests & IpfsRequests, "fetchStripe" | "ipfsBlock">,
  port: MessagePort,
  request: PublicRequest,
): void {
  const fetch = checkedBlocks(publicFetch(client), sha256);
  answerOverPort(port, request, (asked) => answerGateway(fetch, asked));
}
