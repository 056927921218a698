/**
 * The desk with windows: the terminal, and beside it the windows that are open, one above the other; all edges between them
 * move. On a phone there is room for one at a time.
 * @module
 */
import { type ComponentType, Fragment, lazy, type ReactNode, Suspense, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { Group, Panel, Separator } from "react-resizable-panels";
import { text } from "../text.ts";
import type { WindowName } from "./place.ts";
import { type TerminalElement, TerminalPlace } from "./terminal-place.tsx";
import { focusTitle } from "./title-focus.ts";
import type { Places } from "./use-places.ts";
import type { WindowProps } from "./window-frame.tsx";

/** A page that lost its server still has the terminal. */
const Missing = (): ReactNode => <p role="alert">{text.windows.missing}</p>;

/** A window that is fetched when it is opened for the first time. */
function late(load: () => Promise<ComponentType<WindowProps>>): ComponentType<WindowProps> {
  return lazy<ComponentType<WindowProps>>(() =>
    load().then(
      (component) => ({ default: component }),
      () => ({ default: Missing }),
    ),
  );
}

const windows: Readonly<Record<WindowName, ComponentType<WindowProps>>> = {
  wallet: late(() => import("./wallet/wallet-window.tsx").then(({ WalletWindow }) => WalletWindow)),
  messages: late(() => import("./messages/messages-window.tsx").then(({ MessagesWindow }) => MessagesWindow)),
  files: late(() => import("./files/files-window.tsx").then(({ FilesWindow }) => FilesWindow)),
  documents: late(() => import("./documents/documents-window.tsx").then(({ DocumentsWindow }) => DocumentsWindow)),
  programs: late(() => import("./programs/programs-window.tsx").then(({ ProgramsWindow }) => ProgramsWindow)),
  explorer: late(() => import("./explorer/explorer-window.tsx").then(({ ExplorerWindow }) => ExplorerWindow)),
  network: late(() => import("./network/network-window.tsx").then(({ NetworkWindow }) => NetworkWindow)),
  settings: late(() => import("./settings/settings-window.tsx").then(({ SettingsWindow }) => SettingsWindow)),
  activity: late(() => import("../activity/activity-window.tsx").then(({ ActivityWindow }) => ActivityWindow)),
};

interface DeskProps extends Pick<WindowProps, "client" | "environment" | "leader" | "enter" | "running"> {
  readonly places: Places;
  readonly onClose: (name: WindowName) => void;
  readonly terminal: TerminalElement;
}

/** Where a window stands now: it is moved there as it is, and is read from its title on. */
function WindowPlace({
  name,
  element,
  onUse,
}: {
  readonly name: WindowName;
  readonly element: HTMLElement;
  readonly onUse: () => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    place.current?.append(element);
    focusTitle(name, element.querySelector("h2"));
  }, [name, element]);
  useLayoutEffect(() => {
    const used = ["focusin", "pointerdown"] as const;
    for (const type of used) element.addEventListener(type, onUse);
    return () => {
      for (const type of used) element.removeEventListener(type, onUse);
    };
  });
  return <div ref={place} className="place" />;
}

/** Says that a window gave its place, and brings it back. */
function GaveWay({ places }: { readonly places: Places }) {
  const { aside, used, go, letGo } = places;
  return (
    // A live region must be there before it has something to say.
    <div role="status" className={aside === null ? "" : "notice gave-way"}>
      {aside === null ? null : (
        <>
          <span>{text.windows.gaveWay(text.windows[aside.window])}</span>
          <button type="button" onClick={() => go(aside)}>
            {text.windows.bringBack}
          </button>
          <button
            type="button"
            onClick={() => {
              // The button is about to go.
              document.getElementById(`${used.at(-1)}-title`)?.focus();
              letGo();
            }}
          >
            {text.windows.letGo}
          </button>
        </>
      )}
    </div>
  );
}

/** The windows that are open. Each lives in an element of its own, so that the one that gave its place comes back as it was. */
function Stack({ places, onClose, terminal: _, ...props }: DeskProps) {
  const { open, used, aside, go, use } = places;
  const elements = useRef(new Map<WindowName, HTMLElement>());
  const elementOf = (name: WindowName): HTMLElement => {
    const element = elements.current.get(name) ?? document.createElement("div");
    element.className = "place";
    elements.current.set(name, element);
    return element;
  };
  const alive = aside === null ? open : [...open, aside];
  return (
    <>
      {alive.map(({ window: name, at }) => {
        const Window = windows[name];
        return createPortal(
          <Suspense fallback={<p role="status">{text.windows.loading}</p>}>
            <Window
              {...props}
              at={at}
              go={(to) => go({ window: name, at: to })}
              goTo={(window, to) => go({ window, at: to })}
              onClose={() => onClose(name)}
            />
          </Suspense>,
          elementOf(name),
          name,
        );
      })}
      <Group orientation="vertical">
        {open.map(({ window: name }, i) => (
          <Fragment key={name}>
            {i === 0 ? null : <Separator aria-label={text.windows.resize} className="edge level" />}
            <Panel id={`place-${name}`} minSize="6rem" className={name === used.at(-1) ? "place" : "place behind"}>
              <WindowPlace name={name} element={elementOf(name)} onUse={() => use(name)} />
            </Panel>
          </Fragment>
        ))}
      </Group>
    </>
  );
}

/** All of it. */
export function DeskWithWindows(props: DeskProps) {
  return (
    <Group orientation="horizontal" className="desk with-windows">
      <Panel id="place-terminal" minSize="16rem" className="place">
        <TerminalPlace terminal={props.terminal} />
      </Panel>
      <Separator aria-label={text.windows.resize} className="edge" />
      <Panel id="place-windows" defaultSize="26rem" minSize="18rem" className="place beneath-note">
        <GaveWay places={props.places} />
        <Stack {...props} />
      </Panel>
    </Group>
  );
}
