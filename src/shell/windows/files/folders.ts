/**
 * Folders as people see them: files have paths, and what stands before a / in them is a folder. There are none that are empty.
 * @module
 */
import { type HomeFile, pathProblem } from "#sdk/home-files.ts";

/** A folder within the one that is shown. */
export interface Subfolder {
  readonly name: string;
  /** All in it, in folders of its own too. */
  readonly files: number;
  readonly sizeBytes: number;
}

/** What stands in a folder, without what stands in folders of it. */
export interface FolderView {
  readonly folders: readonly Subfolder[];
  readonly files: readonly HomeFile[];
}

/** The folder that a place names; the first one, empty, for words that name none. */
export function folderAt(at: string): string {
  return pathProblem(at) === null ? at : "";
}

/** The folders on the way to one, each with its name, the outermost first. */
export function wayTo(folder: string): readonly (readonly [name: string, folder: string])[] {
  const names = folder === "" ? [] : folder.split("/");
  return names.map((name, i) => [name, names.slice(0, i + 1).join("/")]);
}

/** What is in a folder; empty: outside all of them. */
export function viewOf(all: readonly HomeFile[], folder: string): FolderView {
  const before = folder === "" ? "" : `${folder}/`;
  const folders = new Map<string, Subfolder>();
  const files: HomeFile[] = [];
  for (const file of all) {
    if (!file.path.startsWith(before)) continue;
    const rest = file.path.slice(before.length);
    const end = rest.indexOf("/");
    if (end < 0) files.push(file);
    else {
      const name = rest.slice(0, end);
      const { files: count, sizeBytes } = folders.get(name) ?? { files: 0, sizeBytes: 0 };
      folders.set(name, { name, files: count + 1, sizeBytes: sizeBytes + file.sizeBytes });
    }
  }
  return { folders: [...folders.values()], files };
}

/** The last name of a path. */
export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
