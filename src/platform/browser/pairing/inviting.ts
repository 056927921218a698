/**
 * The inviting side in the vault: one invitation at a time, for one device. A request that comes again, because its answer
 * was lost, gets the same answer; anything else that does not fit ends the invitation.
 * @module
 */

import {
  decapsulate,
  encapsulateFor,
  isBoundBy,
  newKey,
  type OwnKey,
  PairChannel,
  shownRandomBytes,
  transcriptOf,
  wordsOfMeeting,
} from "#identity/pairing/channel.ts";
import { encodeHandedOver, readNewDevice } from "#identity/pairing/handed-over.ts";
import { backupStandings } from "#identity/vault-format.ts";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { anchorOf, writeInvitation, writeInvitationCode } from "#protocol/pairing/invitation.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import { decodePairRequest, type PairRequest, pairAnswers } from "#protocol/pairing/messages.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import type { InvitationView, PairStage, PairTurn } from "#sdk/pairing.ts";
import type { VaultKeeper } from "../vault-keeper.ts";
import type { RecoveryParts } from "../vault-recovery.ts";
import type { VaultDevices } from "./devices.ts";

/** What is to be handed over, once the person has confirmed. */
interface Prepared {
  readonly backup: Uint8Array;
  readonly secret: Uint8Array;
}

/** A device that has come, and how far it is. */
interface Guest {
  readonly peerId: string;
  readonly commitment: Uint8Array;
  readonly random: Uint8Array;
  opened: { readonly request: Uint8Array; readonly answer: Uint8Array; readonly channel: PairChannel } | null;
  prepared: Prepared | null;
  handed: { readonly request: Uint8Array; readonly answer: Uint8Array; readonly device: string } | null;
}

interface Invited {
  readonly id: Uint8Array;
  readonly own: OwnKey;
  readonly untilMs: number;
  readonly cancelTimer: () => void;
  guest: Guest | null;
}

const over = rejected(
  "not-found",
  "This invitation is over, was used, or never was. Make a new one with `pair show`; nothing was changed.",
);
const unfit = rejected(
  "wrong-commitment",
  "The other device has not kept to what it was bound by: somebody may stand between the two. The invitation has ended.",
);

/** The inviting side of one vault. */
export class Inviting {
  private readonly vault: VaultKeeper;
  private readonly parts: RecoveryParts;
  private readonly devices: VaultDevices;
  private invited: Invited | null = null;
  /** Requests are answered one after the other: what is sealed once must not be sealed again beside itself. */
  private readonly answers = new Turns();

  constructor(vault: VaultKeeper, parts: RecoveryParts, devices: VaultDevices) {
    this.vault = vault;
    this.parts = parts;
    this.devices = devices;
  }

  private readonly random = (length: number): Uint8Array => this.parts.entropy.bytes(length);

  /** Makes an invitation in the place of an earlier one. */
  async invite(peerId: string, name: string | null): Promise<Result<InvitationView>> {
    if (peerId === "")
      return rejected("disconnected", "This node has no name in the network yet; try again in a moment.");
    const listed = await this.devices.register(name);
    if (!listed.ok) return listed;
    this.end();
    const id = this.random(pairingLimits.invitationIdBytes);
    const own = newKey(this.random);
    const untilMs = this.parts.clock.nowMs() + pairingLimits.invitationLifeMs;
    const cancelTimer = this.parts.clock.schedule(pairingLimits.invitationLifeMs, () => this.end());
    this.invited = { id, own, untilMs, cancelTimer, guest: null };
    const word = writeInvitation({ type: "x-wing", peerId, id, anchor: anchorOf(id, own.key) });
    return accepted({ word, code: writeInvitationCode({ id, peerId }), untilMs });
  }

  /** Ends it, and forgets all that was secret about it. */
  end(): void {
    const { invited } = this;
    this.invited = null;
    if (invited === null) return;
    invited.cancelTimer();
    invited.own.seed.zero();
    invited.guest?.opened?.channel.zero();
    invited.guest?.prepared?.secret.fill(0);
  }

  /** Answers a request; the other device's peer must stay the same. */
  answer(peerId: string, bytes: Uint8Array): Promise<Result<PairTurn>> {
    return this.answers.take(() => this.answerNow(peerId, bytes));
  }

  private async answerNow(peerId: string, bytes: Uint8Array): Promise<Result<PairTurn>> {
    const request = decodePairRequest(bytes);
    if (!request.ok) return request;
    const { invited } = this;
    if (request.value.type === "devices" || invited === null || !equalBytes(request.value.id, invited.id)) return over;
    if (invited.guest !== null && invited.guest.peerId !== peerId) return over;
    return this.answerGuest(invited, peerId, request.value, bytes);
  }

  private async answerGuest(
    invited: Invited,
    peerId: string,
    request: Exclude<PairRequest, { type: "devices" }>,
    bytes: Uint8Array,
  ): Promise<Result<PairTurn>> {
    const { guest } = invited;
    if (request.type === "hello") return this.greet(invited, peerId, request.commitment);
    if (guest === null) return over;
    switch (request.type) {
      case "open":
        return this.open(invited, guest, request, bytes);
      case "ready":
        return this.hand(guest, request.sealed, bytes);
      case "done":
        return this.finish(guest, request.sealed);
      case "leave":
        this.end();
        return accepted({ answer: new Uint8Array(), stage: "left", words: null, device: null });
    }
  }

  private greet(invited: Invited, peerId: string, commitment: Uint8Array): Result<PairTurn> {
    invited.guest ??= {
      peerId,
      commitment,
      random: this.random(shownRandomBytes),
      opened: null,
      prepared: null,
      handed: null,
    };
    const { guest, own } = invited;
    // A second commitment after our random bytes were seen would be a second try.
    if (!equalBytes(guest.commitment, commitment)) return this.endFor(unfit);
    const answer = pairAnswers.hello.encode({ key: own.key, random: guest.random });
    return accepted({ answer, stage: "met", words: null, device: null });
  }

  private endFor(refusal: Result<never>): Result<never> {
    this.end();
    return refusal;
  }

  private open(
    invited: Invited,
    guest: Guest,
    request: Extract<PairRequest, { type: "open" }>,
    bytes: Uint8Array,
  ): Result<PairTurn> {
    if (guest.opened === null) {
      const { id, own } = invited;
      const joiner = { key: request.key, random: request.random };
      if (!isBoundBy(guest.commitment, id, joiner)) return this.endFor(unfit);
      const forJoiner = encapsulateFor(joiner.key, this.random);
      if (!forJoiner.ok) return this.endFor(forJoiner);
      const secret = decapsulate(request.encapsulation, own);
      if (!secret.ok) return this.endFor(secret);
      const transcript = transcriptOf({ id, inviter: { key: own.key, random: guest.random }, joiner });
      const forInviter = { encapsulation: request.encapsulation, secret: secret.value };
      const channel = new PairChannel(transcript, { forInviter, forJoiner: forJoiner.value });
      const answer = pairAnswers.open.encode({ encapsulation: forJoiner.value.encapsulation });
      guest.opened = { request: bytes.slice(), answer, channel };
    } else if (!equalBytes(guest.opened.request, bytes)) return this.endFor(unfit);
    return accepted(this.turn(guest, guest.opened.answer, "words"));
  }

  private turn(guest: Guest, answer: Uint8Array, stage: PairStage): PairTurn {
    const words = guest.opened === null ? null : wordsOfMeeting(guest.opened.channel.transcript);
    return { answer, stage, words, device: guest.handed?.device ?? null };
  }

  /** The person here has compared these words; those of another meeting, which may be another tab's, confirm nothing. */
  async confirm(words: string, passphrase: string): Promise<Result<null>> {
    const guest = this.invited?.guest ?? null;
    if (guest === null || guest.opened === null) return over;
    if (words !== wordsOfMeeting(guest.opened.channel.transcript)) return over;
    const secret = this.random(32);
    const backup = await this.vault.file.forDevice(passphrase, toHex(secret));
    if (!backup.ok) return backup;
    if (this.invited?.guest !== guest) return over;
    guest.prepared = { backup: backup.value, secret };
    return accepted(null);
  }

  private async hand(guest: Guest, sealed: Uint8Array, bytes: Uint8Array): Promise<Result<PairTurn>> {
    const { opened, prepared, handed } = guest;
    if (opened === null) return over;
    if (handed !== null) {
      if (!equalBytes(handed.request, bytes)) return this.endFor(unfit);
      return accepted(this.turn(guest, handed.answer, "handed"));
    }
    const clear = opened.channel.open("ready", sealed);
    const device = clear.ok ? readNewDevice(clear.value, opened.channel.transcript) : clear;
    if (!device.ok) return this.endFor(device);
    if (prepared === null) return accepted(this.turn(guest, pairAnswers.ready.encode({ type: "waiting" }), "waiting"));
    const facts = await this.vault.file.facts();
    if (!facts.ok) return facts;
    // On the list before the keys leave: a device that has them is never missing there.
    const added = await this.devices.add(device.value.key, device.value.name);
    if (!added.ok) return added;
    const standing = backupStandings.indexOf(facts.value?.backup ?? "none");
    const clearParts = encodeHandedOver({ ...prepared, standing, devices: added.value.list.shared.sealed });
    const answer = pairAnswers.ready.encode({ type: "handed", sealed: opened.channel.seal("handed", clearParts) });
    clearParts.fill(0);
    guest.handed = { request: bytes.slice(), answer, device: added.value.name };
    return accepted(this.turn(guest, answer, "handed"));
  }

  private finish(guest: Guest, sealed: Uint8Array): Result<PairTurn> {
    const { opened, handed } = guest;
    if (opened === null || handed === null) return over;
    const told = opened.channel.open("done", sealed);
    if (!told.ok) return told;
    const turn = this.turn(guest, new Uint8Array(), "done");
    this.end();
    return accepted(turn);
  }
}
