/**
 * What a module asks for and shows, without looking at its code: for whoever decides what it may be linked with.
 * Metering checks everything else.
 * @module
 */
import { accepted, type Result } from "../result.ts";
import { BinaryReader } from "./binary-reader.ts";
import { external } from "./declarations.ts";
import { caught } from "./failure.ts";
import { readDeclarations } from "./module-reader.ts";
import { typeName } from "./types.ts";

/** A function type by the names of its types. */
export interface NamedFunctionType {
  readonly parameters: readonly string[];
  readonly results: readonly string[];
}

/** Something that a module wants to be given. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  /** Nothing for tables, memories and globals. */
  readonly type: NamedFunctionType | undefined;
}

/** Imports and exports of a module. */
export interface ModuleInterface {
  readonly imports: readonly ModuleImport[];
  readonly functionExports: ReadonlyMap<string, NamedFunctionType>;
  readonly hasMemory: boolean;
  readonly memoryExports: readonly string[];
}

/** Reads them from a module of any origin. */
export function moduleInterface(bytes: Uint8Array): Result<ModuleInterface> {
  return caught(() => {
    const shape = readDeclarations(new BinaryReader(bytes));
    const typeOf = (index: number): NamedFunctionType => {
      const { parameters, results } = shape.functionType(index, 0);
      return { parameters: parameters.map(typeName), results: results.map(typeName) };
    };
    const shown = (kind: number) => shape.exports.filter((item) => item.kind === kind);
    return accepted({
      imports: shape.imports.map(({ module, name, kind, index }) => ({
        module,
        name,
        type: kind === external.function ? typeOf(index) : undefined,
      })),
      functionExports: new Map(shown(external.function).map(({ name, index }) => [name, typeOf(index)])),
      hasMemory: shape.memory !== undefined,
      memoryExports: shown(external.memory).map(({ name }) => name),
    });
  });
}
