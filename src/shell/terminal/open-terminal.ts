/**
 * The terminal itself: xterm.js, fitted to its place, joined to the session, with a transcript beside it for screen readers.
 * Loaded apart from the page (terminal-view.tsx), and what the commands do apart from it.
 * @module
 */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import type { Client } from "#sdk/contract.ts";
import { type SpaceName, spaceNames } from "#sdk/spaces.ts";
import { type Appearance, type AppearanceControl, textScales } from "../appearance.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import type { RunningLine } from "../jobs.ts";
import { LateShell } from "../late-shell.ts";
import { text } from "../text.ts";
import { unicodeColumns } from "./columns.ts";
import { isSearchKey } from "./keys.ts";
import { measureAsciiOnce } from "./letter-widths.ts";
import { withLine } from "./line-editor.ts";
import { followLink, linkProvider } from "./link-provider.ts";
import { sanitise } from "./sanitise.ts";
import { scrollbackRows } from "./scrollback.ts";
import { keepingPlace } from "./scrolled-place.ts";
import type { Transcript } from "./terminal-printer.ts";
import { tones } from "./terminal-printer.ts";
import { type Prompt, type TerminalPort, TerminalSession, usualPrompt } from "./terminal-session.ts";
import type { KeyControls } from "./touch-keys.tsx";

/** Lines the transcript keeps. */
const transcriptLines = 500;

const themes = {
  dark: {
    background: "#0b1020",
    foreground: "#dfe6f5",
    cursor: "#7cc4ff",
    selectionBackground: "#2b3d66",
    brightBlack: "#9aa8c4",
    green: "#6ee7a8",
    yellow: "#ffd479",
    red: "#ff8f8f",
    cyan: "#7cc4ff",
  },
  light: {
    background: "#ffffff",
    foreground: "#1a2236",
    cursor: "#0b5cad",
    selectionBackground: "#cfe3fb",
    brightBlack: "#566178",
    green: "#0a6b3d",
    yellow: "#7a5200",
    red: "#b3261e",
    cyan: "#0b5cad",
  },
} as const;

/** What can be done for the user, as if it were typed. */
export interface TerminalControls extends KeyControls {
  /** Types a command and runs it. */
  enter(line: string): void;
  /** Puts text at the prompt as a paste would, with its warnings; it is not run. */
  insert(line: string): void;
  /** Says something between two lines. */
  tell(words: string, isGood: boolean): void;
  /** What stands on it can be searched. */
  readonly terminal: Terminal;
  /** Does what Ctrl-C does. */
  interrupt(): void;
  /** Looks whether what has happened beside the terminal is what the tour waits for. */
  look(): void;
  /** Lets what is typed go to the terminal. */
  focus(): void;
  /** What runs. */
  running(): readonly RunningLine[];
  /** Lets the prompt say in which space what is typed is run; null: there is no identity yet. */
  showSpace(space: SpaceName | null): void;
}

/** What a terminal is given. */
export interface TerminalParts {
  readonly client: Client;
  readonly environment: ShellEnvironment;
  /** Gives what buttons do. */
  readonly onReady: (controls: TerminalControls) => void;
  /** Hears when a line begins to run and when it has ended. */
  readonly onRunning: (isRunning: boolean) => void;
}

/** Whether a key is the terminal's and not the browser's. */
function isForTerminal(event: KeyboardEvent, terminal: Terminal, session: TerminalSession, last: string): boolean {
  if (isSearchKey(event)) return false;
  // Else who has only a keyboard could never leave, and while a line runs there is nothing to complete.
  if (event.key === "Tab") return !event.shiftKey && !session.isBusy && last !== "Escape";
  const isControl = event.ctrlKey && !event.altKey && !event.metaKey;
  if (isControl && event.key.toLowerCase() === "v") return false;
  if (!(isControl && event.key.toLowerCase() === "c" && terminal.hasSelection())) return true;
  // What is selected is copied. Without a selection, as after that, Ctrl-C stops what runs.
  if (event.type === "keydown") setTimeout(() => terminal.clearSelection());
  return false;
}

/** Pixels of a letter before anybody chose. */
const usualFontPixels = (): number => (innerWidth < 500 ? 12 : 14);

const darkness = () => matchMedia("(prefers-color-scheme: dark)");

const fontFamily = 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';

/** Colours and letters as they are chosen, or as the device has them. */
function looksOf({ theme, text: size }: Appearance) {
  const isDark = theme === "auto" ? darkness().matches : theme === "dark";
  return { theme: isDark ? themes.dark : themes.light, fontSize: Math.round(usualFontPixels() * textScales[size]) };
}

function newTerminal(appearance: Appearance): Terminal {
  const terminal = new Terminal({
    ...looksOf(appearance),
    fontFamily,
    lineHeight: 1.25,
    // xterm.js blinks by an animation that has the page drawn anew sixty times a second, for as long as it is open.
    cursorBlink: false,
    minimumContrastRatio: 4.6,
    scrollback: scrollbackRows,
    screenReaderMode: false,
    // For the widths of characters alone.
    allowProposedApi: true,
  });
  terminal.unicode.register(unicodeColumns);
  terminal.unicode.activeVersion = unicodeColumns.version;
  return terminal;
}

function portOf(terminal: Terminal): TerminalPort {
  return {
    get cols() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    write: (data: string, taken: () => void) => terminal.write(data, taken),
    clear: () => terminal.clear(),
    isAtRest: () => terminal.buffer.active.viewportY === terminal.buffer.active.baseY && !terminal.hasSelection(),
    onData: (listener: (data: string) => void) => void terminal.onData(listener),
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a terminal needs to take the room that its place has. */
interface Room {
  readonly terminal: Terminal;
  readonly fit: FitAddon;
  readonly place: HTMLElement;
  /** Changes its size in its turn. */
  resize(change: () => void): void;
}

/** Takes the room that there is. What a window covers has none, and what is written meanwhile keeps its rows. */
function refit({ terminal, fit, place, resize }: Room): void {
  const hasRoom = (): boolean => place.clientWidth > 0 && place.clientHeight > 0;
  const size = hasRoom() ? fit.proposeDimensions() : undefined;
  // Nothing is drawn anew for an edge that moved by half a letter.
  if (size === undefined || (size.cols === terminal.cols && size.rows === terminal.rows)) return;
  resize(() => {
    if (hasRoom()) keepingPlace(terminal, () => fit.fit());
  });
}

/** Takes the room whenever it changes; the returned function ends it. */
function followRoom(room: Room): () => void {
  const observer = new ResizeObserver(() => refit(room));
  observer.observe(room.place);
  return () => observer.disconnect();
}

/** Keeps colours and letters as they are chosen; the returned function ends it. */
function followAppearance(room: Room, appearance: AppearanceControl): () => void {
  const { terminal } = room;
  const look = (now: Appearance): void => {
    const { theme, fontSize } = looksOf(now);
    // Colours that are the same would be worked through all the same.
    if (terminal.options.theme !== theme) terminal.options.theme = theme;
    terminal.options.fontSize = fontSize;
    refit(room);
  };
  const onDarkness = (): void => look(appearance.current());
  const device = darkness();
  device.addEventListener("change", onDarkness);
  const unfollow = appearance.follow(look);
  return () => {
    unfollow();
    device.removeEventListener("change", onDarkness);
  };
}

/** The transcript as a region of the page; `data-cleared` counts how often it was emptied. */
function transcriptIn(log: HTMLElement): Transcript {
  let cleared = 0;
  return {
    add: (line) => {
      const entry = document.createElement("div");
      entry.textContent = line;
      log.append(entry);
      while (log.childElementCount > transcriptLines) log.firstElementChild?.remove();
    },
    clear: () => {
      log.replaceChildren();
      log.dataset["cleared"] = String(++cleared);
    },
  };
}

/** What types and prints on a terminal. */
function newSession(
  terminal: Terminal,
  { log, atPrompt }: Record<"log" | "atPrompt", HTMLElement>,
  { history }: Pick<ShellEnvironment, "history">,
  onRunning: TerminalParts["onRunning"],
): TerminalSession {
  return new TerminalSession(portOf(terminal), {
    transcript: transcriptIn(log),
    history: history.load(),
    // Other tabs have kept lines meanwhile.
    keepLine: (line) => history.save(withLine(history.load(), line)),
    forgetLines: () => history.save([]),
    announce: (line) => {
      atPrompt.textContent = line;
    },
    wait,
    onRunning,
  });
}

/** The shell of a terminal, with the tour where the person left it. */
function lateShell(client: Client, environment: ShellEnvironment, screen: TerminalSession): LateShell {
  const load = async () => {
    // What stands alone of the commands' code comes first, in a turn of its own.
    await import("#protocol/crypto/signature.ts");
    await environment.breathe();
    const { Shell } = await import("../shell.ts");
    await environment.breathe();
    const shell = new Shell(client, environment, screen, { leadsTour: true });
    void shell.watchKeys();
    void shell.resumeTour();
    return shell;
  };
  return new LateShell({ screen, load, nodeStarts: client.status(), wait });
}

/** The prompt in a space: the first one's says nothing more. */
function promptIn(space: SpaceName | null): Prompt {
  if (space === null || space === spaceNames[0]) return usualPrompt;
  return { lead: `${space} ${usualPrompt.lead}`, tone: space === "work" ? tones.warning : tones.good };
}

/** Opens it in its place, with the prompt, each step in a turn of its own; the returned function ends it. */
export async function openTerminal(
  { place, log, atPrompt }: Record<"place" | "log" | "atPrompt", HTMLElement>,
  { client, environment, onReady, onRunning }: TerminalParts,
): Promise<() => void> {
  const terminal = newTerminal(environment.appearance.current());
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  // The terminal's font is looked up, and where everything stands on the page worked out, before the terminal asks for it: in
  // a turn that has room for it.
  const sample = document.createElement("span");
  Object.assign(sample.style, { position: "absolute", fontFamily, fontSize: `${terminal.options.fontSize}px` });
  sample.textContent = "W";
  place.append(sample);
  sample.getBoundingClientRect();
  sample.remove();
  await environment.breathe();
  terminal.open(place);
  measureAsciiOnce(terminal);
  terminal.textarea?.setAttribute("aria-label", text.terminal);
  terminal.registerLinkProvider(linkProvider(terminal, place, followLink));
  await environment.breathe();
  let resize = (change: () => void): void => change();
  const room: Room = { terminal, fit, place, resize: (change) => resize(change) };
  const unfollow = followAppearance(room, environment.appearance);
  await environment.breathe();
  const session = newSession(terminal, { log, atPrompt }, environment, onRunning);
  resize = (change) => session.resize(change);
  const unwatch = followRoom(room);
  const shell = lateShell(client, environment, session);
  session.shell = shell;
  terminal.write("\x1b[?2004h");
  let [pressed, last] = ["", ""];
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type === "keydown") [pressed, last] = [event.key, pressed];
    return isForTerminal(event, terminal, session, last);
  });
  session.print(session.history().length === 0 ? text.greeting : text.greetingAgain, "dim");
  session.ready();
  // Once the prompt is painted: nobody has typed a line by then.
  requestAnimationFrame(() => setTimeout(() => shell.prepare()));
  const unsubscribe = client.subscribe((event) => {
    if (event.type === "notice")
      session.interject(event.message, event.level === "error" ? "bad" : event.level === "warning" ? "warning" : "dim");
  });
  const unsubscribeUnits = environment.units.onNotice((message) => session.interject(sanitise(message), "warning"));
  onReady({
    terminal,
    enter: (line) => void session.enter(line),
    // Behind what was written before: by then the terminal marks pastes as such.
    insert: (line) => terminal.write("", () => terminal.paste(line)),
    tell: (words, isGood) => session.interject(sanitise(words), isGood ? "plain" : "warning"),
    interrupt: () => session.interrupt(),
    look: () => shell.look(),
    running: () => shell.running(),
    focus: () => terminal.focus(),
    showSpace: (space) => session.showPrompt(promptIn(space)),
    press: (data) => terminal.input(data),
    paste: () =>
      navigator.clipboard.readText().then(
        (copied) => terminal.paste(copied),
        () => session.interject(text.keys.pasteRefused, "warning"),
      ),
  });
  // A finger's device would bring its keyboard up.
  if (matchMedia("(pointer: fine)").matches) terminal.focus();
  return () => {
    unsubscribe();
    unsubscribeUnits();
    unwatch();
    unfollow();
    terminal.dispose();
  };
}
