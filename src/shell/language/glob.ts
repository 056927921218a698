/**
 * Patterns of file names: `*` any characters, `?` one, `[abc]`, `[a-z]` and `[!abc]` one of or none of. None of them matches
 * a `/`. Made into a list of steps and matched with one mark to go back to, so that no pattern takes more than name × pattern steps.
 * @module
 */
import type { WordPart } from "./tokens.ts";

type Step = { readonly type: "star" } | { readonly type: "one" | "exact"; matches(character: string): boolean };

function setStep(body: string): Step {
  const negated = body.startsWith("!");
  const members = [...(negated ? body.slice(1) : body)];
  const ranges: [string, string][] = [];
  for (let i = 0; i < members.length; i++) {
    const from = members[i] as string;
    const isRange = members[i + 1] === "-" && i + 2 < members.length;
    ranges.push([from, isRange ? (members[i + 2] as string) : from]);
    if (isRange) i += 2;
  }
  const holds = (character: string): boolean => ranges.some(([from, to]) => from <= character && character <= to);
  return { type: "one", matches: (character) => character !== "/" && holds(character) !== negated };
}

const exactly = (wanted: string): Step => ({ type: "exact", matches: (character) => character === wanted });
const anyOne: Step = { type: "one", matches: (character) => character !== "/" };

function stepsOf(text: string): readonly Step[] {
  const steps: Step[] = [];
  const characters = [...text];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    const end = character === "[" ? characters.indexOf("]", i + (characters[i + 1] === "!" ? 3 : 2)) : -1;
    if (end > 0) {
      steps.push(setStep(characters.slice(i + 1, end).join("")));
      i = end;
    } else if (character === "*") {
      if (steps.at(-1)?.type !== "star") steps.push({ type: "star" });
    } else steps.push(character === "?" ? anyOne : exactly(character));
  }
  return steps;
}

/** Whether a piece of a word, not quoted, holds a pattern. */
export function isPattern(text: string): boolean {
  return stepsOf(text).some(({ type }) => type !== "exact");
}

/** A test of names for a word whose variables have been put in. */
export function matcherOf(parts: readonly Extract<WordPart, { text: string }>[]): (name: string) => boolean {
  const steps = parts.flatMap(({ text, quoted }) => (quoted ? [...text].map(exactly) : stepsOf(text)));
  return (name) => matches(steps, [...name]);
}

function matches(steps: readonly Step[], name: readonly string[]): boolean {
  let step = 0;
  let at = 0;
  /** The newest star and how far it reaches. */
  let star: { step: number; at: number } | null = null;
  while (at < name.length) {
    const next = steps[step];
    const character = name[at] as string;
    if (next?.type === "star") {
      star = { step, at };
      step++;
    } else if (next?.matches(character)) {
      step++;
      at++;
    } else if (star !== null && name[star.at] !== "/") {
      star = { step: star.step, at: star.at + 1 };
      step = star.step + 1;
      at = star.at;
    } else return false;
  }
  while (steps[step]?.type === "star") step++;
  return step === steps.length;
}
