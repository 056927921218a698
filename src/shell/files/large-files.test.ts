/** `share` and `get` of a file that needs tables, with peers and sealing that cost nothing: what is in memory at a time. */
import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { Placement, RunningCipher } from "#sdk/files.ts";
import type { ByteSource, HomeDraft, HomeFiles } from "#sdk/home-files.ts";
import { Random } from "#testing/random.ts";
import { filesIn, shellOnFiles } from "#testing/shell-on-files.ts";
import { createFileCipher } from "../../platform/browser/files/file-cipher.ts";

const { chunkBytes, chunks } = fileLimits;
const sizeBytes = (2 * chunks + 3) * chunkBytes - 5;

/** Counts what was made and is not done with yet, and how much that was at most. */
class Alive {
  now = 0;
  most = 0;

  add(count: number): void {
    this.now += count;
    this.most = Math.max(this.most, this.now);
  }
}

/** The start of each piece says which it is. */
const pieceAt = (place: number, length: number): Uint8Array => {
  const piece = new Uint8Array(length);
  new DataView(piece.buffer).setUint32(0, place);
  return piece;
};
const placeOf = (piece: Uint8Array): number => new DataView(piece.buffer, piece.byteOffset).getUint32(0);

const placement: Placement = { keepers: ["a", "b"], missing: 0, mayLeave: 1, here: false, trouble: "" };

function world(freeBytes = 2 ** 40) {
  const [shared, fetched] = [new Alive(), new Alive()];
  const kept = new Map<string, Uint8Array>();
  const appended: number[] = [];
  let finished = "";
  const whole = createFileCipher({ bytes: (length) => new Random(kept.size).bytes(length) });
  const cipher: RunningCipher = {
    ...whole,
    end: () => undefined,
    // A piece's key is its place, and its shards are as small as may be.
    sealChunk: async (clear, { data, parity }) => {
      const key = new Uint8Array(32);
      new DataView(key.buffer).setUint32(0, placeOf(clear));
      const blocks = Array.from({ length: data + parity }, (_, i) => {
        const bytes = Uint8Array.of(...key.subarray(0, 4), i);
        return { digest: sha256(bytes), bytes };
      });
      return accepted({ key, blocks });
    },
    openChunk: async (_shards, _code, length, key) => {
      fetched.add(1);
      return accepted(pieceAt(placeOf(key), length));
    },
  };
  const client: Partial<Client> = {
    vaultStatus: async () => rejected("vault-missing", "There are no keys here."),
    fileKeepers: async () => accepted({ keepers: 6, freeBytes }),
    placeStripe: async (data, shards) => {
      for (const shard of shards) kept.set(toHex(sha256(shard)), shard);
      if (data > 1) shared.add(-1);
      return accepted(placement);
    },
    fetchStripe: async ({ shards }) =>
      accepted({ shards: shards.map((digest) => kept.get(toHex(digest)) ?? null), trouble: null }),
    locateStripes: async (stripes) => accepted(stripes.map(() => placement)),
  };
  const source: ByteSource = {
    sizeBytes,
    read: async (from, length) => {
      if (length > 5_000) shared.add(1);
      return accepted(pieceAt(from / chunkBytes, Math.min(length, sizeBytes - from)));
    },
  };
  const draft: HomeDraft = {
    get sizeBytes() {
      return appended.length * chunkBytes;
    },
    append: async (piece) => {
      appended.push(placeOf(piece));
      fetched.add(-1);
      return accepted(undefined);
    },
    finish: async (path) => {
      finished = path;
      return accepted(undefined);
    },
    leave: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
  const files: HomeFiles = {
    ...filesIn(new Map()),
    open: async () => accepted(source),
    draft: async () => accepted(draft),
  };
  const shell = shellOnFiles(client, {
    files,
    startFileCipher: () => cipher,
    addressOf: (path) => `https://here${path}`,
  });
  return { ...shell, shared, fetched, appended, finished: () => finished };
}

it("shares and gets a file of 515 pieces in their order, with few of them in memory at a time", async () => {
  const { shell, printed, shared, fetched, appended, finished } = world();
  expect(await shell.run("share big.bin --yes --json")).toBe(0);
  const { link } = JSON.parse(printed.at(-1) ?? "") as { link: string };
  expect(shared).toMatchObject({ now: 0, most: 4 });
  expect(await shell.run(`get ${link} copy.bin`)).toBe(0);
  expect(finished()).toBe("copy.bin");
  expect(appended).toEqual(Array.from({ length: 2 * chunks + 3 }, (_, place) => place));
  expect(fetched).toMatchObject({ now: 0, most: 4 });
  expect(await shell.run(`get ${link} --where --json`)).toBe(0);
  expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({ sizeBytes, pieces: 2 * chunks + 3 });
  expect(await shell.run(`get ${link} -`)).toBe(1);
  expect(printed.at(-1)).toMatch(/a pipe holds/);
});

it("refuses a file that the keepers have no room for before anything is left with them", async () => {
  const { shell, printed, shared } = world(2 * sizeBytes - 1);
  expect(await shell.run("share big.bin --yes")).toBe(1);
  expect(printed.at(-1)).toMatch(/takes 1\.0 GiB .* they have 1\.0 GiB free.*Nothing was left with them/);
  expect(shared.most).toBe(0);
});

describe("a manifest", () => {
  it("is sealed only if it can be read again", async () => {
    const cipher = createFileCipher({ bytes: (length) => new Uint8Array(length) });
    const manifest = { type: "file", name: "a.bin", sizeBytes: 5, data: 4, parity: 4, chunks: [] } as const;
    expect(await cipher.sealManifest(manifest)).toMatchObject({ code: "out-of-range" });
    const shards = Array.from({ length: 255 }, () => new Uint8Array(32));
    const chunks = Array.from({ length: 256 }, () => ({ key: new Uint8Array(32), shards }));
    expect(await cipher.sealTable(chunks)).toMatchObject({ code: "too-large" });
  });
});
