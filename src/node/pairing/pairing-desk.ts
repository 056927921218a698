/**
 * Where a node takes requests of `/aether/pair/1` in and hands them to whoever makes the answers: the vault, through the
 * page in which somebody pairs. The node reads none of them but those for sealed lists of devices, which it cannot open.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import { decodePairRequest, encodePairRequest, pairAnswers } from "#protocol/pairing/messages.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { PairingNodeRequests, PairKnock, SharedDevices } from "#sdk/pairing.ts";
import { type Clock, type Network, protocols } from "../ports.ts";

/** Bounds and paces of the desk. */
export const deskLimits = {
  /** Requests that may wait for an answer at once; one device sends one after the other. */
  waiting: 4,
  /** So long the page is asked to wait for a request in one call. */
  lookMs: 5_000,
  /** After the page was last here, requests are refused. It comes back at once if it is still pairing. */
  presenceMs: 10_000,
  /** A request waits so long for the page's answer; less than its sender waits. */
  answerMs: 10_000,
  askTimeoutMs: 14_000,
  devicesTimeoutMs: 4_000,
  /** Peers that are asked for devices. */
  askedPeers: 32,
} as const;

interface Waiting {
  readonly knock: PairKnock;
  isTaken: boolean;
  finish(answer: Result<Uint8Array>): void;
}

const nobody = rejected(
  "not-found",
  "Nobody pairs there now: the invitation is over, or the page that made it is closed. Make a new one with `pair show`.",
);

/** The desk of one node. */
export class PairingDesk {
  private readonly clock: Clock;
  private readonly network: Network;
  private readonly waiting = new Map<number, Waiting>();
  private shared: SharedDevices | null = null;
  private lastNumber = 0;
  private presentUntilMs = 0;
  private wake: (() => void) | null = null;

  constructor({ clock, network }: { readonly clock: Clock; readonly network: Network }) {
    this.clock = clock;
    this.network = network;
  }

  /** Answers a peer. */
  answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const request = decodePairRequest(bytes);
    if (!request.ok) return Promise.resolve(request);
    if (request.value.type !== "devices") return this.knock(peerId, bytes);
    const { shared } = this;
    const sealed = shared !== null && equalBytes(shared.mark, request.value.mark) ? shared.sealed : null;
    return Promise.resolve(accepted(pairAnswers.devices.encode({ sealed })));
  }

  private knock(peerId: string, request: Uint8Array): Promise<Result<Uint8Array>> {
    if (this.clock.nowMs() > this.presentUntilMs) return Promise.resolve(nobody);
    if (this.waiting.size >= deskLimits.waiting) {
      return Promise.resolve(rejected("rate-limited", "Other devices are being answered; try again in a moment."));
    }
    const number = ++this.lastNumber;
    return new Promise((resolve) => {
      const finish = (answer: Result<Uint8Array>): void => {
        cancel();
        this.waiting.delete(number);
        resolve(answer);
      };
      const cancel = this.clock.schedule(deskLimits.answerMs, () => finish(nobody));
      this.waiting.set(number, { knock: { number, peerId, request }, isTaken: false, finish });
      this.wake?.();
    });
  }

  /** The next request that nobody has taken; null if none came for a while. */
  async next(): Promise<Result<PairKnock | null>> {
    this.presentUntilMs = this.clock.nowMs() + deskLimits.presenceMs;
    const found = this.take();
    if (found !== null) return accepted(found);
    await new Promise<void>((resolve) => {
      const cancel = this.clock.schedule(deskLimits.lookMs, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
    this.wake = null;
    this.presentUntilMs = this.clock.nowMs() + deskLimits.presenceMs;
    return accepted(this.take());
  }

  private take(): PairKnock | null {
    for (const one of this.waiting.values()) {
      if (one.isTaken) continue;
      one.isTaken = true;
      return one.knock;
    }
    return null;
  }

  /** Answers a request that was taken. */
  reply(number: number, answer: Result<Uint8Array>): Result<null> {
    const one = this.waiting.get(number);
    if (one === undefined) return rejected("timeout", "The other device does not wait for that answer any more.");
    one.finish(answer);
    return accepted(null);
  }

  /** Asks another device. */
  async ask(peerId: string, request: Uint8Array): Promise<Result<Uint8Array>> {
    const reached = await this.network.reach(peerId);
    if (!reached.ok) return reached;
    return this.network.request(peerId, protocols.pair, request, {
      timeoutMs: deskLimits.askTimeoutMs,
      maximumResponseBytes: pairingLimits.answerBytes,
    });
  }

  /** Shows a sealed list to who asks by its mark. */
  show(shared: SharedDevices): Result<null> {
    const isOne = shared.mark.length === 32 && shared.sealed.length <= pairingLimits.listBytes;
    if (!isOne) return rejected("invalid-argument", "That is no list of devices.");
    this.shared = shared;
    return accepted(null);
  }

  /** The mark under which a list is shown here; null: none is. */
  get mark(): Uint8Array | null {
    return this.shared?.mark ?? null;
  }

  /** Which connected peers show something under a mark. */
  async showing(
    mark: Uint8Array,
  ): Promise<Result<readonly { readonly peerId: string; readonly sealed: Uint8Array }[]>> {
    if (mark.length !== 32) return rejected("invalid-argument", "That is no mark.");
    const request = encodePairRequest({ type: "devices", mark });
    const limits = { timeoutMs: deskLimits.devicesTimeoutMs, maximumResponseBytes: pairingLimits.listBytes + 64 };
    const peers = this.network.peers().slice(0, deskLimits.askedPeers);
    const lists = await Promise.all(
      peers.map(async ({ id: peerId }) => {
        const answer = await this.network.request(peerId, protocols.pair, request, limits);
        const list = answer.ok ? pairAnswers.devices.decode(answer.value) : answer;
        return list.ok && list.value.sealed !== null ? [{ peerId, sealed: list.value.sealed }] : [];
      }),
    );
    return accepted(lists.flat());
  }

  /** What connected peers show under a mark. */
  async shown(mark: Uint8Array): Promise<Result<readonly Uint8Array[]>> {
    const showing = await this.showing(mark);
    return showing.ok ? accepted(showing.value.map(({ sealed }) => sealed)) : showing;
  }
}

/** The requests of an interface, answered by a desk. */
export function pairingRequests(desk: PairingDesk): PairingNodeRequests {
  return {
    pairNext: () => desk.next(),
    pairReply: async (number, answer) => desk.reply(number, answer),
    pairAsk: (peerId, request) => desk.ask(peerId, request),
    showDevices: async (shared) => desk.show(shared),
    shownDevices: (mark) => desk.shown(mark),
  };
}
