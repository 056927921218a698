/**
 * The files that an identity has left among peers: what they are called here, what opens them and what lets them go. They are
 * kept in the vault's file, encrypted under a key that only the identity can make, and go with it into backup files. What
 * stands here is all there is to open a kept file with: taken out, its shards are noise to everybody.
 * @module
 */
import { equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import {
  byteString,
  bytes32,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  text,
  unsigned,
} from "#protocol/codec/schema.ts";
import { mostShards } from "#protocol/files/erasure-code.ts";
import { type HeldFile, type HeldFilesChange, heldKinds, mostHeldFiles } from "#protocol/files/held-file.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { mostFileBytes } from "#protocol/files/manifest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type BoxKeys, type BoxPurpose, boxOverheadBytes, openBox, sealBox } from "./sealed-box.ts";
import { mostSealedContentsBytes, readVault, withSealedContents } from "./vault-format.ts";

const fields = {
  kind: unsigned(heldKinds.length - 1),
  name: text(fileLimits.nameBytes),
  digest: bytes32,
  key: bytes32,
  sizeBytes: unsigned(mostFileBytes),
  data: unsigned(mostShards),
  parity: unsigned(mostShards),
  secret: bytes32,
  of: byteString(0, 32),
  madeAtMs: unsigned(),
  untilMs: unsigned(),
  pinnedUntilMs: unsigned(),
};

/** One as it is written. */
export const heldFileSchema: Schema<HeldFile> = record<HeldFile>({
  ...fields,
  readers: nullable(list(byteString(33, 33), fileLimits.receivers)),
});

/** Before it was remembered whom a link was made for. */
const earlierSchema = record<{ readonly files: readonly Omit<HeldFile, "readers">[] }>({
  files: list(record<Omit<HeldFile, "readers">>(fields), mostHeldFiles),
});

const heldFilesSchema = record<{
  readonly files: readonly HeldFile[];
}>({ files: list(heldFileSchema, mostHeldFiles) });

const purpose: BoxPurpose = { key: "aether/held-files-key/1", context: "aether/held-files/1" };

const unreadable = rejected(
  "storage-corrupt",
  "What the vault remembers of files among peers cannot be read. Your own keys and coins are not touched by that; a backup file brings it back (`id restore FILE`).",
);

const noRoom = rejected(
  "too-large",
  `There is no room in the vault for another file's key: all that it holds has ${mostSealedContentsBytes} bytes. Nothing was changed in it; \`rm NAME\` of a kept file and \`unshare\` make room.`,
);

const changedMeanwhile = rejected(
  "not-found",
  "It was deleted or changed meanwhile, in another tab perhaps. Nothing was changed; `ls --kept` lists what there is.",
);

/** Why a name cannot be that of a file that is kept; null if it can. */
function nameProblem(name: string): string | null {
  if (name === "" || utf8ToBytes(name).length > fileLimits.nameBytes)
    return `A kept file's name has 1 to ${fileLimits.nameBytes} bytes.`;
  return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(name) ? "A kept file's name holds only characters that print." : null;
}

const isKept = ({ kind }: HeldFile): boolean => kind === 0;

const goesBy =
  (digest: Uint8Array) =>
  (one: Pick<HeldFile, "digest">): boolean =>
    equalBytes(one.digest, digest);

/** With a change. Refused if something is not as it was taken to be, if two that are kept would have one name, or there are too many. */
export function withHeldFiles(
  held: readonly HeldFile[],
  { remove, add, unchanged = [] }: HeldFilesChange,
): Result<readonly HeldFile[]> {
  const isThere = (one: HeldFile): boolean =>
    held.some((other) => equalBytes(encode(heldFileSchema, one), encode(heldFileSchema, other)));
  if (!unchanged.every(isThere)) return changedMeanwhile;
  const isGone = ({ digest, of }: HeldFile): boolean =>
    remove.some((one) => equalBytes(one, digest) || equalBytes(one, of)) || add.some(goesBy(digest));
  const next = [...held.filter((one) => !isGone(one)), ...add];
  for (const { name } of add) {
    const problem = nameProblem(name);
    if (problem !== null) return rejected("invalid-argument", problem);
  }
  const names = next.filter(isKept).map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return rejected("invalid-argument", `You keep another file ${twice} already.`);
  return next.length <= mostHeldFiles
    ? accepted(sorted(next))
    : rejected("too-many", `There is room for ${mostHeldFiles} kept files and links; \`rm NAME\` makes some.`);
}

/**
 * Files that are here and those that are brought, within `roomBytes` once sealed; of one that both have, what holds longer.
 * Two of one name both stay. What has no room stays in the file that brings it.
 */
export function mergeHeldFiles(
  here: readonly HeldFile[],
  brought: readonly HeldFile[],
  roomBytes: number,
): readonly HeldFile[] {
  return brought.reduce((all, one) => {
    const known = all.find(goesBy(one.digest));
    const merged = known === undefined ? { ...one, name: freeFileName(all, one) } : longerOf(known, one);
    const next = sorted([...all.filter((other) => other !== known), merged]);
    return next.length <= mostHeldFiles && sealedBytes(next) <= roomBytes ? next : all;
  }, here);
}

const longerOf = (here: HeldFile, brought: HeldFile): HeldFile => ({
  ...here,
  untilMs: Math.max(here.untilMs, brought.untilMs),
});

/** The name, or with a number before its ending if another file that is kept has it. */
export function freeFileName(held: readonly HeldFile[], { kind, name }: HeldFile): string {
  const taken = (wanted: string): boolean => kind === 0 && held.some((one) => isKept(one) && one.name === wanted);
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot <= 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
  let free = name;
  for (let number = 2; taken(free); number++) {
    // Cut so that the number has room within the bound.
    const letters = [...stem];
    do free = `${letters.join("")}-${number}${ending}`;
    while (utf8ToBytes(free).length > fileLimits.nameBytes && letters.pop() !== undefined);
  }
  return free;
}

function sorted(held: readonly HeldFile[]): readonly HeldFile[] {
  return held.toSorted((a, b) => (a.name === b.name ? a.madeAtMs - b.madeAtMs : a.name < b.name ? -1 : 1));
}

const sealedBytes = (files: readonly HeldFile[]): number =>
  encode(heldFilesSchema, { files }).length + boxOverheadBytes;

/** Encrypted for the identity of a vault; none are no bytes. */
export function sealHeldFiles(files: readonly HeldFile[], keys: BoxKeys, nonce: Uint8Array): Uint8Array {
  return files.length === 0 ? new Uint8Array() : sealBox(encode(heldFilesSchema, { files }), keys, purpose, nonce);
}

function readFiles(clear: Uint8Array): Result<readonly HeldFile[]> {
  const read = decode(heldFilesSchema, clear, mostSealedContentsBytes);
  if (read.ok) return accepted(read.value.files);
  const earlier = decode(earlierSchema, clear, mostSealedContentsBytes);
  return earlier.ok ? accepted(earlier.value.files.map((one) => ({ ...one, readers: null }))) : read;
}

/** What was sealed. Never throws; all of it is checked, whoever wrote it. */
export function openHeldFiles(sealed: Uint8Array, keys: BoxKeys): Result<readonly HeldFile[]> {
  if (sealed.length === 0) return accepted([]);
  const clear = openBox(sealed, keys, purpose);
  const read = clear === null ? unreadable : readFiles(clear);
  clear?.fill(0);
  if (!read.ok) return unreadable;
  const checked = withHeldFiles([], { remove: [], add: read.value });
  return checked.ok ? checked : unreadable;
}

/** The sealed files' keys in a vault's file. */
export function sealedFilesOf(file: Uint8Array): Result<Uint8Array> {
  const body = readVault(file);
  return body.ok ? accepted(body.value.files) : body;
}

/** The same vault with other sealed files' keys, if there is room for them. */
export function withSealedFiles(file: Uint8Array, files: Uint8Array): Result<Uint8Array> {
  return withSealedContents(file, { files }, noRoom);
}
