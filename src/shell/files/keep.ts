/**
 * What `put` and `ls --kept` do: files among peers for their owner, remembered in the vault.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { cidOf } from "#protocol/files/link.ts";
import { rejected } from "#protocol/result.ts";
import { type ByteSource, pathProblem } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { contactsOf, namesByAddress } from "../contacts.ts";
import { bytes as inBytes, table, timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { quoted } from "../language/tokens.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { addressOfHeld, allHeld, cidOfHeld, isOfKind, linksTo, newlyHeld, spanWords } from "./held.ts";
import { letGo } from "./let-go.ts";
import { changeHeld, rememberEnds } from "./remember.ts";
import { putFile, sourceToLeave } from "./share.ts";
import { type FileStanding, leavingWords, untilWords } from "./standing.ts";

/** A file that is to be kept. */
interface ToKeep {
  readonly name: string;
  readonly source: ByteSource;
}

async function readAll(context: CommandContext, paths: readonly string[], named: string | undefined) {
  const all: ToKeep[] = [];
  for (const path of new Set(paths)) {
    const name = named ?? path;
    const problem =
      name === "-" ? "What a pipe brings needs a name: `put - --name NAME`." : pathProblem(name.normalize("NFC"));
    if (problem !== null) return rejected("invalid-argument", problem);
    if (utf8ToBytes(name.normalize("NFC")).length > fileLimits.nameBytes)
      return rejected("invalid-argument", `A kept file's name has at most ${fileLimits.nameBytes} bytes.`);
    const read = await sourceToLeave(context, path);
    if (!read.ok) return read;
    all.push({ name: name.normalize("NFC"), source: read.value });
  }
  return { ok: true as const, value: all };
}

function tellKept({ notice }: CommandContext, name: string, { keepers, mayLeave, trouble }: FileStanding): void {
  if (mayLeave < 0) {
    notice(
      `${sanitise(name)} is with nobody else yet: ${sanitise(trouble)}. This browser keeps it alone and can bring it back; put it again once \`peers\` shows a seed.`,
      "warning",
    );
    return;
  }
  const who = keepers.size === 1 ? "a node keeps it" : `${keepers.size} nodes keep it`;
  const standing = `${who} for ${spanWords(fileLimits.lifeMs)}; ${leavingWords({ keepers, mayLeave, trouble, missing: 0 })}`;
  notice(`${sanitise(name)} is kept among peers: ${standing}`, mayLeave > 0 ? "good" : "plain");
}

const notKnown = (name: string): string =>
  `Whether the vault remembers ${sanitise(name)} could not be found out, so what was left of it stays with keepers: \`ls --kept\` says whether you keep it; if not, it goes by itself in 30 days, and nobody can open it.`;

/** Leaves one file, remembers it in the place of the one that had its name, and lets that go. */
async function putOne(
  context: CommandContext,
  { name, source }: ToKeep,
  all: readonly HeldFile[],
  json: boolean,
): Promise<number> {
  const before = all.find((one) => isOfKind("kept")(one) && one.name === name);
  const { client, environment } = context;
  const secret = environment.randomBytes(32);
  const untilMs = environment.nowMs() + fileLimits.lifeMs;
  const { sizeBytes } = source;
  const leaving = { name: name.split("/").at(-1) ?? name, source, secret, forMs: fileLimits.lifeMs, audience: null };
  const put = await putFile(context, leaving);
  if (!put.ok) return context.refuse(put);
  const { digest, key, data, parity, standing, stripes } = put.value;
  const fresh = newlyHeld(context, "kept", { name, digest, key, data, parity, secret, sizeBytes, untilMs });
  // A name that is pinned stays so.
  const pinnedUntilMs = before?.pinnedUntilMs ?? 0;
  const pinned = pinnedUntilMs > 0 ? await client.pinStripes(stripes, secret, pinnedUntilMs) : null;
  const held = pinned?.ok ? { ...fresh, pinnedUntilMs } : fresh;
  // The index last: what it names is there. What came before it is let go only when nothing names it any more.
  const change = { remove: before === undefined ? [] : [before.digest], add: [held] };
  const trouble = await changeHeld(context, change);
  if (trouble !== null) {
    if (trouble.isCertain) await client.releaseStripes(stripes, secret);
    else context.notice(notKnown(name), "warning");
    return context.refuse(trouble.refused);
  }
  if (pinned?.ok === false)
    context.notice(
      `${sanitise(name)} was pinned, and this version is not: ${pinned.message} \`pin ${sanitise(quoted(name))}\` tries again.`,
      "warning",
    );
  if (before !== undefined) for (const one of [...linksTo(all, before), before]) await letGo(context, one);
  if (json) {
    const { keepers, mayLeave } = standing;
    context.json({ name, cid: cidOf(digest), sizeBytes, data, parity, keepers: keepers.size, mayLeave, untilMs });
  } else tellKept(context, name, standing);
  return 0;
}

/** Runs `put`. */
export async function putFiles(
  context: CommandContext,
  { positionals, flags, values }: ParsedOptions,
): Promise<number> {
  const named = values.get("name");
  if (named !== undefined && positionals.length !== 1)
    return context.refuse(rejected("invalid-argument", "--name is for one file. Nothing was put."));
  const read = await readAll(context, positionals, named);
  if (!read.ok) return context.refuse(read);
  // A dry run makes no keys and asks for none.
  const known = flags.has("dry-run") ? await context.client.heldFiles() : null;
  const held = known === null ? await allHeld(context, true) : known.ok ? known.value : [];
  if (held === null) return 1;
  const beforeOf = (name: string) => held.find((one) => isOfKind("kept")(one) && one.name === name);
  for (const { name, source } of read.value) {
    const before = beforeOf(name);
    const replaces =
      before === undefined
        ? ""
        : ` It takes the place of the ${sanitise(name)} of ${timeWords(before.madeAtMs)}: that one's key is destroyed, and links to it end.`;
    context.notice(
      `Keeps ${sanitise(name)}, ${inBytes(source.sizeBytes)}, among peers: a sealed copy that your keys alone open.${replaces}`,
      replaces === "" ? "plain" : "warning",
    );
  }
  if (flags.has("dry-run")) return 0;
  const question = read.value.some(({ name }) => beforeOf(name) !== undefined) ? "Keep and replace?" : "Keep?";
  if (!flags.has("yes") && !(await context.confirm(question))) {
    context.notice("Nothing was put.", "dim");
    return 130;
  }
  for (const one of read.value) {
    const code = await putOne(context, one, held, flags.has("json"));
    if (code !== 0) return code;
  }
  if (read.value.length === 1 && !flags.has("json"))
    context.notice(
      `\`get ${sanitise(quoted(read.value[0]?.name ?? ""))}\` brings it back, here or wherever your backup file is restored.`,
      "dim",
    );
  return 0;
}

/** Whom a link was made for. */
function readerWords({ readers }: HeldFile, nameOf: (did: string) => string | null): string {
  if (readers === null) return "";
  const people = readers.map((key) => nameOf(didOf(key)) ?? `…${didOf(key).slice(-6)}`);
  return people.length === 0 ? "for yourself" : `for ${people.join(", ")}`;
}

/** Runs `ls --kept` and `ls --shared`. */
export async function listHeld(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const remembered = await allHeld(context);
  if (remembered === null) return 1;
  const all = await rememberEnds(context, remembered);
  const shared = flags.has("shared");
  const listed = all.filter((one) => isOfKind("kept")(one) !== shared);
  const named = positionals.map((name) => name.normalize("NFC"));
  const missing = named.filter((name) => !listed.some((one) => one.name === name));
  const what = shared ? "link to a file" : "kept file";
  for (const name of missing) context.refuse(rejected("not-found", `There is no ${what} ${sanitise(name)}.`));
  const code = missing.length === 0 ? 0 : 1;
  const meant = positionals.length === 0 ? listed : listed.filter(({ name }) => named.includes(name));
  const linksOf = (one: HeldFile): number => linksTo(all, one).length;
  if (flags.has("json")) {
    context.json(
      meant.map((one) => {
        const { name, sizeBytes, data, parity, madeAtMs, untilMs, pinnedUntilMs } = one;
        const facts = { name, cid: cidOfHeld(one), sizeBytes, data, parity, madeAtMs, untilMs };
        return shared
          ? { ...facts, link: addressOfHeld(context, one), with: one.readers?.map(didOf) ?? null }
          : { ...facts, pinnedUntilMs: pinnedUntilMs === 0 ? null : pinnedUntilMs, links: linksOf(one) };
      }),
    );
    return code;
  }
  if (listed.length === 0 && code === 0)
    context.print(
      shared
        ? "No links that are remembered. `share NAME` makes one."
        : "You keep no files among peers yet. `put FILE` keeps one.",
      "dim",
    );
  const nowMs = context.environment.nowMs();
  const nameOf = namesByAddress(shared ? await contactsOf(context.client) : []);
  const row = (one: HeldFile): readonly string[] => {
    const links = linksOf(one);
    const facts = [sanitise(one.name), inBytes(one.sizeBytes), untilWords(one, nowMs)];
    return shared
      ? [...facts, readerWords(one, nameOf), addressOfHeld(context, one)]
      : [...facts, links === 0 ? "" : `${links} link${links === 1 ? "" : "s"}`];
  };
  for (const line of table(meant.map(row))) context.print(line);
  return code;
}
