/** Folders whose makers mean harm: small trees that stand for endless ones, and names that cannot be kept. */
import { encode, prepare } from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { expect, it } from "vitest";
import { findPublic, type PublicFolder } from "#interchange/gateway/public-files.ts";
import { folderData } from "#interchange/unixfs-data.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { accepted, type Rejected, rejected } from "#protocol/result.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { getFolder } from "./get-folder.ts";

const blocks = new Map<string, Uint8Array>();

function put(code: number, bytes: Uint8Array): CID {
  const cid = CID.createV1(code, create(0x12, sha256(bytes)));
  blocks.set(cid.toString(), bytes);
  return cid;
}

const leaf = put(0x55, Uint8Array.of(1));

function folder(links: readonly (readonly [name: string, cid: CID])[]): CID {
  const Links = links.map(([Name, Hash]) => ({ Name, Hash, Tsize: 1 }));
  return put(0x70, encode(prepare({ Data: folderData, Links })));
}

let asked = 0;
const fetch = async (cid: CID) => {
  asked++;
  const bytes = blocks.get(cid.toString());
  return bytes === undefined ? rejected("not-found", "Nobody has it.") : accepted(bytes);
};

async function get(root: CID) {
  const files = new Map<string, Uint8Array>();
  const refused: Rejected[] = [];
  const context = {
    environment: { files: filesIn(files) },
    interrupted: new Promise(() => undefined),
    status: () => undefined,
    notice: () => undefined,
    print: () => undefined,
    refuse: (one: Rejected) => refused.push(one),
  } as unknown as CommandContext;
  const found = await findPublic(fetch, root, []);
  if (!found.ok) throw new Error(found.message);
  asked = 0;
  const coming = () => ({
    sizeBytes: 1,
    pour: async (_from: number, take: (part: Uint8Array) => Promise<unknown>) => {
      await take(Uint8Array.of(1));
      return accepted(null);
    },
  });
  await getFolder(context, fetch, found.value as PublicFolder, "here", coming, new Set());
  return { files, refused };
}

it("keeps each file under its path, also what is the same block twice", async () => {
  const { files, refused } = await get(
    folder([
      ["a", leaf],
      ["in", folder([["b", leaf]])],
    ]),
  );
  expect(refused).toEqual([]);
  expect([...files.keys()].toSorted()).toEqual(["here/a", "here/in/b"]);
});

it("refuses a tree of a few blocks that stands for more than there is room for, before anything is kept", async () => {
  let root = folder([["x", leaf]]);
  for (let depth = 0; depth < 30; depth++)
    root = folder([
      ["a", root],
      ["b", root],
    ]);
  const { files, refused } = await get(root);
  expect(refused).toMatchObject([{ code: expect.stringMatching(/too-many|invalid-argument/) }]);
  expect(files.size).toBe(0);
  expect(asked).toBeLessThan(5_000);
});

it("refuses a name that no file can have, all of it", async () => {
  const { files, refused } = await get(
    folder([
      ["a", leaf],
      ["b\u202ec", leaf],
    ]),
  );
  expect(refused).toMatchObject([{ code: "invalid-argument", message: expect.stringMatching(/Nothing was fetched/) }]);
  expect(files.size).toBe(0);
});

it("refuses what nobody has, before anything is kept", async () => {
  const lost = CID.createV1(0x55, create(0x12, new Uint8Array(32)));
  const { files, refused } = await get(
    folder([
      ["a", leaf],
      ["b", lost],
    ]),
  );
  expect(refused).toMatchObject([{ code: "not-found" }]);
  expect(files.size).toBe(0);
});
