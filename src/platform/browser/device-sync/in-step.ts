/**
 * Keeps the devices of an identity in step while the vault is open: when it is opened, soon after something in it was changed, when
 * others have come, and now and then. What a device asks is handed to the vault; neither puts off the hour at which it locks itself.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import type { NodeEvent, NodeRequests, VaultRequests } from "#sdk/contract.ts";
import type { SyncOutcome } from "#sdk/device-sync.ts";
import { type SyncingNode, type SyncingVault, syncDevices } from "#sdk/sync-devices.ts";

/** When devices are asked, in milliseconds. */
export const inStepPaces = {
  /** Changes that follow each other go together. */
  afterChangeMs: 2_000,
  /** After others have come: they have to find each other first. */
  afterPeersMs: 20_000,
  /** Something was changed, or answered, meanwhile. */
  againMs: 10_000,
  everyMs: 300_000,
} as const;

/** Requests that change what is kept in step, or who is to be. */
const changing: ReadonlySet<string> = new Set<keyof VaultRequests>([
  "addContact",
  "removeContact",
  "holdCredential",
  "dropCredential",
  "changeHeldFiles",
  "makeDocument",
  "joinDocument",
  "forgetDocument",
  "pairAnswer",
]);

/** What it works with. */
export interface InStepParts {
  readonly node: SyncingNode & Pick<NodeRequests, "answerDevice" | "pinStripes">;
  readonly vault: SyncingVault & Pick<VaultRequests, "syncAnswer">;
  readonly clock: Clock;
  /** Tells the person. */
  tell(message: string): void;
}

const things = (count: number): string => (count === 1 ? "1 thing" : `${count} things`);

/** What a person is told of a conversation; null: nothing has changed here. */
export function outcomeWords({ device, brought, gone, renamed }: SyncOutcome): string | null {
  if (brought + gone === 0) return null;
  const came = brought === 0 ? [] : [`${things(brought)} came or changed`];
  const went = gone === 0 ? [] : [`${things(gone)} deleted there went here, too`];
  const names = renamed.length === 0 ? "" : ` One name was used twice: ${renamed.join("; ")}.`;
  return `In step with ${device}: ${[...came, ...went].join(", ")}.${names}`;
}

/** The keeper of one leading tab. */
export class InStep {
  private readonly parts: InStepParts;
  private isOpen = false;
  private isBusy = false;
  private dueAtMs = Number.POSITIVE_INFINITY;
  private cancelTimer: () => void = () => undefined;

  constructor(parts: InStepParts) {
    this.parts = parts;
  }

  /** The vault has been opened. */
  opened(): void {
    this.isOpen = true;
    this.due(0);
  }

  /** The vault has answered a request as was asked. */
  asked(name: string): void {
    if (changing.has(name)) this.due(inStepPaces.afterChangeMs);
  }

  onEvent(event: NodeEvent): void {
    if (event.type === "peers") this.due(inStepPaces.afterPeersMs);
    if (event.type === "device-knock") void this.answer(event).catch(() => undefined);
  }

  private async answer({ number, peerId, request }: Extract<NodeEvent, { type: "device-knock" }>): Promise<void> {
    const { node, vault } = this.parts;
    const turn = await vault.syncAnswer(peerId, request);
    await node.answerDevice(number, turn.ok ? { ok: true, value: turn.value.answer } : turn);
    if (turn.ok && turn.value.outcome !== null) await this.follow(turn.value.outcome);
  }

  /** Asks in so many milliseconds at the latest, while it is open. */
  private due(inMs: number): void {
    const { clock } = this.parts;
    const atMs = clock.nowMs() + inMs;
    if (!this.isOpen || atMs >= this.dueAtMs) return;
    this.cancelTimer();
    this.dueAtMs = atMs;
    this.cancelTimer = clock.schedule(inMs, () => {
      this.dueAtMs = Number.POSITIVE_INFINITY;
      void this.run().catch(() => undefined);
    });
  }

  private async run(): Promise<void> {
    if (this.isBusy) return this.due(inStepPaces.againMs);
    this.isBusy = true;
    try {
      const attempts = await syncDevices(this.parts.node, this.parts.vault, 1);
      if (!attempts.ok) {
        this.isOpen = attempts.code !== "vault-locked";
        return;
      }
      for (const { outcome } of attempts.value) if (outcome.ok) await this.follow(outcome.value);
      if (attempts.value.some(({ outcome }) => !outcome.ok && outcome.code === "busy")) this.due(inStepPaces.againMs);
    } finally {
      this.isBusy = false;
      this.due(inStepPaces.everyMs);
    }
  }

  private async follow(outcome: SyncOutcome): Promise<void> {
    const words = outcomeWords(outcome);
    if (words !== null) this.parts.tell(words);
    // What is kept no more is not to be renewed for ever by this device.
    for (const secret of outcome.unpinned) await this.parts.node.pinStripes([], secret, 0);
  }
}
