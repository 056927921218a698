/**
 * The terminal's place on the page: the terminal comes into it when its code is there, a transcript for screen readers
 * stands beside it.
 * @module
 */
import { type ComponentProps, type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState } from "react";
import { text } from "../text.ts";
import { isSearchKey } from "./keys.ts";
import type { TerminalControls, TerminalParts } from "./open-terminal.ts";
import type { SearchBar } from "./search-bar.tsx";
import { TouchKeys } from "./touch-keys.tsx";

const LateSearchBar = lazy(() =>
  import("./search-bar.tsx").then(
    ({ SearchBar: default_ }) => ({ default: default_ }),
    () => ({ default: (_: ComponentProps<typeof SearchBar>) => <p role="alert">{text.search.missing}</p> }),
  ),
);

interface TerminalProps extends TerminalParts {
  /** Called once the prompt takes what is typed, or cannot be had. */
  readonly onPrompt: () => void;
}

/** The terminal. */
export function TerminalView(props: TerminalProps) {
  const place = useRef<HTMLDivElement>(null);
  const log = useRef<HTMLDivElement>(null);
  const atPrompt = useRef<HTMLDivElement>(null);
  const [controls, setControls] = useState<TerminalControls | null>(null);
  const [isMissing, setIsMissing] = useState(false);
  const [isSearching, setIsSearching] = useState(false);
  const first = useRef(props);
  useEffect(() => {
    if (place.current === null || log.current === null || atPrompt.current === null) return undefined;
    let isGone = false;
    let end = (): void => undefined;
    const elements = { place: place.current, log: log.current, atPrompt: atPrompt.current };
    const onReady = (ready: TerminalControls): void => {
      if (isGone) return;
      setControls(ready);
      first.current.onReady(ready);
    };
    const open = async (): Promise<void> => {
      const code = await import("./open-terminal.ts").catch(() => null);
      if (code === null) return setIsMissing(true);
      // Its code has held the thread; opening it is a turn of its own.
      await first.current.environment.breathe();
      if (isGone) return;
      const close = await code.openTerminal(elements, { ...first.current, onReady });
      if (isGone) close();
      else end = close;
    };
    void open().finally(() => first.current.onPrompt());
    return () => {
      isGone = true;
      end();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isSearchKey(event) || controls === null) return;
    event.preventDefault();
    setIsSearching(true);
  };
  const endSearch = (): void => {
    setIsSearching(false);
    controls?.focus();
  };
  return (
    <section
      aria-label={text.terminal}
      aria-busy={controls === null && !isMissing}
      className="terminal-panel"
      onKeyDown={onKeyDown}
    >
      {isSearching && controls !== null ? (
        <Suspense fallback={null}>
          <LateSearchBar terminal={controls.terminal} onClose={endSearch} />
        </Suspense>
      ) : null}
      <div ref={place} className="screen">
        {isMissing ? <p role="alert">{text.terminalMissing}</p> : null}
      </div>
      <div ref={log} className="transcript" role="log" aria-label={text.transcript} data-region="transcript" />
      {/* What keys like arrow up and Tab have put at the prompt: what is typed is told by the terminal's own field. */}
      <div ref={atPrompt} className="transcript" role="status" aria-label={text.prompt} data-region="prompt" />
      <TouchKeys controls={controls} onFind={() => setIsSearching(true)} />
    </section>
  );
}
