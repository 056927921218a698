/**
 * What the page says about the app itself, in the place of its lead: a newer build waits, another tab has switched, an older
 * one was refused. Buttons type the command that they stand for.
 * @module
 */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { HomeFiles } from "#sdk/home-files.ts";
import type { AppState, HandedOver, InstalledApp } from "#sdk/installed-app.ts";
import { buildDate } from "./format.ts";
import { quoted } from "./language/tokens.ts";
import { LeadWords } from "./page-frame.tsx";
import type { TerminalControls } from "./terminal/open-terminal.ts";
import { text } from "./text.ts";

/** Follows where the app stands. */
export function useAppState(app: InstalledApp): AppState {
  return useSyncExternalStore(
    (listener) => app.subscribe(listener),
    () => app.state(),
  );
}

/** What is typed at the prompt of what was handed over; nobody has run it. A shared text is one word, whatever is in it. */
export function lineOf({ kind, text: handed }: HandedOver): string {
  return kind === "text" ? quoted(handed) : handed;
}

/** Says what the page was opened with, and puts it at the prompt. */
export function useHandedOver(app: InstalledApp, controls: TerminalControls | null): void {
  useEffect(() => {
    if (controls === null) return;
    const handed = app.takeHandedOver();
    if (handed === null) return;
    void import("./handed-over-words.ts")
      .then(
        ({ handedOverWords }) => {
          for (const words of handedOverWords(handed)) controls.tell(words, true);
        },
        // A page that lost its server has the line all the same.
        () => undefined,
      )
      .then(() => {
        if (handed.text !== "") controls.insert(lineOf(handed));
      });
  }, [app, controls]);
}

/** Takes in the files that the system opened with the app, tells what each is, and puts the next command at the prompt. */
export function useOpenedFiles(app: InstalledApp, files: HomeFiles, controls: TerminalControls | null): void {
  useEffect(() => {
    if (controls === null) return undefined;
    return app.onOpenedFile((file) => {
      void import("./opened-files.ts")
        .then(({ takeIn }) => takeIn(files, file))
        .then(({ words, isTaken, line }) => {
          controls.tell(words, isTaken);
          if (line !== null) controls.insert(line);
        });
    });
  }, [app, files, controls]);
}

/** What there is to be said; null: nothing. */
function noticeOf(state: AppState): { readonly words: string; readonly offersUpdate: boolean } | null {
  if (state.refused !== null)
    return { words: text.app.refused.replace("{date}", buildDate(state.refused)), offersUpdate: false };
  if (state.waiting !== null)
    return { words: text.app.waiting.replace("{date}", buildDate(state.waiting)), offersUpdate: true };
  if (state.elsewhere !== null)
    return { words: text.app.elsewhere.replace("{date}", buildDate(state.elsewhere)), offersUpdate: true };
  return null;
}

/** Two sentences about what this is, or news about the app. */
export function Lead({ app, controls }: { readonly app: InstalledApp; readonly controls: TerminalControls | null }) {
  const state = useAppState(app);
  const notice = noticeOf(state);
  const [dismissed, setDismissed] = useState<string | null>(null);
  const shown = notice !== null && notice.words !== dismissed ? notice : null;
  return (
    <div>
      {/* A live region must be there before it has something to say. */}
      <div role="status" className={shown === null ? "" : "lead notice"}>
        {shown === null ? null : (
          <>
            <span>{shown.words}</span>
            {shown.offersUpdate ? (
              <button
                type="button"
                disabled={controls === null}
                onClick={() => {
                  // What runs behind the prompt makes it ask; the answer is typed there.
                  controls?.focus();
                  controls?.enter("update");
                }}
              >
                {text.app.update}
              </button>
            ) : null}
            <button type="button" onClick={() => setDismissed(shown.words)}>
              {text.app.later}
            </button>
          </>
        )}
      </div>
      {shown === null ? <LeadWords /> : null}
    </div>
  );
}
