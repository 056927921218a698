/**
 * Reads a component: its sections, every name in them, the types of what it imports and exports, and the components in it.
 * Understands what toolchains and tools for composition make of a command: core modules, their instances, lowered imports,
 * lifted functions, resources, components that are instantiated with each other's interfaces. Everything else is refused, not
 * passed over.
 * @module
 */
import { joinBytes } from "#protocol/codec/bytes.ts";
import { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { BinaryWriter } from "#protocol/veil/binary-writer.ts";
import { invalid, ModuleFailure, malformed, tooMany, unsupported } from "#protocol/veil/failure.ts";
import { readCanonicals } from "./canonical-reader.ts";
import { ComponentScope } from "./component-scope.ts";
import { checkCoreNames } from "./core-names.ts";
import { componentLimits } from "./limits.ts";
import { readExternName, readHarmlessName } from "./names.ts";
import { InterfaceBuilder, type InterfaceShape, readDefinedType, readTypeBound } from "./types.ts";

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

const preamble: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/** What a thing in an index space can be, by its byte. */
const sort = { core: 0, function: 1, type: 3, component: 4, instance: 5 } as const;
const coreModuleSort = 0x11;

/** A core module, wherever in the program it stands. */
export interface CoreModuleText {
  readonly bytes: Uint8Array;
  /** Elements that its own tables start with. */
  readonly tableElements: number;
}

/** What all components of a program share. */
class Totals {
  /** In the order in which they stand in the bytes. */
  readonly modules: CoreModuleText[] = [];
  components = 0;
  sections = 0;
  items = 0;

  /** One more of something of which there may be so many in all. */
  add(what: "components" | "sections" | "items", count: number, most: number, offset: number): void {
    this[what] += count;
    if (this[what] > most) throw tooMany(offset, `${what} in all`, this[what], most);
  }
}

/** Reads one component. */
export class ComponentReader {
  /** Interfaces by the name under which the outermost component imports them. */
  readonly imports = new Map<string, InterfaceShape>();
  readonly scope: ComponentScope;
  readonly totals: Totals;
  private readonly reader: BinaryReader;
  /** Sections that matter, as they were, but those that hold components: custom ones do not. */
  private readonly kept: Uint8Array[] = [];

  constructor(reader: BinaryReader, outer?: ComponentReader) {
    this.reader = reader;
    this.scope = new ComponentScope(outer?.scope);
    this.totals = outer?.totals ?? new Totals();
  }

  /** Reads all of it, or throws a {@link ModuleFailure}. */
  read(): void {
    const { reader } = this;
    const { end, position: start } = reader;
    this.totals.add("components", 1, componentLimits.components, start);
    if (this.scope.depth > componentLimits.depth) {
      throw tooMany(start, "components within each other", this.scope.depth, componentLimits.depth);
    }
    for (const expected of preamble) {
      const at = reader.position;
      if (reader.byte() !== expected) throw malformed(at, "this is no WebAssembly component.");
    }
    this.kept.push(reader.bytes.subarray(start, reader.position));
    while (reader.position < end) {
      const from = reader.position;
      this.totals.add("sections", 1, componentLimits.sections, from);
      const id = reader.byte();
      const size = reader.unsigned32();
      if (size > end - reader.position) {
        throw new ModuleFailure("truncated", from, "a section ends after the component.");
      }
      reader.end = reader.position + size;
      this.readSection(id, from);
      if (reader.position !== reader.end) throw malformed(from, `section ${id} is longer than its content.`);
      reader.end = end;
    }
  }

  /** The component without custom sections, those of the components in it included. */
  withoutCustomSections(): Uint8Array {
    return joinBytes(this.kept);
  }

  private readSection(id: number, at: number): void {
    const { reader } = this;
    if (id === section.custom) {
      reader.position = reader.end;
      return;
    }
    if (id === section.component) {
      this.readComponent();
      return;
    }
    if (id === section.coreModule) this.readModule(at);
    else if (id === section.canonical) {
      const count = this.countItems("canonical definitions");
      this.scope.functions.push(...readCanonicals(reader, count, this.scope.types));
    } else {
      const readItem = this.itemReader(id);
      if (readItem === undefined) throw unsupported(at, `sections ${id} are not allowed in a component.`);
      for (let left = this.countItems("items"); left > 0; left--) readItem();
    }
    this.kept.push(reader.bytes.subarray(at, reader.end));
  }

  /** How many follow; all together are bounded too. */
  private countItems(what: string): number {
    const at = this.reader.position;
    const count = this.reader.count(what, componentLimits.items);
    this.totals.add("items", count, componentLimits.allItems, at);
    this.scope.expansion.addItems(count, at);
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
        return () => this.scope.types.add(readDefinedType(this.reader, this.scope.types), this.reader.position);
      case section.import:
        return () => this.readImport();
      case section.export:
        return () => this.readExport();
      default:
        return undefined;
    }
  }

  private readComponent(): void {
    const { reader, scope } = this;
    const inner = new ComponentReader(reader, this);
    inner.read();
    scope.components.push(inner.scope.shape());
    const bytes = inner.withoutCustomSections();
    const head = new BinaryWriter();
    head.byte(section.component);
    head.unsigned32(bytes.length);
    this.kept.push(head.finish(), bytes);
  }

  private readModule(at: number): void {
    const { reader, scope } = this;
    const { modules } = this.totals;
    if (modules.length === componentLimits.modules) {
      throw tooMany(at, "core modules", modules.length + 1, componentLimits.modules);
    }
    const bytes = reader.bytes.subarray(reader.position, reader.end);
    scope.modules.push(modules.length);
    modules.push({ bytes, tableElements: checkCoreNames(reader) });
    reader.position = reader.end;
  }

  /** An instance of a module with its arguments, or things gathered under names. */
  private readCoreInstance(): void {
    const { reader, scope } = this;
    const at = reader.position;
    const form = reader.byte();
    if (form > 1) throw malformed(at, "a core instance is made of a module or of exports.");
    if (form === 0) scope.expansion.addModule(scope.module(reader.unsigned32(), at), at);
    for (let left = this.countItems("names of an instance"); left > 0; left--) {
      readHarmlessName(reader);
      reader.byte();
      reader.unsigned32();
    }
  }

  /** An instance of a component with its arguments, or things gathered under names. */
  private readInstance(): void {
    const { reader, scope } = this;
    const at = reader.position;
    const form = reader.byte();
    if (form > 1) throw malformed(at, "an instance is made of a component or of exports.");
    if (form === 0) {
      const { exports, expansion } = scope.component(reader.unsigned32(), at);
      scope.expansion.addInstance(expansion, at);
      for (let left = this.countItems("arguments of an instance"); left > 0; left--) {
        readHarmlessName(reader);
        this.readSort();
        reader.unsigned32();
      }
      scope.instances.push({ members: exports, isImported: false });
      return;
    }
    const members = new InterfaceBuilder();
    for (let left = this.countItems("names of an instance"); left > 0; left--) {
      const name = readExternName(reader);
      scope.put(members, name, this.readSort(), reader.unsigned32(), at);
    }
    scope.instances.push({ members, isImported: false });
  }

  /** The byte that says what kind of thing an index is of. */
  private readSort(): number {
    const at = this.reader.position;
    const found = this.reader.byte();
    if (found === sort.function || found === sort.type || found === sort.instance) return found;
    throw unsupported(at, "components give each other nothing but functions, types and interfaces.");
  }

  private readAlias(): void {
    const { reader, scope } = this;
    const at = reader.position;
    const kind = reader.byte();
    const coreKind = kind === sort.core ? reader.byte() : undefined;
    const target = reader.byte();
    if (target === 2) {
      if (kind === sort.type) scope.aliasOuterType(reader, at);
      else if (kind === sort.component) scope.aliasOuterComponent(reader.unsigned32(), reader.unsigned32(), at);
      else if (coreKind === coreModuleSort) scope.aliasOuterModule(reader.unsigned32(), reader.unsigned32(), at);
      else throw unsupported(at, "only types, components and core modules may be taken from outside.");
      return;
    }
    if (target > 1) throw malformed(at, "an alias is of an export, or of something outside.");
    const index = reader.unsigned32();
    const name = readHarmlessName(reader);
    if ((target === 1) !== (coreKind !== undefined)) {
      throw unsupported(at, "core things are exports of core instances, others of others.");
    }
    // Core functions, memories, tables and globals: the transpiler's business.
    if (target === 0) scope.aliasExport(index, name, kind, at);
  }

  private readImport(): void {
    const { reader, scope } = this;
    const at = reader.position;
    const name = readExternName(reader);
    const kind = reader.byte();
    if (scope.depth > 1 && kind === sort.function) {
      scope.functions.push(scope.types.signature(reader.unsigned32(), at));
    } else if (scope.depth > 1 && kind === sort.type) {
      scope.types.add({ ...readTypeBound(reader, scope.types), text: name }, at);
    } else if (kind === sort.instance) {
      const members = this.readInterfaceIndex();
      if (this.imports.has(name)) throw invalid(at, `"${name}" is imported twice.`);
      this.imports.set(name, members);
      scope.instances.push({ members, isImported: true });
    } else if (kind === sort.function || kind === sort.type) {
      throw new ModuleFailure("not-found", at, `the program needs "${name}", which is not there to be given.`);
    } else throw unsupported(at, "only functions, types and interfaces may be imported.");
  }

  private readInterfaceIndex(): InterfaceShape {
    const at = this.reader.position;
    const type = this.scope.types.at(this.reader.unsigned32(), at);
    if (type.sort !== "instance")
      throw invalid(at, "an interface is described by a type that is none of an interface.");
    return type.members;
  }

  private readExport(): void {
    const { reader, scope } = this;
    const at = reader.position;
    const name = readExternName(reader);
    const kind = this.readSort();
    const index = reader.unsigned32();
    if (scope.depth === 1 && kind !== sort.instance) {
      throw unsupported(at, `"${name}" is exported; a program exports nothing but interfaces.`);
    }
    const described = reader.byte();
    if (described > 1) throw malformed(at, "0 or 1 must say whether a type follows.");
    if (described === 0) {
      scope.export(name, kind, index, at);
      return;
    }
    if (reader.byte() !== kind) throw invalid(at, `"${name}" is described as something else than it is.`);
    if (kind === sort.function) scope.exportFunction(name, scope.types.signature(reader.unsigned32(), at), at);
    else if (kind === sort.instance) scope.exportInstance(name, this.readInterfaceIndex(), at);
    else scope.exportType(name, readTypeBound(reader, scope.types), at);
  }
}

/** Reads a whole program, or throws a {@link ModuleFailure}. */
export function readComponent(bytes: Uint8Array): ComponentReader {
  const component = new ComponentReader(new BinaryReader(bytes));
  component.read();
  return component;
}
