/**
 * An invitation for the eye of a camera: a QR code of its link beside the terminal, with the link and the code in words. It
 * takes no focus: the terminal, which says the same, goes on asking.
 * @module
 */
import encodeQR from "qr";
import { text } from "../text.ts";
import "./invitation-view.css";

/** Squares of light around it, without which cameras do not find it. */
const border = 4;

const svgNamespace = "http://www.w3.org/2000/svg";

/** The squares as one path, row by row. */
export function pathOf(rows: readonly (readonly boolean[])[]): string {
  return rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  words: string,
  ...children: readonly Element[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = words;
  made.append(...children);
  return made;
}

function picture(link: string): SVGSVGElement {
  const rows = encodeQR(link, "raw", { ecc: "medium", border });
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", text.pairing.picture);
  const path = document.createElementNS(svgNamespace, "path");
  path.setAttribute("d", pathOf(rows));
  svg.append(path);
  return svg;
}

/** Shows it; the returned function takes it away. */
export function showInvitation(link: string, code: string): () => void {
  const dialog = document.createElement("dialog");
  dialog.className = "invitation";
  dialog.setAttribute("aria-labelledby", "invitation-title");
  const title = element("h2", text.pairing.title);
  title.id = "invitation-title";
  const close = element("button", text.pairing.close);
  close.type = "button";
  close.addEventListener("click", () => dialog.remove());
  const address = element("a", link);
  address.href = link;
  const facts = element(
    "dl",
    "",
    element("dt", text.pairing.link),
    element("dd", "", address),
    element("dt", text.pairing.code),
    element("dd", "", element("code", code)),
  );
  dialog.append(title, element("p", text.pairing.lead), picture(link), facts, close);
  document.body.append(dialog);
  const focused = document.activeElement;
  dialog.show();
  // A dialog takes the focus when it opens; who types goes on typing.
  if (focused instanceof HTMLElement) focused.focus();
  return () => dialog.remove();
}
