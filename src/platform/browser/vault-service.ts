/**
 * The vault's requests: keys, signatures, stamps, messages. Lives in a worker of its own; keys are here while it is unlocked and
 * nowhere else, and locking zeroes them.
 * @module
 */
import { type Contact, withContact, withoutContact } from "#identity/contacts.ts";
import { didOf } from "#identity/did.ts";
import { withHeldCredential, withoutHeldCredential } from "#identity/held-credentials.ts";
import { withHeldFiles } from "#identity/held-files.ts";
import { StorageFailure } from "#node/ports.ts";
import { bigEndian } from "#protocol/codec/bytes.ts";
import { stampBytes, stampPreimage, stampTarget } from "#protocol/ledger/stamp.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ContactView, VaultRequests } from "#sdk/contract.ts";
import type { DeviceSyncVaultRequests } from "#sdk/device-sync.ts";
import type { DocumentVaultRequests } from "#sdk/documents.ts";
import type { RotationVaultRequests } from "#sdk/identity.ts";
import type { PairingVaultRequests } from "#sdk/pairing.ts";
import { SpendingBudget } from "./spending-budget.ts";
import { credentials, files, names } from "./vault-contents.ts";
import type { FileKeyRequests } from "./vault-files.ts";
import { VaultKeeper, type VaultKeeperParts } from "./vault-keeper.ts";
import { createVaultMail } from "./vault-mail.ts";
import { createVaultRecovery, type RecoveryParts } from "./vault-recovery.ts";
import type { RotationParts } from "./vault-rotation.ts";
import type { VaultStore } from "./vault-store.ts";

/** Tries `count` nonces after 64 bytes from `first` on: the first whose SHA-256 meets the target, or null. */
export type StampSearch = (preimage: Uint8Array, target: Uint8Array, first: bigint, count: number) => bigint | null;

/** What the vault needs. */
export interface VaultParts extends RecoveryParts, RotationParts, VaultKeeperParts {
  stampSearch(): Promise<StampSearch>;
  /** Where it is counted what was signed away today. */
  readonly spendingStore: VaultStore;
}

/** Most stamp bits anybody is made to search for. */
const mostStampBits = 32;

/** Stamps tried before other requests get their turn: about a tenth of a second. */
const stampSliceTries = 1 << 19;

/** Searches in slices, so that signing and locking never wait for a stamp. */
async function makeStamp(parts: VaultParts, id: Uint8Array, bits: number): Promise<Result<Uint8Array>> {
  if (bits > mostStampBits) {
    return rejected("stamp-too-weak", "The free lane is too crowded now; pay a fee or try later.");
  }
  if (id.length !== 32) return rejected("invalid-argument", "A transaction id has 32 bytes.");
  const search = await parts.stampSearch();
  const preimage = stampPreimage(id);
  const target = stampTarget(bits);
  for (let first = 0n; ; first += BigInt(stampSliceTries)) {
    const found = search(preimage, target, first, stampSliceTries);
    if (found !== null) return accepted(bigEndian(found, stampBytes));
    await new Promise<void>((resolve) => parts.clock.schedule(0, resolve));
  }
}

/** A failing store becomes a refusal, never an exception. */
async function guarded<T>(action: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StorageFailure) return rejected(error.code, error.message);
    throw error;
  }
}

/** Which requests are answered by what is loaded with the first of them. */
type Names<Late> = Readonly<Record<keyof Late, true>>;

const pairingNames: Names<PairingVaultRequests> = {
  pairInvite: true,
  pairAnswer: true,
  pairConfirm: true,
  pairJoin: true,
  pairStep: true,
  pairReady: true,
  pairTake: true,
  pairEnd: true,
  devices: true,
  removeDevice: true,
};

const syncNames: Names<DeviceSyncVaultRequests> = { syncBegin: true, syncStep: true, syncAnswer: true, inStep: true };

const rotationNames: Names<RotationVaultRequests> = {
  waitingSuccessor: true,
  beginRotation: true,
  proveSuccessorWords: true,
  signRotation: true,
  finishRotation: true,
};

const documentNames: Names<DocumentVaultRequests> = {
  documents: true,
  makeDocument: true,
  joinDocument: true,
  documentLink: true,
  forgetDocument: true,
  adoptRotations: true,
  signRemoval: true,
  sealUpdate: true,
  openUpdates: true,
  sealPresence: true,
  openPresence: true,
};

const fileKeyNames: Names<FileKeyRequests> = { wrapFileKey: true, unwrapFileKey: true };

/** Requests that are loaded with the first of them, and kept: what answers them may have a memory. */
function late<Late extends object>(names: Names<Late>, load: () => Promise<Late>): Late {
  let loading: Promise<Late> | null = null;
  const loaded = (): Promise<Late> => {
    if (loading === null) {
      loading = load();
      // What could not be loaded now may be later.
      loading.catch(() => {
        loading = null;
      });
    }
    return loading;
  };
  type Handler = (...args: unknown[]) => Promise<Result<unknown>>;
  const handler =
    (name: string): Handler =>
    (...args) =>
      guarded(async () => ((await loaded()) as Record<string, Handler>)[name]?.(...args) as ReturnType<Handler>);
  return Object.fromEntries(Object.keys(names).map((name) => [name, handler(name)])) as Late;
}

function viewsOf(contacts: Result<readonly Contact[]>): Result<readonly ContactView[]> {
  if (!contacts.ok) return contacts;
  return accepted(contacts.value.map(({ name, publicKey }) => ({ name, did: didOf(publicKey) })));
}

/** Makes the vault's request handlers. */
export function createVaultService(parts: VaultParts): VaultRequests {
  const vault = new VaultKeeper(parts);
  const { file } = vault;
  const budget = new SpendingBudget(parts.spendingStore, () => parts.clock.nowMs());
  /** Changes the file; answers with how the vault stands then. */
  const change = (action: () => Promise<Result<null>>) =>
    guarded(async () => {
      const done = await action();
      if (done.ok) parts.onChange();
      return done.ok ? vault.status() : done;
    });
  return {
    vaultStatus: () => guarded(() => vault.status()),
    createVault: (passphrase) => guarded(() => vault.create(passphrase)),
    restoreVault: (typed, passphrase) => guarded(() => vault.restore(typed, passphrase)),
    restoreBackup: (backup, passphrase) => guarded(() => vault.restoreBackup(backup, passphrase)),
    unlockVault: (passphrase) => guarded(() => vault.unlock(passphrase)),
    unlockByPasskey: (answer) => guarded(() => vault.unlockByPasskey(answer)),
    lockVault: () => {
      vault.lock();
      return guarded(() => vault.status());
    },
    revealPhrase: (passphrase) => guarded(() => file.reveal(passphrase)),
    exportBackup: (passphrase) => guarded(() => file.exportBackup(passphrase)),
    changePassphrase: (old, passphrase) => change(() => file.changePassphrase(old, passphrase)),
    addPasskey: (passphrase, answer) => change(() => file.addPasskey(passphrase, answer)),
    removePasskeys: () => change(() => file.removePasskeys()),
    proveBackupWords: (passphrase, answers) => change(() => file.proveWords(passphrase, answers)),
    proveBackupFile: (backup, passphrase) => change(() => file.proveFile(backup, passphrase)),
    waiveBackup: () => change(() => file.markBackup("waived")),
    contacts: () => guarded(async () => viewsOf(await vault.contents(names))),
    addContact: (name, did) =>
      guarded(async () => viewsOf(await vault.changeContents(names, (kept) => withContact(kept, name, did)))),
    removeContact: (name) =>
      guarded(async () => viewsOf(await vault.changeContents(names, (kept) => withoutContact(kept, name)))),
    heldCredentials: () => guarded(() => vault.contents(credentials)),
    holdCredential: (name, text) =>
      guarded(() => vault.changeContents(credentials, (held) => withHeldCredential(held, name, text))),
    dropCredential: (name) =>
      guarded(() => vault.changeContents(credentials, (held) => withoutHeldCredential(held, name))),
    heldFiles: () => guarded(() => vault.contents(files)),
    changeHeldFiles: (change) => guarded(() => vault.changeContents(files, (held) => withHeldFiles(held, change))),
    spaces: () => Promise.resolve(vault.spaces()),
    chooseSpace: (space) => guarded(() => vault.chooseSpace(space)),
    signTransaction: (body, inputsNano, signer) =>
      guarded(() => vault.signTransaction(body, inputsNano, signer, budget)),
    spendingBudget: () => guarded(() => budget.view()),
    setSpendingBudget: (limitNano, passphrase) =>
      guarded(async () => {
        // An open vault is not enough: what runs in the window could lift its own bound.
        const proved = passphrase === null ? accepted(null) : await file.provePassphrase(passphrase);
        return proved.ok ? budget.set(limitNano, passphrase !== null) : proved;
      }),
    signCredentialToken: (token) => Promise.resolve(vault.signToken(token)),
    makeStamp: (id, bits) => makeStamp(parts, id, bits),
    ...createVaultRecovery(vault, parts),
    ...late(pairingNames, async () => (await import("./pairing/vault-pairs.ts")).createVaultPairs(vault, parts)),
    ...late(syncNames, async () => (await import("./device-sync/vault-sync.ts")).createVaultSync(vault, parts)),
    ...late(rotationNames, async () => (await import("./vault-rotation.ts")).createVaultRotation(vault, parts)),
    ...late(documentNames, async () => (await import("./vault-documents.ts")).createVaultDocuments(vault, parts)),
    ...late(fileKeyNames, async () => (await import("./vault-files.ts")).createVaultFiles(vault, parts)),
    ...createVaultMail(vault, parts),
  };
}
