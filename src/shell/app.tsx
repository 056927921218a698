/**
 * The page around the terminal: what this is, the live network, common commands within a thumb's reach.
 * @module
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { Client, NodeStatus } from "#sdk/contract.ts";
import { Lead, useAppState, useHandedOver, useOpenedFiles } from "./app-notice.tsx";
import type { ShellEnvironment } from "./commands/command.ts";
import { finalityFact } from "./commands/finality-words.ts";
import { chips, type Facts, factsBefore, PageFrame } from "./page-frame.tsx";
import { SpaceSwitch, useSpace } from "./space-switch.tsx";
import type { TerminalControls } from "./terminal/open-terminal.ts";
import { TerminalView } from "./terminal/terminal-view.tsx";
import { text } from "./text.ts";
import { Desk } from "./windows/desk.tsx";
import { type WindowName, windowNames } from "./windows/place.ts";
import { useAnswer } from "./windows/use-answer.ts";
import { isOnPhone, type Places, usePlaces } from "./windows/use-places.ts";

/** The strip is renewed this often besides on events. */
const renewEveryMs = 5_000;

/** What changes the strip. */
const renewing = ["head", "finality", "peers", "leader", "mail"] as const;

/** Follows the node's status. */
function useStatus(client: Client): NodeStatus | null {
  const ask = useCallback(() => client.status(), [client]);
  return useAnswer(client, ask, renewing, renewEveryMs).value;
}

function factsOf(status: NodeStatus | null): Facts {
  if (status === null) return factsBefore;
  const syncing = status.syncing ? ` · ${text.syncing} ${status.syncing.target}` : "";
  return {
    network: status.network,
    height: `${status.height}${syncing}`,
    peers: `${status.peers} (${status.directPeers} ${text.direct})`,
    finality: finalityFact(status),
  };
}

/** Ctrl-C for who has no such key. First in the order of the keyboard, last in sight, where it moves no other button. */
function StopButton({ controls }: { readonly controls: TerminalControls }) {
  return (
    <button
      type="button"
      className="stop"
      aria-label={text.stopLong}
      // A finger that stops a line must not close the keyboard it typed with, nor open it.
      onMouseDown={(event) => event.preventDefault()}
      onClick={({ currentTarget }) => {
        // The button is about to go.
        if (document.activeElement === currentTarget) controls.focus();
        controls.interrupt();
      }}
    >
      {text.stop}
    </button>
  );
}

/** Whether a window is in sight: on a phone it covers those that were used before. */
function isShown({ open, used }: Places, name: WindowName): boolean {
  return isOnPhone() ? used.at(-1) === name : open.some(({ window }) => window === name);
}

/** Open and close windows. */
function WindowButtons({
  places,
  unread,
  onToggle,
}: {
  readonly places: Places;
  /** Messages that nobody has read. */
  readonly unread: number;
  readonly onToggle: (name: WindowName) => void;
}) {
  const front = places.used.at(-1);
  useEffect(() => {
    // On a phone the bar is longer than the screen.
    if (front !== undefined)
      document.getElementById(`open-${front}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [front]);
  return windowNames.map((name) => (
    <button
      key={name}
      id={`open-${name}`}
      type="button"
      aria-expanded={isShown(places, name)}
      onClick={() => onToggle(name)}
    >
      {text.windows[name]}
      {name === "messages" && unread > 0 ? (
        <span className="count">
          {" "}
          {unread} <span className="unseen">{text.windows.messagesWords.unread}</span>
        </span>
      ) : null}
    </button>
  ));
}

/** Opens and closes windows; the focus goes back to where the window was opened. */
function useBar(places: Places, controls: TerminalControls | null) {
  const opened = useRef(new Set<WindowName>());
  const close = (name: WindowName): void => {
    const isFromBar = opened.current.delete(name);
    places.close(name);
    // On a phone the terminal would bring up the keyboard.
    if (isFromBar || isOnPhone() || controls === null) document.getElementById(`open-${name}`)?.focus();
    else controls.focus();
  };
  const toggle = (name: WindowName): void => {
    if (isShown(places, name)) return close(name);
    opened.current.add(name);
    // What is open behind others, or gave its place, comes back as it was.
    const kept = [...places.open, places.aside].find((place) => place?.window === name);
    places.go(kept ?? { window: name, at: "" });
  };
  return { close, toggle };
}

/** Keys that belong to the terminal though a window's title has the focus: what is typed there would go nowhere. */
function useKeysForTerminal(controls: TerminalControls | null): void {
  useEffect(() => {
    if (controls === null) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as Element;
      if (event.defaultPrevented || isOnPhone() || target.closest(".window") === null) return;
      const isLetter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
      const isFromTitle = target.tagName === "H2" && isLetter;
      const isBack = event.key === "Escape" && target.closest("input, textarea, select, [contenteditable]") === null;
      // The letter goes to what has the focus once the key is down.
      if (isFromTitle || isBack) controls.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [controls]);
}

interface AppProps {
  readonly client: Client;
  readonly environment: ShellEnvironment;
  /** Called once the prompt takes what is typed, or cannot be had. */
  readonly onPrompt: () => void;
}

/** The whole page. */
export function App({ client, environment, onPrompt }: AppProps) {
  const status = useStatus(client);
  const [controls, setControls] = useState<TerminalControls | null>(null);
  const space = useSpace(client);
  useEffect(() => controls?.showSpace(space), [controls, space]);
  const [isRunning, setIsRunning] = useState(false);
  const { installed, installWay } = useAppState(environment.app);
  useHandedOver(environment.app, controls);
  useOpenedFiles(environment.app, environment.files, controls);
  const places = usePlaces();
  const { open } = places;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the windows is looked at.
  useEffect(() => controls?.look(), [controls, open]);
  const { close, toggle } = useBar(places, controls);
  useKeysForTerminal(controls);
  const enter = (line: string): void => {
    // The terminal takes the focus only where it is to be seen.
    if (isOnPhone()) flushSync(() => places.closeAll());
    controls?.enter(line);
    controls?.focus();
  };
  const running = () => controls?.running() ?? [];
  return (
    <PageFrame
      facts={factsOf(status)}
      beside={<SpaceSwitch space={space} choose={(chosen) => enter(`space ${chosen}`)} />}
      lead={<Lead app={environment.app} controls={controls} />}
      buttons={
        <>
          {isRunning && controls !== null ? <StopButton controls={controls} /> : null}
          <WindowButtons places={places} unread={status?.unreadMessages ?? 0} onToggle={toggle} />
          {/* Last, so that it moves no other button when the browser makes its offer. */}
          {[...chips, ...(installed || installWay === "menu" ? [] : ["install"])].map((chip) => (
            <button
              key={chip}
              type="button"
              disabled={controls === null}
              onClick={() => {
                if (isOnPhone()) flushSync(() => places.closeAll());
                controls?.enter(chip);
              }}
            >
              {chip}
            </button>
          ))}
        </>
      }
    >
      <Desk {...{ client, environment, places, enter, running }} leader={status?.leader ?? true} onClose={close}>
        <TerminalView
          client={client}
          environment={environment}
          onReady={setControls}
          onRunning={setIsRunning}
          onPrompt={onPrompt}
        />
      </Desk>
    </PageFrame>
  );
}
