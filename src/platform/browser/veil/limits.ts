/**
 * Named limits of the sandbox around a guest: threads, waiting, patience. What a guest itself may take is in its request.
 * @module
 */
import { fileLimits } from "#veil/file-system.ts";

/** Runs that have a thread at the same time; a program of a pipe follows the one before it. */
export const mostRunsAtOnce = 4;

/** Runs that wait for one. */
export const mostRunsWaiting = 64;

/** Booted workers kept for the next runs: one for a program, one for the next of its pipe. */
export const pooledSandboxes = 2;

/** A worker that has not said that it is ready by then will not be. A busy phone takes seconds. */
export const bootLimitMs = 10_000;

/** Checking, metering and splitting a program; the largest allowed take a second. */
export const preparationLimitMs = 30_000;

/**
 * How long after its limit the guest itself may still say that its time is up, with exact figures. Then its thread is
 * ended from outside.
 */
export const deadlineGraceMs = 500;

/** When the window gives up on the supervisor itself: everything is started anew. */
export const lastResortMs = 2_000;

/** How often the frame is asked whether it lives while something runs in it. */
export const pingIntervalMs = 1_000;

/** Unanswered in a row: the frame's process has gone. Counted, not timed: a tab that was frozen counts none. */
export const mostPingsUnanswered = 5;

/** Prepared programs kept, in bytes. */
export const preparedCacheBytes = 64 * 1_048_576;

/** And in number. */
export const mostPreparedCached = 64;

/** Of a trap's or fault's message. */
export const mostMessageCharacters = 400;

/** Files of a run's private file system that are taken back from a sandbox. */
export const mostFilesBack = 65_536;

/** Of one path among them: as many names as may be in one, with a stroke each. A renamed folder makes such long ones. */
export const mostPathCharacters = fileLimits.depth * (fileLimits.nameBytes + 1);
