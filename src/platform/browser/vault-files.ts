/**
 * The vault's requests about files that were shared with certain people: it wraps their keys and unwraps them. Loaded with the
 * first of them.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { unwrapFileKey, wrapFileKey } from "#identity/file-wraps.ts";
import { encryptionKeyOf } from "#identity/hybrid-seal.ts";
import { signWith } from "#identity/keys.ts";
import type { Clock, Entropy } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { type KeyRecord, readKeyRecord } from "#protocol/mail/credentials.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileReceiver, FileVaultRequests } from "#sdk/files.ts";
import type { VaultKeeper } from "./vault-keeper.ts";

/** Those of them that are about keys of shared files. */
export type FileKeyRequests = Pick<FileVaultRequests, "wrapFileKey" | "unwrapFileKey">;

/** The records of receivers, each signed by the key it is wanted for. */
function readersOf(receivers: readonly FileReceiver[], nowMs: number): Result<readonly KeyRecord[]> {
  const readers: KeyRecord[] = [];
  for (const { publicKey, record } of receivers) {
    const reader = readKeyRecord(record, nowMs);
    if (!reader.ok) return reader;
    if (!equalBytes(reader.value.signingKey, publicKey))
      return rejected("bad-signature", "The encryption key is somebody else's. Nothing was shared.");
    readers.push(reader.value);
  }
  return accepted(readers);
}

/** Makes the handlers. */
export function createVaultFiles(
  vault: Pick<VaultKeeper, "lend" | "lendAll" | "checkSigner">,
  { clock, entropy }: { readonly clock: Clock; readonly entropy: Entropy },
): FileKeyRequests {
  return {
    wrapFileKey: async (manifest, receivers, from) => {
      const madeAtMs = clock.nowMs();
      const readers = readersOf(receivers, madeAtMs);
      if (!readers.ok) return readers;
      const fitting = vault.checkSigner(from);
      if (!fitting.ok) return fitting;
      return vault.lend((keys) => {
        const { signingKey, encryptionSeed } = keys;
        const own = { signingKey, encryptionKey: encryptionKeyOf(encryptionSeed) };
        const writer = { signingKey, sign: (digest: Uint8Array) => signWith(keys, digest) };
        const made = { madeAtMs, random: (length: number) => entropy.bytes(length) };
        return wrapFileKey(manifest, [...readers.value, own], writer, made);
      }, true);
    },
    unwrapFileKey: async (addressed) => {
      const digest = sha256(addressed.manifest);
      return vault.lendAll((spaces) => {
        // What was wrapped before a rotation opens with the key of then.
        const keys = [...spaces, ...spaces.flatMap(({ earlier }) => earlier ?? [])];
        const opened = unwrapFileKey(digest, addressed, keys);
        return opened.ok ? accepted({ key: opened.value.key, from: didOf(opened.value.from) }) : opened;
      }, true);
    },
  };
}
