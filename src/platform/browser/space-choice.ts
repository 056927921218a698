/**
 * Which space is chosen, and its public key, so that a locked vault can say whose page this is. Holds nothing secret; what
 * cannot be read, or belongs to another vault, counts as no choice.
 * @module
 */

import { equalBytes } from "#protocol/codec/bytes.ts";
import { byteString, decode, encode, record, type Schema, unsigned } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type SpaceName, spaceNames } from "#sdk/spaces.ts";
import type { VaultStore } from "./vault-store.ts";

interface ChoiceRow {
  /** Place in {@link spaceNames}. */
  readonly space: number;
  /** The key that the vault's file names. */
  readonly vaultKey: Uint8Array;
  /** The space's own. */
  readonly publicKey: Uint8Array;
}

const keyBytes = 33;

const choiceSchema: Schema<ChoiceRow> = record({
  space: unsigned(spaceNames.length - 1),
  vaultKey: byteString(keyBytes, keyBytes),
  publicKey: byteString(keyBytes, keyBytes),
});

const mostBytes = 128;

/** A space and the key it signs with. */
export interface ChosenSpace {
  readonly space: SpaceName;
  readonly publicKey: Uint8Array;
}

/** What was chosen for the vault of a key. */
export async function chosenSpace(store: VaultStore, vaultKey: Uint8Array): Promise<ChosenSpace> {
  const bytes = await store.read();
  const row = bytes === undefined ? null : decode(choiceSchema, bytes, mostBytes);
  const first = { space: spaceNames[0], publicKey: vaultKey };
  if (row === null || !row.ok || !equalBytes(row.value.vaultKey, vaultKey)) return first;
  const { space, publicKey } = row.value;
  return { space: spaceNames[space] ?? first.space, publicKey };
}

/** Writes a choice down. */
export async function chooseSpace(
  store: VaultStore,
  vaultKey: Uint8Array,
  { space, publicKey }: ChosenSpace,
): Promise<Result<null>> {
  const row = encode(choiceSchema, { space: spaceNames.indexOf(space), vaultKey, publicKey });
  if (await store.replace(await store.read(), row)) return accepted(null);
  return rejected("vault-exists", "Another tab has chosen a space at the same time; try again.");
}
