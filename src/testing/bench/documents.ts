/**
 * Opening a document that two people have edited ten thousand times: each edit an update of its own, opened and merged,
 * against Yjs alone on the same edits in clear.
 * @module
 */
import * as Y from "yjs";
import { openUpdate, sealUpdate } from "#protocol/documents/sealing.ts";
import { decodeUpdate, emptyChain, updateLink } from "#protocol/documents/update.ts";
import type { Result } from "#protocol/result.ts";
import { Random } from "../random.ts";
import { compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const edits = 10_000;

/** In a hundred edits, those that one makes before the other's are heard of. */
const apart = 100;

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** Edits of two writers who hear of each other now and then: a word put in, or a few letters taken away. */
function written(random: Random): { readonly updates: readonly Uint8Array[]; readonly text: string } {
  const docs = [new Y.Doc(), new Y.Doc()] as const;
  const updates: Uint8Array[] = [];
  const whole = new Y.Doc();
  for (const doc of docs)
    doc.on("update", (update: Uint8Array, origin) => void (origin === "heard" || updates.push(update)));
  for (let edit = 0, heard = 0; edit < edits; edit++) {
    const text = docs[edit & 1 ? 1 : 0].getText("text");
    const at = random.between(0, text.length);
    if (edit % 10 === 9 && text.length > 10) text.delete(Math.min(at, text.length - 3), 3);
    else text.insert(at, "word ");
    if (updates.length - heard < apart && edit < edits - 1) continue;
    for (const doc of docs) for (const update of updates.slice(heard)) Y.applyUpdate(doc, update, "heard");
    heard = updates.length;
  }
  for (const update of updates) Y.applyUpdate(whole, update);
  return { updates, text: whole.getText("text").toString() };
}

/** Rows for documents. */
export async function measureDocuments(): Promise<MeasuredRow[]> {
  const random = new Random(6);
  const { updates, text } = written(random);
  const keys = [random.bytes(32)];
  // Signatures are checked when updates come, not whenever a document is opened: these are none.
  const writer = {
    signingKey: new Uint8Array(33),
    sign: () => new Uint8Array(64),
    random: (n: number) => random.bytes(n),
  };
  let end = emptyChain;
  const place = { document: random.bytes(32), replica: random.bytes(16) };
  const sealed = updates.map((update) => {
    const at = { ...place, sequence: end.next, previous: end.link };
    const bytes = must(sealUpdate(at, { madeAtMs: 0, update }, keys, writer));
    end = { next: end.next + 1, link: updateLink(bytes) };
    return bytes;
  });
  const merge = (all: readonly Uint8Array[], opened: (bytes: Uint8Array) => Uint8Array) => (): number => {
    const doc = new Y.Doc();
    for (const bytes of all) Y.applyUpdate(doc, opened(bytes));
    if (doc.getText("text").toString() !== text) throw new Error("another text");
    return all.length;
  };
  const rates = await medianRates({
    ours: merge(sealed, (bytes) => must(openUpdate(must(decodeUpdate(bytes)), keys)).update),
    yjs: merge(updates, (bytes) => bytes),
  });
  const row = {
    name: `a document of ${edits} edits by two opened: updates decoded, opened, merged`,
    unit: "edits/s",
    method: `the same updates of Yjs 13, sealed one by one and in clear; texts compared; ${medianOfRounds}`,
  };
  return [compared(row, rates.ours, { name: "Yjs on clear updates", value: rates.yjs })];
}
