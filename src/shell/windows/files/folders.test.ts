import { describe, expect, it } from "vitest";
import { folderAt, nameIn, viewOf, wayTo } from "./folders.ts";

const file = (path: string, sizeBytes = 1) => ({ path, sizeBytes, changedMs: 0 });
const all = [file("a.txt"), file("notes/b.txt", 2), file("notes/2026/c.txt", 4), file("notes2/d.txt", 8)];

describe("folders", () => {
  it("hold what begins with their name and a /, and their own folders with all that is in those", () => {
    expect(viewOf(all, "")).toEqual({
      folders: [
        { name: "notes", files: 2, sizeBytes: 6 },
        { name: "notes2", files: 1, sizeBytes: 8 },
      ],
      files: [all[0]],
    });
    expect(viewOf(all, "notes")).toEqual({ folders: [{ name: "2026", files: 1, sizeBytes: 4 }], files: [all[1]] });
    expect(viewOf(all, "note")).toEqual({ folders: [], files: [] });
  });

  it("are found by their place, and a link that names none leads to the first", () => {
    expect(folderAt("notes/2026")).toBe("notes/2026");
    for (const wrong of ["", "../x", "a//b", "a/\u202e"]) expect(folderAt(wrong)).toBe("");
    expect(wayTo("notes/2026")).toEqual([
      ["notes", "notes"],
      ["2026", "notes/2026"],
    ]);
    expect(wayTo("")).toEqual([]);
    expect(nameIn("notes/2026/c.txt")).toBe("c.txt");
    expect(nameIn("a.txt")).toBe("a.txt");
  });
});
