/**
 * What the shell says about messages: how far one is, and in one line what it is.
 * @module
 */
import type { MailView, SentMailView } from "#sdk/mail.ts";
import { duration } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Tone } from "./command.ts";
import type { OpenedMail } from "./mail-opening.ts";

/** Letters of a message that its line in the list shows. */
const previewCharacters = 40;

/** An address, short. */
export function shortDid(did: string): string {
  return did.length <= 28 ? did : `${did.slice(0, 16)}…${did.slice(-8)}`;
}

/** How far a message of ours is. */
export function standingWords({ standing, keepers, trouble }: SentMailView): { words: string; tone: Tone } {
  switch (standing) {
    case "received":
      return { words: "Delivered: their node has it.", tone: "good" };
    case "kept": {
      const who = keepers === 1 ? "a node that keeps it" : `${keepers} nodes that keep it`;
      const words = `Left, sealed, with ${who} for 30 days at most: they get it when they open their tab and unlock their keys.`;
      return { words, tone: "good" };
    }
    case "given-up":
      return { words: "Given up: nobody took it for 30 days.", tone: "warning" };
    case "waiting": {
      const why = trouble === "" ? "" : ` (${sanitise(trouble)})`;
      const words = `Nobody has taken it yet${why}. It is kept here, and this tab tries again by itself, also after it was closed.`;
      return { words, tone: "warning" };
    }
  }
}

/** What stands behind a sender whose key no longer stands for itself, or of whom that is not known. */
export function senderDoubt({ isFromReplaced }: Pick<OpenedMail, "isFromReplaced">): string {
  if (isFromReplaced === null) return " (whether that key was replaced is not known)";
  return isFromReplaced ? " (by a key that was replaced)" : "";
}

/** A line of the list. */
export function inboxRow(
  number: number,
  message: OpenedMail,
  nowMs: number,
  who: (did: string) => string,
): readonly string[] {
  const { view, letter } = message;
  const age = `${duration(Math.max(0, nowMs - view.madeAtMs))} ago`;
  const mark = view.read ? "" : "new";
  if (!letter.ok) return [`${number}`, mark, "?", age, "does not open: not sealed for your keys, or altered"];
  const { from, text } = letter.value;
  const [first = ""] = text.trim().split("\n");
  const shown = [...first].slice(0, previewCharacters).join("");
  const more = shown === text.trim() ? "" : " …";
  return [`${number}`, mark, `${who(from)}${senderDoubt(message)}`, age, `${sanitise(shown)}${more}`];
}

/** What a program is given of a message. */
export function mailFacts(
  number: number,
  { view, letter, isFromReplaced }: OpenedMail,
): Readonly<Record<string, unknown>> {
  const { id, madeAtMs, arrivedAtMs, read }: MailView = view;
  const opened = letter.ok
    ? { from: letter.value.from, isFromReplaced, text: letter.value.text }
    : { from: null, text: null, problem: letter.message };
  return { number, id, madeAtMs, arrivedAtMs, read, ...opened };
}
