/**
 * A proof of what a state holds, for somebody who has no chain and no network, only one block that it knows to be final (its
 * checkpoint): headers that lead from the block shown to the checkpoint, or from the checkpoint to the block shown with the
 * votes that made it final, and a way through the state tree. Nothing may stand in it that is not needed and checked: any
 * byte altered is refused. light-finality.ts says why the votes are believed.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { bytes32, decode, encode, list, nullable, record, type Schema, unsigned } from "../codec/schema.ts";
import type { BlsVerifier } from "../crypto/bls-check.ts";
import { proofLimits, type StateProof, stateProofSchema, verifyStateProof } from "../ledger/state-proof.ts";
import { limits, type NetworkParameters } from "../parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "../result.ts";
import { aggregateSchema, type VoteAggregate } from "./certificate.ts";
import type { FinalisedBlock } from "./finality.ts";
import { networkIdOf } from "./genesis.ts";
import { type Header, headerHash, headerSchema } from "./header.ts";
import {
  answersUntilMs,
  type ElectorateProof,
  electorateProofSchema,
  finalityCheck,
  readElectorate,
} from "./light-finality.ts";
import { heightOfEpoch } from "./votes.ts";

/** Bounds of a document. */
export const documentLimits = {
  /** A checkpoint further away is too old, or the state shown is. */
  headers: 1_024,
  bytes: 1_024 * limits.headerBytes + 5 * proofLimits.bytes,
} as const;

/** Only version of documents. */
const documentVersion = 1;

/** Why a block above the checkpoint is final. */
export interface ShownFinality {
  /** Votes for the last header. */
  readonly decision: VoteAggregate;
  /** Who votes by the state shown, and who voted at the checkpoint. */
  readonly electorate: ElectorateProof;
  readonly trusted: ElectorateProof;
}

/** The document. */
export interface StateDocument {
  readonly version: number;
  /**
   * Headers that follow each other. Without votes: from the block whose state is shown to the checkpoint. With votes: from the
   * checkpoint to the block that they are for.
   */
  readonly headers: readonly Header[];
  /** Which of them names the state shown; 0 without votes. */
  readonly shown: number;
  readonly finality: ShownFinality | null;
  readonly key: Uint8Array;
  readonly proof: StateProof;
}

/** What a good document shows. */
export interface ShownState {
  /** The block after which the state holds this. */
  readonly height: number;
  readonly hash: Uint8Array;
  readonly timeMs: number;
  readonly key: Uint8Array;
  /** Null: the state holds nothing under this key. */
  readonly value: Uint8Array | null;
  /** By what the block is final: the checkpoint's hash, or the votes of those who voted there. */
  readonly by: "checkpoint" | "votes";
}

/** Against what a document is checked. */
export interface DocumentContext {
  readonly parameters: NetworkParameters;
  /** A block known to be final. */
  readonly checkpoint: FinalisedBlock;
  readonly nowMs: number;
  readonly votes: BlsVerifier;
}

const documentSchema: Schema<StateDocument> = record<StateDocument>({
  version: unsigned(documentVersion),
  headers: list(headerSchema, documentLimits.headers, 1),
  shown: unsigned(documentLimits.headers - 1),
  finality: nullable(
    record<ShownFinality>({
      decision: aggregateSchema,
      electorate: electorateProofSchema,
      trusted: electorateProofSchema,
    }),
  ),
  key: bytes32,
  proof: stateProofSchema,
});

/** Canonical bytes of a document. */
export function encodeStateDocument(document: Omit<StateDocument, "version">): Uint8Array {
  return encode(documentSchema, { ...document, version: documentVersion });
}

/** Strictly decodes a document. */
export function decodeStateDocument(bytes: Uint8Array): Result<StateDocument> {
  const decoded = decode(documentSchema, bytes, documentLimits.bytes);
  if (!decoded.ok) return { ...decoded, message: `This is no proof of a state: ${decoded.message}` };
  if (decoded.value.version === documentVersion) return decoded;
  return rejected("unknown-version", "This proof has a version that is not known here.");
}

function badProof(message: string): Rejected {
  return rejected("bad-proof", message);
}

/** Hashes of headers that follow each other; null if they do not. */
function chainOf(headers: readonly Header[]): readonly Uint8Array[] | null {
  const hashes = headers.map(headerHash);
  const follows = (header: Header, i: number): boolean =>
    i === 0 ||
    (equalBytes(header.parent, hashes[i - 1] as Uint8Array) && header.height === (headers[i - 1] as Header).height + 1);
  return headers.every(follows) ? hashes : null;
}

/** Checks that the last header, and so the one shown, is final by votes of those who voted at the checkpoint. */
async function checkVotes(
  { headers, shown }: StateDocument,
  { decision, electorate, trusted }: ShownFinality,
  hashes: readonly Uint8Array[],
  { parameters, nowMs, votes }: DocumentContext,
): Promise<Rejected | null> {
  const [first, last] = [headers[0] as Header, headers.at(-1) as Header];
  if (shown === 0) return badProof("What the checkpoint vouches for needs no votes.");
  const { target } = decision.link;
  if (heightOfEpoch(target.epoch) !== last.height || !equalBytes(target.hash, hashes.at(-1) as Uint8Array))
    return badProof("The votes are for another block than the last header.");
  if (nowMs > answersUntilMs(first.timeMs, parameters)) {
    return rejected(
      "expired",
      "The checkpoint is so old that those who voted there may have left with their coins: their votes prove nothing any more. Take a newer one.",
    );
  }
  const here = readElectorate((headers[shown] as Header).stateRoot, electorate);
  if (!here.ok) return here;
  const there = readElectorate(first.stateRoot, trusted);
  if (!there.ok) return there;
  const check = finalityCheck(networkIdOf(parameters), decision, here.value, there.value);
  if (!check.ok) return check;
  const [good] = await votes.verifyBatch([check.value]);
  return good === true ? null : rejected("bad-signature", "The votes were not cast by those who are named.");
}

/** Checks a document against a checkpoint, without any network; gives what it shows. */
export async function checkStateDocument(bytes: Uint8Array, context: DocumentContext): Promise<Result<ShownState>> {
  const decoded = decodeStateDocument(bytes);
  if (!decoded.ok) return decoded;
  const document = decoded.value;
  const { headers, shown, finality, key, proof } = document;
  const header = headers[shown];
  const hashes = chainOf(headers);
  if (header === undefined || hashes === null) return badProof("The headers do not follow each other.");
  const at = finality === null ? headers.length - 1 : 0;
  const { height, hash } = context.checkpoint;
  if ((headers[at] as Header).height !== height || !equalBytes(hashes[at] as Uint8Array, hash)) {
    return rejected("below-finalised", "The headers do not lead to the checkpoint: this proof is for another one.", {
      height: (headers[at] as Header).height,
    });
  }
  if (finality === null && shown !== 0) return badProof("There are headers before the block that is shown.");
  const refusal = finality === null ? null : await checkVotes(document, finality, hashes, context);
  if (refusal !== null) return refusal;
  const value = verifyStateProof(header.stateRoot, key, proof);
  if (!value.ok) return value;
  const by = finality === null ? "checkpoint" : "votes";
  const { height: shownHeight, timeMs } = header;
  return accepted({ height: shownHeight, hash: hashes[shown] as Uint8Array, timeMs, key, value: value.value, by });
}
