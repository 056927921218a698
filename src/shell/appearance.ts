/**
 * How the page looks: light or dark, how large its letters are. Kept on this device, the same in all its tabs when they are
 * opened.
 * @module
 */

/** What can be chosen. */
export const appearanceChoices = {
  theme: ["auto", "light", "dark"],
  text: ["small", "normal", "large"],
} as const;

/** What is chosen. */
export interface Appearance {
  /** auto: as the device has it. */
  readonly theme: (typeof appearanceChoices.theme)[number];
  readonly text: (typeof appearanceChoices.text)[number];
}

/** What a device has before anybody chose. */
export const usualAppearance: Appearance = { theme: "auto", text: "normal" };

/** How large letters are, of what the browser makes them. */
export const textScales: Readonly<Record<Appearance["text"], number>> = { small: 0.875, normal: 1, large: 1.25 };

/** What was kept, whatever it is by now. */
export function readAppearance(kept: unknown): Appearance {
  const { theme, text } = (typeof kept === "object" && kept !== null ? kept : {}) as Record<string, unknown>;
  return {
    theme: appearanceChoices.theme.find((one) => one === theme) ?? usualAppearance.theme,
    text: appearanceChoices.text.find((one) => one === text) ?? usualAppearance.text,
  };
}

/** Where the choice is kept. */
export interface Settings {
  load(): unknown;
  save(value: unknown): void;
}

/** The choice, and who follows it. */
export class AppearanceControl {
  private now: Appearance;
  private readonly settings: Settings;
  private readonly listeners = new Set<(appearance: Appearance) => void>();

  constructor(settings: Settings) {
    this.settings = settings;
    this.now = readAppearance(settings.load());
  }

  current(): Appearance {
    return this.now;
  }

  /** Chooses; what is left out stays. */
  choose(part: Partial<Appearance>): void {
    this.now = { ...this.now, ...part };
    this.settings.save(this.now);
    for (const listener of this.listeners) listener(this.now);
  }

  /** Calls back now and after each choice; the returned function ends it. */
  follow(listener: (appearance: Appearance) => void): () => void {
    this.listeners.add(listener);
    listener(this.now);
    return () => this.listeners.delete(listener);
  }
}
