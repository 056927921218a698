/**
 * How an action on the private file system ends. A guest's mistakes are its own business: they are numbers for it, not
 * refusals for the user.
 * @module
 */

/** Why something was not done, in the order of the WIT's enum `error`: the place is the number that a guest sees. */
export const fileErrors = [
  "bad-path",
  "not-found",
  "exists",
  "not-a-folder",
  "is-a-folder",
  "not-empty",
  "bad-handle",
  "not-writable",
  "too-many",
  "no-space",
] as const;

/** One of {@link fileErrors}. */
export type FileError = (typeof fileErrors)[number];

/** A value, or why there is none. */
export type FileOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: FileError };

/** What was asked for. */
export function done<T>(value: T): FileOutcome<T> {
  return { ok: true, value };
}

/** What went wrong. */
export function failed(error: FileError): { readonly ok: false; readonly error: FileError } {
  return { ok: false, error };
}
