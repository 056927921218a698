/**
 * Anchors of a document: digests of its text on the chain, which show that the text was there by the time of their blocks.
 * Which transactions these are stands in the document itself, so that all who have it can check them.
 * @module
 */
import * as Y from "yjs";
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { anchorDigest, anchorMemo, digestInMemo } from "#protocol/documents/anchor.ts";
import { decodeTransaction } from "#protocol/ledger/transaction.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { DocumentView } from "#sdk/documents.ts";
import type { TransactionStanding } from "#sdk/standing.ts";
import { planNote } from "#wallet/build.ts";
import { type CommandContext, exitCodes } from "../commands/command.ts";
import { prepare } from "../commands/prepared-spending.ts";
import { carryOut, consent, printOutcome, signerOf, withReasons } from "../commands/spending.ts";
import { short, timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import type { DocumentSession, Written } from "./document-session.ts";
import { versionsOf } from "./history.ts";

/** Anchors of one document that are looked at. */
const mostAnchors = 64;

/** Longest note of what a text consisted of. */
const mostSnapshotBytes = 65_536;

const anchorsIn = (doc: Y.Doc): Y.Map<unknown> => doc.getMap("anchors");

/** An anchor that the document names, and what the chain says of it. */
interface Anchor {
  readonly transaction: Uint8Array;
  readonly standing: TransactionStanding | null;
  /** When its block was made; null if it is in none. */
  readonly timeMs: number | null;
  /** The text that it is about; null if the chain has another digest, or nothing. */
  readonly text: string | null;
}

/** The text as it was at a snapshot; null if what is kept does not give it. */
function textAt(origin: Y.Doc, snapshot: Uint8Array): string | null {
  try {
    const doc = Y.createDocFromSnapshot(origin, Y.decodeSnapshot(snapshot));
    const text = doc.getText("text").toString();
    doc.destroy();
    return text;
  } catch {
    // Foreign bytes: whatever they were meant to be, they name no text.
    return null;
  }
}

/** All that was ever written, deleted words too. */
function wholeDocument(written: readonly Written[]): Y.Doc {
  const doc = new Y.Doc({ gc: false });
  for (const { update } of written) Y.applyUpdate(doc, update);
  return doc;
}

async function look(
  { client }: CommandContext,
  document: DocumentView,
  origin: Y.Doc,
  [id, snapshot]: readonly [Uint8Array, Uint8Array],
): Promise<Anchor> {
  const found = await client.transaction(id);
  if (!found.ok) return { transaction: id, standing: null, timeMs: null, text: null };
  const { standing, bytes } = found.value;
  const block = standing.state === "included" ? await client.block(standing.height) : null;
  const timeMs = block?.ok ? block.value.timeMs : null;
  const decoded = decodeTransaction(bytes);
  const command = decoded.ok ? decoded.value.command : null;
  const anchored = command?.type === "coin.pay" ? digestInMemo(new TextDecoder().decode(command.memo)) : null;
  const text = textAt(origin, snapshot);
  const isIt = anchored !== null && text !== null && equalBytes(anchored, anchorDigest(document.id, text));
  return { transaction: id, standing, timeMs, text: isIt ? text : null };
}

/** What the document names, oldest block first. */
async function anchorsOf(
  context: CommandContext,
  document: DocumentView,
  session: DocumentSession,
): Promise<readonly Anchor[]> {
  const named = [...anchorsIn(session.doc).entries()].flatMap(([name, snapshot]) => {
    const id = name.length === 64 ? fromHex(name) : undefined;
    const isSnapshot = snapshot instanceof Uint8Array && snapshot.length <= mostSnapshotBytes;
    return id !== undefined && isSnapshot ? [[id, snapshot] as const] : [];
  });
  const origin = wholeDocument(session.written);
  const anchors: Anchor[] = [];
  for (const one of named.slice(0, mostAnchors)) anchors.push(await look(context, document, origin, one));
  origin.destroy();
  return anchors.toSorted((a, b) => (a.timeMs ?? Number.MAX_VALUE) - (b.timeMs ?? Number.MAX_VALUE));
}

function standingWords({ standing, timeMs, text, transaction }: Anchor): string {
  if (standing === null || standing.state === "dropped")
    return `${short(transaction)} is not on the chain: it shows nothing.`;
  if (text === null) return `${short(transaction)} is about something else: it shows nothing of this document.`;
  if (standing.state === "pending") return `${short(transaction)} waits for a block.`;
  const when = timeMs === null ? "" : `, made ${timeWords(timeMs)}`;
  return `${short(transaction)} in block ${standing.height}${when}${standing.final ? ", final" : ", not final yet"}`;
}

/** Runs `edit NAME --anchors`. */
export async function listAnchors(
  context: CommandContext,
  document: DocumentView,
  session: DocumentSession,
  flags: ParsedOptions["flags"],
): Promise<number> {
  const anchors = await anchorsOf(context, document, session);
  const versions = versionsOf(session.written);
  const versionOf = (text: string): number => versions.findLastIndex((version) => version.text === text) + 1;
  if (flags.has("json")) {
    context.json(
      anchors.map(({ transaction, standing, timeMs, text }) => {
        const holds = text !== null && standing?.state === "included";
        const facts = { transaction, holds, timeMs, final: standing?.state === "included" && standing.final };
        return { ...facts, characters: text?.length ?? null, version: text === null ? null : versionOf(text) };
      }),
    );
    return 0;
  }
  if (anchors.length === 0)
    context.print(`Nothing of it is on the chain; \`edit ${document.name} --anchor\` puts a digest there.`, "dim");
  for (const anchor of anchors) {
    const { text } = anchor;
    const version = text === null ? 0 : versionOf(text);
    const which = version === 0 ? "" : `, version ${version}`;
    const what = text === null ? "" : `: ${text.length} characters${which}`;
    context.print(`${standingWords(anchor)}${what}`, text === null ? "warning" : "plain");
  }
  return 0;
}

/** Runs `edit NAME --anchor`. */
export async function anchor(
  context: CommandContext,
  document: DocumentView,
  session: DocumentSession,
  flags: ParsedOptions["flags"],
): Promise<number> {
  const text = session.shared.toString();
  const snapshot = Y.encodeSnapshot(Y.snapshot(session.doc));
  const full: Result<never> | null =
    text === ""
      ? rejected("invalid-argument", `${document.name} is empty: there is nothing to anchor.`)
      : anchorsIn(session.doc).size >= mostAnchors || snapshot.length > mostSnapshotBytes
        ? rejected("too-many", "This document has as many anchors as it may; copy its text into a new one.")
        : null;
  if (full !== null) return context.refuse(full);
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const { keys, planning, coins } = prepared;
  const plan = planNote(anchorMemo(anchorDigest(document.id, text)), coins.coins, planning);
  if (!plan.ok) return context.refuse(withReasons(plan, coins));
  const covers = `a digest of ${document.name} as it is now, ${text.length} characters: it shows that the text was there by then, and tells nobody what it says`;
  const said = await consent(context, plan.value, flags, covers);
  if (said !== "agreed") return said === "dry-run" ? 0 : exitCodes.stopped;
  // First in the document: a transaction of which it does not know would show nothing to anybody.
  anchorsIn(session.doc).set(toHex(plan.value.id), snapshot);
  const kept = await session.save();
  if (!kept.ok) return context.refuse(kept);
  const signer = signerOf(context, keys.publicKey, planning.stampBits);
  const done = await carryOut(context, plan.value, signer, !flags.has("json"));
  if (!done.ok) return context.refuse(done);
  const { id, standing } = done.value;
  if (flags.has("json")) context.json({ id, standing });
  else return printOutcome(context, id, standing);
  return standing?.state === "dropped" ? 1 : 0;
}
