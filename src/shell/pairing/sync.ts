/**
 * `pair sync`: the devices that are connected come to the same now, and what is pinned on one is brought to this one.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { type HeldFile, heldKinds } from "#protocol/files/held-file.ts";
import { accepted, type Rejected, type Result } from "#protocol/result.ts";
import type { SyncOutcome } from "#sdk/device-sync.ts";
import { syncDevices } from "#sdk/sync-devices.ts";
import type { CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";

/** What became of a pinned file on this device. */
interface Mirrored {
  readonly name: string;
  /** `here`: it was; `brought`: it is now; `other`: another file has its name. */
  readonly state: "here" | "brought" | "other" | "failed";
}

/** A person who asks is not sent away because the devices were asking each other by themselves. */
const tries = 5;

const counted = (count: number, words: string): readonly string[] => (count === 0 ? [] : [`${count} ${words}`]);

function tellOutcome(context: CommandContext, { device, brought, gone, given, renamed }: SyncOutcome): void {
  const parts = [
    ...counted(brought, "came or changed"),
    ...counted(gone, "deleted there went here, too"),
    ...counted(given, "given to it"),
  ];
  context.print(
    `${sanitise(device)}: ${parts.length === 0 ? "nothing new on either side" : parts.join(", ")}.`,
    "good",
  );
  for (const one of renamed) context.print(`  One name was used twice: ${sanitise(one)}.`, "warning");
}

/** What is said of a device that could not be brought in step. */
function troubleWords(peerId: string, { code, message }: Rejected): string {
  const at = `A device of yours at ${peerId.slice(-6)}`;
  switch (code) {
    case "not-serving":
    case "vault-locked":
      return `${at} has its keys locked, or is just starting. Unlock it there (\`id unlock\`); it is brought in step by itself then.`;
    case "busy":
      return `${at}: something was changed each time the two compared. \`pair sync\` tries again.`;
    default:
      return `${at}: ${message}`;
  }
}

/** Lets this device keep a pinned file longer, too, and brings it here if it is not. */
async function mirror(context: CommandContext, held: HeldFile, isKnown: boolean): Promise<Result<Mirrored["state"]>> {
  const { environment, client } = context;
  const { bringFile, stripesOf, withCipher } = await import("../files/fetch.ts");
  if (!isKnown) {
    const stripes = await withCipher(context, (cipher) => stripesOf(context, cipher, held));
    if (!stripes.ok) return stripes;
    const pinned = await client.pinStripes(stripes.value, held.secret, held.pinnedUntilMs);
    if (!pinned.ok) return pinned;
  }
  const files = await environment.files.list();
  if (!files.ok) return files;
  const there = files.value.find(({ path }) => path === held.name);
  if (there !== undefined) return accepted(there.sizeBytes === held.sizeBytes ? "here" : "other");
  const brought = await bringFile(context, held, held.name);
  return brought.ok ? accepted("brought") : brought;
}

async function mirrorPinned(context: CommandContext): Promise<Result<readonly Mirrored[]>> {
  const held = await context.client.heldFiles();
  if (!held.ok) return held;
  const nowMs = context.environment.nowMs();
  const pinned = held.value.filter((one) => heldKinds[one.kind] === "kept" && one.pinnedUntilMs > nowMs);
  const known = await context.client.renewedUntil(pinned.map(({ secret }) => secret));
  const mirrored: Mirrored[] = [];
  for (const [at, one] of pinned.entries()) {
    const state = await mirror(context, one, known.ok && known.value[at] !== null);
    if (!state.ok) {
      context.notice(`${sanitise(one.name)}, which is pinned, could not be brought here: ${state.message}`, "warning");
      if (state.code === "cancelled") return state;
    }
    mirrored.push({ name: one.name, state: state.ok ? state.value : "failed" });
    if (state.ok && state.value === "brought")
      context.notice(`Brought ${sanitise(one.name)}, ${inBytes(one.sizeBytes)}: it is pinned.`, "plain");
    if (state.ok && state.value === "other")
      context.notice(`${sanitise(one.name)} is pinned, and another file has its name here: that one stays.`, "warning");
  }
  return accepted(mirrored);
}

/** `pair sync`. */
export async function sync(context: CommandContext, { flags }: ParsedOptions): Promise<number> {
  if ((await unlocked(context, { makes: false })) === null) return 1;
  const { client } = context;
  context.status("Looking for your other devices …");
  const attempts = await syncDevices(client, client, tries);
  context.status(null);
  if (!attempts.ok) return context.refuse(attempts);
  const reached = attempts.value.flatMap(({ outcome }) => (outcome.ok ? [outcome.value] : []));
  for (const { peerId, outcome } of attempts.value)
    if (!outcome.ok) context.notice(troubleWords(peerId, outcome), "warning");
  for (const { unpinned } of reached) for (const secret of unpinned) await client.pinStripes([], secret, 0);
  const mirrored = await mirrorPinned(context);
  if (!mirrored.ok) return context.refuse(mirrored);
  if (flags.has("json")) {
    const devices = reached.map(({ device, deviceKey, brought, gone, given, renamed }) => {
      return { device, key: toHex(deviceKey), brought, gone, given, renamed };
    });
    context.json({ devices, pinned: mirrored.value });
  } else {
    for (const outcome of reached) tellOutcome(context, outcome);
    if (attempts.value.length === 0)
      context.print(
        "None of your other devices is connected now. They meet by themselves whenever both are open with their keys unlocked; `pair list` says when they last did.",
      );
  }
  return attempts.value.length > reached.length ? 1 : 0;
}
