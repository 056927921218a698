/**
 * The editor of an open document: CodeMirror on the text that Yjs merges. Tab leaves it, as it leaves every other field.
 * @module
 */
import { defaultKeymap } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import { UndoManager } from "yjs";
import { documentLimits } from "#protocol/documents/limits.ts";
import type { DocumentSession } from "./document-session.ts";

/** Where and how it is shown. */
export interface EditorPlace {
  readonly parent: HTMLElement;
  /** What it is called by screen readers. */
  readonly label: string;
  /** Hears that something was refused because the text is as long as it may be. */
  onFull(): void;
}

/** The colours of the page, light and dark. */
const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--ground)", fontSize: "1rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { padding: "0.75rem", caretColor: "var(--ink)", minHeight: "16rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)",
  },
  ".cm-ySelectionInfo": { fontFamily: "inherit", fontSize: "0.75rem", padding: "0 0.25rem", color: "#ffffff" },
});

/** Puts the editor into the page; what it gives takes it out again. */
export function mountEditor(session: DocumentSession, { parent, label, onFull }: EditorPlace): () => void {
  const { shared, awareness } = session;
  const undoManager = new UndoManager(shared);
  const fits = EditorState.changeFilter.of((transaction) => {
    const { startState, newDoc, docChanged } = transaction;
    // What others wrote is there already, and what shortens is always welcome.
    const grows = docChanged && newDoc.length > Math.max(documentLimits.characters, startState.doc.length);
    if (!grows || !transaction.isUserEvent("input")) return true;
    onFull();
    return false;
  });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: shared.toString(),
      extensions: [
        keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
        // It would blink by an animation that has the page drawn anew sixty times a second.
        drawSelection({ cursorBlinkRate: 0 }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "true", autocapitalize: "sentences" }),
        look,
        fits,
        yCollab(shared, awareness, { undoManager }),
      ],
    }),
  });
  view.focus();
  return () => {
    view.destroy();
    undoManager.destroy();
  };
}
