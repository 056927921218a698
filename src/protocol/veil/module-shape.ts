/**
 * What a module declares: the index spaces that instructions refer to. Filled section by section; looking up what is not
 * there refuses the module.
 * @module
 */
import { invalid } from "./failure.ts";
import type { FunctionType } from "./types.ts";

/** A table: type of its elements and how many it starts with. */
export interface TableShape {
  readonly element: number;
  readonly minimum: number;
}

/** The memory, in pages. */
export interface MemoryShape {
  readonly minimum: number;
  /** As declared; `undefined`: as far as 32 bits reach. */
  readonly maximum: number | undefined;
  readonly imported: boolean;
}

/** A global variable. */
export interface GlobalShape {
  readonly type: number;
  readonly mutable: boolean;
}

/** Something that a module wants to be given, or shows. */
export interface Named {
  /** For imports: the module part of the name. */
  readonly module: string;
  readonly name: string;
  /** The byte of its kind. */
  readonly kind: number;
  /** In the index space of its kind. */
  readonly index: number;
}

/** Index spaces of one module, imports first in each. */
export class ModuleShape {
  readonly types: FunctionType[] = [];
  readonly imports: Named[] = [];
  readonly exports: Named[] = [];
  /** Type index of every function. */
  readonly functions: number[] = [];
  importedFunctions = 0;
  readonly tables: TableShape[] = [];
  importedTables = 0;
  memory: MemoryShape | undefined;
  readonly globals: GlobalShape[] = [];
  importedGlobals = 0;
  /** Type of the elements of every element segment. */
  readonly elementSegments: number[] = [];
  elements = 0;
  /** As the data count section says; without it no instruction may name a segment. */
  dataCount: number | undefined;
  dataBytes = 0;
  /** The function that runs first. */
  start: number | undefined;
  /** Functions that references may be taken of in code, because something outside code names them. */
  readonly declared = new Set<number>();

  /** Whether calling through a table can leave the module, as far as the module itself says. */
  get tablesReachHost(): boolean {
    if (this.importedTables > 0) return true;
    for (const index of this.declared) if (index < this.importedFunctions) return true;
    return false;
  }

  type(index: number, offset: number): FunctionType {
    const type = this.types[index];
    if (type === undefined) throw invalid(offset, `there is no type ${index}.`);
    return type;
  }

  functionType(index: number, offset: number): FunctionType {
    const type = this.functions[index];
    if (type === undefined) throw invalid(offset, `there is no function ${index}.`);
    return this.types[type] as FunctionType;
  }

  table(index: number, offset: number): TableShape {
    const table = this.tables[index];
    if (table === undefined) throw invalid(offset, `there is no table ${index}.`);
    return table;
  }

  global(index: number, offset: number): GlobalShape {
    const global = this.globals[index];
    if (global === undefined) throw invalid(offset, `there is no global ${index}.`);
    return global;
  }

  elementSegment(index: number, offset: number): number {
    const type = this.elementSegments[index];
    if (type === undefined) throw invalid(offset, `there is no element segment ${index}.`);
    return type;
  }

  requireMemory(offset: number): void {
    if (this.memory === undefined) throw invalid(offset, "there is no memory.");
  }

  requireDataSegment(index: number, offset: number): void {
    if (this.dataCount === undefined) throw invalid(offset, "there is no data count section.");
    if (index >= this.dataCount) throw invalid(offset, `there is no data segment ${index}.`);
  }
}
