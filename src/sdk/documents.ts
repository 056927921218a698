/**
 * Documents that people write together, as an interface sees them. The vault has their keys, seals, signs and opens; the node
 * keeps sealed updates and moves them between those who were let in, and cannot read them.
 * @module
 */

import type { ChainMark } from "#protocol/documents/requests.ts";
import type { UpdateContent } from "#protocol/documents/sealing.ts";
import type { ChainEnd, UpdateHead } from "#protocol/documents/update.ts";
import type { Result } from "#protocol/result.ts";

/** A document that the vault has the keys of. */
export interface DocumentView {
  readonly id: Uint8Array;
  /** As it is called here. */
  readonly name: string;
  /** What the node needs to find others who have it. */
  readonly access: Uint8Array;
}

/** Which of a document's keys is the newest. */
export interface KeyChoice {
  readonly epoch: number;
  /** See `keyCheck`; null for the first key. */
  readonly check: Uint8Array | null;
}

/** Where this device writes next. */
export interface DocumentPlace extends ChainEnd, KeyChoice {
  readonly replica: Uint8Array;
}

/** Somebody is removed: who stays, and how far one has read. */
export interface RemovalPlan {
  /** Signed records of encryption keys of all who stay, the eldest first. */
  readonly members: readonly Uint8Array[];
  /** Signing keys. */
  readonly removed: readonly Uint8Array[];
  readonly marks: readonly ChainMark[];
}

/** Updates of a document that somebody did not have. */
export interface DocumentNews {
  readonly updates: readonly Uint8Array[];
  /** What is had with these. */
  readonly have: readonly ChainMark[];
  /** Whether there are more. */
  readonly more: boolean;
}

/** How a document is among peers. */
export interface DocumentStanding {
  /** Connected peers who were let in and have it. */
  readonly peers: number;
  /** Updates kept here, and their bytes. */
  readonly updates: number;
  readonly bytes: number;
}

/** Requests to a node about documents. */
export interface DocumentRequests {
  /** Holds a document from now on, durably; where the key of an author writes next on this device. */
  holdDocument(id: Uint8Array, access: Uint8Array, author: Uint8Array): Promise<Result<DocumentPlace>>;
  /** Takes an update of this device's people over and sends it on; durable when it answers, with where one writes next. */
  appendUpdate(document: Uint8Array, update: Uint8Array): Promise<Result<DocumentPlace>>;
  /** Updates beyond those one has, bounded: to be asked again while there are more. */
  documentNews(id: Uint8Array, have: readonly ChainMark[]): Promise<Result<DocumentNews>>;
  /** Tells everybody who has it where somebody is. */
  tellPresence(document: Uint8Array, presence: Uint8Array): Promise<Result<null>>;
  /** Who was removed from it, in the words of who removed them: all rotations that are known, the first first. */
  documentRotations(id: Uint8Array): Promise<Result<readonly Uint8Array[]>>;
  /** Takes rotations of a document over, if they count more than those that are known, and tells everybody. */
  rotateDocument(id: Uint8Array, rotations: readonly Uint8Array[]): Promise<Result<null>>;
  documentStanding(id: Uint8Array): Promise<Result<DocumentStanding>>;
  /** Deletes all that is kept of a document here. */
  dropDocument(id: Uint8Array): Promise<Result<null>>;
}

/** What a node tells about documents. */
export type DocumentEvent =
  /** There are new updates, or somebody who has it came or went. */
  | { readonly type: "document"; readonly id: Uint8Array }
  /** Somebody's place, as it came. */
  | { readonly type: "presence"; readonly id: Uint8Array; readonly presence: Uint8Array };

/** An update that was opened. */
export interface OpenedUpdate extends UpdateContent {
  /** Address of who wrote it, which its signature proves. */
  readonly from: string;
  /** Sealed with a key that another rotation at the same time has put aside: not everybody has it. */
  readonly isAside: boolean;
}

/** Who is where. */
export interface OpenedPresence {
  readonly from: string;
  /** Foreign bytes. */
  readonly state: Uint8Array;
}

/** Requests to the vault about documents. All are refused while it is locked. */
export interface DocumentVaultRequests {
  /** By name. */
  documents(): Promise<Result<readonly DocumentView[]>>;
  /** Makes one under a name, with a new key; durable when it answers. */
  makeDocument(name: string): Promise<Result<DocumentView>>;
  /** Keeps one that somebody invited to, under a name. */
  joinDocument(name: string, link: string): Promise<Result<DocumentView>>;
  /** The invitation to one: whoever has it reads and writes. */
  documentLink(name: string): Promise<Result<string>>;
  /** Takes the keys over that rotations bring; refused with `wrong-holder` if they bring none for the keys in use. */
  adoptRotations(document: Uint8Array, rotations: readonly Uint8Array[]): Promise<Result<DocumentView>>;
  /** Draws a new key, seals it for those who stay and signs that: a rotation that follows others. */
  signRemoval(
    document: Uint8Array,
    rotations: readonly Uint8Array[],
    plan: RemovalPlan,
    author: Uint8Array,
  ): Promise<Result<Uint8Array>>;
  /** Forgets the keys of one. */
  forgetDocument(name: string): Promise<Result<DocumentView>>;
  /** Seals and signs an update by the chosen space's key. Refused with `space-changed` if that is not `author`. */
  sealUpdate(
    place: Omit<UpdateHead, "author"> & KeyChoice,
    update: Uint8Array,
    author: Uint8Array,
  ): Promise<Result<Uint8Array>>;
  /** Opens updates that the node has checked, each by itself. `checks` are those of the keys by epoch; none: the first key. */
  openUpdates(
    document: Uint8Array,
    updates: readonly Uint8Array[],
    checks: readonly Uint8Array[],
  ): Promise<Result<readonly Result<OpenedUpdate>[]>>;
  sealPresence(document: Uint8Array, state: Uint8Array, key: KeyChoice): Promise<Result<Uint8Array>>;
  openPresence(
    document: Uint8Array,
    presence: Uint8Array,
    checks: readonly Uint8Array[],
  ): Promise<Result<OpenedPresence>>;
}
