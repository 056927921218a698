/**
 * Files among peers, as an interface sees them. The node moves and keeps sealed blocks and cannot read them; sealing and
 * opening is done by a thread of its own.
 * @module
 */
import type { AddressedManifest, FileAddress, LinkedManifest } from "#protocol/files/addressed.ts";
import type { ErasureCode } from "#protocol/files/erasure-code.ts";
import type { HeldFile, HeldFilesChange } from "#protocol/files/held-file.ts";
import type { FileLink } from "#protocol/files/link.ts";
import type { Chunk, FileManifest, LargeManifest } from "#protocol/files/manifest.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import type { Rejected, Result } from "#protocol/result.ts";

/** Where the shards of a piece are. */
export interface Placement {
  /** Peer ids of those that keep some of them now. */
  readonly keepers: readonly string[];
  /** Shards that nobody keeps though somebody could: of copies there are no more than keepers. */
  readonly missing: number;
  /** How many keepers may go, whichever they are, before the piece is lost; -1 if too few shards are kept now. */
  readonly mayLeave: number;
  /** Whether the shards are in this browser as well. */
  readonly here: boolean;
  /** Why nobody keeps it; empty if somebody does. */
  readonly trouble: string;
}

/** Who keeps files for others, as far as this node knows. */
export interface KeepersView {
  readonly keepers: number;
  /** What is free with all of them, as they say. */
  readonly freeBytes: number;
}

/** What this node keeps for others. */
export interface StorageOffer {
  /** At most; null: nothing. */
  readonly offeredBytes: number | null;
  readonly keptBytes: number;
}

/** What was asked for and came. */
export interface Fetched {
  /** In the order of the stripe; null for a shard that was not needed or could not be had. */
  readonly shards: readonly (Uint8Array | null)[];
  /** Why too few came; null if enough did. */
  readonly trouble: Rejected | null;
}

/** On what terms shards are left. */
export interface KeepingTerms {
  /** By it they are let go; without one they stay until their time is over. */
  readonly secret?: Uint8Array;
  /** Milliseconds from now on; 30 days if absent, and at most. */
  readonly forMs?: number;
  /** Anybody may have it, nodes of IPFS too: one block, not sealed, as copies. */
  readonly isPublic?: boolean;
}

/** What became of pieces that were let go. */
export interface Release {
  /** Keepers that were asked, and those of them that had something and have let it go. */
  readonly asked: number;
  readonly released: number;
  /** Pieces that were let go: those that were named, and those that the node knew. */
  readonly pieces: number;
}

/** Requests to a node about shards of files. */
export interface FileRequests {
  /** Who there is to keep files; a node that has just started waits a while for the first. */
  fileKeepers(): Promise<Result<KeepersView>>;
  /**
   * Leaves the shards of a piece with keepers, each with another as long as there are others, for 30 days. What one keeper
   * less would lose is kept here, too. Durable when it answers.
   */
  placeStripe(data: number, shards: readonly Uint8Array[], terms?: KeepingTerms): Promise<Result<Placement>>;
  /**
   * Lets go of some pieces, and of all that this node has left by the same secret, here and with keepers. Durable when it
   * answers: keepers that are away now are told when they come while this node runs, or hear it from others.
   */
  releaseStripes(stripes: readonly Stripe[], secret: Uint8Array): Promise<Result<Release>>;
  /**
   * From now on keepers of some pieces, and of all that this node has left by the same secret, are asked to keep them longer
   * before half of their time is over, whenever this node runs, until then; 0: no more. All or none, durable when it answers.
   */
  pinStripes(stripes: readonly Stripe[], secret: Uint8Array, pinnedUntilMs: number): Promise<Result<null>>;
  /** Until when keepers were last asked by this node to keep what was left by some secrets; null where it knows nothing of it. */
  renewedUntil(secrets: readonly Uint8Array[]): Promise<Result<readonly (number | null)[]>>;
  /** Enough shards of a piece, from here or from peers, each checked; those in `known` are not needed. */
  fetchStripe(stripe: Stripe, known: readonly number[]): Promise<Result<Fetched>>;
  /** Who has shards of some pieces now; nothing is fetched. */
  locateStripes(stripes: readonly Stripe[]): Promise<Result<readonly Placement[]>>;
  /** What this node keeps for others. */
  storageOffer(): Promise<Result<StorageOffer>>;
  /** Keeps at most so many bytes for others from now on, durably; null: nothing, and lets go what it has. */
  offerStorage(bytes: number | null): Promise<Result<StorageOffer>>;
}

/** Whom a file is shared with: the signing key of their address, and the record that it has signed. */
export interface FileReceiver {
  readonly publicKey: Uint8Array;
  readonly record: Uint8Array;
}

/** A shared file's key, and who shared it. */
export interface UnwrappedFileKey {
  readonly key: Uint8Array;
  /** Address of who shared it, which its signature proves. */
  readonly from: string;
}

/** Requests to the vault about files that were left among peers. All are refused while it is locked. */
export interface FileVaultRequests {
  /** All that is remembered, by name. */
  heldFiles(): Promise<Result<readonly HeldFile[]>>;
  /**
   * Forgets what goes by some digests, and links to it, and remembers others, in one step: durable when it answers, and then
   * what was forgotten opens nowhere any more. Answers with what there is.
   */
  changeHeldFiles(change: HeldFilesChange): Promise<Result<readonly HeldFile[]>>;
  /**
   * Wraps the key of a sealed manifest for some people and for the chosen space, and signs that. Refused with `space-changed`
   * if the chosen space's key is not `from`.
   */
  wrapFileKey(manifest: FileLink, receivers: readonly FileReceiver[], from?: Uint8Array): Promise<Result<FileAddress>>;
  /** Unwraps a file's key for whichever space it is for; `wrong-holder` if for none, `bad-signature` if its sharer is not proved. */
  unwrapFileKey(addressed: AddressedManifest): Promise<Result<UnwrappedFileKey>>;
}

/** A sealed block with the digest it goes by. */
export interface SealedBlock {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Bytes sealed under a key of their own. */
export interface Sealed {
  readonly key: Uint8Array;
  readonly blocks: readonly SealedBlock[];
}

/** Seals and opens, apart from the thread that paints. */
export interface FileCipher {
  /** Seals a chunk and cuts it into the shards of a code. */
  sealChunk(clear: Uint8Array, code: ErasureCode): Promise<Result<Sealed>>;
  /** Opens a chunk of `length` bytes from as many of its shards as the code needs, or more; null for one that is missing. */
  openChunk(
    shards: readonly (Uint8Array | null)[],
    code: ErasureCode,
    length: number,
    key: Uint8Array,
  ): Promise<Result<Uint8Array>>;
  sealManifest(manifest: FileManifest): Promise<Result<Sealed>>;
  /** Seals a manifest's sealed bytes with the wraps of their key. */
  sealAddressed(addressed: AddressedManifest): Promise<Result<Sealed>>;
  /** Opens what a link names: a manifest, or one that is for certain people. */
  openLinked(block: Uint8Array, key: Uint8Array): Promise<Result<LinkedManifest>>;
  openManifest(block: Uint8Array, key: Uint8Array): Promise<Result<FileManifest>>;
  /** Seals a table of a large file. */
  sealTable(chunks: readonly Chunk[]): Promise<Result<Sealed>>;
  /** Opens the table at a place of a large file. */
  openTable(block: Uint8Array, key: Uint8Array, of: LargeManifest, place: number): Promise<Result<readonly Chunk[]>>;
}

/** A cipher that has threads to end. */
export interface RunningCipher extends FileCipher {
  end(): void;
}
