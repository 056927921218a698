/**
 * Keeps what this vault holds in step with the other devices of its identity: who is asked finds out by ranges in what the two
 * differ, then both give what only they have. What comes is written in one replacement of the vault's file, unless something else
 * was changed meanwhile; the book of what was seen follows it, so that an end in between repeats work and loses nothing.
 * @module
 */
import {
  type Greeting,
  greet,
  openGreeting,
  openWelcome,
  type Speaker,
  type SyncChannel,
  welcome,
} from "#identity/device-sync/channel.ts";
import {
  contentsOf,
  decodeItem,
  encodeItem,
  itemDigest,
  itemId,
  itemName,
  itemsOf,
  mergedItem,
  type SharedContents,
  type SyncItem,
} from "#identity/device-sync/items.ts";
import {
  isSameReplica,
  met,
  newBook,
  readSyncBook,
  refreshed,
  type SyncBook,
  writeSyncBook,
} from "#identity/device-sync/sync-book.ts";
import type { IdentityKeys } from "#identity/keys.ts";
import { devicesMark } from "#identity/pairing/device-book.ts";
import { bigEndian, concatBytes, equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { deviceSyncLimits } from "#protocol/device-sync/limits.ts";
import {
  decodeDeviceSync,
  deviceSyncCodecs,
  encodeDeviceSync,
  type SentVersion,
  type SyncQuestion,
  type TradeAnswer,
} from "#protocol/device-sync/messages.ts";
import {
  MarkSet,
  type RangeAnswer,
  Reconciliation,
  type SetDifference,
  syncMark,
} from "#protocol/device-sync/reconcile.ts";
import { collapsed, compareDots, type Dot, dotName, joined, type Version } from "#protocol/device-sync/replica.ts";
import { type DeviceCertificate, type DeviceList, isRemoved } from "#protocol/pairing/devices.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import type { DeviceSyncVaultRequests, SyncOutcome, SyncStep, SyncTurn } from "#sdk/device-sync.ts";
import { VaultDevices } from "../pairing/devices.ts";
import type { VaultKeeper } from "../vault-keeper.ts";
import type { RecoveryParts } from "../vault-recovery.ts";

/** What this vault holds, as it is compared and given away. */
interface Snapshot {
  readonly contents: SharedContents;
  readonly book: SyncBook;
  /** By the names of their dots. */
  readonly items: ReadonlyMap<string, SyncItem>;
}

/** What the other device brings, of which all must be there. */
interface Brought {
  readonly versions: readonly SentVersion[];
  /** Names of dots that are here and not there. */
  readonly gone: ReadonlySet<string>;
  readonly seen: readonly Dot[];
}

/** The device at the other end, whose key was found on the list. */
interface Partner {
  readonly name: string;
  readonly key: Uint8Array;
}

/** A conversation in which this device is asked. */
interface Answering {
  readonly channel: SyncChannel;
  readonly partner: Partner;
  readonly snapshot: Snapshot;
  readonly marks: ReadonlyMap<string, Version<Uint8Array>>;
  readonly set: MarkSet;
  cancelTimer(): void;
}

/** One in which it asks. */
interface Asking {
  readonly greeting: Greeting;
  talk: {
    readonly channel: SyncChannel;
    readonly partner: Partner;
    readonly snapshot: Snapshot;
    readonly marks: ReadonlyMap<string, Version<Uint8Array>>;
    readonly run: Reconciliation;
    /** Once all is found. */
    difference: SetDifference | null;
  } | null;
}

const over = rejected(
  "not-found",
  "The two devices were interrupted. Nothing is lost; they begin anew in a moment, or with `pair sync`.",
);
const stranger = rejected(
  "not-granted",
  "A device that is not on the list of yours, or was removed from it, is not kept in step. Nothing was changed.",
);
const busy = rejected(
  "busy",
  "Something was changed here while the devices were comparing. They begin anew in a moment, or with `pair sync`.",
);
const nonsense = rejected(
  "bad-response",
  "The other device has not answered as it must; it may run another version. Nothing was changed; reload AetherChain on both.",
);

const markOf = (key: Uint8Array, { replica, counter }: Dot): Uint8Array =>
  syncMark(key, concatBytes(replica, bigEndian(counter, 8)));

function partnerIn(devices: DeviceList, own: Uint8Array, key: Uint8Array): Result<Partner> {
  const found: DeviceCertificate | undefined = devices.certificates.find((one) => equalBytes(one.key, key));
  const isOne = found !== undefined && ![key, own].some((one) => isRemoved(devices, one)) && !equalBytes(own, key);
  return isOne ? accepted({ name: found.name, key }) : stranger;
}

function byMark(key: Uint8Array, { book }: Snapshot): ReadonlyMap<string, Version<Uint8Array>> {
  return new Map(book.versions.map((version) => [toHex(markOf(key, version.dot)), version]));
}

function markSet(key: Uint8Array, { book }: Snapshot): MarkSet {
  return new MarkSet(
    key,
    book.versions.map(({ dot }) => markOf(key, dot)),
  );
}

const bytesOf = (shared: SharedContents): readonly string[] => itemsOf(shared).map((item) => toHex(encodeItem(item)));

function isSame(a: SharedContents, b: SharedContents): boolean {
  const [here, there] = [bytesOf(a), new Set(bytesOf(b))];
  return here.length === there.size && here.every((one) => there.has(one));
}

/** What becomes of the things of a vault with those that come, each once. */
function contentsWith(
  versions: readonly Version<Uint8Array>[],
  itemAt: (dot: Dot) => SyncItem | undefined,
): Result<SharedContents> {
  const things = new Map<string, SyncItem>();
  for (const { dot } of versions.toSorted((a, b) => compareDots(a.dot, b.dot))) {
    const item = itemAt(dot);
    if (item === undefined) return nonsense;
    const before = things.get(itemName(item));
    things.set(itemName(item), before === undefined ? item : mergedItem(before, item));
  }
  return contentsOf([...things.values()]);
}

const nameOf = (item: SyncItem): string => {
  switch (item.type) {
    case "contact":
      return `@${item.contact.name}`;
    case "credential":
      return item.credential.name;
    case "document":
      return item.document.name;
    case "file":
      return item.file.name;
  }
};

/** What has changed between two states of a vault, as far as people are told. */
function outcomeOf(before: SharedContents, after: SharedContents, partner: Partner, given: number): SyncOutcome {
  const old = new Map(itemsOf(before).map((item) => [itemName(item), item]));
  const now = new Map(itemsOf(after).map((item) => [itemName(item), item]));
  const differs = (item: SyncItem, other: SyncItem | undefined): boolean =>
    other === undefined || !equalBytes(itemDigest(item), itemDigest(other));
  const changed = [...now].filter(([name, item]) => differs(item, old.get(name))).map(([, item]) => item);
  const goneItems = [...old].filter(([name]) => !now.has(name)).map(([, item]) => item);
  const renamed = changed.flatMap((item) => {
    const was = old.get(itemName(item));
    return was === undefined || nameOf(was) === nameOf(item) ? [] : [`${nameOf(was)} is ${nameOf(item)} now`];
  });
  const unpinned = goneItems.flatMap((item) =>
    item.type === "file" && item.file.pinnedUntilMs > 0 ? [item.file.secret] : [],
  );
  return {
    ...{ device: partner.name, deviceKey: partner.key, given, renamed, unpinned },
    ...{ brought: changed.length, gone: goneItems.length },
  };
}

/** The sync of one vault. */
class VaultSync {
  private readonly vault: VaultKeeper;
  private readonly parts: RecoveryParts;
  private readonly devices: VaultDevices;
  private readonly asking = new Map<string, Asking>();
  private readonly answering = new Map<string, Answering>();
  /** One after the other: what is compared must be what is changed. */
  private readonly turns = new Turns();

  constructor(vault: VaultKeeper, parts: RecoveryParts, devices: VaultDevices) {
    this.vault = vault;
    this.parts = parts;
    this.devices = devices;
  }

  /** The requests, one after the other. */
  requests(): DeviceSyncVaultRequests {
    return {
      syncBegin: (peerId) => this.turns.take(() => this.begin(peerId)),
      syncStep: (peerId, answer) => this.turns.take(() => this.step(peerId, answer)),
      syncAnswer: (peerId, request) => this.turns.take(() => this.answer(peerId, request)),
      inStep: () => this.turns.take(() => this.inStep()),
    };
  }

  private readonly random = (length: number): Uint8Array => this.parts.entropy.bytes(length);

  private async book(): Promise<Result<{ readonly book: SyncBook | null; readonly file: Uint8Array | undefined }>> {
    const file = await this.parts.syncStore.read();
    return this.vault.lendVaultKeys((keys) => {
      const read = file === undefined || file.length === 0 ? accepted(null) : readSyncBook(file, keys);
      return read.ok ? accepted({ book: read.value, file }) : read;
    }, false);
  }

  /** Puts a book in the place of what was read. */
  private async keep(book: SyncBook, file: Uint8Array | undefined): Promise<Result<null>> {
    const written = this.vault.lendVaultKeys((keys) => accepted(writeSyncBook(book, keys, this.random)), false);
    if (!written.ok) return written;
    return (await this.parts.syncStore.replace(file, written.value)) ? accepted(null) : busy;
  }

  private async inStep(): ReturnType<DeviceSyncVaultRequests["inStep"]> {
    const kept = await this.book();
    if (!kept.ok) return kept;
    return accepted((kept.value.book?.meetings ?? []).map(({ device, atMs }) => ({ key: device, atMs })));
  }

  /** What is here now. The book is written before anything of it is told: no number of a change is ever used for another. */
  private async snapshot(): Promise<Result<Snapshot>> {
    const contents = await this.vault.shared();
    if (!contents.ok) return contents;
    const kept = await this.book();
    if (!kept.ok) return kept;
    const all = itemsOf(contents.value);
    const book = refreshed(kept.value.book ?? newBook(this.random), all);
    if (!book.ok) return book;
    if (kept.value.book === null || !isSameReplica(kept.value.book, book.value)) {
      const written = await this.keep(book.value, kept.value.file);
      if (!written.ok) return written;
    }
    const named = new Map(all.map((item) => [itemName(item), item]));
    const items = book.value.versions.flatMap(({ dot, id }) => {
      const item = named.get(toHex(id));
      return item === undefined ? [] : [[dotName(dot), item] as const];
    });
    return accepted({ contents: contents.value, book: book.value, items: new Map(items) });
  }

  private sent({ items }: Snapshot, versions: readonly Version<Uint8Array>[]): readonly SentVersion[] {
    return versions.flatMap(({ dot }) => {
      const item = items.get(dotName(dot));
      return item === undefined ? [] : [{ dot, item: encodeItem(item) }];
    });
  }

  /** Takes in what the other device has given. */
  private async apply(snapshot: Snapshot, brought: Brought, partner: Partner): Promise<Result<SyncOutcome>> {
    const items = new Map(snapshot.items);
    const theirs: Version<Uint8Array>[] = [];
    for (const { dot, item: bytes } of brought.versions) {
      const item = decodeItem(bytes);
      if (!item.ok) return item;
      // A change has one number, and a number one change.
      if (!items.has(dotName(dot))) items.set(dotName(dot), item.value);
      theirs.push({ dot, id: itemId(item.value), value: itemDigest(item.value) });
    }
    const next = joined(snapshot.book, { theirs, gone: brought.gone, seen: brought.seen });
    if (!next.ok) return next;
    const whole = collapsed(next.value, equalBytes);
    const contents = contentsWith(next.value.versions, (dot) => items.get(dotName(dot)));
    if (!contents.ok) return contents;
    const kept = await this.book();
    if (!kept.ok) return kept;
    const { book: now, file } = kept.value;
    // Another conversation has brought something first: what was compared here is of before it.
    if (now === null || !isSameReplica(now, snapshot.book)) return busy;
    const changed = isSame(contents.value, snapshot.contents)
      ? accepted(null)
      : await this.vault.changeShared((held) => (isSame(held, snapshot.contents) ? contents : busy));
    if (!changed.ok) return changed;
    const { replica, meetings } = now;
    const book = refreshed({ ...whole, replica, meetings }, itemsOf(contents.value));
    if (!book.ok) return book;
    const written = await this.keep(met(book.value, partner.key, this.parts.clock.nowMs()), file);
    // What only was here and stays is new to the other.
    const given = next.value.versions.filter(({ dot }) => brought.gone.has(dotName(dot))).length;
    return written.ok ? accepted(outcomeOf(snapshot.contents, contents.value, partner, given)) : written;
  }

  private request(type: "hello" | "more", sealed: Uint8Array): Result<Uint8Array> {
    return this.vault.lendVaultKeys(
      (keys) => accepted(encodeDeviceSync({ type, mark: devicesMark(keys), sealed })),
      false,
    );
  }

  /** Begins to ask. */
  private async begin(peerId: string): Promise<Result<Uint8Array>> {
    const greeting = await this.devices.asDevice([], (own, _devices, keys) => accepted(greet(keys, own, this.random)));
    if (!greeting.ok) return greeting;
    this.forget(peerId);
    if (this.asking.size >= deviceSyncLimits.sessions) this.forget(this.asking.keys().next().value ?? "");
    this.asking.set(peerId, { greeting: greeting.value, talk: null });
    return this.request("hello", greeting.value.sealed);
  }

  private forget(peerId: string): void {
    const one = this.asking.get(peerId);
    this.asking.delete(peerId);
    one?.greeting.own.seed.zero();
    one?.talk?.channel.zero();
  }

  /** Reads an answer; what is wrong with it ends the conversation. */
  private async step(peerId: string, answer: Uint8Array): Promise<Result<SyncStep>> {
    const asking = this.asking.get(peerId);
    if (asking === undefined) return over;
    const next = asking.talk === null ? await this.welcomed(asking, answer) : await this.heard(asking.talk, answer);
    if (!next.ok || next.value.type === "done") this.forget(peerId);
    return next;
  }

  private async welcomed(asking: Asking, answer: Uint8Array): Promise<Result<SyncStep>> {
    const opened = this.vault.lendVaultKeys((keys) => openWelcome(answer, asking.greeting, keys), false);
    if (!opened.ok) return opened;
    const { channel, answer: welcomed } = opened.value;
    const partner = await this.devices.asDevice([welcomed.list], ({ device }, devices) =>
      partnerIn(devices, device, welcomed.device),
    );
    const snapshot = partner.ok ? await this.snapshot() : partner;
    if (!partner.ok) return partner;
    if (!snapshot.ok) return snapshot;
    const marks = byMark(channel.markKey, snapshot.value);
    const run = new Reconciliation(markSet(channel.markKey, snapshot.value));
    asking.talk = { channel, partner: partner.value, snapshot: snapshot.value, marks, run, difference: null };
    return this.compare(asking.talk);
  }

  private ask({ channel }: NonNullable<Asking["talk"]>, question: SyncQuestion): Result<SyncStep> {
    const request = this.request("more", channel.seal(deviceSyncCodecs.question.encode(question)));
    return request.ok ? accepted({ type: "ask", request: request.value }) : request;
  }

  private compare(talk: NonNullable<Asking["talk"]>): Result<SyncStep> {
    const ranges = talk.run.next();
    if (!ranges.ok) return ranges;
    if (ranges.value.length > 0) return this.ask(talk, { type: "compare", ranges: ranges.value });
    talk.difference = talk.run.difference;
    const { onlyHere, onlyThere } = talk.difference;
    const own = onlyHere.flatMap((mark) => talk.marks.get(toHex(mark)) ?? []);
    const versions = this.sent(talk.snapshot, own);
    return this.ask(talk, { type: "trade", seen: talk.snapshot.book.seen, versions, wanted: onlyThere });
  }

  private async heard(talk: NonNullable<Asking["talk"]>, answer: Uint8Array): Promise<Result<SyncStep>> {
    const clear = talk.channel.open(answer);
    if (!clear.ok) return clear;
    const { difference } = talk;
    if (difference === null) {
      const answers = deviceSyncCodecs.compared.decode(clear.value);
      const taken = answers.ok ? talk.run.take(answers.value) : answers;
      return taken.ok ? this.compare(talk) : taken;
    }
    const traded = deviceSyncCodecs.traded.decode(clear.value);
    if (!traded.ok) return traded;
    const { seen, versions } = traded.value;
    // All that was wanted, and nothing else: what was not sent would count as deleted there.
    const wanted = new Set(difference.onlyThere.map(toHex));
    const sent = new Set(versions.map(({ dot }) => toHex(markOf(talk.channel.markKey, dot))));
    if (sent.size !== wanted.size || versions.length !== sent.size || ![...sent].every((one) => wanted.has(one)))
      return nonsense;
    const own = difference.onlyHere.flatMap((mark) => talk.marks.get(toHex(mark)) ?? []);
    const gone = new Set(own.map(({ dot }) => dotName(dot)));
    const done = await this.apply(talk.snapshot, { versions, gone, seen }, talk.partner);
    return done.ok ? accepted({ type: "done", outcome: done.value }) : done;
  }

  /** Answers another device; what does not fit ends the conversation with it. */
  private async answer(peerId: string, bytes: Uint8Array): Promise<Result<SyncTurn>> {
    const request = decodeDeviceSync(bytes);
    if (!request.ok) return request;
    if (request.value.type === "hello") return this.greeted(peerId, request.value.sealed);
    const talk = this.answering.get(peerId);
    if (talk === undefined) return over;
    const turn = await this.answered(talk, request.value.sealed);
    if (!turn.ok || turn.value.outcome !== null) this.leave(peerId);
    return turn;
  }

  private leave(peerId: string): void {
    const one = this.answering.get(peerId);
    this.answering.delete(peerId);
    one?.cancelTimer();
    one?.channel.zero();
  }

  private async greeted(peerId: string, sealed: Uint8Array): Promise<Result<SyncTurn>> {
    const greeting = this.vault.lendVaultKeys((keys) => openGreeting(sealed, keys), false);
    if (!greeting.ok) return greeting;
    const { hello } = greeting.value;
    const met = await this.devices.asDevice([hello.list], (own: Speaker, devices, keys: IdentityKeys) => {
      const partner = partnerIn(devices, own.device, hello.device);
      const made = partner.ok ? welcome(greeting.value, keys, own, this.random) : partner;
      if (!partner.ok) return partner;
      return made.ok ? accepted({ ...made.value, partner: partner.value }) : made;
    });
    if (!met.ok) return met;
    const snapshot = await this.snapshot();
    if (!snapshot.ok) return snapshot;
    this.leave(peerId);
    if (this.answering.size >= deviceSyncLimits.sessions) this.leave(this.answering.keys().next().value ?? "");
    const { sealed: answer, channel, partner } = met.value;
    const marks = byMark(channel.markKey, snapshot.value);
    const set = markSet(channel.markKey, snapshot.value);
    const cancelTimer = this.parts.clock.schedule(deviceSyncLimits.sessionLifeMs, () => this.leave(peerId));
    this.answering.set(peerId, { channel, partner, snapshot: snapshot.value, marks, set, cancelTimer });
    return accepted({ answer, outcome: null });
  }

  private async answered(talk: Answering, sealed: Uint8Array): Promise<Result<SyncTurn>> {
    const clear = talk.channel.open(sealed);
    const question = clear.ok ? deviceSyncCodecs.question.decode(clear.value) : clear;
    if (!question.ok) return question;
    if (question.value.type === "compare") {
      const answers: readonly RangeAnswer[] = talk.set.answer(question.value.ranges);
      return accepted({ answer: talk.channel.seal(deviceSyncCodecs.compared.encode(answers)), outcome: null });
    }
    const { seen, versions, wanted } = question.value;
    const own = wanted.flatMap((mark) => talk.marks.get(toHex(mark)) ?? []);
    if (own.length !== wanted.length || new Set(wanted.map(toHex)).size !== wanted.length) return nonsense;
    const gone = new Set(own.map(({ dot }) => dotName(dot)));
    // Before it is taken in: what comes may be in their place afterwards.
    const answer: TradeAnswer = { seen: talk.snapshot.book.seen, versions: this.sent(talk.snapshot, own) };
    const done = await this.apply(talk.snapshot, { versions, gone, seen }, talk.partner);
    if (!done.ok) return done;
    return accepted({ answer: talk.channel.seal(deviceSyncCodecs.traded.encode(answer)), outcome: done.value });
  }
}

/** Makes the handlers. */
export function createVaultSync(vault: VaultKeeper, parts: RecoveryParts): DeviceSyncVaultRequests {
  return new VaultSync(vault, parts, new VaultDevices(vault, parts)).requests();
}
