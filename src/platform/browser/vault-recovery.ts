/**
 * The vault's requests about shares. Entropy and shares in clear are in this thread alone; a device that asks for shares
 * has a key of its own in a second vault file, so that it may be closed while its owner waits for them.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { type IdentityKeys, signWith, wipeKeys } from "#identity/keys.ts";
import type { OpenedLetter } from "#identity/letters.ts";
import { phraseEntropyBytes } from "#identity/phrase.ts";
import type { Share } from "#identity/recovery/shares.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { encodeKeyRecord, type KeyRecord, keyRecordDigest, readKeyRecord } from "#protocol/mail/credentials.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { RecoveryVaultRequests, ShareFacts, SplitOrder } from "#sdk/recovery.ts";
import { type SpaceName, spaceNames } from "#sdk/spaces.ts";
import { keysOfEntropy, wipeOpened } from "./opened-vault.ts";
import { type KeeperParts, VaultFileKeeper } from "./vault-file-keeper.ts";
import type { VaultKeeper } from "./vault-keeper.ts";
import type { VaultStore } from "./vault-store.ts";

/** What the requests need. */
export interface RecoveryParts extends KeeperParts {
  /** Where the key of a device that asks for shares is kept. */
  readonly recoveryStore: VaultStore;
  /** Where this device's own key and the list of devices are kept. */
  readonly deviceStore: VaultStore;
  /** Where it is written what was seen of other devices; an empty file is none. */
  readonly syncStore: VaultStore;
}

/** Shares that are looked at in one request. */
const mostGiven = 32;

const letters = () => import("#identity/letters.ts");
const shares = () => import("#identity/recovery/shares.ts");
const opening = async () => ({ ...(await letters()), ...(await shares()) });

/** A share as its holder opens it: what it says, and which of the holder's spaces it is for. */
interface HeldShare {
  readonly letter: OpenedLetter;
  readonly share: Share;
  readonly space: SpaceName;
  /** The space's keys of today, even if those before them open it. */
  readonly holder: IdentityKeys;
}

/** The vault's requests about shares. */
class VaultRecovery {
  private readonly vault: VaultKeeper;
  private readonly parts: RecoveryParts;
  private readonly waiting: VaultFileKeeper;

  constructor(vault: VaultKeeper, parts: RecoveryParts) {
    this.vault = vault;
    this.parts = parts;
    this.waiting = new VaultFileKeeper({ ...parts, store: parts.recoveryStore });
  }

  async split(passphrase: string, { required, waitMs, holders }: SplitOrder): Promise<Result<readonly Uint8Array[]>> {
    const nowMs = this.parts.clock.nowMs();
    const records: KeyRecord[] = [];
    for (const { key, record: bytes } of holders) {
      const record = readKeyRecord(bytes, nowMs);
      if (!record.ok) return record;
      if (!equalBytes(record.value.signingKey, key)) {
        return rejected("bad-signature", "An encryption key is not its holder's. No share was made.");
      }
      records.push(record.value);
    }
    const { makeShares } = await shares();
    const { sealLetter } = await letters();
    const opened = await this.vault.file.openFile(passphrase);
    if (!opened.ok) return opened;
    const { entropy, keys } = opened.value;
    const { signingKey } = keys;
    const writer = { signingKey, sign: (digest: Uint8Array) => signWith(keys, digest) };
    const random = (length: number): Uint8Array => this.parts.entropy.bytes(length);
    try {
      const order = { required, total: records.length, waitMs, madeAtMs: nowMs };
      const made = await makeShares(entropy, order, { owner: signingKey, sign: writer.sign }, random);
      if (!made.ok) return made;
      const sealed: Uint8Array[] = [];
      for (const [at, record] of records.entries()) {
        const letter = sealLetter(made.value[at] as string, record, writer, { madeAtMs: nowMs, random });
        if (!letter.ok) return letter;
        sealed.push(letter.value);
      }
      return accepted(sealed);
    } finally {
      wipeOpened(opened.value);
    }
  }

  async facts(sealed: Uint8Array): Promise<Result<ShareFacts>> {
    return this.lendHeld(sealed, await opening(), ({ letter, share, space }) => {
      const { owner, required, total, waitMs, madeAtMs } = share;
      return accepted({ owner: didOf(owner), from: didOf(letter.from), required, total, waitMs, madeAtMs, space });
    });
  }

  /** Lends a share that was sealed for any of the spaces, for their keys of today or those that they replaced. */
  private lendHeld<T>(
    sealed: Uint8Array,
    { openLetter, readShare }: Awaited<ReturnType<typeof opening>>,
    action: (held: HeldShare) => Result<T>,
  ): Result<T> {
    return this.vault.lendAll((spaces) => {
      const tried = spaces.flatMap((holder, at) =>
        [holder, ...(holder.earlier ?? [])].map((keys) => ({ holder, at, letter: openLetter(sealed, keys) })),
      );
      const found = tried.find(({ letter }) => letter.ok) ?? (tried[0] as (typeof tried)[0]);
      const { holder, at, letter } = found;
      if (!letter.ok) return letter;
      const share = readShare(letter.value.text);
      if (!share.ok) return share;
      return action({ letter: letter.value, share: share.value, space: spaceNames[at] ?? spaceNames[0], holder });
    }, true);
  }

  async pass(sealed: Uint8Array, request: Uint8Array): Promise<Result<Uint8Array>> {
    const madeAtMs = this.parts.clock.nowMs();
    const record = readKeyRecord(request, madeAtMs);
    if (!record.ok) return record;
    const { sealLetter } = await letters();
    return this.lendHeld(sealed, await opening(), ({ letter, holder }) => {
      const writer = { signingKey: holder.signingKey, sign: (digest: Uint8Array) => signWith(holder, digest) };
      const random = (length: number): Uint8Array => this.parts.entropy.bytes(length);
      return sealLetter(letter.text, record.value, writer, { madeAtMs, random });
    });
  }

  async begin(passphrase: string): Promise<Result<Uint8Array>> {
    const entropy = this.parts.entropy.bytes(phraseEntropyBytes);
    const keys = keysOfEntropy(entropy);
    try {
      const old = await this.parts.recoveryStore.read();
      const made = await this.waiting.make({ entropy, publicKey: keys.signingKey }, passphrase, old);
      if (!made.ok) return made;
      const { encryptionKeyOf } = await import("#identity/hybrid-seal.ts");
      const { signingKey } = keys;
      const madeAtMs = this.parts.clock.nowMs();
      const record = { signingKey, encryptionKey: encryptionKeyOf(keys.encryptionSeed), madeAtMs };
      return accepted(encodeKeyRecord(record, signWith(keys, keyRecordDigest(record))));
    } finally {
      entropy.fill(0);
      wipeKeys(keys);
    }
  }

  async finish(
    owner: Uint8Array,
    sealed: readonly Uint8Array[],
    passphrase: string,
    isDrill: boolean,
  ): Promise<Result<null>> {
    if (sealed.length > mostGiven) return rejected("too-many", `At most ${mostGiven} shares are joined at once.`);
    if (!(await this.waiting.exists())) {
      return rejected(
        "vault-missing",
        "This device has asked for no shares yet: `recovery begin` does, and those who hold one answer it.",
      );
    }
    const asked = await this.waiting.openFile(passphrase);
    if (!asked.ok) return asked;
    const joined = await this.join(owner, sealed, asked.value.keys);
    wipeOpened(asked.value);
    if (!joined.ok) return joined;
    try {
      const keys = keysOfEntropy(joined.value);
      wipeKeys(keys);
      if (!equalBytes(keys.signingKey, owner)) {
        return rejected(
          "bad-share",
          "These shares bring back other keys than those of that address. Nothing was changed.",
        );
      }
      if (isDrill) return accepted(null);
      const taken = await this.vault.takeEntropy(joined.value, passphrase);
      // Who got their keys back by shares has a copy of them with others.
      return taken.ok ? await this.vault.file.markBackup("shares") : taken;
    } finally {
      joined.value.fill(0);
    }
  }

  private async join(
    owner: Uint8Array,
    sealed: readonly Uint8Array[],
    keys: IdentityKeys,
  ): Promise<Result<Uint8Array>> {
    const { combineShares, readShare } = await shares();
    const { openLetter } = await letters();
    const read = [];
    for (const [at, bytes] of sealed.entries()) {
      const letter = openLetter(bytes, keys);
      const share = letter.ok ? readShare(letter.value.text) : letter;
      if (share.ok) read.push(share.value);
      else {
        const message = `Share ${at + 1} does not open here: it was sealed for another request than this device's newest, or it was altered. Nothing was changed.`;
        return rejected("bad-share", message);
      }
    }
    return combineShares(read, owner);
  }
}

/** Makes the handlers. */
export function createVaultRecovery(vault: VaultKeeper, parts: RecoveryParts): RecoveryVaultRequests {
  const recovery = new VaultRecovery(vault, parts);
  return {
    splitVault: (passphrase, order) => recovery.split(passphrase, order),
    readShare: (sealed) => recovery.facts(sealed),
    passShare: (sealed, request) => recovery.pass(sealed, request),
    beginRecovery: (passphrase) => recovery.begin(passphrase),
    finishRecovery: (...args) => recovery.finish(...args),
  };
}
