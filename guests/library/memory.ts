/**
 * Memory that only grows: programs here read, work and end. Addresses are plain numbers, so nothing is traced or counted.
 * Lists that the system gives stand one behind the other, which lets a whole input be read without copying it.
 */
import { outputWriteError, processExit } from "./imports";

/** First free address. */
let top: usize = __heap_base;

function shout(text: string): void {
  const bytes = top;
  for (let i = 0; i < text.length; i++) store<u8>(bytes + i, text.charCodeAt(i));
  outputWriteError(bytes, text.length);
}

/** Says that there is no more, and ends the program. */
function giveUp(): void {
  // The end of what is there already: nothing holds anything that is still needed.
  top = (<usize>memory.size() << 16) - 256;
  shout("out of memory: give the program more (--mem) or less to do\n");
  processExit(2);
}

/** Gets memory up to `end`, if there is so much. */
function reach(end: usize): bool {
  const pages = i32((u64(end) + 0xffff) >> 16);
  const missing = pages - memory.size();
  // An eighth more, so that many small requests are few growths; exactly what is needed where the cap is near.
  return missing <= 0 || memory.grow(missing + (pages >> 3)) >= 0 || memory.grow(missing) >= 0;
}

/** Whether `bytes` fit behind an address that memory can have. */
function fits(address: usize, bytes: usize): bool {
  return u64(address) + u64(bytes) <= 0xffff_0000 && reach(address + bytes);
}

/** Makes sure that the system can give so many bytes: in {@link cabi_realloc} it is too late to say anything. */
export function reserve(bytes: usize): void {
  if (!fits(top, bytes)) giveUp();
}

/** `bytes` of fresh memory at a multiple of `alignment`, a power of two. */
export function allocate(bytes: usize, alignment: usize = 8): usize {
  const address = (top + alignment - 1) & ~(alignment - 1);
  if (!fits(address, bytes)) giveUp();
  top = address + bytes;
  return address;
}

/** Where the next allocation begins. */
export function mark(): usize {
  return top;
}

/** Gives back all that was allocated since a mark. */
export function release(place: usize): void {
  top = place;
}

/** How the system makes room for what it gives. */
export function cabi_realloc(old: usize, oldBytes: usize, alignment: usize, bytes: usize): usize {
  const address = (top + alignment - 1) & ~(alignment - 1);
  if (!fits(address, bytes)) unreachable();
  top = address + bytes;
  if (oldBytes > 0) memory.copy(address, old, min(oldBytes, bytes));
  return address;
}
