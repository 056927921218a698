/** `car`, typed into a shell. */
import { CarReader } from "@ipld/car/reader";
import { encode as encodeDagPb } from "@ipld/dag-pb";
import { describe, expect, it } from "vitest";
import { writeCar } from "#interchange/car-writer.ts";
import { codecs, contentId } from "#interchange/content-id.ts";
import { folderData } from "#interchange/unixfs-data.ts";
import { joinBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { basicIndexedCar } from "#testing/interchange-fixtures.ts";
import { Random } from "#testing/random.ts";
import { type ShellOnFiles, shellOnFiles } from "#testing/shell-on-files.ts";

const helloCid = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

function shellWith(files: Readonly<Record<string, Uint8Array>>): ShellOnFiles & { screen(): string } {
  const made = shellOnFiles();
  for (const [path, bytes] of Object.entries(files)) made.files.set(path, bytes);
  return { ...made, screen: () => made.printed.splice(0).join("\n") };
}

const blockOf = (code: number, bytes: Uint8Array) => ({ cid: contentId(code, sha256(bytes)), bytes });

/** An archive of a folder with one file of that name. */
function archiveOf(name: string): Uint8Array {
  const leaf = blockOf(codecs.raw, utf8ToBytes("x"));
  const link = { Name: name, Hash: leaf.cid, Tsize: 1 };
  const folder = blockOf(codecs.dagPb, encodeDagPb({ Data: folderData, Links: [link] }));
  return joinBytes([...writeCar([folder.cid], [folder, leaf])]);
}

describe("car export", () => {
  it("makes an archive of one file under kubo's CID, which others read, and import gives the file back", async () => {
    const { shell, files, text, screen } = shellWith({ "words/hello.txt": utf8ToBytes("hello world") });
    expect(await shell.run("car export words/hello.txt > hello.car")).toBe(0);
    expect(screen()).toMatch(new RegExp(`${helloCid} is words/hello\\.txt, in 1 blocks?\\.[^]*not encrypted`));
    const theirs = await CarReader.fromBytes(files.get("hello.car") as Uint8Array);
    expect((await theirs.getRoots()).map(String)).toEqual([helloCid]);
    expect(await shell.run("car import hello.car")).toBe(0);
    expect(text("hello")).toBe("hello world");
    expect(screen()).toMatch(/1 file of the archive is among yours now/);
    expect(await shell.run("car import - copy < hello.car && cat hello.car | car import -")).toBe(0);
    expect([text("copy"), text(helloCid)]).toEqual(["hello world", "hello world"]);
  });

  it("makes a folder of several, of whatever size, in both versions, with the same CID", async () => {
    const large = new Random(3).bytes(1_048_577);
    const { shell, files, screen } = shellWith({ "site/a.html": utf8ToBytes("<p>"), "site/b/c.bin": large });
    expect(await shell.run("car export site/a.html site/b/c.bin > one.car")).toBe(0);
    expect(await shell.run("car export site/b/c.bin site/a.html --indexed > two.car")).toBe(0);
    screen();
    expect(await shell.run("car export site/a.html site/b/c.bin --dry-run --json")).toBe(0);
    const { cid, blocks } = JSON.parse(screen()) as { cid: string; blocks: number };
    for (const [path, version] of [
      ["one.car", 1],
      ["two.car", 2],
    ] as const) {
      expect(await shell.run(`car list ${path} --json`)).toBe(0);
      expect(JSON.parse(screen())).toMatchObject({ version, roots: [cid], blocks, unused: 0 });
      expect(await shell.run(`car import ${path} from/${version}`)).toBe(0);
      screen();
      expect(files.get(`from/${version}/site/a.html`)).toEqual(utf8ToBytes("<p>"));
      expect(sha256(files.get(`from/${version}/site/b/c.bin`) as Uint8Array)).toEqual(sha256(large));
    }
  });

  it("with --dry-run says only the CID, and writes nothing for what is not there", async () => {
    const { shell, files, screen } = shellWith({ a: utf8ToBytes("hello world") });
    expect(await shell.run("car export a --dry-run")).toBe(0);
    expect(screen()).toBe(helloCid);
    expect(await shell.run("car export a missing > out.car")).not.toBe(0);
    expect(await shell.run("car export a --json > out.car")).not.toBe(0);
    expect(screen()).toMatch(/out\.car was not written/);
    expect([...files.keys()]).toEqual(["a"]);
  });
});

describe("car import", () => {
  it("keeps nothing of an archive with one byte changed, or cut off", async () => {
    const { shell, files, screen } = shellWith({ a: utf8ToBytes("one"), b: utf8ToBytes("two") });
    await shell.run("car export a b > whole.car");
    const whole = files.get("whole.car") as Uint8Array;
    const spoilt = whole.slice();
    spoilt[whole.length - 1] = 0;
    files.set("spoilt.car", spoilt);
    files.set("cut.car", whole.subarray(0, -1));
    const before = [...files.keys()];
    for (const path of ["spoilt.car", "cut.car", "a"]) {
      screen();
      for (const line of [`car import ${path} new`, `car list ${path}`]) expect(await shell.run(line)).not.toBe(0);
      expect(screen()).toMatch(/Nothing was kept\./);
    }
    expect([...files.keys()]).toEqual(before);
  });

  it("replaces nothing and keeps all or none", async () => {
    const { shell, files, text, screen } = shellWith({ a: utf8ToBytes("one"), b: utf8ToBytes("two") });
    await shell.run("car export a b > both.car");
    files.set("a", utf8ToBytes("mine"));
    files.delete("b");
    expect(await shell.run("car import both.car")).not.toBe(0);
    expect(screen()).toMatch(/You have a file a already\. Name a folder/);
    expect([text("a"), text("b")]).toEqual(["mine", undefined]);
    expect(await shell.run("car import both.car new --dry-run --json")).toBe(0);
    expect(JSON.parse(screen())).toMatchObject({
      kept: false,
      files: [{ path: "new/a" }, { path: "new/b", sizeBytes: 3 }],
    });
    expect([...files.keys()].sort()).toEqual(["a", "both.car"]);
    expect(await shell.run("car import both.car new")).toBe(0);
    expect([text("new/a"), text("new/b"), text("a")]).toEqual(["one", "two", "mine"]);
  });

  it.each(["../a", "..", "/etc/passwd", "a\\b", "a\u202egpj.exe", "a\nb", ""])(
    "refuses a file called %j",
    async (name) => {
      const { shell, files, screen } = shellWith({ "bad.car": archiveOf(name) });
      expect(await shell.run("car import bad.car")).not.toBe(0);
      expect(screen()).toMatch(/The archive holds .*Nothing was kept\.$/s);
      expect([...files.keys()]).toEqual(["bad.car"]);
    },
  );

  it("says what is no file in an archive, and of what is unused", async () => {
    const other = blockOf(codecs.raw, Uint8Array.of(7));
    const one = blockOf(codecs.raw, utf8ToBytes("x"));
    const { shell, screen } = shellWith({
      "nodes.car": basicIndexedCar,
      "more.car": joinBytes([...writeCar([one.cid], [one, other])]),
      "roots.car": joinBytes([...writeCar([one.cid, other.cid], [one, other])]),
    });
    expect(await shell.run("car list nodes.car")).not.toBe(0);
    expect(screen()).toMatch(/has links but is no file or folder \(UnixFS\)\. Nothing was kept\./);
    expect(await shell.run("car list more.car")).toBe(0);
    expect(screen()).toMatch(/version 1: 2 blocks.*Blocks that belong to none of these files: 1\./s);
    expect(await shell.run("car import roots.car new")).toBe(0);
    expect(screen()).toMatch(new RegExp(`new/${one.cid.toString()}.*new/${other.cid.toString()}`, "s"));
  });

  it("is told of a word too many, or of none it knows", async () => {
    const { shell, screen } = shellWith({});
    expect(await shell.run("car import a b c")).not.toBe(0);
    expect(await shell.run("car exprot a")).not.toBe(0);
    expect(screen()).toMatch(/"c" is too much.*Did you mean car export\?/s);
  });
});
