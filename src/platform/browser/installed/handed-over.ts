/**
 * What a page was opened with: a deep link (`#line=`), an invitation to pair (`#pair=`), a file (`#file=`), an invitation to a document
 * (`#document=`), a `web+aether:` link (`#link=`), or what another app shared
 * (`?title=&text=&url=`, by the manifest's share target). Anybody can make such an address, so it is cut to length and
 * cleaned here, and the shell only shows it at the prompt.
 * @module
 */
import { documentParameter, readDocumentLink } from "#protocol/documents/link.ts";
import { fileParameter, readFileLink } from "#protocol/files/link.ts";
import { invitationParameter } from "#protocol/pairing/invitation.ts";
import type { HandedOver } from "#sdk/installed-app.ts";

/** Longer ones are cut: nobody reads what they would run. */
const mostCharacters = 1_000;

/** One line without control characters, direction marks and other things that show something else than is there. */
function oneLine(text: string): string {
  // On most visits there is none, and to build such a pattern takes milliseconds of the first frame's.
  if (text === "") return "";
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, mostCharacters);
}

/** What an address hands over; null if nothing. */
export function handedOverIn({ hash, search }: { readonly hash: string; readonly search: string }): HandedOver | null {
  const inHash = new URLSearchParams(hash.slice(1));
  const line = oneLine(inHash.get("line") ?? "");
  if (line !== "") return { kind: "line", text: line };
  const invitation = inHash.get(invitationParameter) ?? "";
  if (/^[\w-]{1,500}$/.test(invitation)) return { kind: "invitation", text: `pair join ${invitation}` };
  const file = inHash.get(fileParameter) ?? "";
  if (file !== "" && readFileLink(file).ok) return { kind: "file", text: `get ${file}` };
  const document = inHash.get(documentParameter) ?? "";
  if (document !== "" && readDocumentLink(document).ok) return { kind: "document", text: `edit ${document}` };
  // Whoever opened it would else see a first visit as any other, and not learn that something was lost on the way.
  if ([invitation, file, document].some((part) => part !== "")) return { kind: "damaged", text: "" };
  const shared = new URLSearchParams(search);
  const parts = [inHash.get("link"), shared.get("title"), shared.get("text"), shared.get("url")];
  const text = oneLine(parts.filter((part) => part !== null && part !== "").join(" "));
  return text === "" ? null : { kind: "text", text };
}

/** The address without what it hands over. */
export function withoutHandedOver({ hash }: { readonly hash: string }): string {
  const rest = new URLSearchParams(hash.slice(1));
  for (const name of ["line", "link", invitationParameter, fileParameter, documentParameter]) rest.delete(name);
  return rest.size === 0 ? "/" : `/#${rest}`;
}
