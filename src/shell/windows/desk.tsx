/**
 * The desk: the terminal, and beside it the windows that are open. What shows windows is fetched with the first of them.
 * @module
 */
import { type ComponentProps, lazy, type ReactNode, Suspense, useState } from "react";
import { createPortal } from "react-dom";
import { text } from "../text.ts";
import type { DeskWithWindows } from "./desk-with-windows.tsx";
import { newTerminalElement, type TerminalElement, TerminalPlace } from "./terminal-place.tsx";

interface DeskProps extends Omit<ComponentProps<typeof DeskWithWindows>, "terminal"> {
  /** The terminal. */
  readonly children: ReactNode;
}

/** The terminal alone; `children`: what is said above it. */
function BareDesk({ terminal, children }: { readonly terminal: TerminalElement; readonly children?: ReactNode }) {
  return (
    <div className="desk">
      {children}
      <TerminalPlace terminal={terminal} />
    </div>
  );
}

/** A page that lost its server still has the terminal. */
const WithoutWindows = ({ terminal }: ComponentProps<typeof DeskWithWindows>): ReactNode => (
  <BareDesk terminal={terminal}>
    <p role="alert">{text.windows.missing}</p>
  </BareDesk>
);

const LateDesk = lazy(() =>
  import("./desk-with-windows.tsx").then(
    ({ DeskWithWindows: default_ }) => ({ default: default_ }),
    () => ({ default: WithoutWindows }),
  ),
);

/** All of it. The terminal is one and the same wherever it stands. */
export function Desk({ children, ...props }: DeskProps) {
  const [terminal] = useState(newTerminalElement);
  const bare = <BareDesk terminal={terminal} />;
  const isBare = props.places.open.length === 0;
  return (
    <>
      {createPortal(children, terminal.element)}
      {isBare ? (
        bare
      ) : (
        <Suspense fallback={bare}>
          <LateDesk {...props} terminal={terminal} />
        </Suspense>
      )}
    </>
  );
}
