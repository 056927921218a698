/**
 * Whether the browser has thrown away what this page kept: that it once had keys is noted apart from them, where browsers
 * delete only what somebody tells them to.
 * @module
 */
import type { Client } from "#sdk/contract.ts";
import { dayWords } from "./format.ts";

/** Where it is noted since when there are keys. */
export interface KeysSeen {
  load(): unknown;
  save(sinceMs: number | null): void;
}

/** Notes that there are keys, or says since when there were some that are gone; null if all is as it was. */
export async function lostKeysSince(
  client: Pick<Client, "vaultStatus">,
  keysSeen: KeysSeen,
  nowMs: number,
): Promise<number | null> {
  const status = await client.vaultStatus();
  // What cannot be asked now is not lost.
  if (!status.ok) return null;
  const noted = keysSeen.load();
  const sinceMs = typeof noted === "number" && Number.isSafeInteger(noted) ? noted : null;
  if (status.value.exists && sinceMs === null) keysSeen.save(nowMs);
  return status.value.exists ? null : sinceMs;
}

/** What is said of it. */
export function lostWords(sinceMs: number): { readonly detail: string; readonly advice: string } {
  return {
    detail: `this browser had keys of yours since ${dayWords(sinceMs)} and has deleted what this page kept: keys, chain and files`,
    advice:
      "Browsers do so when space runs short. Coins are not lost by it: `id restore` brings your keys back from your words, or `id restore FILE` from a backup file. `install` makes it less likely.",
  };
}
