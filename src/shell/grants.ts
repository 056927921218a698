/**
 * What a run may have by what was remembered of its program: never more, whatever is typed for the run. Only `grant` gives
 * more.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ProgramGrant } from "#sdk/grants.ts";
import { type Capability, capabilities } from "#veil/run.ts";
import type { CommandContext } from "./commands/command.ts";
import { timeWords } from "./format.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** Reads capabilities with commas between them; "none" and "all" are words for them. */
export function readCapabilities(list: string): Result<readonly Capability[]> {
  const names = list === "none" ? [] : list === "all" ? capabilities : list.split(",");
  const unknown = names.find((name) => !capabilities.some((one) => one === name));
  return unknown === undefined
    ? accepted(capabilities.filter((one) => (names as readonly string[]).includes(one)))
    : rejected(
        "invalid-argument",
        `There is no capability ${sanitise(unknown)}. There are ${capabilities.join(", ")}; or none.`,
      );
}

/** What goes on with a list of capabilities that was begun. */
export function capabilityLists(begun: string): readonly string[] {
  const whole = begun.split(",").slice(0, -1);
  const start = whole.map((name) => `${name},`).join("");
  const words = capabilities.filter((one) => !whole.includes(one)).map((one) => `${start}${one}`);
  return whole.length === 0 ? [...words, "none", "all"] : words;
}

/** What a grant is of: "input, output". */
export function grantedWords({ capabilities: granted, files }: Pick<ProgramGrant, "capabilities" | "files">): string {
  if (granted === null) return "denied: it does not run";
  const had = granted.length === 0 ? "nothing but its own memory" : granted.join(", ");
  return files === null || !granted.includes("files")
    ? had
    : `${had}; of your files ${files.map(sanitise).join(", ") || "none"}`;
}

/** When it was given and when it ends. */
export function grantTimes({ capabilities: granted, grantedMs, endsMs }: ProgramGrant, nowMs: number): string {
  const since = `${granted === null ? "denied" : "granted"} on ${timeWords(grantedMs)}`;
  if (endsMs === null) return since;
  return `${since}, ${endsMs <= nowMs ? "ended" : "until"} ${timeWords(endsMs)}`;
}

/** What there is about a program: of its own bytes, or of others under its name. */
export async function rememberedOf(
  { environment }: Pick<CommandContext, "environment">,
  name: string,
  digest: string,
): Promise<Result<{ readonly own: ProgramGrant | null; readonly sameName: ProgramGrant | null }>> {
  const all = await environment.programGrants.list();
  if (!all.ok) return all;
  const own = all.value.find((grant) => grant.digest === digest) ?? null;
  // A file that is chosen has no name here.
  const others = all.value.filter((grant) => name !== "-" && grant.digest !== digest && grant.name === sanitise(name));
  return accepted({ own, sameName: others.at(-1) ?? null });
}

/** What a run asks for. */
export interface Asked {
  readonly name: string;
  readonly digest: string;
  /** Null: as much as it may have. */
  readonly capabilities: readonly Capability[] | null;
  /** Files that were named for it. */
  readonly files: readonly string[];
}

const refuse = (message: string): Result<never> =>
  rejected("not-granted", `${message} Nothing of it ran. \`grant\` tells what is remembered, and grants.`);

/** What a run gets. Refused if it asks for more than was remembered, or of another program under a remembered name. */
export async function grantedFor(context: CommandContext, asked: Asked): Promise<Result<readonly Capability[]>> {
  const remembered = await rememberedOf(context, asked.name, asked.digest);
  if (!remembered.ok) return remembered;
  const { own, sameName } = remembered.value;
  const name = sanitise(asked.name);
  const nowMs = context.environment.nowMs();
  if (own === null) {
    // Else a denial, or a narrow grant, would be got round by a byte at the end.
    return sameName === null
      ? accepted(asked.capabilities ?? capabilities)
      : refuse(`${name} has other bytes than the program of this name that was ${grantTimes(sameName, nowMs)}.`);
  }
  if (own.capabilities === null) return refuse(`${name} was ${grantTimes(own, nowMs)}.`);
  if (own.endsMs !== null && own.endsMs <= nowMs) return refuse(`What ${name} had was ${grantTimes(own, nowMs)}.`);
  const had = own.capabilities;
  const more = asked.capabilities?.filter((one) => !had.includes(one)) ?? [];
  if (more.length > 0)
    return refuse(`${name} has ${grantedWords(own)}, ${grantTimes(own, nowMs)}; ${more.join(", ")} would be more.`);
  const foreign = own.files === null ? [] : asked.files.filter((path) => own.files?.includes(path) === false);
  if (foreign.length > 0)
    return refuse(
      `Of your files ${name} may have ${own.files?.map(sanitise).join(", ") || "none"}, ${grantTimes(own, nowMs)}; not ${foreign.map(sanitise).join(", ")}.`,
    );
  context.notice(`${name} has ${grantedWords(own)}, ${grantTimes(own, nowMs)}.`, "dim");
  return accepted((asked.capabilities ?? capabilities).filter((one) => had.includes(one)));
}

/** Refuses a program that was denied, whoever's run of it is repeated. */
export async function notDenied(context: CommandContext, name: string, digest: string): Promise<Result<null>> {
  const remembered = await rememberedOf(context, name, digest);
  if (!remembered.ok) return remembered;
  const { own } = remembered.value;
  return own?.capabilities === null
    ? refuse(`${sanitise(name)} was ${grantTimes(own, context.environment.nowMs())}.`)
    : accepted(null);
}
