/**
 * The gate for components: what one is, which interfaces it takes and whether they are WASI's, before any tool sees it.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { caught } from "#protocol/veil/failure.ts";
import type { ComponentNeed } from "../prepared-program.ts";
import type { Capability } from "../run.ts";
import { ComponentReader } from "./component-reader.ts";
import { componentLimits } from "./limits.ts";
import type { InterfaceShape } from "./types.ts";
import { type WasiInterface, wasiInterfaces } from "./wasi-interfaces.ts";

/** A component that may be transpiled. */
export interface CheckedComponent {
  /** The component without its custom sections: nothing that tools do may depend on them. */
  readonly bytes: Uint8Array;
  /** Core modules in it. */
  readonly modules: number;
  /** What it takes, in the order in which it names them, and why. */
  readonly needs: readonly ComponentNeed[];
}

const version = /^(?<name>[^@]+)@0\.2\.(0|[1-9][0-9]{0,3})$/;
const entryName = "wasi:cli/run";

/** Whether bytes claim to be a component; anything else is for the meter to judge. */
export function isComponent(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[4] === 0x0d && bytes[6] === 0x01;
}

/** Checks a component of any origin. */
export function checkComponent(bytes: Uint8Array): Result<CheckedComponent> {
  if (bytes.length > componentLimits.bytes) {
    return rejected("too-large", `${bytes.length} bytes; a component has at most ${componentLimits.bytes}.`);
  }
  return caught(() => {
    const component = new ComponentReader(new BinaryReader(bytes));
    component.read();
    return checkLinks(bytes, component);
  });
}

/** Checks what it exports and imports. */
function checkLinks(bytes: Uint8Array, component: ComponentReader): Result<CheckedComponent> {
  const [entry, ...others] = component.exports;
  if (entry === undefined || nameWithoutVersion(entry) !== entryName || others.length > 0) {
    const found = component.exports.length === 0 ? "nothing" : component.exports.join(", ");
    return rejected("unsupported-feature", `A program exports ${entryName}@0.2 and nothing else; this one: ${found}.`);
  }
  const needs: ComponentNeed[] = [];
  for (const [name, shape] of component.imports) {
    const checked = checkInterface(name, shape);
    if (!checked.ok) return checked;
    for (const capability of checked.value) needs.push({ capability, interfaceName: name });
  }
  return accepted({ bytes: withoutCustomSections(bytes, component), modules: component.modules.length, needs });
}

/** Refuses a program that takes what it is not granted. */
export function checkGrants(needs: readonly ComponentNeed[], granted: readonly Capability[]): Result<undefined> {
  const missing = needs.filter(({ capability }) => !granted.includes(capability));
  if (missing.length === 0) return accepted(undefined);
  const names = [...new Set(missing.map(({ capability }) => capability))].join(", ");
  const takes = missing.map(({ interfaceName }) => `"${interfaceName}"`).join(", ");
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

function withoutCustomSections(bytes: Uint8Array, component: ComponentReader): Uint8Array {
  const preambleBytes = 8;
  const size = component.kept.reduce((sum, { from, to }) => sum + to - from, preambleBytes);
  const out = new Uint8Array(size);
  out.set(bytes.subarray(0, preambleBytes));
  let at = preambleBytes;
  for (const { from, to } of component.kept) {
    out.set(bytes.subarray(from, to), at);
    at += to - from;
  }
  return out;
}
