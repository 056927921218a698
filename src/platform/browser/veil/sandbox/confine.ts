/**
 * Takes from a worker's global scope everything that is not on a white list, then freezes what is left, so that code
 * loaded afterwards can neither reach anything nor change what the host's code stands on. The first wall is the
 * opaque origin with its policy; this is the second, and keeps out time and chance as well.
 * @module
 */

/** What the language and WebAssembly need. Without clocks, chance, shared memory, locales and code from strings. */
const kept: ReadonlySet<PropertyKey> = new Set([
  ...["globalThis", "undefined", "NaN", "Infinity", "isFinite", "isNaN", "parseFloat", "parseInt"],
  ...["Object", "Function", "Boolean", "Symbol", "Number", "BigInt", "Math", "String", "RegExp", "JSON"],
  ...["Error", "AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"],
  ...["Array", "ArrayBuffer", "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array"],
  ...["Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float32Array", "Float64Array"],
  ...["Map", "Set", "WeakMap", "WeakSet", "Promise", "Proxy", "Reflect", "Iterator"],
  ...["WebAssembly", "TextEncoder", "TextDecoder"],
]);

/** Objects that no global names but every program reaches. */
function unnamed(): object[] {
  const prototypeOf = Object.getPrototypeOf;
  return [
    prototypeOf(Uint8Array),
    prototypeOf(async () => undefined),
    prototypeOf(function* () {}),
    prototypeOf(async function* () {}),
    prototypeOf([][Symbol.iterator]()),
    prototypeOf(""[Symbol.iterator]()),
    prototypeOf(new Map()[Symbol.iterator]()),
    prototypeOf(new Set()[Symbol.iterator]()),
    prototypeOf("".matchAll(/a/g)),
    MessagePort.prototype,
  ];
}

/** Whether what cannot be removed is at least nothing that anything can be done with. */
function isHarmless(holder: object, name: PropertyKey): boolean {
  const value = Object.getOwnPropertyDescriptor(holder, name)?.value as unknown;
  return value !== null && typeof value !== "object" && typeof value !== "function" && value !== undefined;
}

function remove(scope: object): void {
  for (let holder: object = scope; holder !== Object.prototype; holder = Object.getPrototypeOf(holder) as object) {
    for (const name of Reflect.ownKeys(holder)) {
      if (holder === scope && kept.has(name)) continue;
      if (!Reflect.deleteProperty(holder, name) && !isHarmless(holder, name)) {
        throw new Error(`${String(name)} cannot be taken from the sandbox`);
      }
    }
  }
}

function freeze(scope: object, roots: readonly unknown[]): void {
  const seen = new Set<unknown>([scope]);
  const open = [...roots];
  while (open.length > 0) {
    const next = open.pop();
    if (next === null || (typeof next !== "object" && typeof next !== "function") || seen.has(next)) continue;
    seen.add(next);
    Object.freeze(next);
    open.push(Object.getPrototypeOf(next));
    for (const name of Reflect.ownKeys(next)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(next, name) as PropertyDescriptor;
      open.push(value, get, set);
    }
  }
}

/**
 * Confines everything that runs in this scope from now on. Throws if the browser does not let it: then nothing of a
 * guest may run here.
 */
export function confine(scope: object): void {
  const hidden = unnamed();
  remove(scope);
  // Chance is no capability that a guest has by itself.
  Reflect.deleteProperty(Math, "random");
  const globals = Object.getOwnPropertyDescriptors(scope);
  freeze(scope, [...Object.values(globals).map(({ value }) => value as unknown), ...hidden]);
  // Nobody puts another `Uint8Array` or `WebAssembly` in the host's way, by assignment or by declaration.
  for (const name of Reflect.ownKeys(globals)) {
    Object.defineProperty(scope, name, { writable: false, configurable: false });
  }
}
