/**
 * Puts the shell on a page.
 * @module
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Client } from "#sdk/contract.ts";
import { App } from "./app.tsx";
import type { ShellEnvironment } from "./commands/command.ts";
import { writePlace } from "./windows/place.ts";
import "./shell.css";

/** What the page around the shell brings; windows are the shell's own. */
type PageEnvironment = Omit<ShellEnvironment, "openWindow">;

/** Mounts the shell into an element. */
export function mountShell(root: HTMLElement, client: Client, page: PageEnvironment): void {
  const environment: ShellEnvironment = {
    ...page,
    openWindow: (place) => {
      location.hash = writePlace(location.hash, place);
    },
  };
  createRoot(root).render(
    <StrictMode>
      <App client={client} environment={environment} />
    </StrictMode>,
  );
}
