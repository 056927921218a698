/**
 * The index spaces of one component as far as the gate must know them: what its types, functions and instances are, which
 * components and core modules its indices mean, and what it shows of all that.
 * @module
 */
import type { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { invalid } from "#protocol/veil/failure.ts";
import { Expansion } from "./expansion.ts";
import {
  InterfaceBuilder,
  type InterfaceShape,
  outerType,
  TypeScope,
  valueOrResource,
  type WrittenType,
} from "./types.ts";

/** What whoever instantiates a component must know of it. */
export interface ComponentShape {
  readonly exports: InterfaceShape;
  readonly expansion: Expansion;
}

/** An instance, and whether the component was given it. */
interface InstanceShape {
  readonly members: InterfaceShape;
  readonly isImported: boolean;
}

const sort = { function: 1, type: 3, instance: 5 } as const;

/** Index spaces, filled in the order in which things stand in the component. */
export class ComponentScope {
  readonly types: TypeScope;
  /** Signatures. */
  readonly functions: string[] = [];
  readonly instances: InstanceShape[] = [];
  readonly components: ComponentShape[] = [];
  /** By their place among all core modules of the program. */
  readonly modules: number[] = [];
  readonly exports = new InterfaceBuilder();
  readonly expansion = new Expansion();
  /** 1 for the outermost. */
  readonly depth: number;
  private readonly outer: ComponentScope | undefined;

  constructor(outer?: ComponentScope) {
    this.outer = outer;
    this.types = new TypeScope(outer?.types);
    this.depth = (outer?.depth ?? 0) + 1;
  }

  /** What it is for the component around it. */
  shape(): ComponentShape {
    return { exports: this.exports, expansion: this.expansion };
  }

  component(index: number, offset: number): ComponentShape {
    return found(this.components[index], "component", index, offset);
  }

  module(index: number, offset: number): number {
    return found(this.modules[index], "core module", index, offset);
  }

  private function(index: number, offset: number): string {
    return found(this.functions[index], "function", index, offset);
  }

  private instance(index: number, offset: number): InstanceShape {
    return found(this.instances[index], "instance", index, offset);
  }

  /** The component that is so many further out. */
  private around(count: number, offset: number): ComponentScope {
    let scope: ComponentScope | undefined = this;
    for (let left = count; left > 0 && scope !== undefined; left--) scope = scope.outer;
    if (scope === undefined) throw invalid(offset, "there is no component that far out.");
    return scope;
  }

  aliasOuterType(reader: BinaryReader, offset: number): void {
    this.types.add(outerType(reader, this.types), offset);
  }

  aliasOuterComponent(count: number, index: number, offset: number): void {
    this.components.push(this.around(count, offset).component(index, offset));
  }

  aliasOuterModule(count: number, index: number, offset: number): void {
    this.modules.push(this.around(count, offset).module(index, offset));
  }

  /** Something that an instance shows. */
  aliasExport(index: number, name: string, kind: number, offset: number): void {
    const { members, isImported } = this.instance(index, offset);
    if (kind === sort.function) {
      this.functions.push(found(members.functions.get(name), "function", name, offset));
    } else if (kind === sort.instance) {
      this.instances.push({ members: found(members.interfaces.get(name), "interface", name, offset), isImported });
    } else if (kind === sort.type) {
      const { type } = found(members.types.get(name), "type", name, offset);
      // What a component of the program calls by a name of WASI is not what WASI does.
      this.types.add(isImported ? type : { ...type, text: `own ${name}` }, offset);
    } else throw invalid(offset, `"${name}" is no function, type or interface.`);
  }

  /** Puts something under a name. */
  put(into: InterfaceBuilder, name: string, kind: number, index: number, offset: number): void {
    into.claim(name, offset);
    if (kind === sort.function) into.functions.set(name, this.function(index, offset));
    else if (kind === sort.instance) into.interfaces.set(name, this.instance(index, offset).members);
    else {
      const type = valueOrResource(this.types.at(index, offset), offset);
      into.types.set(name, { type, text: type.text });
    }
  }

  /** Shows something, which then has another index too. */
  export(name: string, kind: number, index: number, offset: number): void {
    if (kind === sort.function) this.exportFunction(name, this.function(index, offset), offset);
    else if (kind === sort.instance) this.exportInstance(name, this.instance(index, offset).members, offset);
    else this.exportType(name, valueOrResource(this.types.at(index, offset), offset), offset);
  }

  exportFunction(name: string, signature: string, offset: number): void {
    this.exports.claim(name, offset);
    this.exports.functions.set(name, signature);
    this.functions.push(signature);
  }

  exportInstance(name: string, members: InterfaceShape, offset: number): void {
    this.exports.claim(name, offset);
    this.exports.interfaces.set(name, members);
    this.instances.push({ members, isImported: false });
  }

  exportType(name: string, meaning: WrittenType, offset: number): void {
    this.exports.claim(name, offset);
    const type: WrittenType = { ...meaning, text: name };
    this.exports.types.set(name, { type, text: meaning.text });
    this.types.add(type, offset);
  }
}

function found<T>(item: T | undefined, what: string, index: number | string, offset: number): T {
  if (item === undefined) throw invalid(offset, `there is no ${what} ${index}.`);
  return item;
}
