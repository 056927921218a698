/** `ipfs`, and `get` of what only a node of IPFS has, typed into a shell whose network knows such a node. */

import { importer } from "ipfs-unixfs-importer";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { IpfsPeer, IpfsRequests } from "#sdk/ipfs.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { Simulation } from "#testing/simulator.ts";
// Loaded here, so that no virtual time passes while the command's code is.
import "../files/get-public.ts";

async function world() {
  const simulation = new Simulation(5);
  await simulation.add({ keepsFiles: true });
  const tab = await simulation.add();
  await simulation.run(30_000);
  const files = new Map<string, Uint8Array>();
  const blocks = new Map<string, Uint8Array>();
  const peers: IpfsPeer[] = [];
  const ipfs: IpfsRequests = {
    ipfsPeers: () => Promise.resolve(accepted(peers)),
    ipfsConnect: (address) => {
      peers.push({ id: "12D3", address, isAsked: true });
      return Promise.resolve(accepted(peers[0] as IpfsPeer));
    },
    ipfsBlock: (cid) => {
      if (peers.length === 0) return Promise.resolve(rejected("disconnected", "No node of IPFS is connected."));
      const block = blocks.get(toHex(CID.decode(cid).multihash.digest));
      return Promise.resolve(block === undefined ? rejected("not-found", "It has it not.") : accepted(block));
    },
  };
  const client: Client = Object.assign(clientOf(tab, testKey(1)), ipfs);
  const type = (line: string) =>
    typeLine(simulation, client, { ...testEnvironment(), files: filesIn(files) }, line, "y");
  return { type, files, blocks, peers };
}

describe("ipfs", () => {
  it("connects a node, lists it, and is where `get` finds what no peer has; altered blocks are refused", async () => {
    const { type, files, blocks } = await world();
    const content = new Uint8Array(700_000).map((_, i) => (i * 31 + (i >> 9)) & 255);
    const store = {
      put: (cid: CID, bytes: Uint8Array) => {
        blocks.set(toHex(cid.multihash.digest), bytes);
        return Promise.resolve(cid);
      },
    };
    let root = "";
    for await (const { cid } of importer([{ path: "a/b.bin", content }], store as never, { wrapWithDirectory: true }))
      root = cid.toString();
    expect((await type("ipfs")).text).toMatch(/No node of IPFS is connected/);
    expect((await type(`get ipfs://${root}/a/b.bin`)).text).toMatch(/If a node of IPFS has it, `ipfs connect` its/);
    expect((await type("ipfs connect /dns4/here/tcp/443/tls/ws/p2p/12D3")).text).toMatch(/^Connected\./m);
    expect((await type("ipfs")).text).toMatch(/12D3.*asked.*\/dns4\/here/);
    await type(`get ipfs://${root}/a/b.bin`);
    expect(files.get("b.bin")).toEqual(content);
    for (const [name, bytes] of blocks)
      blocks.set(
        name,
        bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
      );
    expect((await type(`get ipfs://${root}/a/b.bin again.bin`)).text).toMatch(/are not those of block/);
    expect(files.has("again.bin")).toBe(false);
  });

  it("says what others call by its name, and what it can do", async () => {
    const { type } = await world();
    expect((await type("ipfs add notes.txt")).text).toMatch(/`publish FILE`/);
    expect((await type("ipfs cat bafy")).text).toMatch(/`get ipfs:\/\/CID\/path`/);
    expect((await type("ipfs connect")).text).toMatch(/ipfs \[connect ADDRESS\]/);
  });
});
