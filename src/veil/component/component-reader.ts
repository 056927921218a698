/**
 * Reads the outer layer of a component: its sections, every name in them, the types of what it imports. Understands
 * exactly the form that toolchains give a command: core modules, their instances, lowered imports, one lifted export and
 * a component around that export which only renames it. Everything else is refused, not passed over.
 * @module
 */
import type { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { invalid, ModuleFailure, malformed, tooMany, unsupported } from "#protocol/veil/failure.ts";
import { moduleLimits } from "#protocol/veil/limits.ts";
import { readCanonicals } from "./canonical-reader.ts";
import { checkCoreNames } from "./core-names.ts";
import { componentLimits } from "./limits.ts";
import { readExternName, readHarmlessName } from "./names.ts";
import { type InterfaceShape, readDefinedType, TypeScope } from "./types.ts";

/** Sections of a component by their byte. */
const section = {
  custom: 0,
  coreModule: 1,
  coreInstance: 2,
  component: 4,
  instance: 5,
  alias: 6,
  type: 7,
  canonical: 8,
  import: 10,
  export: 11,
} as const;

/** What the component around an export may consist of. */
const innerSections: readonly number[] = [section.custom, section.type, section.import, section.export];

const preamble: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const instanceSort = 5;

/** Where bytes are. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** What a component of the expected form holds. */
export class ComponentReader {
  /** Interfaces by the name under which they are imported. */
  readonly imports = new Map<string, InterfaceShape>();
  readonly exports: string[] = [];
  readonly modules: ByteRange[] = [];
  /** Sections that matter; custom ones do not. */
  readonly kept: ByteRange[] = [];
  private readonly reader: BinaryReader;
  private readonly scope: TypeScope;
  private readonly instances: (InterfaceShape | undefined)[] = [];
  private readonly instantiated = new Set<number>();
  private items = 0;
  private tableElements = 0;

  constructor(reader: BinaryReader, outer?: TypeScope) {
    this.reader = reader;
    this.scope = new TypeScope(outer);
  }

  /** Reads all of it, or throws a {@link ModuleFailure}. */
  read(): void {
    const { reader } = this;
    const { end } = reader;
    for (const expected of preamble) {
      const at = reader.position;
      if (reader.byte() !== expected) throw malformed(at, "this is no WebAssembly component.");
    }
    for (let sections = 1; reader.position < end; sections++) {
      const from = reader.position;
      if (sections > componentLimits.sections) throw tooMany(from, "sections", sections, componentLimits.sections);
      const id = reader.byte();
      const size = reader.unsigned32();
      if (size > end - reader.position) {
        throw new ModuleFailure("truncated", from, "a section ends after the component.");
      }
      reader.end = reader.position + size;
      this.readSection(id, from);
      if (reader.position !== reader.end) throw malformed(from, `section ${id} is longer than its content.`);
      if (id !== section.custom) this.kept.push({ from, to: reader.end });
      reader.end = end;
    }
  }

  private readSection(id: number, at: number): void {
    const { reader } = this;
    if (this.scope.outer !== undefined && !innerSections.includes(id)) {
      throw unsupported(at, "components made of components are not allowed.");
    }
    switch (id) {
      case section.custom:
        reader.position = reader.end;
        return;
      case section.coreModule:
        this.readModule(at);
        return;
      case section.component:
        new ComponentReader(reader, this.scope).read();
        return;
      case section.canonical:
        readCanonicals(reader, this.scope);
        return;
    }
    const readItem = this.itemReader(id);
    if (readItem === undefined) throw unsupported(at, `sections ${id} are not allowed in a component.`);
    for (let left = this.countItems("items"); left > 0; left--) readItem();
  }

  /** How many follow; all together are bounded too. */
  private countItems(what: string): number {
    const at = this.reader.position;
    const count = this.reader.count(what, componentLimits.items);
    this.items += count;
    if (this.items > componentLimits.allItems) throw tooMany(at, "items in all", this.items, componentLimits.allItems);
    return count;
  }

  private itemReader(id: number): (() => void) | undefined {
    switch (id) {
      case section.coreInstance:
        return () => this.readCoreInstance();
      case section.instance:
        return () => this.readInstance();
      case section.alias:
        return () => this.readAlias();
      case section.type:
        return () => this.scope.add(readDefinedType(this.reader, this.scope), this.reader.position);
      case section.import:
        return () => this.readImport();
      case section.export:
        return () => this.readExport();
      default:
        return undefined;
    }
  }

  private readModule(at: number): void {
    const { reader } = this;
    this.modules.push({ from: reader.position, to: reader.end });
    if (this.modules.length > componentLimits.modules) {
      throw tooMany(at, "core modules", this.modules.length, componentLimits.modules);
    }
    this.tableElements += checkCoreNames(reader);
    // One module may have as many; sixteen of them together need no more.
    const most = moduleLimits.tableElements;
    if (this.tableElements > most) throw tooMany(at, "elements of tables", this.tableElements, most);
    reader.position = reader.end;
  }

  /** An instance of a module with its arguments, or things gathered under names. */
  private readCoreInstance(): void {
    const { reader } = this;
    const at = reader.position;
    const form = reader.byte();
    if (form > 1) throw malformed(at, "a core instance is made of a module or of exports.");
    if (form === 0) this.instantiate(reader.unsigned32(), at);
    for (let left = this.countItems("names of an instance"); left > 0; left--) {
      readHarmlessName(reader);
      reader.byte();
      reader.unsigned32();
    }
  }

  /** Memories are shared out by modules: one in many instances would have as many of them. */
  private instantiate(module: number, at: number): void {
    if (this.instantiated.has(module)) throw unsupported(at, "a core module may be instantiated once.");
    this.instantiated.add(module);
  }

  private readInstance(): void {
    const { reader } = this;
    const at = reader.position;
    const form = reader.byte();
    if (form > 1) throw malformed(at, "an instance is made of a component or of exports.");
    if (form === 0) reader.unsigned32();
    for (let left = this.countItems("names of an instance"); left > 0; left--) {
      if (form === 0) readHarmlessName(reader);
      else readExternName(reader);
      this.readSort();
      reader.unsigned32();
    }
    this.instances.push(undefined);
  }

  /** The byte, or two, that say what kind of thing an index is of. */
  private readSort(): number {
    const sort = this.reader.byte();
    if (sort === 0) this.reader.byte();
    return sort;
  }

  private readAlias(): void {
    const { reader } = this;
    const at = reader.position;
    const sort = this.readSort();
    const target = reader.byte();
    // Of a component's instance, or of a core one.
    if (target > 1) throw unsupported(at, "only exports of instances may be named.");
    const index = reader.unsigned32();
    const name = readHarmlessName(reader);
    if (target === 1 || sort === 1) return;
    const type = this.instances[index]?.types.get(name)?.type;
    if (sort !== 3 || type === undefined) throw unsupported(at, `"${name}" is no type of an imported interface.`);
    this.scope.add(type, at);
  }

  private readImport(): void {
    const { reader, scope } = this;
    const at = reader.position;
    const name = readExternName(reader);
    const kind = reader.byte();
    const type = scope.at(this.readTypeIndex(kind, at), at);
    if (scope.outer !== undefined) {
      if (type.sort !== "function") throw unsupported(at, "components made of components are not allowed.");
      return;
    }
    if (type.sort !== "instance") {
      throw new ModuleFailure("not-found", at, `the program needs "${name}", which is not there to be given.`);
    }
    if (this.imports.has(name)) throw invalid(at, `"${name}" is imported twice.`);
    this.imports.set(name, type.members);
    this.instances.push(type.members);
  }

  /** Functions and interfaces are described by the index of a type. */
  private readTypeIndex(kind: number, at: number): number {
    if (kind !== 1 && kind !== instanceSort) throw unsupported(at, "only functions and interfaces may be imported.");
    return this.reader.unsigned32();
  }

  private readExport(): void {
    const { reader } = this;
    const at = reader.position;
    const name = readExternName(reader);
    const sort = this.readSort();
    reader.unsigned32();
    const described = reader.byte();
    if (described > 1) throw malformed(at, "0 or 1 must say whether a type follows.");
    if (described === 1) this.readTypeIndex(reader.byte(), at);
    if (this.scope.outer !== undefined) {
      if (sort !== 1) throw unsupported(at, "components made of components are not allowed.");
      return;
    }
    if (sort !== instanceSort)
      throw unsupported(at, `"${name}" is exported; a program exports nothing but interfaces.`);
    this.exports.push(name);
    this.instances.push(undefined);
  }
}
