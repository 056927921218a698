/**
 * Lifting from and lowering into a guest's memory under the canonical ABI. Every pointer is the guest's word and is
 * checked; every byte that moves is paid for first; the memory may have moved after anything that runs guest code.
 * @module
 */
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { limits } from "#protocol/parameters.ts";
import { costTable } from "#protocol/veil/costs.ts";
import { pathCost } from "#protocol/veil/host-costs.ts";
import { guestTrap, type RunMeter } from "./run-meter.ts";

/** How a guest makes room, as the canonical ABI has it. */
type Reallocate = (oldAddress: number, oldBytes: number, alignment: number, bytes: number) => number;

/** One guest's memory. */
export class GuestMemory {
  private readonly meter: RunMeter;
  private memory: WebAssembly.Memory | undefined;
  private reallocate: Reallocate | undefined;
  private allocating = false;
  private bytes = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);

  constructor(meter: RunMeter) {
    this.meter = meter;
  }

  /** From now on the guest has exports. */
  attach(exports: WebAssembly.Exports): void {
    this.memory = exports.memory instanceof WebAssembly.Memory ? exports.memory : undefined;
    this.reallocate = exports.cabi_realloc as Reallocate | undefined;
  }

  /** Pages it has. */
  get pages(): number {
    return (this.memory?.buffer.byteLength ?? 0) / limits.memoryPageBytes;
  }

  /** At the beginning of every host function: the canonical ABI forbids to come here out of `cabi_realloc`. */
  enter(): void {
    if (this.allocating) throw guestTrap("the program called the system from cabi_realloc");
  }

  /** Takes the price of work besides. */
  chargeWork(units: number): void {
    this.meter.charge(units);
  }

  /** Takes the price of bytes that cross. */
  charge(bytes: number): void {
    this.meter.charge(Math.ceil(bytes / costTable.bytesPerUnit));
  }

  /** The address as a number, if so many bytes are there; afterwards `bytes` and `view` are of the memory as it is now. */
  private checked(address: number, length: number, alignment = 1): number {
    const { memory } = this;
    if (memory === undefined) throw guestTrap("the program has no memory to give or take bytes");
    if (this.bytes.buffer !== memory.buffer) {
      this.bytes = new Uint8Array(memory.buffer);
      this.view = new DataView(memory.buffer);
    }
    const start = address >>> 0;
    if (start + length > this.bytes.length) throw guestTrap("the program gave an address outside its memory");
    if (start % alignment !== 0) throw guestTrap("the program gave an address that is not aligned");
    return start;
  }

  /** Bytes of the guest, in place: they are good until guest code runs. */
  list(address: number, length: number): Uint8Array {
    const count = length >>> 0;
    const start = this.checked(address, count);
    this.charge(count);
    return this.bytes.subarray(start, start + count);
  }

  /** A path that the guest names. It is paid for before it is decoded: nothing keeps it from being as long as the memory. */
  path(address: number, length: number): string {
    this.checked(address, length >>> 0);
    this.meter.charge(pathCost(length >>> 0));
    const bytes = this.list(address, length);
    const text = decodeUtf8(bytes, 0, bytes.length);
    if (text === undefined) throw guestTrap("the program gave text that is not UTF-8");
    return text;
  }

  /** Room that the guest makes. */
  allocate(length: number, alignment: number): number {
    if (this.reallocate === undefined) throw guestTrap("the program has no cabi_realloc to take bytes with");
    this.allocating = true;
    const address = this.reallocate(0, 0, alignment, length);
    this.allocating = false;
    return this.checked(address, length, alignment);
  }

  /** Gives the guest bytes: where they are now, for {@link setList}. */
  lower(bytes: Uint8Array): number {
    this.charge(bytes.length);
    const address = this.allocate(bytes.length, 1);
    this.bytes.set(bytes, address);
    return address;
  }

  /** Writes where a list is and how long. */
  setList(place: number, address: number, length: number): void {
    this.setWord(place, address);
    this.setWord(place + 4, length);
  }

  /** Writes a byte. */
  setByte(place: number, value: number): void {
    const at = this.checked(place, 1);
    this.view.setUint8(at, value);
  }

  /** Writes 32 bits. */
  setWord(place: number, value: number): void {
    const at = this.checked(place, 4, 4);
    this.view.setUint32(at, value, true);
  }

  /** Writes 64 bits. */
  setLong(place: number, value: number): void {
    const at = this.checked(place, 8, 8);
    this.view.setBigUint64(at, BigInt(value), true);
  }
}
