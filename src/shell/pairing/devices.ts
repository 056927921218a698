/**
 * `pair list`, `pair remove`: the devices of the identity.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { exchangeDevices } from "#sdk/exchange-devices.ts";
import type { DeviceView } from "#sdk/pairing.ts";
import { cancelled } from "../commands/backup.ts";
import type { CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { table, timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";

/** Letters of a key that are shown; `pair remove` takes them, too. */
const keyLetters = 12;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function standingOf({ isThis, removed }: DeviceView, inStepMs: number | undefined): string {
  const together = inStepMs === undefined ? "not in step yet" : `in step ${timeWords(inStepMs)}`;
  const here = isThis ? "this device" : removed === null ? together : "";
  if (removed === null) return here;
  const by = removed.byName === null ? "" : ` by ${removed.byName}`;
  return `${here === "" ? "" : `${here}, `}removed ${dayOf(removed.atMs)}${by}`;
}

/** What removing a device does, and what it cannot do. */
const removalWords =
  "It leaves the list on all your devices, and they say so. It does not take the keys out of it: whoever opens its vault still has them. If it is lost or in wrong hands, `id rotate` moves you to new keys.";

/** `pair list`. */
export async function list(context: CommandContext, { flags }: ParsedOptions): Promise<number> {
  if ((await unlocked(context, { makes: false })) === null) return 1;
  const known = await exchangeDevices(context.client, context.client, true);
  if (!known.ok) return context.refuse(known);
  const { devices } = known.value;
  const meetings = devices.length === 0 ? accepted([]) : await context.client.inStep();
  if (!meetings.ok) return context.refuse(meetings);
  const inStepMs = new Map(meetings.value.map(({ key, atMs }) => [toHex(key), atMs]));
  if (flags.has("json")) {
    const rows = devices.map((device) => ({ ...device, key: toHex(device.key) }));
    context.json(rows.map((row) => ({ ...row, inStepMs: inStepMs.get(row.key) ?? null })));
    return 0;
  }
  if (devices.length === 0) {
    context.print("As far as is known here your identity is on this device alone. `pair` brings it to another.", "dim");
    return 0;
  }
  const rows = devices.map((device) => [
    device.name,
    toHex(device.key).slice(0, keyLetters),
    `since ${dayOf(device.sinceMs)}`,
    standingOf(device, inStepMs.get(toHex(device.key))),
  ]);
  for (const line of table(rows)) context.print(line);
  if (devices.some(({ isThis, removed }) => isThis && removed !== null)) {
    context.print("This device was removed from the list. Its keys are here still; `id rotate` ends them.", "warning");
  }
  return 0;
}

/** `pair remove`. */
export async function remove(
  context: CommandContext,
  { positionals: [named = ""], flags }: ParsedOptions,
): Promise<number> {
  if (named === "") return context.refuse(rejected("invalid-argument", "Which? `pair list` lists your devices."));
  if ((await unlocked(context, { makes: false })) === null) return 1;
  const known = await exchangeDevices(context.client, context.client, true);
  if (!known.ok) return context.refuse(known);
  const found = known.value.devices.filter(
    ({ name, key, removed }) =>
      removed === null && (name === named || (named.length >= 6 && toHex(key).startsWith(named))),
  );
  const [device] = found;
  if (device === undefined || found.length > 1) {
    const message = `You have ${found.length === 0 ? "no device" : "two devices"} of that name; \`pair list\` lists them with the beginnings of their keys. Nothing was changed.`;
    return context.refuse(rejected("not-found", message));
  }
  const words = flags.has("json") ? () => undefined : context.print;
  words(`${device.name}${device.isThis ? " (this device)" : ""}, since ${dayOf(device.sinceMs)}`, "strong");
  words(removalWords, "warning");
  if (flags.has("dry-run")) {
    words("Nothing was signed: a dry run.", "dim");
    return 0;
  }
  if (!flags.has("yes") && !(await context.confirm("Remove it from the list, for good? [y/N] ")))
    return cancelled(context);
  const removed = await context.client.removeDevice(toHex(device.key));
  if (!removed.ok) return context.refuse(removed);
  await context.client.showDevices(removed.value.shared);
  if (flags.has("json")) context.json(removed.value.devices.map((one) => ({ ...one, key: toHex(one.key) })));
  else words("Removed. Your other devices take it over when they next meet this one with their keys unlocked.", "good");
  return 0;
}
