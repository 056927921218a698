/**
 * Puts the shell on a page.
 * @module
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Client } from "#sdk/contract.ts";
import { App } from "./app.tsx";
import type { ShellEnvironment } from "./commands/command.ts";
import "./shell.css";

/** Mounts the shell into an element. */
export function mountShell(root: HTMLElement, client: Client, environment: ShellEnvironment): void {
  createRoot(root).render(
    <StrictMode>
      <App client={client} environment={environment} />
    </StrictMode>,
  );
}
