/**
 * Backup files: a line that says what the file is, then a vault's file that opens with the passphrase alone, so that the
 * device's passkeys do not leave it. It is as hard to guess and as well checked against damage as the vault itself.
 * @module
 */
import { concatBytes, equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { mostVaultBytes, readVault, writeVault } from "./vault-format.ts";

const firstWords = utf8ToBytes("aether backup ");

/** The whole first line of this version. */
const firstLine = utf8ToBytes("aether backup 1\n");

/** Longest backup file. */
export const mostBackupBytes = firstLine.length + mostVaultBytes;

const damaged = rejected(
  "backup-damaged",
  "This backup file is damaged: it is not what was written. Nothing was changed. Take another copy of it, or your recovery words with `id restore`.",
);

/** The backup file of a vault. */
export function backupOfVault(file: Uint8Array): Result<Uint8Array> {
  const body = readVault(file);
  if (!body.ok) return body;
  return accepted(concatBytes(firstLine, writeVault({ ...body.value, passkeys: [], backup: 0 })));
}

/** The vault's file in a backup; told apart are what is no backup, a newer app's, and a damaged one. */
export function vaultOfBackup(backup: Uint8Array): Result<Uint8Array> {
  if (backup.length > mostBackupBytes || !equalBytes(backup.subarray(0, firstWords.length), firstWords)) {
    return rejected(
      "invalid-argument",
      "This file is no backup of AetherChain: `id backup` makes one. Nothing was changed.",
    );
  }
  if (!equalBytes(backup.subarray(0, firstLine.length), firstLine)) {
    const newer = /^[1-9][0-9]{0,4}\n/.test(
      String.fromCharCode(...backup.subarray(firstWords.length, firstWords.length + 6)),
    );
    return newer
      ? rejected(
          "unknown-version",
          "This backup was made by a newer version of the app; update it. Nothing was changed.",
        )
      : damaged;
  }
  const file = backup.slice(firstLine.length);
  const body = readVault(file);
  if (body.ok) return accepted(file);
  return body.code === "storage-corrupt" ? damaged : body;
}
