/**
 * The world `aether:os` for one run: every function of wit/aether-os.wit as core WebAssembly calls it. Written out by hand,
 * because it never changes and is small that way; the table in veil/world.ts has the same names and types.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { hostCosts } from "#protocol/veil/host-costs.ts";
import { type FileOutcome, fileErrors } from "#veil/file-outcome.ts";
import type { Entry, FileSystem } from "#veil/file-system.ts";
import { modeCount, OpenFiles } from "#veil/open-files.ts";
import { OutputBuffer, type OutputStream } from "#veil/output-buffer.ts";
import type { RunInput, RunObserver } from "#veil/run.ts";
import { SeededRandom } from "#veil/seeded-random.ts";
import type { WorldInterface } from "#veil/world.ts";
import { GuestMemory } from "./guest-memory.ts";
import { guestTrap, RunEnded, type RunMeter } from "./run-meter.ts";

/** By one call of `random.bytes`. */
const mostRandomBytes = 65_536;

/** Beyond it an offset can be inside no file. */
const largestOffset = BigInt(Number.MAX_SAFE_INTEGER - 0x1_0000_0000);

/** A function that a guest calls. Numbers are the guest's; 64-bit ones are bigint. */
type HostFunction = (...values: never[]) => unknown;

/** A file's kind, by its place in the WIT's enum. */
function kindNumber(entry: Entry): number {
  return entry.kind === "file" ? 0 : 1;
}

/** What one run sees of the system. */
export class WorldHost {
  readonly memory: GuestMemory;
  readonly output: OutputBuffer;
  private readonly input: RunInput;
  private readonly observer: RunObserver;
  private readonly files: OpenFiles;
  private readonly random: SeededRandom;
  private inputPlace = 0;
  /** All functions, by interface. */
  readonly functions: { readonly [K in WorldInterface]: Readonly<Record<string, HostFunction>> };

  constructor(input: RunInput, files: FileSystem, outputBytes: number, meter: RunMeter, observer: RunObserver) {
    this.memory = new GuestMemory(meter);
    this.output = new OutputBuffer(outputBytes);
    this.input = input;
    this.observer = observer;
    this.files = new OpenFiles(files);
    this.random = new SeededRandom(input.seed);
    this.functions = this.allFunctions();
  }

  private allFunctions(): WorldHost["functions"] {
    return {
      arguments: { get: this.entered((place: number) => this.giveTexts(place, this.input.arguments, 1)) },
      environment: { get: this.entered((place: number) => this.giveTexts(place, this.input.environment.flat(), 2)) },
      input: { read: this.entered((length: number, place: number) => this.readInput(length >>> 0, place)) },
      output: {
        write: this.entered((address: number, length: number) => this.write("output", address, length)),
        "write-error": this.entered((address: number, length: number) => this.write("error", address, length)),
      },
      process: {
        exit: this.entered((code: number) => {
          throw new RunEnded({ type: "exit", code: code & 0xff });
        }),
      },
      files: this.fileFunctions(),
      clock: { now: this.entered(() => BigInt(this.input.timeMs)) },
      random: {
        bytes: this.entered((length: number, place: number) => {
          const count = Math.min(length >>> 0, mostRandomBytes);
          this.memory.chargeWork(hostCosts.random + count * hostCosts.randomByte);
          this.giveBytes(place, this.random.bytes(count));
        }),
      },
    };
  }

  private entered<V extends unknown[], R>(action: (...values: V) => R): (...values: V) => R {
    return (...values) => {
      this.memory.enter();
      return action(...values);
    };
  }

  private giveBytes(place: number, bytes: Uint8Array): void {
    this.memory.setList(place, this.memory.lower(bytes), bytes.length);
  }

  /** A list of texts, or of tuples of so many. */
  private giveTexts(place: number, texts: readonly string[], tuple: number): void {
    this.memory.chargeWork(hostCosts.text * texts.length);
    const list = this.memory.allocate(8 * texts.length, 4);
    for (const [i, text] of texts.entries()) this.giveBytes(list + 8 * i, utf8ToBytes(text));
    this.memory.setList(place, list, texts.length / tuple);
  }

  private readInput(length: number, place: number): void {
    const bytes = this.input.input.subarray(this.inputPlace, this.inputPlace + length);
    this.inputPlace += bytes.length;
    this.giveBytes(place, bytes);
  }

  private write(stream: OutputStream, address: number, length: number): void {
    const bytes = this.memory.list(address, length);
    const kept = this.output.append(stream, bytes);
    if (kept > 0) this.observer.onOutput?.(bytes.slice(0, kept), stream);
    if (kept < bytes.length) throw new RunEnded({ type: "too-much-output" });
  }

  /** Writes a result: its tag, and behind it, where the alternatives' alignment puts it, the value or the error. */
  private give<T>(
    place: number,
    alignment: number,
    outcome: FileOutcome<T>,
    write?: (at: number, value: T) => void,
  ): void {
    this.memory.setByte(place, outcome.ok ? 0 : 1);
    const at = (place >>> 0) + alignment;
    if (!outcome.ok) this.memory.setByte(at, fileErrors.indexOf(outcome.error));
    else write?.(at, outcome.value);
  }

  private fileFunctions(): Readonly<Record<string, HostFunction>> {
    const { files, memory } = this;
    const { system } = files;
    /** An action on one path. */
    const onPath = (action: (path: string) => FileOutcome<void>) =>
      this.entered((address: number, length: number, place: number) =>
        this.give(place, 1, action(memory.path(address, length))),
      );
    return {
      open: this.entered((address: number, length: number, mode: number, place: number) => {
        if (mode >>> 0 >= modeCount) throw guestTrap("the program gave a mode that there is not");
        this.give(place, 4, files.openFile(memory.path(address, length), mode), (at, handle) =>
          memory.setWord(at, handle),
        );
      }),
      close: this.entered((handle: number, place: number) => this.give(place, 1, files.close(handle >>> 0))),
      read: this.entered((handle: number, offset: bigint, length: number, place: number) => {
        const file = files.file(handle >>> 0);
        const found = file.ok ? system.read(file.value, offsetOf(offset), length >>> 0) : file;
        this.give(place, 4, found, (at, bytes) => this.giveBytes(at, bytes));
      }),
      write: this.entered((handle: number, offset: bigint, address: number, length: number, place: number) => {
        const bytes = memory.list(address, length);
        this.give(
          place,
          1,
          this.change(handle, offsetOf(offset) + bytes.length, (file) => system.write(file, offsetOf(offset), bytes)),
        );
      }),
      size: this.entered((handle: number, place: number) =>
        this.give(place, 8, files.file(handle >>> 0), (at, file) => memory.setLong(at, file.size)),
      ),
      resize: this.entered((handle: number, size: bigint, place: number) =>
        this.give(
          place,
          1,
          this.change(handle, offsetOf(size), (file) => system.resize(file, offsetOf(size))),
        ),
      ),
      status: this.entered((address: number, length: number, place: number) =>
        this.give(place, 8, system.find(memory.path(address, length)), (at, entry) => {
          memory.setByte(at, kindNumber(entry));
          memory.setLong(at + 8, entry.kind === "file" ? entry.size : 0);
        }),
      ),
      list: this.entered((address: number, length: number, place: number) => {
        const path = memory.path(address, length);
        const folder = system.find(path);
        if (folder.ok && folder.value.kind === "folder") memory.chargeWork(hostCosts.entry * folder.value.entries.size);
        this.give(place, 4, system.list(path), (at, entries) => this.giveEntries(at, entries));
      }),
      "make-folder": onPath((path) => system.makeFolder(path)),
      remove: onPath((path) => system.remove(path)),
      rename: this.entered((address: number, length: number, newAddress: number, newLength: number, place: number) =>
        this.give(place, 1, this.rename(memory.path(address, length), memory.path(newAddress, newLength))),
      ),
    };
  }

  private rename(path: string, newPath: string): FileOutcome<void> {
    const { system } = this.files;
    const moved = system.find(path);
    if (moved.ok && moved.value.kind === "folder") this.memory.chargeWork(hostCosts.moveFolder);
    return system.rename(path, newPath);
  }

  /** Changes an open file, after payment for the bytes that it grows by. */
  private change(
    handle: number,
    end: number,
    action: (file: Parameters<FileSystem["resize"]>[0]) => FileOutcome<void>,
  ): FileOutcome<void> {
    const file = this.files.writable(handle >>> 0);
    if (!file.ok) return file;
    this.memory.chargeWork(this.files.system.growth(file.value, end) * hostCosts.fileByte);
    return action(file.value);
  }

  private giveEntries(place: number, entries: readonly (readonly [name: string, entry: Entry])[]): void {
    const recordBytes = 12;
    const list = this.memory.allocate(recordBytes * entries.length, 4);
    for (const [i, [name, entry]] of entries.entries()) {
      this.giveBytes(list + recordBytes * i, utf8ToBytes(name));
      this.memory.setByte(list + recordBytes * i + 8, kindNumber(entry));
    }
    this.memory.setList(place, list, entries.length);
  }
}

/** A guest's 64-bit offset as a number; one that is too large for that stays beyond every file. */
function offsetOf(offset: bigint): number {
  const unsigned = BigInt.asUintN(64, offset);
  return Number(unsigned < largestOffset ? unsigned : largestOffset);
}
