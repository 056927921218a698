/**
 * The page around the terminal without anything that moves: what the app fills in, and as {@link FirstFrame} what the build
 * writes into index.html, so that the page is there before its scripts are. Both come to the same picture.
 * @module
 */
import type { ReactNode } from "react";
import { TouchKeys } from "./terminal/touch-keys.tsx";
import { text } from "./text.ts";
import { windowNames } from "./windows/place.ts";

/** Commands within a thumb's reach. */
export const chips = ["help", "status", "peers", "balance", "blocks"] as const;

/** What the strip says of the node. */
export interface Facts {
  readonly network: string;
  readonly height: string;
  readonly peers: string;
  readonly finality: string;
}

/** Before the node has said anything. */
export const factsBefore: Facts = { network: "…", height: "…", peers: text.joining, finality: "…" };

function Strip({ facts }: { readonly facts: Facts }) {
  return (
    <dl className="strip">
      {(["network", "height", "peers", "finality"] as const).map((name) => (
        <div key={name} className="fact">
          <dt>{text[name]}</dt>
          <dd>{facts[name]}</dd>
        </div>
      ))}
    </dl>
  );
}

function Brand({ children }: { readonly children: ReactNode }) {
  return (
    <div className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true" className="mark">
        <path d="M16 3 29 26H3Z" />
        <path d="M16 12 22 23H10Z" />
      </svg>
      <h1>{text.title}</h1>
      {children}
    </div>
  );
}

/** Two sentences about what this is. */
export function LeadWords() {
  return (
    <p className="lead">
      {text.lead} <strong>{text.hint}</strong>
    </p>
  );
}

interface PageFrameProps {
  readonly facts: Facts;
  /** What stands beside the title. */
  readonly beside?: ReactNode;
  readonly lead: ReactNode;
  /** What stands below the desk. */
  readonly buttons: ReactNode;
  /** The desk. */
  readonly children: ReactNode;
}

/** Everything in its place. */
export function PageFrame({ facts, beside, lead, buttons, children }: PageFrameProps) {
  return (
    <div className="page">
      <header>
        <Brand>{beside}</Brand>
        <Strip facts={facts} />
      </header>
      <main>
        {lead}
        {children}
      </main>
      <nav aria-label={text.chips} className="chips">
        {buttons}
      </nav>
    </div>
  );
}

/** The page as it is before its scripts have come: nothing in it can be used yet, and it looks like that. */
export function FirstFrame() {
  const labels = [...windowNames.map((name) => text.windows[name]), ...chips];
  return (
    <PageFrame
      facts={factsBefore}
      lead={<LeadWords />}
      buttons={labels.map((label) => (
        <button key={label} type="button" disabled={true}>
          {label}
        </button>
      ))}
    >
      <section aria-label={text.terminal} aria-busy={true} className="desk terminal-panel">
        <div className="screen" />
        <TouchKeys controls={null} />
      </section>
    </PageFrame>
  );
}
