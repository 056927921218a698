/**
 * The devices of a vault's identity: this one's own key, made when it is first needed, the list, and changes of it. Each
 * change is one replacement of the file that was read.
 * @module
 */
import { readName } from "#identity/contact-name.ts";
import type { Speaker } from "#identity/device-sync/channel.ts";
import { type IdentityKeys, signWith } from "#identity/keys.ts";
import {
  type DeviceBook,
  devicesMark,
  openDevices,
  readBook,
  sealDevices,
  writeBook,
} from "#identity/pairing/device-book.ts";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { publicKeyOf, signDigest } from "#protocol/crypto/signature.ts";
import {
  certificateDigest,
  type DeviceCertificate,
  type DeviceList,
  encodeDevices,
  isRemoved,
  joinDevices,
  noDevices,
  removalDigest,
} from "#protocol/pairing/devices.ts";
import { pairingLimits } from "#protocol/pairing/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { DevicesView, DeviceView } from "#sdk/pairing.ts";
import type { VaultKeeper } from "../vault-keeper.ts";
import type { RecoveryParts } from "../vault-recovery.ts";

/** What a device that pairs is called: as asked for, or by its key. */
export function deviceName(asked: string | null, key: Uint8Array): Result<string> {
  return asked === null ? accepted(`device-${toHex(key).slice(2, 6)}`) : readName(asked);
}

function certify(
  keys: IdentityKeys,
  body: { readonly key: Uint8Array; readonly name: string; readonly sinceMs: number },
): DeviceCertificate {
  return { ...body, signature: signWith(keys, certificateDigest(keys.signingKey, body)) };
}

const unlisted = rejected("not-found", "This device is on no list of your devices; `pair list` puts it there.");

/** The devices of a list that were not removed. */
export function present(devices: DeviceList): readonly DeviceCertificate[] {
  return devices.certificates.filter(({ key }) => !isRemoved(devices, key));
}

/** How often a change is made anew where others change the list at the same time. */
const mostTries = 8;

/** A book as it was found, or made because there was none. */
interface FoundBook extends DeviceBook {
  readonly isNew: boolean;
}

/** The devices of one vault. */
export class VaultDevices {
  private readonly vault: VaultKeeper;
  private readonly parts: RecoveryParts;

  constructor(vault: VaultKeeper, parts: RecoveryParts) {
    this.vault = vault;
    this.parts = parts;
  }

  private readonly random = (length: number): Uint8Array => this.parts.entropy.bytes(length);

  /** The book that is there, or a new one with this device in it. */
  private bookOf(file: Uint8Array | undefined, keys: IdentityKeys, name: string | null): Result<FoundBook> {
    const kept = file === undefined ? accepted(null) : readBook(file, keys);
    // A damaged book is begun anew: the list comes back from other devices, and nothing else hangs on it.
    if (!kept.ok && kept.code !== "storage-corrupt") return kept;
    if (kept.ok && kept.value !== null) return accepted({ ...kept.value, isNew: false });
    const secret = this.random(32);
    const key = publicKeyOf(secret);
    const called = deviceName(name, key);
    if (!called.ok) return called;
    const own = certify(keys, { key, name: called.value, sinceMs: this.parts.clock.nowMs() });
    return accepted({ secret, devices: { ...noDevices, certificates: [own] }, isNew: true });
  }

  /**
   * Changes the book of an open vault; answers with how it is then. If it was changed meanwhile, by what devices tell each other
   * unasked or from another tab, the change is made to what is there now.
   */
  private async change(
    name: string | null,
    next: (book: DeviceBook, keys: IdentityKeys) => Result<DeviceList>,
  ): Promise<Result<DevicesView>> {
    const store = this.parts.deviceStore;
    for (let tries = 0; tries < mostTries; tries++) {
      const file = await store.read();
      const made = this.vault.lendVaultKeys((keys) => this.changed(file, keys, name, next), true);
      if (!made.ok) return made;
      const { written, view } = made.value;
      if (written === null || (await store.replace(file, written))) return accepted(view);
    }
    return rejected("vault-exists", "The list of devices is being changed from another tab; try again.");
  }

  /** The book with a change, and what is to be written of it; null: it says the same. */
  private changed(
    file: Uint8Array | undefined,
    keys: IdentityKeys,
    name: string | null,
    next: (book: DeviceBook, keys: IdentityKeys) => Result<DeviceList>,
  ): Result<{ readonly written: Uint8Array | null; readonly view: DevicesView }> {
    const book = this.bookOf(file, keys, name);
    if (!book.ok) return book;
    const { secret } = book.value;
    try {
      const devices = next(book.value, keys);
      if (!devices.ok) return devices;
      const isSame = !book.value.isNew && equalBytes(encodeDevices(devices.value), encodeDevices(book.value.devices));
      const written = isSame ? null : writeBook({ secret, devices: devices.value }, keys, this.random);
      return accepted({ written, view: this.viewOf(devices.value, publicKeyOf(secret), keys) });
    } finally {
      secret.fill(0);
    }
  }

  private viewOf(devices: DeviceList, own: Uint8Array, keys: IdentityKeys): DevicesView {
    const nameOf = (key: Uint8Array): string | null =>
      devices.certificates.find((one) => equalBytes(one.key, key))?.name ?? null;
    const views = devices.certificates.map(({ key, name, sinceMs }): DeviceView => {
      const removal = devices.removals.find((one) => equalBytes(one.key, key));
      const removed = removal === undefined ? null : { atMs: removal.atMs, byName: nameOf(removal.by) };
      return { name, key, sinceMs, isThis: equalBytes(key, own), removed };
    });
    return {
      devices: views,
      shared: { mark: devicesMark(keys), sealed: sealDevices(devices, keys, this.random) },
    };
  }

  /** This device on the list, by its name if it has none yet; with what is new in what others have shown. */
  register(name: string | null, shown: readonly Uint8Array[] = []): Promise<Result<DevicesView>> {
    return this.change(name, ({ devices }, keys) => accepted(joinDevices(devices, this.opened(shown, keys))));
  }

  /** All of them, with what is new in what others have shown. Without others none are known, and nothing is made. */
  async list(shown: readonly Uint8Array[]): Promise<Result<DevicesView>> {
    const file = await this.parts.deviceStore.read();
    const alone = this.vault.lendVaultKeys((keys) => {
      const kept = file === undefined ? null : readBook(file, keys);
      if (kept?.ok === true) kept.value?.secret.fill(0);
      const isKept = kept?.ok === true && kept.value !== null;
      if (isKept || this.opened(shown, keys).certificates.length > 0) return accepted(null);
      return accepted(this.viewOf(noDevices, new Uint8Array(), keys));
    }, false);
    if (!alone.ok) return alone;
    return alone.value === null ? this.register(null, shown) : accepted(alone.value);
  }

  /** What others have shown. What does not open is of no device of ours, and says nothing. */
  private opened(shown: readonly Uint8Array[], keys: IdentityKeys): DeviceList {
    const lists = shown.slice(0, pairingLimits.devices).map((sealed) => openDevices(sealed, keys));
    return lists.reduce((all, one) => (one.ok ? joinDevices(all, one.value) : all), noDevices);
  }

  /** Lends what this device speaks to the others with, and the list with what is new in what they have shown. */
  async asDevice<T>(
    shown: readonly Uint8Array[],
    action: (own: Speaker, devices: DeviceList, keys: IdentityKeys) => Result<T>,
  ): Promise<Result<T>> {
    // Written only if there is something new: this is done every few minutes.
    const isKnown = await this.knows(shown);
    const listed = isKnown.ok && !isKnown.value ? await this.register(null, shown) : isKnown;
    if (!listed.ok) return listed;
    const file = await this.parts.deviceStore.read();
    return this.vault.lendVaultKeys((keys) => {
      const book = file === undefined ? accepted(null) : readBook(file, keys);
      if (!book.ok || book.value === null) return book.ok ? unlisted : book;
      const { secret, devices } = book.value;
      try {
        const list = sealDevices(devices, keys, this.random);
        return action({ device: publicKeyOf(secret), secret, list }, devices, keys);
      } finally {
        secret.fill(0);
      }
    }, false);
  }

  private async knows(shown: readonly Uint8Array[]): Promise<Result<boolean>> {
    const file = await this.parts.deviceStore.read();
    return this.vault.lendVaultKeys((keys) => {
      const book = file === undefined ? accepted(null) : readBook(file, keys);
      if (!book.ok || book.value === null) return accepted(false);
      book.value.secret.fill(0);
      const { devices } = book.value;
      const all = joinDevices(devices, this.opened(shown, keys));
      return accepted(equalBytes(encodeDevices(all), encodeDevices(devices)));
    }, false);
  }

  /** With a new device, under its name or one like it that is free; gives that. */
  async add(key: Uint8Array, name: string): Promise<Result<{ readonly name: string; readonly list: DevicesView }>> {
    let called = name;
    const changed = await this.change(null, ({ devices }, keys) => {
      const here = present(devices);
      if (here.length >= pairingLimits.devices) {
        return rejected("too-many", `An identity has at most ${pairingLimits.devices} devices; remove one first.`);
      }
      for (let n = 2; here.some((one) => one.name === called); n++) called = `${name}-${n}`;
      const added = certify(keys, { key, name: called, sinceMs: this.parts.clock.nowMs() });
      return accepted(joinDevices(devices, { ...noDevices, certificates: [added] }));
    });
    return changed.ok ? accepted({ name: called, list: changed.value }) : changed;
  }

  /** Without one, for good. */
  remove(named: string): Promise<Result<DevicesView>> {
    return this.change(null, ({ secret, devices }, keys) => {
      const found = present(devices).filter(
        ({ name, key }) => name === named || (named.length >= 6 && toHex(key).startsWith(named)),
      );
      const [device, another] = found;
      if (device === undefined) {
        return rejected("not-found", `You have no device of that name; \`pair list\` lists them. Nothing was changed.`);
      }
      if (another !== undefined) {
        return rejected("invalid-argument", "Two devices have that name; give the beginning of its key instead.");
      }
      const by = publicKeyOf(secret);
      const body = { key: device.key, atMs: this.parts.clock.nowMs(), by };
      const digest = removalDigest(keys.signingKey, body);
      const removal = {
        ...body,
        signature: signWith(keys, digest),
        deviceSignature: signDigest(digest, secret),
      };
      return accepted(joinDevices(devices, { ...noDevices, removals: [removal] }));
    });
  }

  /** Keeps the book that a new device has been given, before its vault is there. */
  async keep(book: DeviceBook, keys: IdentityKeys): Promise<Result<null>> {
    const store = this.parts.deviceStore;
    const kept = await store.replace(await store.read(), writeBook(book, keys, this.random));
    return kept ? accepted(null) : rejected("vault-exists", "The list of devices was changed meanwhile; try again.");
  }
}
