/**
 * Whether a credential was revoked, as this device's own node sees it: its mark is unspent, or gone. A node that is behind
 * does not guess.
 * @module
 */
import { type CredentialMark, isMarkOf, isNamedBy } from "#identity/credentials/mark.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { decodeStoredOutput, outputKey, type StoredOutput } from "#protocol/ledger/state.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";

/** A mark that stood at this block. */
export interface MarkStanding {
  /** The block that made it, as the chain says. */
  readonly madeHeight: number;
  readonly height: number;
  /** Whether it names its credential; those that older versions made do not. */
  readonly named: boolean;
  /** The newest final block at which it stood; null: none yet. */
  readonly finalHeight: number | null;
  /** Unix time of the head, in milliseconds: news may be as old. */
  readonly headTimeMs: number;
  readonly peers: number;
}

/** An output of the state at the head; null if it is not there. */
export async function outputAtHead(
  client: Client,
  outPoint: OutPoint,
): Promise<Result<{ readonly height: number; readonly stored: StoredOutput | null }>> {
  const shown = await client.stateProof(outputKey(outPoint));
  if (!shown.ok) return shown;
  const { value, height } = shown.value;
  const stored = value === null ? null : decodeStoredOutput(value);
  if (stored !== null && !stored.ok) return stored;
  return accepted({ height, stored: stored?.value ?? null });
}

/** The key that stands for one on the chain: its own, or the one that took over from it. */
export async function currentKey(client: Client, key: Uint8Array): Promise<Result<Uint8Array>> {
  const standing = await client.succession(keyHashOf(key));
  return standing.ok ? accepted(standing.value.successor ?? key) : standing;
}

/**
 * The block in which an issuer replaced the key that signed; null if it stands. Whoever has a replaced key can sign with
 * any date: so only a mark from an earlier block than the replacement counts, and without one nothing does. Where the mark does
 * not name its credential, it is not shown that the key's thief has not borrowed it.
 */
export async function issuerReplaced(
  client: Client,
  issuerKey: Uint8Array,
  mark: MarkStanding | null,
): Promise<Result<number | null>> {
  const standing = await client.succession(keyHashOf(issuerKey));
  if (!standing.ok) return standing;
  const { successor, replacedHeight } = standing.value;
  if (successor === null) return accepted(null);
  if (mark !== null && replacedHeight !== null && mark.madeHeight < replacedHeight) return accepted(replacedHeight);
  const message =
    "The issuer has replaced the key that signed this, and nothing shows that it was issued before. Do not believe it; the issuer can make a new one.";
  return rejected("key-replaced", message);
}

/** Asks the node about a mark. */
export async function markStanding(
  client: Client,
  mark: CredentialMark,
  issuerKeyHash: Uint8Array,
  digest: Uint8Array,
): Promise<Result<MarkStanding>> {
  const status = await client.status();
  if (!status.ok) return status;
  const { networkId, height, syncing, finalisedHeight, headTimeMs, peers } = status.value;
  if (!equalBytes(networkId, mark.network)) {
    const message =
      "Whether this was revoked stands on another network than this node's: check it where it was issued.";
    return rejected("not-yet-verifiable", message);
  }
  if (syncing !== null || height < mark.height) {
    const message = `Whether this was revoked cannot be said yet: this node is at block ${height} and still catching up; the credential needs block ${mark.height} at least. \`status\` tells when it is there.`;
    return rejected("not-yet-verifiable", message, { height, needed: mark.height });
  }
  const found = await outputAtHead(client, mark.outPoint);
  if (!found.ok) return found;
  const { stored } = found.value;
  const final = await client.stateDocument(outputKey(mark.outPoint), null);
  const decided = final.ok && finalisedHeight !== null ? final.value : null;
  if (stored === null) return goneOr(client, mark, found.value.height, decided);
  if (!isMarkOf(stored.output, issuerKeyHash)) {
    return rejected(
      "bad-credential",
      "This credential names a mark that is not its issuer's. Nothing in it can be believed.",
    );
  }
  const named = isNamedBy(stored.output, digest);
  if (named === false) {
    const message =
      "This credential leans on the mark of another: whoever signed it had its issuer's key and none of its marks. Nothing in it can be believed.";
    return rejected("bad-credential", message);
  }
  const finalHeight = decided === null || decided.value === null ? null : decided.height;
  return accepted({
    madeHeight: stored.height,
    named: named === true,
    height: found.value.height,
    finalHeight,
    headTimeMs,
    peers,
  });
}

/** A mark that is not there: spent, or undone with its block and waiting for another. */
async function goneOr(
  client: Client,
  { outPoint, height: made }: CredentialMark,
  height: number,
  decided: { readonly height: number; readonly value: Uint8Array | null } | null,
): Promise<Result<never>> {
  const making = await client.transaction(outPoint.txId);
  if (making.ok && making.value.standing.state === "pending") {
    return rejected("not-yet-verifiable", "This credential's mark waits for a block; try again in a moment.", {
      height,
    });
  }
  const isFinal = decided !== null && decided.value === null && decided.height >= made;
  const certainty = isFinal ? "That is final." : "That block is not final yet.";
  const message = `This credential was revoked by its issuer: at block ${height} its mark is gone. ${certainty}`;
  return rejected("revoked", message, { height, final: isFinal });
}
