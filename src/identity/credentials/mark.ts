/**
 * A credential's mark: an output on the chain that its issuer alone can spend, and spends to revoke it. The `status` claim
 * names it; the ledger carries it as a coin that one of one key opens, which wallets do not take for money to be spent.
 * @module
 */
import { equalBytes, fromHex, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { type OutPoint, type Output, outputKind } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { isObject, type JsonObject } from "./jws.ts";

/** Where a credential's mark stands. */
export interface CredentialMark {
  /** Genesis hash of its network. */
  readonly network: Uint8Array;
  readonly outPoint: OutPoint;
  /** The block that made it. */
  readonly height: number;
}

/** The member of the `status` claim. */
const member = "aether_output";

/** The `status` claim of a mark. */
export function statusOfMark({ network, outPoint, height }: CredentialMark): Readonly<Record<string, unknown>> {
  return {
    [member]: { network: toHex(network), transaction: toHex(outPoint.txId), index: outPoint.index, height },
  };
}

/** The mark in a `status` claim; null if there is something else in its place, undefined if there is no claim. */
export function markOfStatus(status: unknown): CredentialMark | null | undefined {
  if (status === undefined) return undefined;
  const found = isObject(status) ? status[member] : undefined;
  if (!isObject(found)) return null;
  const { network, transaction, index, height } = found;
  const hash = (text: unknown): Uint8Array | undefined => (typeof text === "string" ? fromHex(text) : undefined);
  const natural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const [genesis, txId] = [hash(network), hash(transaction)];
  if (genesis?.length !== 32 || txId?.length !== 32 || !natural(index) || !natural(height)) return null;
  return index < limits.outputs ? { network: genesis, outPoint: { txId, index }, height } : null;
}

/** The mark that an issuer's key makes; `named`: the content digest of its credential. */
export function markOutput(keyHash: Uint8Array, amount: bigint, named: Uint8Array = new Uint8Array()): Output {
  const lock = { type: "threshold", required: 1, keyHashes: [keyHash] } as const;
  return { kind: outputKind.coin, amount, lock, data: named };
}

/**
 * Everything that a credential's issuer signs but where its mark stands, which is made later: issuer, holder, type, times
 * and the salted digests of its claims. 32 bytes; nobody who has not seen the credential can tell what they are of.
 */
export function contentDigest({ status: _mark, ...content }: JsonObject): Uint8Array {
  return taggedHash("aether/credential-content/1", utf8ToBytes(JSON.stringify(content)));
}

/**
 * Whether a mark names the credential of a content digest; null if it names none: marks of older versions did not, and
 * stand for whatever their issuer's key has signed.
 */
export function isNamedBy({ data }: Output, digest: Uint8Array): boolean | null {
  return data.length === 0 ? null : equalBytes(data, digest);
}

/** Whether an output can be a credential's mark. */
export function isMark({ kind, lock }: Output): boolean {
  return kind === outputKind.coin && lock.type === "threshold" && lock.keyHashes.length === 1;
}

/** Whether an output is a mark that this key alone can spend. */
export function isMarkOf(output: Output, keyHash: Uint8Array): boolean {
  const { lock } = output;
  return isMark(output) && lock.type === "threshold" && equalBytes(lock.keyHashes[0] as Uint8Array, keyHash);
}
