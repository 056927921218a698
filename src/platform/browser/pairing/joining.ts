/**
 * The joining side in the vault: from an invitation to the keys. One at a time; a new one takes the place of the one before.
 * @module
 */
import {
  commitmentOf,
  decapsulate,
  encapsulateFor,
  newKey,
  type OwnKey,
  PairChannel,
  type Shown,
  shownRandomBytes,
  transcriptOf,
  wordsOfMeeting,
} from "#identity/pairing/channel.ts";
import { openDevices } from "#identity/pairing/device-book.ts";
import { decodeHandedOver, encodeNewDevice, type HandedOver, possessionDigest } from "#identity/pairing/handed-over.ts";
import { Secret } from "#identity/secret.ts";
import { backupStandings } from "#identity/vault-format.ts";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { publicKeyOf, signDigest } from "#protocol/crypto/signature.ts";
import { noDevices } from "#protocol/pairing/devices.ts";
import { anchorOf, readInvitation } from "#protocol/pairing/invitation.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import { encodePairRequest, pairAnswers } from "#protocol/pairing/messages.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { JoinOutcome, JoinStep, JoinView } from "#sdk/pairing.ts";
import type { VaultKeeper } from "../vault-keeper.ts";
import type { RecoveryParts } from "../vault-recovery.ts";
import { deviceName, type VaultDevices } from "./devices.ts";

interface Joined {
  readonly id: Uint8Array;
  /** What the link says of the other's key; null where a code was typed. */
  readonly anchor: Uint8Array | null;
  readonly own: OwnKey;
  readonly shown: Shown;
  /** This device's own key. */
  readonly device: { readonly secret: Secret; readonly key: Uint8Array; readonly name: string };
  readonly cancelTimer: () => void;
  met: { readonly inviter: Shown; readonly encapsulation: Uint8Array; readonly secret: Secret } | null;
  channel: PairChannel | null;
  /** What is asked until the keys come; sealed once. */
  ready: Uint8Array | null;
}

const notBegun = rejected(
  "not-found",
  "Pairing has ended here: its time was over, or the tab that did it has gone. Begin again with a new invitation; nothing was changed.",
);

/** The joining side of one vault. */
export class Joining {
  private readonly vault: VaultKeeper;
  private readonly parts: RecoveryParts;
  private readonly devices: VaultDevices;
  private joined: Joined | null = null;

  constructor(vault: VaultKeeper, parts: RecoveryParts, devices: VaultDevices) {
    this.vault = vault;
    this.parts = parts;
    this.devices = devices;
  }

  private readonly random = (length: number): Uint8Array => this.parts.entropy.bytes(length);

  /** Begins; refused where there is an identity. */
  async join(typed: string, name: string | null): Promise<Result<JoinView>> {
    const invitation = readInvitation(typed);
    if (!invitation.ok) return invitation;
    const facts = await this.vault.file.facts();
    if (facts.ok && facts.value !== null) {
      return rejected(
        "vault-exists",
        "This device has an identity already, and pairing brings one to a device that has none. Nothing was changed.",
      );
    }
    const secret = this.random(32);
    const key = publicKeyOf(secret);
    const called = deviceName(name, key);
    if (!called.ok) return called;
    this.end();
    const { id } = invitation.value;
    const own = newKey(this.random);
    const shown = { key: own.key, random: this.random(shownRandomBytes) };
    this.joined = {
      id,
      anchor: "anchor" in invitation.value ? invitation.value.anchor : null,
      own,
      shown,
      device: { secret: new Secret(secret), key, name: called.value },
      cancelTimer: this.parts.clock.schedule(pairingLimits.invitationLifeMs, () => this.end()),
      met: null,
      channel: null,
      ready: null,
    };
    return accepted({
      peerId: "peerId" in invitation.value ? invitation.value.peerId : null,
      peerMark: "peerMark" in invitation.value ? invitation.value.peerMark : null,
      request: encodePairRequest({ type: "hello", id, commitment: commitmentOf(id, shown) }),
    });
  }

  /** Ends it, and forgets all that was secret about it; gives what tells the other. */
  end(): Uint8Array | null {
    const { joined } = this;
    this.joined = null;
    if (joined === null) return null;
    joined.cancelTimer();
    joined.own.seed.zero();
    joined.device.secret.zero();
    joined.met?.secret.zero();
    joined.channel?.zero();
    return encodePairRequest({ type: "leave", id: joined.id });
  }

  /** Reads an answer; says what comes next. */
  step(answer: Uint8Array): Result<JoinStep> {
    const { joined } = this;
    if (joined === null) return notBegun;
    return joined.met === null ? this.meet(joined, answer) : this.agree(joined, joined.met, answer);
  }

  private meet(joined: Joined, answer: Uint8Array): Result<JoinStep> {
    const inviter = pairAnswers.hello.decode(answer);
    if (!inviter.ok) return inviter;
    const { id, anchor, shown } = joined;
    if (anchor !== null && !equalBytes(anchor, anchorOf(id, inviter.value.key))) {
      this.end();
      return rejected(
        "wrong-commitment",
        "It is not the device of the link that has answered. Nothing was changed; make a new invitation.",
      );
    }
    const made = encapsulateFor(inviter.value.key, this.random);
    if (!made.ok) return made;
    joined.met = { inviter: inviter.value, ...made.value };
    const { encapsulation } = made.value;
    return accepted({ request: encodePairRequest({ type: "open", id, ...shown, encapsulation }), words: null });
  }

  private agree(
    joined: Joined,
    { inviter, encapsulation, secret }: NonNullable<Joined["met"]>,
    answer: Uint8Array,
  ): Result<JoinStep> {
    if (joined.channel === null) {
      const opened = pairAnswers.open.decode(answer);
      if (!opened.ok) return opened;
      const own = decapsulate(opened.value.encapsulation, joined.own);
      if (!own.ok) return own;
      const transcript = transcriptOf({ id: joined.id, inviter, joiner: joined.shown });
      joined.channel = new PairChannel(transcript, {
        forInviter: { encapsulation, secret },
        forJoiner: { encapsulation: opened.value.encapsulation, secret: own.value },
      });
    }
    return accepted({ request: null, words: wordsOfMeeting(joined.channel.transcript) });
  }

  /** The person here has compared the words. */
  ready(): Result<Uint8Array> {
    const { joined } = this;
    if (joined === null || joined.channel === null) return notBegun;
    const { id, channel, device } = joined;
    if (joined.ready === null) {
      const digest = possessionDigest(channel.transcript, device.key);
      const signature = device.secret.use((secret) => signDigest(digest, secret));
      const sealed = channel.seal("ready", encodeNewDevice({ name: device.name, key: device.key, signature }));
      joined.ready = encodePairRequest({ type: "ready", id, sealed });
    }
    return accepted(joined.ready);
  }

  /** Reads whether the keys have come, and makes the vault. */
  async take(answer: Uint8Array, passphrase: string): Promise<Result<JoinOutcome>> {
    const { joined } = this;
    if (joined === null || joined.channel === null) return notBegun;
    const read = pairAnswers.ready.decode(answer);
    if (!read.ok) return read;
    if (read.value.type === "waiting") return accepted({ type: "waiting" });
    const clear = joined.channel.open("handed", read.value.sealed);
    if (!clear.ok) return clear;
    const handed = decodeHandedOver(clear.value);
    if (!handed.ok) return handed;
    const taken = await this.takeHanded(joined, handed.value, passphrase);
    clear.value.fill(0);
    handed.value.secret.fill(0);
    if (!taken.ok) return taken;
    // Sealed for nobody's eyes: that it opens says who is done.
    const sealed = joined.channel.seal("done", new Uint8Array());
    const request = encodePairRequest({ type: "done", id: joined.id, sealed });
    this.end();
    return accepted({ type: "taken", request });
  }

  private takeHanded({ device }: Joined, { backup, secret, standing, devices }: HandedOver, passphrase: string) {
    return this.vault.takeHandedOver(
      backup,
      { secret: toHex(secret), passphrase, standing: backupStandings[standing] ?? "none" },
      async (keys) => {
        const list = openDevices(devices, keys);
        const own = device.secret.use((bytes) => bytes.slice());
        const kept = await this.devices.keep({ secret: own, devices: list.ok ? list.value : noDevices }, keys);
        own.fill(0);
        return kept;
      },
    );
  }
}
