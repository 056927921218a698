/**
 * The voter of one node: its secret, what it may sign, and the journal that is written before any signature leaves.
 *
 * Two numbers keep it from ever breaking the rules, whatever it is asked: targets only rise, sources never fall. They imply
 * that no two of its votes share a target epoch and none surrounds another. The secret never leaves the store that holds
 * the journal: a phrase restored elsewhere makes a new voter.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { possessionDigest, type Vote } from "#protocol/consensus/certificate.ts";
import { type Link, voteDigest } from "#protocol/consensus/votes.ts";
import { Turns } from "#protocol/turns.ts";
import { records, type VoteJournal, voteJournalKey, voteSecretKey } from "../chain-records.ts";
import type { Entropy, Store, VoteSignatures } from "../ports.ts";

/** What a voter needs of the world. */
export interface VoterPorts {
  readonly store: Store;
  readonly entropy: Entropy;
  readonly votes: VoteSignatures;
}

/** Reads or makes the secret of this node's voter. */
async function secretOf({ store, entropy, votes }: VoterPorts): Promise<Uint8Array> {
  const kept = await store.get("meta", voteSecretKey);
  if (kept !== undefined) return kept;
  const secret = votes.secretFrom(entropy.bytes(32));
  await store.commit([{ table: "meta", key: voteSecretKey, value: secret }]);
  return secret;
}

/** Signs votes of one key. */
export class Voter {
  /** BLS12-381 public key, 48 bytes. */
  readonly key: Uint8Array;
  private readonly ports: VoterPorts;
  private readonly networkId: Uint8Array;
  private readonly secret: Uint8Array;
  private last: Link | null;
  private readonly turns = new Turns();

  private constructor(ports: VoterPorts, networkId: Uint8Array, secret: Uint8Array, journal: VoteJournal | null) {
    this.ports = ports;
    this.networkId = networkId;
    this.secret = secret;
    this.key = ports.votes.keyOf(secret);
    this.last = journal !== null && equalBytes(journal.key, this.key) ? journal.link : null;
  }

  /** Opens the voter of a store. A journal that cannot be read is an error: voting without it could cost the stake. */
  static async open(ports: VoterPorts, networkId: Uint8Array): Promise<Voter> {
    const secret = await secretOf(ports);
    const bytes = await ports.store.get("meta", voteJournalKey);
    const journal = bytes === undefined ? null : records.journal.decode(bytes);
    if (journal !== null && !journal.ok) throw new Error(`the journal of votes cannot be read: ${journal.message}`);
    return new Voter(ports, networkId, secret, journal?.value ?? null);
  }

  /** The newest vote; null if there is none yet. */
  get newest(): Link | null {
    return this.last;
  }

  /** Whether a link may be signed. */
  maySign({ source, target }: Link): boolean {
    return this.last === null || (target.epoch > this.last.target.epoch && source.epoch >= this.last.source.epoch);
  }

  /** Takes note of a vote of this key that another copy of it must have made: nothing up to it is signed any more. */
  async heed(link: Link): Promise<void> {
    await this.turns.take(async () => {
      if (this.last !== null && link.target.epoch <= this.last.target.epoch) return;
      const source = this.last !== null && this.last.source.epoch > link.source.epoch ? this.last.source : link.source;
      await this.write({ source, target: link.target });
    });
  }

  /** Signs a link if it may be signed; the journal is on disk before the signature exists. */
  sign(link: Link): Promise<Vote | null> {
    return this.turns.take(async () => {
      if (!this.maySign(link)) return null;
      await this.write(link);
      const signature = await this.ports.votes.sign(this.secret, voteDigest(this.networkId, link));
      return { link, key: this.key, signature };
    });
  }

  /** Shows that the key is this node's, for a stake of `owner`. */
  possession(owner: Uint8Array): Promise<Uint8Array> {
    return this.ports.votes.sign(this.secret, possessionDigest(this.networkId, this.key, owner));
  }

  private async write(link: Link): Promise<void> {
    const value = records.journal.encode({ key: this.key, link });
    await this.ports.store.commit([{ table: "meta", key: voteJournalKey, value }]);
    this.last = link;
  }
}
