/**
 * Files of the device that the system opened with the installed app: each is kept among the person's files, told what it
 * is, and the command for it is put at the prompt. Nothing is run. Anybody can make such a file, so its name is cleaned and
 * what it is, is read from its bytes.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type ByteSource, eachPiece, type HomeFiles, homeLimits, pathProblem } from "#sdk/home-files.ts";
import type { OpenedFile } from "#sdk/installed-app.ts";
import { bytes as inBytes } from "./format.ts";
import { quoted } from "./language/tokens.ts";
import { text } from "./text.ts";

/** Names that are tried for a file whose own is taken. */
const mostNames = 100;

/** What became of a file: words about it, and the line for the prompt if there is one. */
export interface TakenFile {
  readonly words: string;
  readonly isTaken: boolean;
  readonly line: string | null;
}

const begins = (bytes: Uint8Array, words: string): boolean =>
  bytes.length >= words.length && [...words].every((letter, i) => bytes[i] === letter.charCodeAt(0));

/** What bytes are, and the command that one would type next. */
function kindOf(bytes: Uint8Array): { readonly words: string; readonly command: string | null } {
  if (begins(bytes, "\0asm")) return { words: text.opened.program, command: "run" };
  if (begins(bytes, "aether backup ")) return { words: text.opened.backup, command: "id drill" };
  return { words: text.opened.other, command: null };
}

/** Bytes that tell whether a file is text. */
const lookedAtBytes = 4_096;

/** Bytes from the start of a file that tell what it is, and whether it ends there. */
export const tellingBytes = lookedAtBytes + 1;

/** Whether bytes, the first of a file, are text in UTF-8. */
export function isText(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, lookedAtBytes);
  // A letter may be cut where looking ends.
  const isWhole = start.length === bytes.length;
  try {
    return !new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: !isWhole }).includes("\0");
  } catch {
    return false;
  }
}

/** What one may do with a file that came from elsewhere, under the name that commands know it by. */
export function whatNext(name: string, bytes: Uint8Array): string {
  const { words, command } = kindOf(bytes);
  const said = command !== null ? words : isText(bytes) ? text.opened.text : text.opened.bytes;
  return said.replaceAll("{name}", () => name);
}

/** The name as a path: the last part alone, without letters that show something else than is there. */
export function pathOf(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const shown = last.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const path = [...shown].slice(0, homeLimits.pathLength / 2).join("");
  return pathProblem(path) === null ? path : "opened";
}

/** The path with a number before its ending. */
function numbered(path: string, number: number): string {
  if (number === 1) return path;
  const dot = path.lastIndexOf(".");
  return dot <= 0 ? `${path}-${number}` : `${path.slice(0, dot)}-${number}${path.slice(dot)}`;
}

/** A path that no file has. */
export async function freePath(files: HomeFiles, wanted: string): Promise<string | null> {
  const listed = await files.list();
  if (!listed.ok) return wanted;
  const taken = new Set(listed.value.map(({ path }) => path));
  for (let number = 1; number <= mostNames; number++) {
    const path = numbered(wanted, number);
    if (!taken.has(path)) return path;
  }
  return null;
}

/** Keeps a file, piece by piece, under a name that is free; gives that name, or why not. */
async function keep(files: HomeFiles, wanted: string, content: ByteSource): Promise<Result<string>> {
  const path = await freePath(files, wanted);
  if (path === null) return rejected("invalid-argument", text.opened.noName);
  const draft = await files.draft(null);
  if (!draft.ok) return draft;
  try {
    const written = await eachPiece(content, (piece) => draft.value.append(piece));
    const finished = written.ok ? await draft.value.finish(path, "nothing") : written;
    return finished.ok ? accepted(path) : finished;
  } finally {
    await draft.value.leave();
  }
}

/** Keeps a file under a name that is free; what was there stays as it was. */
export async function takeIn(files: HomeFiles, { name, content }: OpenedFile): Promise<TakenFile> {
  const wanted = pathOf(name);
  const refused = (why: string): TakenFile => ({
    words: text.opened.refused.replace("{name}", () => wanted).replace("{why}", () => why),
    isTaken: false,
    line: null,
  });
  if (content === null) return refused(text.opened.unreadable);
  if (content.sizeBytes > homeLimits.fileBytes)
    return refused(text.opened.tooLarge.replace("{most}", inBytes(homeLimits.fileBytes)));
  const start = await content.read(0, tellingBytes);
  if (!start.ok) return refused(text.opened.unreadable);
  const kept = await keep(files, wanted, content);
  if (!kept.ok) return refused(kept.message);
  const path = kept.value;
  const { words, command } = kindOf(start.value);
  const said = text.opened.taken.replace("{name}", () => path).replace("{size}", inBytes(content.sizeBytes));
  return {
    words: `${said} ${words.replaceAll("{name}", () => quoted(path))}`,
    isTaken: true,
    line: command === null ? null : `${command} ${quoted(path)}`,
  };
}
