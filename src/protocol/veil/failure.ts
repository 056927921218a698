/**
 * How the inside of this folder gives up on a module. Thrown and caught here only: callers get a `Rejected`.
 * @module
 */
import { type Rejected, type RejectionCode, type Result, rejected } from "../result.ts";

/** Why a module is refused, and at which byte of it. */
export class ModuleFailure extends Error {
  readonly code: RejectionCode;
  readonly offset: number;

  constructor(code: RejectionCode, offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }

  /** The same for callers. */
  asRejected(): Rejected {
    return rejected(this.code, `At byte ${this.offset}: ${this.message}`, { offset: this.offset });
  }
}

/** Gives the refusal of a module back as a value. Anything else that is thrown is a bug of ours. */
export function caught<T>(action: () => Result<T>): Result<T> {
  try {
    return action();
  } catch (failure) {
    if (failure instanceof ModuleFailure) return failure.asRejected();
    throw failure;
  }
}

/** The bytes are not in the binary format. */
export function malformed(offset: number, message: string): ModuleFailure {
  return new ModuleFailure("malformed-module", offset, message);
}

/** The module contradicts itself: types, indices, order of things. */
export function invalid(offset: number, message: string): ModuleFailure {
  return new ModuleFailure("invalid-module", offset, message);
}

/** A part of WebAssembly that programs here do without, whatever the browser says. */
export function unsupported(offset: number, message: string): ModuleFailure {
  return new ModuleFailure("unsupported-feature", offset, message);
}

/** More of something than {@link moduleLimits} allows. */
export function tooMany(offset: number, what: string, count: number, most: number): ModuleFailure {
  return new ModuleFailure("too-many", offset, `${count} ${what}; at most ${most} are allowed.`);
}
