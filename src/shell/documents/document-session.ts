/**
 * A document that is open: its text by Yjs, kept by the node as it is written, joined with what others write. Knows nothing
 * of how it is shown.
 * @module
 */
import * as Y from "yjs";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { documentLimits } from "#protocol/documents/limits.ts";
import type { ChainMark } from "#protocol/documents/requests.ts";
import {
  keyChecks,
  newestLink,
  newestRotation,
  noRotations,
  permitted,
  type Rotations,
  readRotations,
} from "#protocol/documents/rotation.ts";
import { mostContentBytes } from "#protocol/documents/sealing.ts";
import { decodeUpdate, updateLink } from "#protocol/documents/update.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import type { Client, NodeEvent } from "#sdk/contract.ts";
import type { DocumentPlace, DocumentView, OpenedUpdate } from "#sdk/documents.ts";
import { contactsOf, namesByAddress } from "../contacts.ts";
import { DocumentAuthors } from "./document-authors.ts";
import {
  announce,
  fallenWith,
  leftOut,
  type Member,
  membersOf,
  onBasis,
  openable,
  planRemoval,
  remove,
} from "./document-members.ts";
import { DocumentPresences, shownAs } from "./document-presence.ts";

/** What is written is kept so long after the last key at the latest, and so long after the first. */
const saveAfterMs = { rest: 400, first: 2_000 } as const;

/** One's own place is told at most this often, and again while nothing changes, as Yjs does it. */
const tellEveryMs = 250;

/** What could not be kept is tried again after this. */
const retryMs = 5_000;

/** Tries for a place while other tabs write. */
const mostTries = 8;

/** What is said of an open document. */
export interface DocumentState {
  /** Whether all that was written is kept on this device. */
  readonly isSaved: boolean;
  /** Why it is not; null if nothing is wrong. */
  readonly trouble: Rejected | null;
  /** Connected peers who have the document. */
  readonly peers: number;
  /** Addresses of the others who have it open now. */
  readonly people: readonly string[];
  /** Updates that did not open. */
  readonly unreadable: number;
}

/** One thing somebody wrote, as it was kept. */
export interface Written {
  readonly from: string;
  readonly madeAtMs: number;
  readonly update: Uint8Array;
}

/** What a session is made with. */
export interface SessionParts {
  readonly client: Client;
  readonly document: DocumentView;
  /** Calls `action` once after so long; the returned function cancels it. */
  schedule(delayMs: number, action: () => void): () => void;
}

/** What comes from elsewhere, to Yjs. */
const elsewhere = "elsewhere";

const noKeys = rejected("vault-missing", "Your keys are not here any more; what was kept stays.");

/** An open document. */
export class DocumentSession {
  readonly doc = new Y.Doc();
  /** What is written. */
  readonly shared = this.doc.getText("text");
  /** What was read, in the order in which it came. */
  readonly written: Written[] = [];
  /** Who has written it, as far as was read. */
  readonly authors = new DocumentAuthors();
  private readonly parts: SessionParts;
  private readonly turns = new Turns();
  private readonly listeners = new Set<() => void>();
  private current: DocumentState = { isSaved: true, trouble: null, peers: 0, people: [], unreadable: 0 };
  private presences: DocumentPresences | null = null;
  /** Who writes here, */
  author: Uint8Array;
  /** who was removed, as far as is known, */
  rotations: Rotations = noRotations;
  /** on which of these another can build, */
  basis: Rotations = noRotations;
  /** and what was read. */
  have: readonly ChainMark[] = [];
  private place: DocumentPlace;
  private access: Uint8Array;
  /** Why nothing can be written any more; null while it can. */
  private outside: Rejected | null = null;
  /** Whether something was read that does not count by itself, see {@link vouch}. */
  private hasUncounted = false;
  private isWriting = false;
  /** Links of updates that did not open. */
  private readonly unread = new Set<string>();
  private pending: Uint8Array[] = [];
  private cancelRest: (() => void) | null = null;
  private cancelFirst: (() => void) | null = null;
  private cancelTell: (() => void) | null = null;
  private stop = (): void => undefined;
  private isClosed = false;

  private constructor(parts: SessionParts, author: Uint8Array, place: DocumentPlace) {
    this.parts = parts;
    this.access = parts.document.access;
    this.author = author;
    this.place = place;
  }

  /** Opens a document of an open vault, with all that is kept of it here. */
  static async open(parts: SessionParts): Promise<Result<DocumentSession>> {
    const vault = await parts.client.vaultStatus();
    if (!vault.ok) return vault;
    const { publicKey, did } = vault.value;
    if (publicKey === null || did === null) return noKeys;
    const { id, access } = parts.document;
    const place = await parts.client.holdDocument(id, access, publicKey);
    if (!place.ok) return place;
    const session = new DocumentSession(parts, publicKey, place.value);
    // Before anything is read, so that nothing comes between unseen.
    session.stop = parts.client.subscribe((event) => session.hear(event));
    const caughtUp = await session.catchUp();
    const loaded = caughtUp.ok ? await session.load() : caughtUp;
    if (!loaded.ok) {
      session.end();
      return loaded;
    }
    session.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== elsewhere) session.note(update);
    });
    session.presences = new DocumentPresences(session.doc, shownAs(did, ""), (isOwn) => {
      if (isOwn) session.tellSoon();
      else session.set({ people: session.presences?.people() ?? [] });
    });
    await session.renewStanding();
    return accepted(session);
  }

  /** How it is now; the same object until it changes. */
  state = (): DocumentState => this.current;

  /** Hears of every change of that. */
  onChange = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Where people are, for an editor. */
  get awareness() {
    return this.presences?.awareness ?? null;
  }

  /** From now on it is written here: what others would lack is said again by us, and who we are. */
  async begin(): Promise<Result<null>> {
    this.isWriting = true;
    if (this.hasUncounted) await this.vouch();
    return announce(this.parts.client, this);
  }

  /** All who are in it, who can remove others before those whom they can remove. */
  members(): readonly Member[] {
    return membersOf(this);
  }

  /** Who would stay if somebody were removed; refused where that cannot be. */
  staying(removed: Uint8Array): Result<readonly Member[]> {
    return planRemoval(onBasis(this, removed), removed);
  }

  /** Addresses of those who have written it, or say they are in it, and would get no new key. */
  leftOut(removed: Uint8Array): readonly string[] {
    return leftOut(onBasis(this, removed), removed);
  }

  /** Addresses of those whose removal would fall with that of somebody who has used up all places for removals. */
  fallenWith(removed: Uint8Array): readonly string[] {
    return fallenWith(this, removed);
  }

  /** Removes somebody. Done when it is durable here; who is away hears of it as they return. */
  remove(removed: Uint8Array): Promise<Result<null>> {
    return remove(this.parts.client, this, this.parts.document.id, removed);
  }

  /** Takes over who was removed since, and the new key; true if there was something. */
  async catchUp(): Promise<Result<boolean>> {
    const { client, document } = this.parts;
    const told = await client.documentRotations(document.id);
    const read = told.ok ? readRotations(told.value, document.id) : told;
    if (!told.ok) return told;
    if (!read.ok) return read;
    const isKnown = equalBytes(newestLink(read.value), newestLink(this.rotations));
    if (isKnown && this.outside === null) return accepted(false);
    this.rotations = read.value;
    const adopted = await client.adoptRotations(document.id, told.value);
    this.outside = adopted.ok ? null : adopted;
    this.basis = adopted.ok ? read.value : await openable(client, document.id, this);
    this.set({ trouble: this.outside });
    if (!adopted.ok) return accepted(!isKnown);
    this.access = adopted.value.access;
    const place = await client.holdDocument(document.id, this.access, this.author);
    if (!place.ok) return place;
    this.place = place.value;
    return accepted(true);
  }

  /** Keeps what was written and is not kept yet; durable when it answers. */
  save(): Promise<Result<null>> {
    this.cancelTimers();
    return this.turns.take(async () => {
      while (this.pending.length > 0) {
        const [update, count] = this.nextUpdate(this.pending);
        const kept = await this.keep(update);
        if (!kept.ok) {
          this.set({ isSaved: false, trouble: kept });
          // Who was removed stays so: that is not tried again and again.
          if (!this.isClosed && kept.code !== "wrong-holder")
            this.cancelFirst ??= this.parts.schedule(retryMs, () => void this.save());
          return kept;
        }
        this.pending.splice(0, count);
      }
      this.set({ isSaved: true, trouble: this.outside });
      return accepted(null);
    });
  }

  /** Keeps what is left and ends; what could not be kept is what the answer says. */
  async close(): Promise<Result<null>> {
    this.isClosed = true;
    const saved = await this.save();
    if (this.presences !== null) await this.tell(this.presences.leave());
    this.end();
    return saved;
  }

  private end(): void {
    this.cancelTimers();
    this.cancelTell?.();
    this.stop();
    this.presences?.end();
    this.doc.destroy();
  }

  private set(change: Partial<DocumentState>): void {
    const next = { ...this.current, ...change };
    const isSame = (Object.keys(next) as (keyof DocumentState)[]).every(
      (key) => next[key] === this.current[key] || (key === "people" && String(next[key]) === String(this.current[key])),
    );
    if (isSame) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  private cancelTimers(): void {
    this.cancelRest?.();
    this.cancelFirst?.();
    this.cancelRest = null;
    this.cancelFirst = null;
  }

  /** Something was written here. */
  private note(update: Uint8Array): void {
    this.pending.push(update);
    this.set({ isSaved: false });
    this.cancelRest?.();
    this.cancelRest = this.parts.schedule(saveAfterMs.rest, () => void this.save());
    this.cancelFirst ??= this.parts.schedule(saveAfterMs.first, () => void this.save());
  }

  /** As many of what waits as fit into one update. */
  private nextUpdate(pending: readonly Uint8Array[]): readonly [update: Uint8Array, count: number] {
    const [first] = pending as readonly [Uint8Array];
    const merged = pending.length === 1 ? first : Y.mergeUpdates([...pending]);
    return merged.length <= mostContentBytes ? [merged, pending.length] : [first, 1];
  }

  private async keep(update: Uint8Array): Promise<Result<null>> {
    const { client, document } = this.parts;
    if (this.outside !== null) await this.catchUp();
    if (this.outside !== null) return this.outside;
    let kept: Result<DocumentPlace> = noKeys;
    for (let tries = 0; tries < mostTries; tries++) {
      const vault = await client.vaultStatus();
      if (!vault.ok) return vault;
      const { publicKey } = vault.value;
      if (publicKey === null) return noKeys;
      if (tries > 0 || !equalBytes(publicKey, this.author)) {
        // Another tab has written, or another space was chosen.
        const place = await client.holdDocument(document.id, this.access, publicKey);
        if (!place.ok) return place;
        this.author = publicKey;
        this.place = place.value;
      }
      const { replica, next: sequence, link: previous, epoch, check } = this.place;
      const at = { document: document.id, replica, sequence, previous, epoch, check };
      const sealed = await client.sealUpdate(at, update, this.author);
      if (!sealed.ok) return sealed;
      kept = await client.appendUpdate(document.id, sealed.value);
      if (kept.ok) {
        this.place = kept.value;
        return accepted(null);
      }
      if (kept.code !== "broken-chain") return kept;
    }
    return kept.ok ? accepted(null) : kept;
  }

  /** Reads what is new. */
  load(): Promise<Result<null>> {
    return this.turns.take(() =>
      this.read(this.have, (one, counts) => {
        if (!this.apply(one.update)) return false;
        this.written.push(one);
        this.hasUncounted ||= !counts;
        return true;
      }),
    );
  }

  /** Reads what is beyond marks; `take` tells whether it could use an update, and hears whether it counts by itself. */
  private async read(
    from: readonly ChainMark[],
    take: (one: OpenedUpdate, counts: boolean) => boolean,
  ): Promise<Result<null>> {
    const { client, document } = this.parts;
    const members = newestRotation(this.rotations)?.members ?? [];
    for (let known = from; ; ) {
      const news = await client.documentNews(document.id, known);
      if (!news.ok) return news;
      const { updates, have, more } = news.value;
      const opened = await client.openUpdates(document.id, updates, keyChecks(this.rotations));
      if (!opened.ok) return opened;
      for (const [at, one] of opened.value.entries()) {
        const head = decodeUpdate(updates[at] as Uint8Array);
        // What is sealed with a key put aside is believed of those alone who stayed.
        const isTheirs = head.ok && members.some((member) => equalBytes(member, head.value.author));
        const isGood = one.ok && head.ok && (!one.value.isAside || isTheirs);
        const counts = isGood && !one.value.isAside && permitted(this.rotations, head.value);
        const isTaken = isGood && take(one.value, counts);
        // After Yjs, which refuses what is no update.
        if (isTaken) this.authors.note(head.value.author, one.value.update);
        if (!isTaken) this.unread.add(toHex(updateLink(updates[at] as Uint8Array)));
      }
      known = have.slice(0, documentLimits.chains);
      this.have = known;
      this.set({ unreadable: this.unread.size });
      if (!more) return accepted(null);
    }
  }

  /**
   * Somebody was removed. What this device had of them before it knew, and what was sealed with a key that was put aside, counts
   * no more for others; but what we wrote may build on it, so nothing is to be lost: what they lack is said again, signed by us.
   */
  private async vouch(): Promise<void> {
    const counted = new Y.Doc();
    const read = await this.turns.take(() =>
      this.read([], (one, counts) => {
        if (!this.apply(one.update)) return false;
        if (counts) Y.applyUpdate(counted, one.update);
        return true;
      }),
    );
    this.hasUncounted = !read.ok;
    const isWhole = Y.equalSnapshots(Y.snapshot(counted), Y.snapshot(this.doc));
    if (read.ok && this.outside === null && !isWhole) {
      this.note(Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(counted)));
    }
    counted.destroy();
  }

  /** Foreign bytes: whoever was let in may have sealed anything. */
  private apply(update: Uint8Array): boolean {
    try {
      Y.applyUpdate(this.doc, update, elsewhere);
      return true;
    } catch {
      return false;
    }
  }

  private hear(event: NodeEvent): void {
    if (this.isClosed) return;
    if (event.type === "vault" && this.pending.length > 0) void this.save();
    if (event.type !== "document" && event.type !== "presence") return;
    if (!equalBytes(event.id, this.parts.document.id)) return;
    if (event.type === "presence") void this.hearPresence(event.presence);
    else void this.renew();
  }

  private async renew(): Promise<void> {
    const turned = await this.catchUp();
    await this.load();
    if (turned.ok && turned.value && this.isWriting) await this.vouch();
    await this.renewStanding();
  }

  private async renewStanding(): Promise<void> {
    const standing = await this.parts.client.documentStanding(this.parts.document.id);
    if (!standing.ok) return;
    const hasCome = standing.value.peers > this.current.peers;
    this.set({ peers: standing.value.peers });
    if (hasCome) this.tellSoon();
  }

  private tellSoon(): void {
    this.cancelTell ??= this.parts.schedule(tellEveryMs, () => {
      this.cancelTell = null;
      if (this.presences !== null && !this.isClosed) void this.tell(this.presences.own());
    });
  }

  private async tell(state: Uint8Array): Promise<void> {
    const { client, document } = this.parts;
    const sealed = await client.sealPresence(document.id, state, this.place);
    // Nobody misses it: the next one says the same.
    if (sealed.ok) await client.tellPresence(document.id, sealed.value);
  }

  private async hearPresence(bytes: Uint8Array): Promise<void> {
    const { client, document } = this.parts;
    const opened = await client.openPresence(document.id, bytes, keyChecks(this.rotations));
    if (!opened.ok || this.isClosed || this.presences === null) return;
    const { from, state } = opened.value;
    const before = this.presences.people().length;
    const name = namesByAddress(await contactsOf(client))(from) ?? `…${from.slice(-6)}`;
    if (this.isClosed || !this.presences.take(from, state, shownAs(from, name))) return;
    const people = this.presences.people();
    this.set({ people });
    // Whoever has just come does not know yet who is here.
    if (people.length > before) this.tellSoon();
  }
}
