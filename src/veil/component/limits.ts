/**
 * What a component may be at most, and the characters of its names. All of it decides which programs run at all, so it
 * is the same on every node.
 * @module
 */

/** Bounds on a component before anything else is done with it. */
export const componentLimits = {
  /** A module of the largest size and what is around it. */
  bytes: 20 * 1_048_576,
  /** Of one component; of all together too. */
  sections: 4_096,
  /** Components within components. Tools for composition make two or three: the program, its parts, their shims. */
  depth: 8,
  /** Components written out, and again those that instantiating all of them makes. */
  components: 128,
  /**
   * Toolchains make four for a program: itself, its adapter and two of trampolines. So many written out, so many
   * instances, and so many that the transpiler may put between components.
   */
  modules: 64,
  /** Of anything that is counted at one place. */
  items: 4_096,
  /**
   * Of instances, aliases and the names they are made of: each becomes text, once for every instance of the component
   * that it stands in. Toolchains make some hundreds.
   */
  allItems: 16_384,
  types: 4_096,
  nameLength: 256,
  /** Of a type written out; the longest in WASI has 450. Types that contain types twice grow exponentially. */
  typeText: 4_096,
  /** Parts of a type with everything in it, behind whatever names: code is made of each when components pass it on. */
  typeParts: 4_096,
} as const;

/**
 * Names appear in the JavaScript that jco writes. These characters mean nothing inside a string literal, whatever its
 * quotes, and toolchains need no others.
 */
const harmlessName = /^[A-Za-z0-9_$:/@.#[\]|+-]*$/;

/** Whether a name may appear in generated code. `__proto__` is no key like others in an object literal. */
export function isHarmlessName(name: string): boolean {
  return name.length <= componentLimits.nameLength && harmlessName.test(name) && name !== "__proto__";
}
