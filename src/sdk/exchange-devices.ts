/**
 * What devices of one identity tell each other when they meet: each shows its list, sealed, and takes over what is new in
 * the others'.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { NodeRequests, VaultRequests } from "./contract.ts";
import type { DevicesView } from "./pairing.ts";

/** Exchanges lists with connected peers, for an open vault. `always`: also if no other device is known here yet. */
export async function exchangeDevices(
  node: Pick<NodeRequests, "showDevices" | "shownDevices">,
  vault: Pick<VaultRequests, "devices">,
  always: boolean,
): Promise<Result<DevicesView>> {
  const own = await vault.devices([]);
  // A mark is the same each time it is asked for: who has one device need not show it to anybody.
  if (!own.ok || (!always && own.value.devices.length < 2)) return own;
  const shown = await node.shownDevices(own.value.shared.mark);
  const joined = shown.ok && shown.value.length > 0 ? await vault.devices(shown.value) : own;
  if (joined.ok && joined.value.devices.length > 0) await node.showDevices(joined.value.shared);
  return joined.ok ? accepted(joined.value) : joined;
}
