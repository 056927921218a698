/**
 * What programs may have on this device whenever they are run, as an interface remembers it. A program is the digest of its
 * bytes: with a few others it is another program.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** What was granted to one program, or that it was denied. */
export interface ProgramGrant {
  /** SHA-256 of the program, hexadecimal. */
  readonly digest: string;
  /** By which it was named when it was granted. */
  readonly name: string;
  /** Names of capabilities that it has and no others; null: it was denied and does not run. */
  readonly capabilities: readonly string[] | null;
  /** Files that it may be given and no others; null: those that are named for a run. */
  readonly files: readonly string[] | null;
  /** Milliseconds since 1970. */
  readonly grantedMs: number;
  /** From then on it has nothing until it is granted anew; null: it does not end. */
  readonly endsMs: number | null;
}

/** Where they are kept: on this device, for all tabs of the profile. */
export interface ProgramGrants {
  /** Refused with `storage-corrupt` if they cannot be read: then no program may run, because a denial could be lost. */
  list(): Promise<Result<readonly ProgramGrant[]>>;
  /** Remembers one, durably, in the place of what stood there for its digest. */
  remember(grant: ProgramGrant): Promise<Result<readonly ProgramGrant[]>>;
  /** Forgets all, denials too, also where they cannot be read. */
  forgetAll(): Promise<Result<readonly ProgramGrant[]>>;
}
