/**
 * The files a person keeps in this browser: what `ls`, `cat`, `<` and `>` are about. They stay on this machine; they are
 * not encrypted and not copied anywhere unless one is shared.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";

/** One file, without its bytes. */
export interface HomeFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Unix time in milliseconds. */
  readonly changedMs: number;
}

/** A file to be made. */
export interface NewHomeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const mebibyte = 1_048_576;

/** What files may be. Of all together the browser decides: what is too much for it is refused, and nothing is lost. */
export const homeLimits = {
  files: 1_024,
  fileBytes: 4_096 * mebibyte,
  /** Of a file that is read or written in one go, whole in memory. */
  wholeBytes: 64 * mebibyte,
  /** Files are kept in pieces of so many bytes, the last of which may be shorter. */
  pieceBytes: mebibyte,
  pathLength: 255,
  /** Drafts under a tag that nobody writes any more are kept for so long. */
  draftMs: 3 * 24 * 3_600_000,
} as const;

/** Bytes that are read as they are needed. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** So many bytes from a place on, fewer only behind the end. Refused if they have changed since it was opened. */
  read(from: number, length: number): Promise<Result<Uint8Array>>;
}

/** Bytes that are in memory anyway. */
export function sourceOfBytes(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: (from, length) => Promise.resolve(accepted(bytes.slice(from, from + length))),
  };
}

/** Hands over all bytes of a source in their order, a piece at a time; ends with the first refusal. */
export async function eachPiece(
  { sizeBytes, read }: ByteSource,
  take: (piece: Uint8Array) => Promise<Result<unknown>>,
): Promise<Result<void>> {
  for (let from = 0; from < sizeBytes; from += homeLimits.pieceBytes) {
    const piece = await read(from, homeLimits.pieceBytes);
    const taken = piece.ok ? await take(piece.value) : piece;
    if (!taken.ok) return taken;
  }
  return accepted(undefined);
}

/**
 * A file being written, piece by piece, which nobody sees before it is finished. Its calls are made one after the other;
 * whoever began it ends it by `finish` or `leave`.
 */
export interface HomeDraft {
  /** Bytes there are. */
  readonly sizeBytes: number;
  /** Whole pieces are durable when it answers. */
  append(bytes: Uint8Array): Promise<Result<void>>;
  /** Makes it the file of a path, all at once. Refused, it goes on as a draft: another path may be tried. */
  finish(path: string, over: "what is there" | "nothing"): Promise<Result<void>>;
  /** Ends the writing without a file. Pieces under a tag stay for who goes on with them; all else is deleted. */
  leave(): Promise<void>;
  /** Ends the writing, and deletes all that was written. */
  discard(): Promise<void>;
}

/** What was left of a file that was not finished. */
export interface LeftDraft {
  readonly tag: string;
  /** What there is of it. */
  readonly sizeBytes: number;
  /** When it was last written. */
  readonly touchedMs: number;
}

/** Files by path. Each call either does what it says or changes nothing. */
export interface HomeFiles {
  /** In the order of their paths. */
  list(): Promise<Result<readonly HomeFile[]>>;
  /** All of a file of at most `homeLimits.wholeBytes`. */
  read(path: string): Promise<Result<Uint8Array>>;
  /** A file as it is now, of any size. */
  open(path: string): Promise<Result<ByteSource>>;
  /** Makes a file of at most `homeLimits.wholeBytes` or replaces all of it at once. */
  write(path: string, bytes: Uint8Array): Promise<Result<void>>;
  /** Makes files that are not there yet, all of them or, if one cannot be made, none. */
  add(files: readonly NewHomeFile[]): Promise<Result<void>>;
  /** Begins a file of any size, or with a tag goes on with what was left under it, unless another tab does. */
  draft(tag: string | null): Promise<Result<HomeDraft>>;
  /** What was left under tags, and nobody writes now, the newest first. */
  left(): Promise<Result<readonly LeftDraft[]>>;
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
