/**
 * Puts the shell on a page.
 * @module
 */
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import type { Client } from "#sdk/contract.ts";
import { App } from "./app.tsx";
import { AppearanceControl, type Settings, textScales } from "./appearance.ts";
import type { ShellEnvironment } from "./commands/command.ts";
import { readPlace, writePlace } from "./windows/place.ts";

/** What the page around the shell brings; windows and looks are the shell's own. */
type PageEnvironment = Omit<
  ShellEnvironment,
  "openWindow" | "openedPlace" | "appearance" | "addressOf" | "openPage" | "showInvitation"
> & {
  readonly settings: Settings;
};

const addressOf = (path: string): string => new URL(path, location.origin).href;

/** Mounts the shell into an element; resolves once the prompt takes what is typed, or cannot be had. */
export function mountShell(root: HTMLElement, client: Client, page: PageEnvironment): Promise<void> {
  const appearance = new AppearanceControl(page.settings);
  appearance.follow(({ theme, text }) => {
    document.documentElement.dataset["theme"] = theme;
    document.documentElement.style.fontSize = `${100 * textScales[text]}%`;
  });
  const environment: ShellEnvironment = {
    ...page,
    appearance,
    addressOf,
    openPage: (path) => void window.open(addressOf(path), "_blank", "noopener"),
    showInvitation: async (link, code) => {
      // A page that lost its server has no picture; the terminal says link and code all the same.
      const view = await import("./pairing/invitation-view.ts").catch(() => null);
      return view === null ? () => undefined : view.showInvitation(link, code);
    },
    openedPlace: () => readPlace(location.hash),
    openWindow: (place) => {
      location.hash = writePlace(location.hash, place);
    },
  };
  return new Promise((resolve) => {
    const app = createRoot(root);
    // In slices: the page is painted already, and nobody waits for this but the terminal.
    startTransition(() =>
      app.render(
        <StrictMode>
          <App client={client} environment={environment} onPrompt={resolve} />
        </StrictMode>,
      ),
    );
  });
}
