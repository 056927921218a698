/**
 * Earlier versions of a document, from the updates that are kept: what somebody wrote in one go is one version. Times are
 * those of the writers' clocks.
 * @module
 */
import * as Y from "yjs";
import type { Written } from "./document-session.ts";

/** After a rest of so long, the same person's writing is another version. */
const restMs = 10 * 60_000;

/** A version. */
export interface Version {
  /** Address of who wrote what is new in it. */
  readonly from: string;
  /** When its last change was made. */
  readonly madeAtMs: number;
  /** Changes that are new in it. */
  readonly changes: number;
  /** The whole text as it was then. */
  readonly text: string;
}

/** All versions, the oldest first. */
export function versionsOf(written: readonly Written[]): readonly Version[] {
  const inTime = written.toSorted((a, b) => a.madeAtMs - b.madeAtMs);
  const doc = new Y.Doc();
  const text = doc.getText("text");
  const versions: Version[] = [];
  for (const { from, madeAtMs, update } of inTime) {
    // Bytes that Yjs has taken before.
    Y.applyUpdate(doc, update);
    const last = versions.at(-1);
    // Who has joined, and what was anchored, is written beside the text.
    if (text.toString() === (last?.text ?? "")) continue;
    const goesOn = last !== undefined && last.from === from && madeAtMs - last.madeAtMs <= restMs;
    if (goesOn) versions.pop();
    versions.push({ from, madeAtMs, changes: (goesOn ? last.changes : 0) + 1, text: text.toString() });
  }
  doc.destroy();
  return versions;
}
