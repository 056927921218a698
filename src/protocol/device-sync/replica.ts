/**
 * An index that several devices change apart: an observed-remove set with version vectors. Each change has a dot (which
 * copy made it, its how manieth it was); a copy remembers of each other one up to which dot it has seen all. What another
 * has and this one has not is new if its dot was not seen here, and was deleted here if it was. So deletions leave nothing
 * behind that would have to be kept or could be kept too short, and a device that was away for years brings nothing back.
 * @module
 */
import { compareBytes, equalBytes, toHex } from "../codec/bytes.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { deviceSyncLimits } from "./limits.ts";

/** Which change of which copy: no two changes have the same. */
export interface Dot {
  /** Random; a vault that is restored from a backup takes a new one, as its old number may have gone on. */
  readonly replica: Uint8Array;
  readonly counter: number;
}

/** One state of a thing; changed apart on two devices it has two until it is changed again. */
export interface Version<T> {
  readonly dot: Dot;
  /** What it goes by, 32 bytes. */
  readonly id: Uint8Array;
  readonly value: T;
}

/** What a copy has. */
export interface Replica<T> {
  readonly versions: readonly Version<T>[];
  /** Of each copy the number of changes that were seen, all up to it. */
  readonly seen: readonly Dot[];
}

/** The name of a dot in maps. */
export function dotName({ replica, counter }: Dot): string {
  return `${toHex(replica)}.${counter}`;
}

/** Whether a change was seen, though what it made may be gone. */
function hasSeen(seen: readonly Dot[], { replica, counter }: Dot): boolean {
  return seen.some((one) => equalBytes(one.replica, replica) && one.counter >= counter);
}

function joinSeen(a: readonly Dot[], b: readonly Dot[]): readonly Dot[] {
  const newest = new Map<string, Dot>();
  for (const one of [...a, ...b]) {
    const name = toHex(one.replica);
    if ((newest.get(name)?.counter ?? 0) < one.counter) newest.set(name, one);
  }
  return [...newest.entries()].toSorted(([x], [y]) => (x < y ? -1 : 1)).map(([, one]) => one);
}

const crowded = rejected(
  "too-many",
  `Your vault was on more than ${deviceSyncLimits.replicas} devices and restored copies; it cannot be kept in step with another. Nothing was changed.`,
);

/** Which of two changes stands where both made the same; the same on every device. */
export function compareDots(a: Dot, b: Dot): number {
  return a.counter - b.counter || compareBytes(a.replica, b.replica);
}

/** With one version where several say the same of one thing: two devices that changed something alike are in step. */
export function collapsed<T>(here: Replica<T>, isSame: (a: T, b: T) => boolean): Replica<T> {
  const isLast = (one: Version<T>): boolean =>
    !here.versions.some(
      (other) =>
        other !== one &&
        equalBytes(other.id, one.id) &&
        isSame(other.value, one.value) &&
        compareDots(other.dot, one.dot) > 0,
    );
  return { ...here, versions: here.versions.filter(isLast) };
}

/** With a change by a copy: `value` in the place of all that goes by `id`; null: it is deleted. */
export function changed<T>(
  { versions, seen }: Replica<T>,
  replica: Uint8Array,
  { id, value }: { readonly id: Uint8Array; readonly value: T | null },
): Result<Replica<T>> {
  const rest = versions.filter((one) => !equalBytes(one.id, id));
  if (value === null) return accepted({ versions: rest, seen });
  const counter = (seen.find((one) => equalBytes(one.replica, replica))?.counter ?? 0) + 1;
  const dot: Dot = { replica, counter };
  const next = joinSeen(seen, [dot]);
  return next.length > deviceSyncLimits.replicas
    ? crowded
    : accepted({ versions: [...rest, { dot, id, value }], seen: next });
}

/**
 * With what another copy has. `theirs` are its versions that are not here, `gone` names the dots that are here and not
 * there: both must be complete, since afterwards all that the other has seen counts as seen here.
 */
export function joined<T>(
  here: Replica<T>,
  {
    theirs,
    gone,
    seen,
  }: { readonly theirs: readonly Version<T>[]; readonly gone: ReadonlySet<string>; readonly seen: readonly Dot[] },
): Result<Replica<T>> {
  const all = joinSeen(here.seen, seen);
  if (all.length > deviceSyncLimits.replicas) return crowded;
  if (!theirs.every(({ dot }) => hasSeen(seen, dot))) {
    return rejected("invalid-argument", "The other device sent what it says it has not seen. Nothing was changed.");
  }
  const kept = here.versions.filter(({ dot }) => !gone.has(dotName(dot)) || !hasSeen(seen, dot));
  const have = new Set(kept.map(({ dot }) => dotName(dot)));
  const brought = theirs.filter(({ dot }) => !hasSeen(here.seen, dot) && !have.has(dotName(dot)));
  return accepted({ versions: [...kept, ...brought], seen: all });
}
