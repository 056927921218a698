import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answererOf,
  buildOfCache,
  cacheOfBuild,
  cachesToDrop,
  liveBuilds,
  lockOfBuild,
  mayInstall,
  mostBuildsKept,
  ofBuild,
  readBuild,
} from "./builds.ts";

const builds = fc.integer({ min: 1, max: 99_999_999_999 });

describe("a build's number", () => {
  it("is read back from page, cache and lock", () => {
    fc.assert(
      fc.property(builds, (build) => {
        expect(readBuild(`${build}`)).toBe(build);
        expect(buildOfCache(cacheOfBuild(build))).toBe(build);
        expect([...liveBuilds([lockOfBuild(build), "aether-node", "aether-build/x"])]).toEqual([build]);
      }),
    );
  });

  it.each([null, undefined, "", "0", "-1", "1.5", "1e3", "01", "999999999999", "12 ", "NaN"])("is not %s", (text) => {
    expect(readBuild(text)).toBeNull();
  });
});

describe("which build wins", () => {
  it("is the newest that has run: older ones are refused, the same may come again", () => {
    expect([mayInstall(5, null), mayInstall(5, 4), mayInstall(5, 5), mayInstall(5, 6)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});

describe("what is dropped", () => {
  const names = (...of: number[]): string[] => of.map(cacheOfBuild);

  it("is older than the build before, and run by no tab", () => {
    expect(cachesToDrop(names(1, 2, 3, 4), 4, new Set())).toEqual(names(2, 1));
    expect(cachesToDrop(names(1, 2, 3, 4), 4, new Set([1]))).toEqual(names(2));
    expect(cachesToDrop(names(4), 4, new Set())).toEqual([]);
  });

  it("is no newer build that waits, nor anybody else's cache", () => {
    expect(cachesToDrop([...names(1, 2, 3, 9), "circuits", "aether-builds"], 3, new Set())).toEqual(names(1));
  });

  it("leaves a limited number, however many tabs run old builds, and always the one before", () => {
    fc.assert(
      fc.property(fc.uniqueArray(builds, { maxLength: 12 }), fc.func(fc.boolean()), builds, (all, isLive, own) => {
        const cached = names(...all);
        const live = new Set(all.filter(isLive));
        const dropped = new Set(cachesToDrop(cached, own, live));
        const kept = all.filter((build) => build < own && !dropped.has(cacheOfBuild(build)));
        expect(kept.length).toBeLessThan(mostBuildsKept);
        const older = all.filter((build) => build < own);
        if (older.length > 0) expect(kept).toContain(Math.max(...older));
        expect(all.filter((build) => build >= own && dropped.has(cacheOfBuild(build)))).toEqual([]);
      }),
    );
  });
});

describe("who answers", () => {
  const origin = "https://seed.example";
  const files = new Set(["/index.html", "/assets/index-a.js", "/guests/manifest.json", "/icon.svg"]);
  const who = (path: string, mode = "cors", method = "GET", at = origin) =>
    answererOf({ method, mode, url: `${at}${path}` }, { origin, build: 7, files });

  it.each([
    ["/", "navigate", "page"],
    ["/?text=shared", "navigate", "page"],
    ["/index.html", "navigate", "page"],
    ["/assets/index-a.js", "cors", "own"],
    ["/icon.svg", "no-cors", "own"],
    ["/guests/manifest.json?build=7", "cors", "own"],
    // Of a tab that runs another build.
    ["/guests/manifest.json?build=6", "cors", "older"],
    ["/assets/index-b.js", "cors", "older"],
    ["/bootstrap.json", "cors", "network"],
    ["/healthz", "cors", "network"],
    ["/circuits/step.proving-key.bin", "cors", "network"],
    ["/elsewhere", "navigate", "network-or-page"],
    ["/ipfs/bafkrei?build=6", "navigate", "public"],
    ["/ipfs/bafybei/assets/index-a.js", "no-cors", "public"],
    ["/ipfsx", "navigate", "network-or-page"],
  ])("%s (%s): %s", (path, mode, answerer) => {
    expect(who(path, mode)).toBe(answerer);
  });

  it("is the network for what is written, and for other origins", () => {
    expect([who("/rpc", "cors", "POST"), who("/", "navigate", "GET", "https://other.example")]).toEqual([
      "network",
      "network",
    ]);
  });

  it("follows what a page asks for by its own build", () => {
    expect(who(ofBuild("/guests/manifest.json", 7))).toBe("own");
    expect(who(ofBuild("/guests/manifest.json", 8))).toBe("older");
    expect(ofBuild("/guests/manifest.json", null)).toBe("/guests/manifest.json");
  });
});
