/**
 * `ipfs`: nodes of IPFS that this node gives published files and gets some from.
 * @module
 */
import type { IpfsPeer } from "#sdk/ipfs.ts";
import { table } from "../format.ts";
import { misuse } from "../language/usage.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";

const useOf = ({ isAsked }: IpfsPeer): string =>
  isAsked ? "asked, and given what is published" : "given what is published";

async function list(context: CommandContext, asJson: boolean): Promise<number> {
  const known = await context.client.ipfsPeers();
  if (!known.ok) return context.refuse(known);
  if (asJson) context.json(known.value);
  else if (known.value.length === 0)
    context.print("No node of IPFS is connected. `ipfs connect` and the address of one connects it.", "dim");
  else
    for (const line of table(known.value.map((peer) => [sanitise(peer.id), useOf(peer), sanitise(peer.address)])))
      context.print(line);
  return 0;
}

/** What those look for who know Kubo's command of this name. */
const otherWays: ReadonlyMap<string, string> = new Map([
  ...["add", "pin"].map((word) => [word, "`publish FILE` lets everybody read a file."] as const),
  ...["get", "cat", "ls"].map(
    (word) => [word, "`get ipfs://CID/path` fetches a file; - behind it prints it."] as const,
  ),
]);

/** The command. */
export const ipfsCommand: Command = {
  name: "ipfs",
  group: "files",
  summary: "nodes of IPFS that are connected, and connecting one",
  usage: "ipfs [connect ADDRESS] [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["ipfs", "ipfs connect /dns4/example.org/tcp/443/tls/ws/p2p/12D3KooW…"],
  spec: { flags: ["json"], positionals: { least: 0, most: 2 } },
  run: async (context, { flags, positionals }) => {
    const [action, address] = positionals;
    const asJson = flags.has("json");
    if (action === undefined) return list(context, asJson);
    if (action !== "connect" || address === undefined) {
      const message = otherWays.get(action) ?? misuse(positionals, ipfsCommand);
      return context.refuse({ ok: false, code: "invalid-argument", message });
    }
    context.status("connecting …");
    const connected = await context.client.ipfsConnect(address).finally(() => context.status(null));
    if (!connected.ok) return context.refuse(connected);
    if (asJson) context.json(connected.value);
    else
      context.notice(
        `Connected. \`get ipfs://CID\` asks it for what no peer has, as long as this tab is open; it sees for which CIDs.`,
        "good",
      );
    return 0;
  },
};
