/**
 * Documents on a node: finds connected peers who were let into the same ones, compares notes with them and hands on what is
 * new. Nothing here can read a document.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { documentLimits } from "#protocol/documents/limits.ts";
import {
  accessTag,
  type ChainMark,
  type DocumentRequest,
  decodeDocumentRequest,
  documentWireLimits,
  encodeDocumentRequest,
  helloAnswers,
  rotationsAnswers,
  syncAnswers,
} from "#protocol/documents/requests.ts";
import { newestLink } from "#protocol/documents/rotation.ts";
import { chainOf, decodeUpdate, readPresence } from "#protocol/documents/update.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { DocumentEvent, DocumentNews, DocumentPlace, DocumentRequests, DocumentStanding } from "#sdk/documents.ts";
import { guarded } from "../guarded.ts";
import { inParts } from "../lists.ts";
import type { Offence } from "../peer-scores.ts";
import { type Clock, type Network, protocols, type Store } from "../ports.ts";
import { ServingBudget } from "../serving-budget.ts";
import { documentPlan } from "./document-limits.ts";
import {
  DocumentShelf,
  isCurrent,
  type ShelfParts,
  type ShelvedDocument,
  sizeOf,
  type Taken,
} from "./document-shelf.ts";

/** What documents need of a node. */
export interface DocumentNode {
  readonly ports: { readonly clock: Clock; readonly network: Network } & Omit<ShelfParts, "store">;
  readonly resources: { readonly serving: ServingBudget };
  offend(peerId: string, offence: Offence, why: string): void;
  emit(event: DocumentEvent): void;
  onStorageFailure(error: unknown): void;
}

const nothing = accepted(new Uint8Array());
const notHeld = rejected("not-found", "This node does not hold that document.");
const tooMuch = rejected("rate-limited", "That is more at once than this node takes from one peer; go on later.");
const turned = rejected(
  "unknown-epoch",
  "Somebody was removed from this document; only those who have its new key hear and tell more of it.",
);
const stale = rejected(
  "broken-chain",
  "Another tab has written meanwhile; nothing was lost. Seal it for the next place.",
);

/** A document that a peer's tag stands for, and by which key's access. */
interface Shown {
  readonly document: ShelvedDocument;
  readonly access: Uint8Array;
  readonly isEarlier: boolean;
}

/** A document and one of the accesses to it, by which who knows it may be found. */
type Way = Pick<Shown, "document" | "access">;

/** What is remembered of a peer while it is connected. */
interface Companion {
  /** Documents, by their ids in hex, that this peer has shown to be let into. */
  readonly documents: Set<string>;
  /** What it may bring. */
  readonly intake: ServingBudget;
  /** When the current second of presences began, and how many came in it. */
  presenceAtMs: number;
  presences: number;
}

/** The documents of one node. */
export class Documents {
  private readonly node: DocumentNode;
  private readonly shelf: DocumentShelf;
  private readonly onFailure = (error: unknown): void => this.node.onStorageFailure(error);
  private readonly companions = new Map<string, Companion>();
  /** Exchanges under way, and whether another is wanted behind each. */
  private readonly exchanges = new Map<string, boolean>();
  private compareAtMs = 0;

  private constructor(node: DocumentNode, shelf: DocumentShelf) {
    this.node = node;
    this.shelf = shelf;
  }

  /** Reads what is held. */
  static async open(node: DocumentNode, store: Store): Promise<Documents> {
    return new Documents(node, await DocumentShelf.open({ ...node.ports, store }));
  }

  /** Answers a peer. */
  async answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const decoded = decodeDocumentRequest(bytes);
    if (!decoded.ok) return decoded;
    const request = decoded.value;
    if (request.type === "hello") return accepted(this.greet(peerId, request.tags));
    const known = this.byTag(peerId, [request.tag])[0] ?? null;
    if (known === null) return notHeld;
    const { document } = known;
    if (request.type === "rotations") return this.giveRotations(document, request.newest);
    if (request.type === "rotate") return this.takeRotations(peerId, document, request.rotations, bytes.length);
    // Whoever has only an earlier key is behind, or was removed: both hear of the removal, and of nothing else.
    if (known.isEarlier || !isCurrent(document)) return turned;
    this.meet(peerId, document);
    if (request.type === "sync") return this.give(document, request.have);
    return request.type === "push"
      ? this.takeFrom(peerId, document, request.updates, bytes.length)
      : this.hear(peerId, document, request.presence);
  }

  /** A peer has come: it is asked which of our documents it has. */
  async onPeerConnected(peerId: string): Promise<void> {
    await this.hello(peerId, [...this.shelf.documents()]);
  }

  /** A peer has gone. */
  onPeerDisconnected(peerId: string): void {
    const gone = this.companions.get(peerId);
    this.companions.delete(peerId);
    for (const name of gone?.documents ?? []) this.tell(fromHex(name) as Uint8Array);
  }

  /** To be called every few seconds. */
  tick(): void {
    const nowMs = this.node.ports.clock.nowMs();
    if (nowMs < this.compareAtMs) return;
    this.compareAtMs = nowMs + documentPlan.compareEveryMs;
    const held = [...this.shelf.documents()];
    for (const { id } of this.node.ports.network.peers().slice(0, documentPlan.companions)) {
      const known = this.companions.get(id)?.documents ?? new Set();
      const unmet = held.filter((document) => !known.has(toHex(document.id)));
      void this.hello(id, unmet).catch(this.onFailure);
      for (const document of held) if (known.has(toHex(document.id))) this.compare(id, document);
    }
  }

  /** Holds a document from now on and looks for others who do. */
  async hold(id: Uint8Array, access: Uint8Array, author: Uint8Array): Promise<Result<DocumentPlace>> {
    const before = this.shelf.find(id)?.access;
    const held = await this.shelf.hold(id, access, author);
    if (!held.ok) return held;
    if (before !== held.value.access) {
      if (before !== undefined) this.leave(held.value);
      for (const peer of this.node.ports.network.peers().slice(0, documentPlan.companions))
        void this.hello(peer.id, [held.value]).catch(this.onFailure);
    }
    return accepted(this.shelf.place(held.value, author));
  }

  /** Takes over what was written here, and hands it on. */
  async append(id: Uint8Array, bytes: Uint8Array): Promise<Result<DocumentPlace>> {
    const document = this.shelf.find(id);
    const update = decodeUpdate(bytes);
    if (document === undefined) return notHeld;
    if (!update.ok) return update;
    const taken = await this.shelf.take(id, [bytes]);
    if (!taken.ok) return taken;
    if (taken.value.refusal !== null) return taken.value.refusal;
    if (taken.value.gap) return stale;
    if (taken.value.fresh.length === 0 && !(await this.isKept(document, bytes))) return stale;
    this.spread(document, taken.value, null);
    return accepted(this.shelf.place(document, update.value.author));
  }

  /** What somebody here does not have yet. */
  async news(id: Uint8Array, have: readonly ChainMark[]): Promise<Result<DocumentNews>> {
    const document = this.shelf.find(id);
    return document === undefined ? notHeld : accepted(await this.shelf.news(document, have));
  }

  /** Tells where somebody here is. */
  tellPresence(id: Uint8Array, presence: Uint8Array): Result<null> {
    const document = this.shelf.find(id);
    if (document === undefined) return notHeld;
    const read = readPresence(presence, id, this.node.ports.clock.nowMs());
    if (!read.ok) return read;
    this.node.emit({ type: "presence", id, presence });
    for (const peerId of this.having(document)) {
      void this.ask(peerId, { type: "presence", tag: this.tagFor(peerId, document), presence });
    }
    return accepted(null);
  }

  /** Who was removed from a document. */
  rotations(id: Uint8Array): Result<readonly Uint8Array[]> {
    const document = this.shelf.find(id);
    return document === undefined ? notHeld : accepted(document.rotations.all.map(({ bytes }) => bytes));
  }

  /** Takes rotations over that were made here. */
  async rotate(id: Uint8Array, rotations: readonly Uint8Array[]): Promise<Result<null>> {
    const document = this.shelf.find(id);
    const changed = document === undefined ? notHeld : await this.turn(document, rotations);
    return changed.ok ? accepted(null) : changed;
  }

  /** How a document is among peers. */
  standing(id: Uint8Array): Result<DocumentStanding> {
    const document = this.shelf.find(id);
    if (document === undefined) return notHeld;
    const updates = [...document.ends.values()].reduce((sum, { next }) => sum + next, 0);
    return accepted({ peers: this.having(document).length, updates, bytes: sizeOf(document) });
  }

  /** Deletes all that is kept of a document. */
  async drop(id: Uint8Array): Promise<Result<null>> {
    const dropped = await this.shelf.drop(id);
    if (dropped.ok) for (const { documents } of this.companions.values()) documents.delete(toHex(id));
    return dropped;
  }

  /** Whether the very bytes stand at their place already: a request that was made twice. */
  private async isKept(document: ShelvedDocument, bytes: Uint8Array): Promise<boolean> {
    const update = decodeUpdate(bytes);
    if (!update.ok) return false;
    const own = toHex(chainOf(update.value));
    const have = this.shelf.have(document).map(({ chain, next }) => ({
      chain,
      next: toHex(chain) === own ? update.value.sequence : next,
    }));
    const [kept] = (await this.shelf.news(document, have)).updates;
    return kept !== undefined && toHex(kept) === toHex(bytes);
  }

  /** Takes rotations over if they count more than those known, and hands them on; whether they do. */
  private async turn(document: ShelvedDocument, rotations: readonly Uint8Array[]): Promise<Result<boolean>> {
    const changed = await this.shelf.rotate(document.id, rotations);
    if (!changed.ok || !changed.value) return changed;
    const all = document.rotations.all.map(({ bytes }) => bytes);
    for (const peerId of this.having(document))
      void this.ask(peerId, { type: "rotate", tag: this.tagFor(peerId, document), rotations: all });
    // They are met again by the new key's tag.
    if (!isCurrent(document)) this.leave(document);
    this.tell(document.id);
    return changed;
  }

  private giveRotations({ rotations }: ShelvedDocument, theirs: Uint8Array): Result<Uint8Array> {
    const { serving } = this.node.resources;
    const refusal = serving.refusal();
    if (refusal !== null) return refusal;
    const newest = newestLink(rotations);
    const isSame = toHex(newest) === toHex(theirs);
    const all = isSame ? [] : rotations.all.map(({ bytes }) => bytes);
    const answer = rotationsAnswers.encode({ newest, rotations: all });
    serving.note(answer.length);
    return accepted(answer);
  }

  private async takeRotations(
    peerId: string,
    document: ShelvedDocument,
    rotations: readonly Uint8Array[],
    sizeBytes: number,
  ): Promise<Result<Uint8Array>> {
    const { intake } = this.companion(peerId);
    if (!intake.maySend()) return tooMuch;
    intake.note(sizeBytes);
    const changed = await this.turn(document, rotations);
    if (!changed.ok && changed.code === "bad-signature") this.node.offend(peerId, "bad-update", changed.message);
    return changed.ok ? nothing : changed;
  }

  /** Compares with a peer who was removed from a document, before anything else is told. */
  private async compareRotations(peerId: string, document: ShelvedDocument, access = document.access): Promise<void> {
    const tag = accessTag(access, this.node.ports.network.selfId(), peerId);
    const newest = newestLink(document.rotations);
    const asked = await this.ask(peerId, { type: "rotations", tag, newest });
    const answer = asked.ok ? rotationsAnswers.decode(asked.value) : asked;
    if (!answer.ok) return;
    if (answer.value.rotations.length > 0) await this.turn(document, answer.value.rotations);
    const { all } = document.rotations;
    if (all.length === 0 || toHex(newestLink(document.rotations)) === toHex(answer.value.newest)) return;
    await this.ask(peerId, { type: "rotate", tag, rotations: all.map(({ bytes }) => bytes) });
  }

  /** Nobody is known to have the document any more, until they show it anew. */
  private leave({ id }: ShelvedDocument): void {
    for (const { documents } of this.companions.values()) documents.delete(toHex(id));
  }

  private tell(id: Uint8Array): void {
    this.node.emit({ type: "document", id });
  }

  private companion(peerId: string): Companion {
    const known = this.companions.get(peerId);
    if (known !== undefined) return known;
    const intake = new ServingBudget(this.node.ports.clock);
    intake.setCap(documentPlan.intakeBytesPerSecond);
    const companion = { documents: new Set<string>(), intake, presenceAtMs: 0, presences: 0 };
    this.companions.set(peerId, companion);
    return companion;
  }

  private meet(peerId: string, document: ShelvedDocument): void {
    const { documents } = this.companion(peerId);
    const name = toHex(document.id);
    if (!isCurrent(document) || documents.has(name) || this.having(document).length >= documentPlan.companions) return;
    documents.add(name);
    this.tell(document.id);
  }

  /** Connected peers who have a document. */
  private having({ id }: ShelvedDocument): readonly string[] {
    const name = toHex(id);
    return [...this.companions].filter(([, { documents }]) => documents.has(name)).map(([peerId]) => peerId);
  }

  /** The documents that a peer's tags stand for; null for one that is not held. */
  private byTag(peerId: string, tags: readonly Uint8Array[]): readonly (Shown | null)[] {
    const self = this.node.ports.network.selfId();
    const held = new Map<string, Shown>();
    for (const document of this.shelf.documents()) {
      for (const access of [...document.earlier, document.access]) {
        const isEarlier = access !== document.access;
        held.set(toHex(accessTag(access, peerId, self)), { document, access, isEarlier });
      }
    }
    return tags.map((tag) => held.get(toHex(tag)) ?? null);
  }

  private tagFor(peerId: string, { access }: ShelvedDocument): Uint8Array {
    return accessTag(access, this.node.ports.network.selfId(), peerId);
  }

  private greet(peerId: string, tags: readonly Uint8Array[]): Uint8Array {
    const shared = this.byTag(peerId, tags);
    const self = this.node.ports.network.selfId();
    for (const shown of shared) if (shown !== null && !shown.isEarlier) this.meet(peerId, shown.document);
    return helloAnswers.encode({
      tags: shared.map((shown) => (shown === null ? null : accessTag(shown.access, self, peerId))),
    });
  }

  /**
   * Earlier keys' tags too: who heard of another removal than we did, made at the same time elsewhere, has a newest key that
   * we know as little as they know ours.
   */
  private async hello(peerId: string, documents: readonly ShelvedDocument[]): Promise<void> {
    const newest = documents.map((document): Way => ({ document, access: document.access }));
    const earlier = documents.flatMap((document) => document.earlier.map((access): Way => ({ document, access })));
    const found = new Set<ShelvedDocument>();
    for (const some of inParts([...newest, ...earlier], documentLimits.documents)) {
      const ways = some.filter(({ document }) => !found.has(document));
      for (const { document, access } of await this.shared(peerId, ways)) {
        if (found.has(document)) continue;
        found.add(document);
        if (access !== document.access) await this.compareRotations(peerId, document, access);
        else {
          this.meet(peerId, document);
          this.compare(peerId, document);
        }
      }
    }
  }

  /** Those of some tags that a peer shows to know as well. */
  private async shared(peerId: string, ways: readonly Way[]): Promise<readonly Way[]> {
    if (ways.length === 0) return [];
    const self = this.node.ports.network.selfId();
    const tags = ways.map(({ access }) => accessTag(access, self, peerId));
    const answered = await this.ask(peerId, { type: "hello", tags });
    const answer = answered.ok ? helloAnswers.decode(answered.value) : answered;
    if (!answer.ok) return [];
    const theirs = new Set(answer.value.tags.map((tag) => (tag === null ? "" : toHex(tag))));
    return ways.filter(({ access }) => theirs.has(toHex(accessTag(access, peerId, self))));
  }

  private async give(document: ShelvedDocument, have: readonly ChainMark[]): Promise<Result<Uint8Array>> {
    const { serving } = this.node.resources;
    const refusal = serving.refusal();
    if (refusal !== null) return refusal;
    const { updates } = await this.shelf.news(document, have);
    const answer = syncAnswers.encode({ updates, have: this.shelf.have(document) });
    serving.note(answer.length);
    return accepted(answer);
  }

  private async takeFrom(
    peerId: string,
    document: ShelvedDocument,
    updates: readonly Uint8Array[],
    sizeBytes: number,
  ): Promise<Result<Uint8Array>> {
    const { intake } = this.companion(peerId);
    if (!intake.maySend()) return tooMuch;
    intake.note(sizeBytes);
    const taken = await this.shelf.take(document.id, updates);
    if (!taken.ok) return taken;
    this.spread(document, taken.value, peerId);
    if (taken.value.gap) this.compare(peerId, document);
    return taken.value.refusal ?? nothing;
  }

  private hear(peerId: string, document: ShelvedDocument, presence: Uint8Array): Result<Uint8Array> {
    const companion = this.companion(peerId);
    const nowMs = this.node.ports.clock.nowMs();
    if (nowMs >= companion.presenceAtMs + 1_000) {
      companion.presenceAtMs = nowMs;
      companion.presences = 0;
    }
    if (++companion.presences > documentPlan.presencesPerSecond) return tooMuch;
    const read = readPresence(presence, document.id, nowMs);
    if (!read.ok) return read;
    this.node.emit({ type: "presence", id: document.id, presence });
    return nothing;
  }

  /** Hands on what was new, and tells those here. */
  private spread(document: ShelvedDocument, { fresh, refusal }: Taken, from: string | null): void {
    if (from !== null && refusal?.code === "bad-signature") this.node.offend(from, "bad-update", refusal.message);
    if (fresh.length === 0) return;
    this.tell(document.id);
    for (const peerId of isCurrent(document) ? this.having(document) : []) {
      if (peerId === from) continue;
      const request: DocumentRequest = { type: "push", tag: this.tagFor(peerId, document), updates: fresh };
      void this.ask(peerId, request);
    }
  }

  /** Compares notes with a peer; once more if that was wanted while it was under way. */
  private compare(peerId: string, document: ShelvedDocument): void {
    const name = `${peerId} ${toHex(document.id)}`;
    if (this.exchanges.has(name)) {
      this.exchanges.set(name, true);
      return;
    }
    this.exchanges.set(name, false);
    void this.exchange(peerId, document)
      .catch(this.onFailure)
      .finally(() => {
        const again = this.exchanges.get(name) === true;
        this.exchanges.delete(name);
        if (again && this.companions.has(peerId)) this.compare(peerId, document);
      });
  }

  private async exchange(peerId: string, document: ShelvedDocument): Promise<void> {
    await this.compareRotations(peerId, document);
    if (!isCurrent(document)) return;
    const tag = this.tagFor(peerId, document);
    let theirs: readonly ChainMark[] = [];
    for (let round = 0; round < documentPlan.rounds; round++) {
      const asked = await this.ask(peerId, { type: "sync", tag, have: this.shelf.have(document) });
      const answer = asked.ok ? syncAnswers.decode(asked.value) : asked;
      if (!answer.ok) return;
      theirs = answer.value.have;
      const taken = await this.shelf.take(document.id, answer.value.updates);
      if (!taken.ok) return;
      this.spread(document, taken.value, peerId);
      if (taken.value.fresh.length === 0) break;
    }
    for (let round = 0; round < documentPlan.rounds; round++) {
      const { updates, have, more } = await this.shelf.news(document, theirs);
      if (updates.length === 0) return;
      const pushed = await this.ask(peerId, { type: "push", tag, updates });
      if (!pushed.ok || !more) return;
      theirs = have;
    }
  }

  private ask(peerId: string, request: DocumentRequest): Promise<Result<Uint8Array>> {
    const limits = {
      timeoutMs: documentPlan.askTimeoutMs,
      maximumResponseBytes: documentWireLimits.answerBytes,
    };
    return this.node.ports.network.request(peerId, protocols.document, encodeDocumentRequest(request), limits);
  }
}

/** The sdk's requests about documents on a node that may still be starting. */
export function documentRequests(documents: () => Documents): DocumentRequests {
  return {
    holdDocument: (id, access, author) => guarded(() => documents().hold(id, access, author)),
    appendUpdate: (id, update) => guarded(() => documents().append(id, update)),
    documentNews: (id, have) => guarded(() => documents().news(id, have.slice(0, 4 * documentLimits.chains))),
    tellPresence: (id, presence) => guarded(() => documents().tellPresence(id, presence)),
    documentRotations: (id) => guarded(() => documents().rotations(id)),
    rotateDocument: (id, rotations) => guarded(() => documents().rotate(id, rotations)),
    documentStanding: (id) => guarded(() => documents().standing(id)),
    dropDocument: (id) => guarded(() => documents().drop(id)),
  };
}
