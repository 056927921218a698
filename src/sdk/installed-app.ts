/**
 * What the shell can learn and ask about the app itself: which build runs here, whether it starts without a network,
 * whether it has a window of its own, and how a newer build takes over. The page's side is platform/browser/installed.
 * @module
 */
import type { ByteSource } from "./home-files.ts";

/** How this browser lets a person install the app: by a question of its own, by hand (iOS, other menus), or not at all. */
export type InstallWay = "prompt" | "ios" | "menu";

/** Whether the app starts without a network. */
export type OfflineStart = "preparing" | "ready" | "unavailable";

/** Where the app stands. Builds are numbers that only grow: seconds of Unix time. */
export interface AppState {
  /** The build that runs in this tab; null where the page does not say. */
  readonly build: number | null;
  /** Runs in a window of its own. */
  readonly installed: boolean;
  readonly installWay: InstallWay;
  readonly offlineStart: OfflineStart;
  /** A newer build that is loaded and waits for the person. */
  readonly waiting: number | null;
  /** A newer build that another tab has switched to; this tab keeps its own until it is loaded anew. */
  readonly elsewhere: number | null;
  /** An older build that the server offers and that is refused. */
  readonly refused: number | null;
}

/** How the question of the browser was answered. */
export type InstallAnswer = "accepted" | "dismissed" | "unavailable";

/** What a link, another app or the system handed over when it opened this page. It is shown, never run. */
export interface HandedOver {
  /**
   * What was opened. All but `text` stand as commands: `file` fetches a shared one, `document` opens one, `invitation` pairs
   * this device. A link to any of them that is not whole is `damaged`, and nothing of it is handed on.
   */
  readonly kind: "line" | "file" | "document" | "invitation" | "text" | "damaged";
  readonly text: string;
}

/** A file of the device that the system opened with the installed app. */
export interface OpenedFile {
  readonly name: string;
  /** Null if it cannot be read. */
  readonly content: ByteSource | null;
}

/** The app as its shell sees it. */
export interface InstalledApp {
  state(): AppState;
  /** Hears of every change; the returned function ends that. */
  subscribe(listener: () => void): () => void;
  /** Lets the browser ask whether to install. */
  install(): Promise<InstallAnswer>;
  /** Asks the server for a newer build; resolves when one waits, or there is none. */
  look(): Promise<void>;
  /** Switches this tab to the newest build there is; the page is loaded anew. */
  update(): void;
  /** What this page was opened with; given once. */
  takeHandedOver(): HandedOver | null;
  /** Hears of each file that the system opened, those that came before included; the returned function ends that. */
  onOpenedFile(listener: (file: OpenedFile) => void): () => void;
}
