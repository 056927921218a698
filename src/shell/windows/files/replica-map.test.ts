import { describe, expect, it } from "vitest";
import { readWhereabouts, replicaMapOf } from "./replica-map.ts";

describe("a map of a file among keepers", () => {
  it("has a square for each piece, by how many keepers it can lose", () => {
    expect(replicaMapOf([-1, 0, 1, 2, 4])).toEqual({
      squares: ["lost", "last", "thin", "safe", "safe"],
      piecesEach: 1,
      counts: [
        ["lost", 1],
        ["last", 1],
        ["thin", 1],
        ["safe", 2],
      ],
    });
    expect(replicaMapOf([])).toEqual({ squares: [], piecesEach: 1, counts: [] });
  });

  it("shows of a large file the least safe piece of each few", () => {
    const pieces = Array.from({ length: 4_096 }, (_, i) => (i === 17 ? 0 : 2));
    const { squares, piecesEach, counts } = replicaMapOf(pieces);
    expect([squares.length, piecesEach]).toEqual([256, 16]);
    expect(squares.slice(0, 3)).toEqual(["safe", "last", "safe"]);
    expect(counts).toEqual([
      ["last", 1],
      ["safe", 4_095],
    ]);
  });

  it("is read from what the command says, and from no words", () => {
    expect(readWhereabouts('{"keepers":["a"],"pieceMayLeave":[1],"name":"x"}')).toEqual({
      keepers: ["a"],
      pieceMayLeave: [1],
    });
    for (const other of ["", "Nobody is connected.", "{}", "null", "[1]"]) expect(readWhereabouts(other)).toBeNull();
  });
});
