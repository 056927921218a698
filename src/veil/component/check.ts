/**
 * The gate for components: what one is, which interfaces it takes and whether they are WASI's, before any tool sees it.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { caught, tooMany } from "#protocol/veil/failure.ts";
import { moduleLimits } from "#protocol/veil/limits.ts";
import type { ComponentNeed } from "../prepared-program.ts";
import type { Capability } from "../run.ts";
import { type ComponentReader, readComponent } from "./component-reader.ts";
import { componentLimits } from "./limits.ts";
import type { InterfaceShape } from "./types.ts";
import { type WasiInterface, wasiInterfaces } from "./wasi-interfaces.ts";

/** A core module of a component. */
export interface CheckedModule {
  readonly bytes: Uint8Array;
  /** How many instances of it a run has. */
  readonly instances: number;
}

/** A component that may be transpiled. */
export interface CheckedComponent {
  /** The component without custom sections: nothing that tools do may depend on them. */
  readonly bytes: Uint8Array;
  /** Core modules in it and in the components that it holds, in the order in which they stand there. */
  readonly modules: readonly CheckedModule[];
  /** What it takes, in the order in which it names them, and why. */
  readonly needs: readonly ComponentNeed[];
}

const version = /^(?<name>[^@]+)@0\.2\.(0|[1-9][0-9]{0,3})$/;
const entryName = "wasi:cli/run";

/** Type of `run` in it. */
const entryType = "()->result<_,_>";

/** Whether bytes claim to be a component; anything else is for the meter to judge. */
export function isComponent(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[4] === 0x0d && bytes[6] === 0x01;
}

/** Checks a component of any origin. */
export function checkComponent(bytes: Uint8Array): Result<CheckedComponent> {
  if (bytes.length > componentLimits.bytes) {
    return rejected("too-large", `${bytes.length} bytes; a component has at most ${componentLimits.bytes}.`);
  }
  return caught(() => checkLinks(readComponent(bytes)));
}

/** Checks what it exports and imports. */
function checkLinks(component: ComponentReader): Result<CheckedComponent> {
  const entry = checkEntry(component.scope.exports.interfaces);
  if (!entry.ok) return entry;
  const needs: ComponentNeed[] = [];
  for (const [name, shape] of component.imports) {
    const checked = checkInterface(name, shape);
    if (!checked.ok) return checked;
    for (const capability of checked.value) needs.push({ capability, interfaceName: name });
  }
  return accepted({ bytes: component.withoutCustomSections(), modules: modulesOf(component), needs });
}

/** A program shows one function, of one type: the host calls no other, and takes nothing back from it but yes or no. */
function checkEntry(exports: ReadonlyMap<string, InterfaceShape>): Result<undefined> {
  const [entry, ...others] = exports;
  if (entry === undefined || nameWithoutVersion(entry[0]) !== entryName || others.length > 0) {
    const found = entry === undefined ? "nothing" : [...exports.keys()].join(", ");
    return rejected("unsupported-feature", `A program exports ${entryName}@0.2 and nothing else; this one: ${found}.`);
  }
  const { functions, types, interfaces } = entry[1];
  if (functions.get("run") === entryType && functions.size === 1 && types.size === 0 && interfaces.size === 0) {
    return accepted(undefined);
  }
  const message = `In ${entryName} is nothing but run, which takes nothing and succeeds or fails. Here it is something else.`;
  return rejected("unsupported-feature", message);
}

function modulesOf({ totals, scope }: ComponentReader): CheckedModule[] {
  let elements = 0;
  return totals.modules.map(({ bytes, tableElements }, i) => {
    const instances = scope.expansion.modules.get(i) ?? 0;
    elements += tableElements * Math.max(instances, 1);
    // One module may have as many; all of them together need no more.
    const most = moduleLimits.tableElements;
    if (elements > most) throw tooMany(0, "elements of tables", elements, most);
    return { bytes, instances };
  });
}

/** Refuses a program that takes what it is not granted. */
export function checkGrants(needs: readonly ComponentNeed[], granted: readonly Capability[]): Result<undefined> {
  const missing = needs.filter(({ capability }) => !granted.includes(capability));
  if (missing.length === 0) return accepted(undefined);
  const names = [...new Set(missing.map(({ capability }) => capability))].join(", ");
  const takes = [...new Set(missing.map(({ interfaceName }) => `"${interfaceName}"`))].join(", ");
  const message = `The program needs ${names} (it takes ${takes}), which it was not granted. Nothing of it ran.`;
  return rejected("not-granted", `${message} Grant it, or leave the program alone.`, { missing: names });
}

function unknownInterface(name: string): Result<never> {
  const message = `The program needs "${name}", which is not there to be given. Nothing of it ran.`;
  return rejected("not-found", `${message} Commands of WASI 0.2 without sockets and HTTP can run here.`, { name });
}

function nameWithoutVersion(name: string): string | undefined {
  return version.exec(name)?.groups?.name;
}

/** The capabilities that an interface takes, if it is one of WASI and nothing in it differs. */
function checkInterface(name: string, shape: InterfaceShape): Result<ReadonlySet<Capability>> {
  const known: WasiInterface | undefined = wasiInterfaces.get(nameWithoutVersion(name) ?? "");
  if (known === undefined) return unknownInterface(name);
  const needs = new Set<Capability>();
  for (const [typeName, type] of shape.types) {
    if (known.types[typeName] !== type.text) return differs(name, typeName);
  }
  for (const [functionName, signature] of shape.functions) {
    if (known.functions[functionName] !== signature) return differs(name, functionName);
    const capability = known.capabilities?.[functionName] ?? known.capability;
    if (capability !== undefined) needs.add(capability);
  }
  return accepted(needs);
}

function differs(interfaceName: string, member: string): Result<never> {
  const message = `"${member}" of "${interfaceName}" is not what WASI 0.2 has under that name.`;
  return rejected("invalid-module", message, { interface: interfaceName, member });
}
