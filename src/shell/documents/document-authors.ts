/**
 * Who has written an open document, and what each of them has said of themselves in an update of their own. Chains are only
 * ever added to, so nobody else can delete that, as they can from the members' map.
 * @module
 */
import * as Y from "yjs";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { readLastingKeyRecord } from "#protocol/mail/credentials.ts";
import { mailLimits } from "#protocol/mail/limits.ts";

/** Signatures of records that are checked in one update: who is honest says one. */
const mostChecks = 4;

/** What somebody has said that others seal for them by. */
interface Said {
  readonly bytes: Uint8Array;
  readonly madeAtMs: number;
}

/** Whether bytes have others in them. */
function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = bytes.indexOf(part[0] as number); at !== -1; at = bytes.indexOf(part[0] as number, at + 1))
    if (equalBytes(bytes.subarray(at, at + part.length), part)) return true;
  return false;
}

/** What could be the author's record among what an update puts in; foreign bytes, that Yjs has taken. */
function candidates(update: Uint8Array, author: Uint8Array): readonly Uint8Array[] {
  return Y.decodeUpdate(update)
    .structs.flatMap((one) =>
      one instanceof Y.Item && one.content instanceof Y.ContentBinary ? one.content.content : [],
    )
    .filter((bytes) => bytes.length <= mailLimits.recordBytes && contains(bytes, author))
    .slice(-mostChecks);
}

/** The authors of what was read; there are as many as chains at most. */
export class DocumentAuthors {
  private readonly said = new Map<string, Said | null>();

  /** Signing keys in hex, in the order in which they were first read. */
  names(): readonly string[] {
    return [...this.said.keys()];
  }

  /** The record that the owner of a key has said themselves; null if they have not. */
  recordOf(name: string): Said | null {
    return this.said.get(name) ?? null;
  }

  /** Somebody's update was read. */
  note(author: Uint8Array, update: Uint8Array): void {
    const name = toHex(author);
    let newest = this.recordOf(name);
    for (const bytes of candidates(update, author)) {
      const read = readLastingKeyRecord(bytes);
      if (!read.ok || !equalBytes(read.value.signingKey, author)) continue;
      const { madeAtMs } = read.value;
      // Of one person's own records, which come in any order from several devices.
      if (newest === null || madeAtMs >= newest.madeAtMs) newest = { bytes, madeAtMs };
    }
    this.said.set(name, newest);
  }
}
