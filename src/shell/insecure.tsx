/**
 * What a page says that was opened without HTTPS from another machine: what is missing and what to do.
 * @module
 */
import { createRoot } from "react-dom/client";

/** Explains instead of failing. */
export function explainInsecure(root: HTMLElement): void {
  createRoot(root).render(
    <main className="explanation">
      <h1>AetherChain needs a secure page</h1>
      <p>
        This page came over plain HTTP from another machine. Browsers withhold what a node needs from such pages:
        storage locks, key storage, offline start.
      </p>
      <p>
        Ask whoever runs this seed for its <strong>https://</strong> address (
        <code>npm start -- --host … --tls-cert … --tls-key …</code>), or run your own: clone the repository and type{" "}
        <code>npm start</code>.
      </p>
    </main>,
  );
}
