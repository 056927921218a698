import { describe, expect, it } from "vitest";
import { isLoopback, parseSeedArguments } from "./options.ts";

function optionsOf(...args: string[]) {
  const parsed = parseSeedArguments(args);
  if (!parsed.ok || parsed.value.action !== "run") throw new Error("expected options");
  return parsed.value.options;
}

describe("seed flags", () => {
  it("runs dev on loopback by default, producing with one thread", () => {
    expect(optionsOf()).toEqual({
      network: "dev",
      host: "127.0.0.1",
      port: 8080,
      webRtcPort: 8080,
      otherSeeds: [],
      ipfsNodes: [],
      dataDirectory: ".aether/dev",
      tls: null,
      produceThreads: 1,
      lentMebibytes: null,
      keptMebibytes: 1_024,
      bond: true,
      gateway: true,
      vote: true,
      checkpoint: null,
      verbose: false,
    });
  });

  it("lends as much memory as it is told, or none", () => {
    expect(optionsOf("--lend", "512").lentMebibytes).toBe(512);
    expect(optionsOf("--lend", "0").lentMebibytes).toBe(0);
  });

  it("keeps as much of others' files as it is told, or nothing", () => {
    expect(optionsOf("--keep", "0").keptMebibytes).toBe(0);
    expect(optionsOf("--no-bond").bond).toBe(false);
    expect(optionsOf("--network", "main").bond).toBe(false);
    expect(optionsOf("--no-gateway").gateway).toBe(false);
    expect(optionsOf("--keep", "20000").keptMebibytes).toBe(20_000);
  });

  it("stays connected with nodes of IPFS that it can dial, and refuses others", () => {
    const one = "/dns4/here/tcp/443/tls/ws/p2p/12D3KooWGRUfTyqRnJkWS9Zj3rkRMGkqMu4Yxs1gTPpCqzpqRHrQ";
    expect(optionsOf("--ipfs", `${one},${one.replace("here", "there")}`).ipfsNodes).toHaveLength(2);
    expect(parseSeedArguments(["--ipfs", one.replace("/tls/ws", "")])).toMatchObject({ ok: false });
    expect(parseSeedArguments(["--ipfs", Array(9).fill(one).join(",")])).toMatchObject({ ok: false });
  });

  it("votes on dev if it is the first seed, or is told to", () => {
    expect(optionsOf("--no-vote").vote).toBe(false);
    expect(optionsOf("--seeds", "http://a/").vote).toBe(false);
    expect(optionsOf("--seeds", "http://a/", "--vote").vote).toBe(true);
    expect(optionsOf("--network", "main").vote).toBe(false);
  });

  it("starts on a history it is told, and refuses what is no checkpoint", () => {
    const hash = "ab".repeat(32);
    expect(optionsOf("--checkpoint", `12:${hash}`).checkpoint?.height).toBe(12);
    expect(parseSeedArguments(["--checkpoint", "12"])).toMatchObject({ ok: false, code: "invalid-argument" });
  });

  it("does not produce on main unless asked", () => {
    expect(optionsOf("--network", "main").produceThreads).toBe(0);
    expect(optionsOf("--network", "main", "--threads", "2").produceThreads).toBe(2);
  });

  it.each([
    [["--port", "70000"], "--port"],
    [["--vote", "--no-vote"], "--no-vote"],
    [["--vote", "--network", "main"], "--vote"],
    [["--webrtc-port", "x"], "--webrtc-port"],
    [["--seeds", "http://a/,not a url"], "--seeds"],
    [["--seeds", "ftp://a/"], "--seeds"],
    [["--port", "8o80"], "--port"],
    [["--threads", "-1"], "--threads"],
    [["--lend", "1GiB"], "--lend"],
    [["--keep", "1GiB"], "--keep"],
    [["--network", "test"], "--network"],
    [["--tls-cert", "a.pem"], "--tls-key"],
    [["--colour"], "--colour"],
    [["extra"], "extra"],
  ])("refuses %j and names the flag", (args, named) => {
    const parsed = parseSeedArguments(args);
    expect(parsed).toMatchObject({ ok: false, code: "invalid-argument" });
    if (!parsed.ok) expect(parsed.message).toContain(named);
  });

  it("asks for a certificate when other machines may connect", () => {
    const parsed = parseSeedArguments(["--host", "0.0.0.0"]);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.message).toContain("--tls-cert");
    expect(optionsOf("--host", "0.0.0.0", "--behind-proxy").host).toBe("0.0.0.0");
    expect(optionsOf("--host", "0.0.0.0", "--tls-cert", "c", "--tls-key", "k").tls).toEqual({
      certificateFile: "c",
      keyFile: "k",
    });
  });

  it("tells loopback from other addresses", () => {
    expect(["127.0.0.1", "127.8.9.1", "localhost", "::1"].every(isLoopback)).toBe(true);
    expect(["0.0.0.0", "192.168.1.4", "example.org", "1270.0.0.1"].some(isLoopback)).toBe(false);
  });
});
