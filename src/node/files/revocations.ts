/**
 * Whether a keeper can show that a piece was let go by who left it.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { releaseMark, type StripeRelease } from "#protocol/files/release.ts";
import { releasedAnswers } from "#protocol/files/requests.ts";
import type { Network } from "../ports.ts";
import { askForBlocks } from "./ask-for-blocks.ts";

/** Asks a keeper for the secrets of a piece's marks. What is no secret of a mark is left out: nobody's word counts. */
export async function revocationsBy(
  network: Pick<Network, "request">,
  keeperId: string,
  id: Uint8Array,
  marks: readonly Uint8Array[],
): Promise<readonly StripeRelease[]> {
  const answered = await askForBlocks(network, keeperId, { type: "released", marks });
  const answer = answered.ok ? releasedAnswers.decode(answered.value) : answered;
  if (!answer.ok) return [];
  return answer.value.secrets.flatMap((secret) =>
    secret !== null && marks.some((mark) => equalBytes(mark, releaseMark(id, secret))) ? [{ id, secret }] : [],
  );
}
