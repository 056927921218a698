/**
 * Where a node takes requests of `/aether/device-sync/1` in and hands them to the vault, which alone can read them. Only who
 * knows the mark of the devices that are shown here is listened to.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { deviceSyncLimits } from "#protocol/device-sync/limits.ts";
import { decodeDeviceSync } from "#protocol/device-sync/messages.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { DeviceKnockEvent, DeviceSyncNodeRequests } from "#sdk/device-sync.ts";
import type { PairingNodeRequests } from "#sdk/pairing.ts";
import { type Clock, type Network, protocols } from "../ports.ts";
import { type PairingDesk, pairingRequests } from "./pairing-desk.ts";

/** Bounds and paces of it. */
export const deviceDeskLimits = {
  /** Requests that may wait for the vault at once. */
  waiting: 4,
  /** One waits so long for the vault; less than its sender waits. */
  answerMs: 10_000,
  askTimeoutMs: 15_000,
} as const;

const nobody = rejected(
  "not-serving",
  "The other device is not ready: its keys are locked, or its page is just starting. Unlock it there (`id unlock`).",
);

/** What the desk works with. */
export interface DeviceDeskParts {
  readonly clock: Clock;
  readonly network: Network;
  readonly pairing: PairingDesk;
  /** Tells the page of a request; it answers by the number. */
  tell(event: DeviceKnockEvent): void;
}

/** The desk of one node. */
export class DeviceDesk {
  private readonly parts: DeviceDeskParts;
  private readonly waiting = new Map<number, (answer: Result<Uint8Array>) => void>();
  private lastNumber = 0;

  constructor(parts: DeviceDeskParts) {
    this.parts = parts;
  }

  /** Answers a peer. */
  answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const request = decodeDeviceSync(bytes);
    if (!request.ok) return Promise.resolve(request);
    const { clock, pairing, tell } = this.parts;
    const { mark } = pairing;
    if (mark === null || !equalBytes(mark, request.value.mark)) return Promise.resolve(nobody);
    if (this.waiting.size >= deviceDeskLimits.waiting)
      return Promise.resolve(rejected("rate-limited", "Other devices are being answered; try again in a moment."));
    const number = ++this.lastNumber;
    return new Promise((resolve) => {
      const finish = (answer: Result<Uint8Array>): void => {
        cancel();
        this.waiting.delete(number);
        resolve(answer);
      };
      const cancel = clock.schedule(deviceDeskLimits.answerMs, () => finish(nobody));
      this.waiting.set(number, finish);
      tell({ type: "device-knock", number, peerId, request: bytes });
    });
  }

  /** The requests of an interface, with those about pairing. */
  requests(): DeviceSyncNodeRequests & PairingNodeRequests {
    return {
      ...pairingRequests(this.parts.pairing),
      devicePeers: async (mark) => {
        const shown = await this.parts.pairing.showing(mark);
        return shown.ok ? accepted(shown.value.map(({ peerId }) => peerId)) : shown;
      },
      askDevice: async (peerId, request) =>
        this.parts.network.request(peerId, protocols.deviceSync, request, {
          timeoutMs: deviceDeskLimits.askTimeoutMs,
          maximumResponseBytes: deviceSyncLimits.messageBytes,
        }),
      answerDevice: async (number, answer) => {
        const finish = this.waiting.get(number);
        if (finish === undefined)
          return rejected("timeout", "The other device does not wait for that answer any more.");
        finish(answer);
        return accepted(null);
      },
    };
  }
}
