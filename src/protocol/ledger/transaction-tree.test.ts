import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../codec/bytes.ts";
import { emptyTransactionRoot, transactionPath, transactionRoot, verifyTransactionPath } from "./transaction-tree.ts";

/** The leaves and roots of the Certificate Transparency reference tests for RFC 6962. */
const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(
  (text) => fromHex(text) as Uint8Array,
);
const roots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

describe("transaction tree", () => {
  it("gives the roots of the RFC 6962 reference", () => {
    expect(toHex(emptyTransactionRoot)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    roots.forEach((root, index) => {
      expect(toHex(transactionRoot(leaves.slice(0, index + 1)))).toBe(root);
    });
  });

  it("does not confuse a list with the same list and its last item twice", () => {
    const [a, b, c] = leaves.slice(1, 4) as [Uint8Array, Uint8Array, Uint8Array];
    expect(transactionRoot([a, b, c])).not.toEqual(transactionRoot([a, b, c, c]));
  });

  it("proves every leaf and nothing else", () => {
    const lists = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lists, fc.nat(), fc.nat(255), (items, pick, flip) => {
        const index = pick % items.length;
        const leaf = items[index] as Uint8Array;
        const root = transactionRoot(items);
        const path = transactionPath(items, index);
        expect(verifyTransactionPath(root, leaf, index, items.length, path)).toBe(true);
        expect(verifyTransactionPath(root, Uint8Array.of(...leaf, flip), index, items.length, path)).toBe(false);
        expect(verifyTransactionPath(root, leaf, index, items.length, [...path, root])).toBe(false);
        if (path.length > 0) expect(verifyTransactionPath(root, leaf, index, items.length, path.slice(1))).toBe(false);
      }),
    );
  });
});
