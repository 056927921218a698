/**
 * The files a person keeps in this browser: what `ls`, `cat`, `<` and `>` are about. They stay on this machine; they are
 * not encrypted and not copied anywhere unless one is shared.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** One file, without its bytes. */
export interface HomeFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Unix time in milliseconds. */
  readonly changedMs: number;
}

/** What all of them together may be. */
export const homeLimits = {
  files: 1_024,
  fileBytes: 64 * 1_048_576,
  totalBytes: 256 * 1_048_576,
  pathLength: 255,
} as const;

/** Files by path. Each call either does what it says or changes nothing. */
export interface HomeFiles {
  /** In the order of their paths. */
  list(): Promise<Result<readonly HomeFile[]>>;
  read(path: string): Promise<Result<Uint8Array>>;
  /** Makes a file or replaces all of it at once. */
  write(path: string, bytes: Uint8Array): Promise<Result<void>>;
  remove(path: string): Promise<Result<void>>;
}

const namePattern = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}/\\]+$/u;

/** Why a path cannot be that of a file; null if it can. */
export function pathProblem(path: string): string | null {
  const names = path.split("/");
  if (path === "") return "A file needs a name.";
  if (path.length > homeLimits.pathLength) return `A path has at most ${homeLimits.pathLength} characters.`;
  if (names.some((name) => name === "" || name === "." || name === "..")) {
    return "A path is names with / between them, without . and .. and without / at its ends.";
  }
  return names.every((name) => namePattern.test(name)) ? null : "A path holds only characters that print, and no \\.";
}
