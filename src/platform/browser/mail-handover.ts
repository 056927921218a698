/**
 * Tells the node whom it receives messages for: whenever the vault has been opened, and again before what the vault signed
 * is over. The node never asks for a signature; it is handed what it may have.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import type { NodeEvent, NodeRequests, VaultRequests } from "#sdk/contract.ts";

/** Requests that leave the vault open when they succeed, or let it receive for another space. */
const opening: ReadonlySet<string> = new Set<keyof VaultRequests>([
  "createVault",
  "restoreVault",
  "restoreBackup",
  "unlockVault",
  "unlockByPasskey",
  "chooseSpace",
  "finishRecovery",
  "pairTake",
  "finishRotation",
]);

/** The vault's requests with the handover behind them, and what listens to the node. */
export interface MailHandover {
  readonly vault: VaultRequests;
  onEvent(event: NodeEvent): void;
}

/** Joins node and vault. `heard` is told of each request that the vault has done, and whether it is open by it. */
export function handOverMail(
  node: Pick<NodeRequests, "status" | "receiveMail">,
  vault: VaultRequests,
  clock: Clock,
  heard: (name: string, isOpened: boolean) => void = () => undefined,
): MailHandover {
  /** When it is to be done again; null while the vault has not been opened. */
  let dueAtMs: number | null = null;
  let isUnderWay = false;
  /** Asked for while it was under way: what it has read of the vault may be an earlier space's. */
  let isWantedAgain = false;
  const handOver = async (): Promise<void> => {
    isWantedAgain = isUnderWay;
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      const status = await node.status();
      if (!status.ok) return;
      const { networkId, peerId } = status.value;
      const credentials = await vault.mailCredentials({ networkId, peerId });
      if (!credentials.ok) return;
      const taken = await node.receiveMail(credentials.value);
      if (taken.ok && credentials.value.pass !== null) dueAtMs = clock.nowMs() + mailLimits.passLifeMs / 2;
    } finally {
      isUnderWay = false;
      if (isWantedAgain) await handOver();
    }
  };
  const call = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    const method = vault[name as keyof VaultRequests] as (...given: readonly unknown[]) => Promise<{ ok: boolean }>;
    const answer = await method(...args);
    if (!answer.ok) return answer;
    const isOpened = opening.has(name);
    if (isOpened) {
      dueAtMs = 0;
      // A vault that is open is open, whatever becomes of messages.
      await handOver().catch(() => undefined);
    }
    heard(name, isOpened);
    return answer;
  };
  return {
    vault: new Proxy(vault, {
      get: (_target, name) =>
        typeof name === "string" && name !== "then" ? (...args: readonly unknown[]) => call(name, args) : undefined,
    }),
    onEvent: (event) => {
      // The node has a name in the network by then, and somebody to tell it to.
      if (event.type === "peers" && dueAtMs !== null && clock.nowMs() >= dueAtMs)
        void handOver().catch(() => undefined);
    },
  };
}
