/**
 * The vault's requests about replacing its keys. The new keys wait in a vault file of their own, with the old entropy in
 * it, before anything is signed; the vault itself changes in one write at the end. So there is no moment at which a crash,
 * a refusal or another tab costs either of the two.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { earlierSecretsOf, withEarlierSecrets } from "#identity/earlier-secrets.ts";
import { type IdentityKeys, signWith, wipeKeys } from "#identity/keys.ts";
import { entropyOfPhrase, parsePhrase, phraseEntropyBytes, phraseFromEntropy } from "#identity/phrase.ts";
import { nonceBytes } from "#identity/vault-format.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { rotationDigest } from "#protocol/ledger/succession.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type {
  BegunRotation,
  GivenSuccessor,
  ProvedWord,
  RotationVaultRequests,
  SignedRotation,
  WaitingSuccessor,
} from "#sdk/identity.ts";
import { type SpaceName, spaceNames } from "#sdk/spaces.ts";
import { keysOfEntropy, openedBy, spacesOfSeed, wipeOpened } from "./opened-vault.ts";
import { takingContents } from "./vault-contents.ts";
import { type KeeperParts, type OpenedFile, VaultFileKeeper } from "./vault-file-keeper.ts";
import type { VaultKeeper } from "./vault-keeper.ts";
import type { VaultStore } from "./vault-store.ts";

/** What the requests need. */
export interface RotationParts extends KeeperParts {
  /** Where new keys wait. */
  readonly successorStore: VaultStore;
}

const nothingWaits = rejected("not-found", "No new keys wait on this device; `id rotate` makes some.");

const sameKeys = rejected("invalid-phrase", "These are the words of the keys that are here. Nothing was changed.");

const otherPassphrase = rejected(
  "wrong-passphrase",
  "New keys wait here under the passphrase you had when you began. Set that one again (`id passphrase`), then `id rotate` goes on; or, where the chain has them already, give their words.",
);

/** New keys with the ones they are to replace, of all spaces; whoever has them wipes all. */
interface OpenedSuccessor {
  readonly opened: OpenedFile;
  readonly previous: readonly IdentityKeys[];
}

function wipeSuccessor({ opened, previous }: OpenedSuccessor): void {
  wipeOpened(opened);
  previous.forEach(wipeKeys);
}

/** The keys of all spaces that a file's own were made to replace; null if none are in it. */
function previousIn({ file, keys }: OpenedFile): readonly IdentityKeys[] | null {
  const secrets = earlierSecretsOf(file, keys);
  const [newest] = secrets.ok ? secrets.value : [];
  const opened = newest === undefined ? null : openedBy(newest);
  const previous = opened === null ? null : spacesOfSeed(opened.seed);
  if (opened !== null) wipeOpened(opened);
  if (secrets.ok) for (const secret of secrets.value) secret.fill(0);
  return previous;
}

/** A store whose empty file is none: what has taken over is not kept twice. */
function emptyIsNone(store: VaultStore): VaultStore {
  const none = new Uint8Array();
  return {
    read: async () => {
      const file = await store.read();
      return file?.length === 0 ? undefined : file;
    },
    replace: async (expected, file) =>
      (await store.replace(expected, file)) || (expected === undefined && (await store.replace(none, file))),
  };
}

/** The words of a key; what waits here is not touched by those of another. */
function wordsOf({ phrase: typed, publicKey }: GivenSuccessor): Result<string> {
  const phrase = parsePhrase(typed);
  if (!phrase.ok) return phrase;
  const entropy = entropyOfPhrase(phrase.value);
  const keys = keysOfEntropy(entropy);
  entropy.fill(0);
  wipeKeys(keys);
  if (equalBytes(keys.signingKey, publicKey)) return phrase;
  const message = `These are not the words of ${didOf(publicKey)}. Your keys here are what they were.`;
  return rejected("invalid-phrase", message);
}

class VaultRotation {
  private readonly vault: VaultKeeper;
  private readonly parts: RotationParts;
  private readonly store: VaultStore;
  private readonly waiting: VaultFileKeeper;

  constructor(vault: VaultKeeper, parts: RotationParts) {
    this.vault = vault;
    this.parts = parts;
    this.store = emptyIsNone(parts.successorStore);
    this.waiting = new VaultFileKeeper({ ...parts, store: this.store });
  }

  /** The new keys that wait for the vault's identity, by what can be read while all is locked. */
  async successor(): Promise<Result<WaitingSuccessor | null>> {
    const facts = await this.waiting.facts();
    const own = await this.vault.file.facts();
    if (!facts.ok) return facts;
    if (!own.ok) return own;
    // Where they have taken over already, only the clearing away was cut short.
    if (facts.value === null || own.value === null || equalBytes(facts.value.publicKey, own.value.publicKey)) {
      return accepted(null);
    }
    return accepted({ publicKey: facts.value.publicKey, isProved: facts.value.backup === "words" });
  }

  async begin(passphrase: string, typed: GivenSuccessor | null): Promise<Result<BegunRotation>> {
    const given = typed === null ? null : wordsOf(typed);
    if (given !== null && !given.ok) return given;
    const own = await this.vault.file.openFile(passphrase);
    if (!own.ok) return own;
    try {
      const there = given === null ? await this.waitingFor(own.value.keys, passphrase) : accepted(false);
      if (!there.ok) return there;
      if (!there.value) {
        const entropy = given === null ? this.parts.entropy.bytes(phraseEntropyBytes) : entropyOfPhrase(given.value);
        const made = await this.make(own.value, entropy, passphrase);
        entropy.fill(0);
        // Who typed the words has them.
        const proved = made.ok && given !== null ? await this.waiting.markBackup("words") : made;
        if (!proved.ok) return proved;
      }
      return await this.begun(passphrase);
    } finally {
      wipeOpened(own.value);
    }
  }

  /** What waits, as its owner is shown it. */
  private async begun(passphrase: string): Promise<Result<BegunRotation>> {
    const facts = await this.successor();
    if (!facts.ok) return facts;
    if (facts.value === null) return nothingWaits;
    const opened = await this.waiting.openFile(passphrase);
    if (!opened.ok) return opened;
    const spaces = spacesOfSeed(opened.value.seed);
    const phrase = phraseFromEntropy(opened.value.entropy);
    const { signingKey: publicKey } = opened.value.keys;
    spaces.forEach(wipeKeys);
    wipeOpened(opened.value);
    return accepted({ ...facts.value, publicKey, phrase, successors: spaces.map(({ signingKey }) => signingKey) });
  }

  /** Whether new keys for this identity wait under the passphrase; what waits for another one was never signed, or proved. */
  private async waitingFor(own: IdentityKeys, passphrase: string): Promise<Result<boolean>> {
    const facts = await this.successor();
    if (!facts.ok || facts.value === null) return facts.ok ? accepted(false) : facts;
    // Nothing was signed with what was not proved: it may go.
    if (!facts.value.isProved) return accepted(false);
    const opened = await this.waiting.openFile(passphrase);
    if (!opened.ok) return opened.code === "wrong-passphrase" ? otherPassphrase : opened;
    const previous = previousIn(opened.value);
    const isOurs = equalBytes(previous?.[0]?.signingKey ?? new Uint8Array(), own.signingKey);
    wipeSuccessor({ opened: opened.value, previous: previous ?? [] });
    return accepted(isOurs);
  }

  /** Makes new keys and puts the entropy of the old ones beside them. */
  private async make(
    own: { readonly entropy: Uint8Array; readonly keys: IdentityKeys; readonly file: Uint8Array },
    entropy: Uint8Array,
    passphrase: string,
  ): Promise<Result<null>> {
    const older = earlierSecretsOf(own.file, own.keys);
    const keys = keysOfEntropy(entropy);
    try {
      if (equalBytes(keys.signingKey, own.keys.signingKey)) return sameKeys;
      const made = await this.waiting.make(
        { entropy, publicKey: keys.signingKey },
        passphrase,
        await this.store.read(),
      );
      if (!made.ok) return made;
      const file = made.value;
      const secrets = [own.entropy, ...(older.ok ? older.value : [])];
      const whole = withEarlierSecrets(file, secrets, keys, this.parts.entropy.bytes(nonceBytes));
      return whole.ok ? this.waiting.replace(file, whole.value) : whole;
    } finally {
      if (older.ok) for (const secret of older.value) secret.fill(0);
      wipeKeys(keys);
    }
  }

  async prove(passphrase: string, answers: readonly ProvedWord[]): Promise<Result<null>> {
    const facts = await this.successor();
    if (!facts.ok) return facts;
    return facts.value === null ? nothingWaits : this.waiting.proveWords(passphrase, answers);
  }

  /** New keys and those they replace, which must be the vault's. */
  private async open(passphrase: string): Promise<Result<OpenedSuccessor>> {
    const facts = await this.successor();
    if (!facts.ok) return facts;
    if (facts.value === null) return nothingWaits;
    if (!facts.value.isProved) {
      return rejected("drill-failed", "The new recovery words were not typed back yet; `id rotate` asks for them.");
    }
    const own = await this.vault.file.facts();
    const opened = own.ok ? await this.waiting.openFile(passphrase) : own;
    if (!opened.ok) return opened.code === "wrong-passphrase" ? this.whichPassphrase(passphrase, opened) : opened;
    const successor = { opened: opened.value, previous: previousIn(opened.value) ?? [] };
    const replaced = successor.previous[0]?.signingKey;
    if (own.ok && own.value !== null && replaced !== undefined && equalBytes(replaced, own.value.publicKey)) {
      return accepted(successor);
    }
    wipeSuccessor(successor);
    return rejected("vault-exists", "The new keys that wait here belong to another identity. Nothing was changed.");
  }

  /** What to say of a passphrase that does not open the new keys. */
  private async whichPassphrase(passphrase: string, refusal: Rejected): Promise<Rejected> {
    const own = await this.vault.file.openFile(passphrase);
    if (!own.ok) return refusal;
    wipeOpened(own.value);
    return otherPassphrase;
  }

  async sign(
    passphrase: string,
    networkId: Uint8Array,
    expiry: number,
    space: SpaceName,
  ): Promise<Result<SignedRotation>> {
    const at = spaceNames.indexOf(space);
    if (networkId.length !== 32 || !Number.isSafeInteger(expiry) || expiry < 0 || at < 0) {
      return rejected("invalid-argument", "A rotation is signed for a network, a height and a space.");
    }
    const successor = await this.open(passphrase);
    if (!successor.ok) return successor;
    const nexts = spacesOfSeed(successor.value.opened.seed);
    const [previous, next] = [successor.value.previous, nexts].map((spaces) => spaces[at]) as [
      IdentityKeys,
      IdentityKeys,
    ];
    const pair = { previous: previous.signingKey, next: next.signingKey };
    const digest = rotationDigest(networkId, { ...pair, expiry });
    const [previousSignature, nextSignature] = [signWith(previous, digest), signWith(next, digest)];
    nexts.forEach(wipeKeys);
    wipeSuccessor(successor.value);
    return accepted({ ...pair, previousSignature, nextSignature });
  }

  async finish(passphrase: string): Promise<Result<null>> {
    const { locks } = this.vault;
    const successor = await this.open(passphrase);
    if (!successor.ok) return successor;
    const { opened, previous } = successor.value;
    const [first] = previous as [IdentityKeys];
    try {
      const whole = (old: Uint8Array) => takingContents(old, first, opened.file, opened.keys, this.parts.entropy);
      const taken = await this.vault.takeOverFrom(first.signingKey, whole, opened, locks);
      if (!taken.ok) return taken;
      // Another copy would stay under the passphrase of today.
      await this.store.replace(opened.file, new Uint8Array());
      return accepted(null);
    } finally {
      wipeSuccessor(successor.value);
    }
  }
}

/** Makes the handlers. */
export function createVaultRotation(vault: VaultKeeper, parts: RotationParts): RotationVaultRequests {
  const rotation = new VaultRotation(vault, parts);
  return {
    waitingSuccessor: () => rotation.successor(),
    beginRotation: (passphrase, phrase) => rotation.begin(passphrase, phrase),
    proveSuccessorWords: (passphrase, answers) => rotation.prove(passphrase, answers),
    signRotation: (...args) => rotation.sign(...args),
    finishRotation: (passphrase) => rotation.finish(passphrase),
  };
}
