/** `id rotate` typed into shells with real vaults, on real nodes whose blocks come and become final by a virtual clock. */
import { beforeAll, describe, expect, it } from "vitest";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createVaultService } from "../../platform/browser/vault-service.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";

const environment = testEnvironment();
const passphrase = "correct horse battery";
let simulation: Simulation;
let miner: SimulatedNode;
let second: SimulatedNode;

/** A person with a vault of their own at a node. */
function personAt(
  { node }: SimulatedNode,
  seed: number,
  changed: Partial<Client> = {},
  parts = memoryVaultParts(new Random(seed), new VirtualClock(0)),
) {
  const vault = createVaultService(parts);
  const client = {
    ...node.requests,
    ...vault,
    ...changed,
    subscribe: (listener: Parameters<Client["subscribe"]>[0]) => node.subscribe(listener),
    makeStamp: (id: Uint8Array, bits: number) =>
      Promise.resolve(accepted(searchStamp(id, bits, 0, 1 << 24) as Uint8Array)),
  } as unknown as Client;
  let words = "";
  /** Types a line. The phrase that is shown is what words are answered from; `answers` by how a question begins, `slips` before them. */
  const type = async (line: string, answers: Readonly<Record<string, string>> = {}, slips: string[] = []) => {
    const printed: string[] = [];
    const given = { Passphrase: passphrase, Again: passphrase, Press: "", Sign: "y", ...answers };
    const screen = plainScreen((text) => printed.push(text), {
      ask: (question) => {
        const shown = [...printed.join("\n").matchAll(/\b(\d{1,2}) ([a-z]+)/g)].sort(
          (a, b) => Number(a[1]) - Number(b[1]),
        );
        if (shown.length === 12) words = shown.map((match) => match[2]).join(" ");
        const place = /^Word (\d+)/.exec(question)?.[1];
        if (place !== undefined)
          return Promise.resolve(answers["Word"] ?? (words.split(" ")[Number(place) - 1] as string));
        if (question.startsWith("Passphrase") && slips.length > 0) return Promise.resolve(slips.shift() as string);
        return Promise.resolve(Object.entries(given).find(([start]) => question.startsWith(start))?.[1] ?? null);
      },
    });
    let code: number | null = null;
    const typed = new Shell(client, environment as ShellEnvironment, screen).run(line).then((ended) => {
      code = ended;
    });
    await simulation.run(3_600_000, () => code !== null);
    await typed;
    return { code: code ?? -1, text: printed.join("\n") };
  };
  const json = async (line: string) => JSON.parse((await type(`${line} --json`)).text) as Record<string, unknown>;
  return { type, json, words: () => words };
}

const balanceOf = async (person: ReturnType<typeof personAt>): Promise<bigint> =>
  BigInt(String((await person.json("balance"))["availableNano"]));

const pay = (to: string, amount: string) =>
  typeLine(simulation, clientOf(miner, miner.key), environment, `pay ${to} ${amount} --yes`);

beforeAll(async () => {
  simulation = new Simulation(71);
  miner = await simulation.add({ produce: true });
  second = await simulation.add();
  const coins = () => miner.node.running.chain.coins.coinsOf(miner.key.keyHash);
  await simulation.run(12 * 3_600_000, () => coins().length >= 8);
  await typeLine(simulation, clientOf(miner, miner.key), environment, "stake 5 --yes");
  await simulation.run(12 * 3_600_000, () => miner.node.running.chain.finality.finalised.height > 0);
});

describe("id rotate", () => {
  it("replaces keys that are paid by their old address, spent by the new one, and worth nothing to a thief", async () => {
    const alice = personAt(second, 1);
    await alice.type("id new");
    const oldWords = alice.words();
    const { did: oldDid } = (await alice.json("id show")) as { did: string };
    expect((await pay(oldDid, "3")).code).toBe(0);

    expect((await alice.type("id rotate --dry-run")).text).toMatch(/took over from did:key[\s\S]*nothing was made/);
    const declined = await alice.type("id rotate", { Word: "" });
    expect(declined.text).toMatch(/Not replaced: your keys are what they were/);
    const unsigned = await alice.type("id rotate", { Sign: "n" }, ["wrong horse"]);
    expect(unsigned.text).toMatch(/not the passphrase[\s\S]*The new keys wait here/);
    expect((await alice.json("id show"))["did"]).toBe(oldDid);

    // Locked as well as open, a slip is asked about again in its place.
    await alice.type("id lock");
    const rotated = await alice.type("id rotate", {}, ["wrong horse"]);
    expect(rotated.text).toMatch(
      /not the passphrase[\s\S]*covers +replacing did:key\S+ by did:key[\s\S]*Replaced\. Your address: did:key/,
    );
    expect(rotated.code).toBe(0);
    const newWords = alice.words();
    const shown = (await alice.json("id show")) as { did: string; earlier: string[] };
    expect(shown.did).not.toBe(oldDid);
    expect(shown.earlier).toEqual([oldDid]);

    const before = await balanceOf(alice);
    expect(before).toBeGreaterThan(2_900_000_000n);
    const paid = await pay(oldDid, "1");
    expect(paid.text).toContain(`pay      ${shown.did}, which took over from ${oldDid}`);
    await alice.type("id show");
    await simulation.run(600_000);
    expect(await balanceOf(alice)).toBe(before + 1_000_000_000n);
    expect((await alice.type(`pay ${shown.did} 3.5 --yes`)).text).toMatch(/In block \d+/);

    const thief = personAt(miner, 2);
    const stolen = await thief.type("id restore", { "Your recovery words": oldWords });
    expect(stolen.text).toMatch(new RegExp(`replaced by ${shown.did}: they can do nothing`));
    expect(await balanceOf(thief)).toBe(0n);
    expect((await thief.type("faucet 1")).text).toMatch(/replaced by did:key/);
    expect((await thief.type("id show")).text).toMatch(/were replaced by/);
    const wrong = await thief.type("id rotate", { "The new recovery words": "legal winner thank" });
    expect(wrong.text).toMatch(/12 \(or 24\) words/);

    // Whoever has both sets of words takes the new keys to the device that has the old ones.
    const other = await thief.type("id rotate", { "The new recovery words": newWords }, ["wrong horse"]);
    expect(other.text).toMatch(/not the passphrase[\s\S]*Replaced\. Your address/);
    expect((await thief.json("id show"))["did"]).toBe(shown.did);
    expect(await balanceOf(thief)).toBe(await balanceOf(alice));

    // A device that has never seen the old ones finds their coins through the chain.
    const fresh = personAt(second, 3);
    expect((await fresh.type("id restore", { "Your recovery words": newWords })).text).not.toMatch(/replaced/);
    expect(await fresh.json("id show")).toMatchObject({ did: shown.did, earlier: [oldDid] });
    expect(await balanceOf(fresh)).toBe(await balanceOf(alice));
  });

  it("replaces the keys of each space in use, and goes on after dying between them", async () => {
    const stores = memoryVaultParts(new Random(6), new VirtualClock(0));
    const dora = personAt(second, 6, {}, stores);
    await dora.type("id new");
    const [oldWords, before] = [dora.words(), (await dora.json("id show"))["did"] as string];
    expect((await pay(before, "2")).code).toBe(0);
    await dora.type("space work");
    const { did: work } = (await dora.json("id show")) as { did: string };
    expect((await pay(work, "1")).code).toBe(0);
    await dora.type("space public");
    const { did: shared } = (await dora.json("id show")) as { did: string };
    await dora.type("space personal");

    // Its tab dies once the first space's is in the chain, before anything of the second has left.
    let sent = 0;
    const sendTransaction: Client["sendTransaction"] = (bytes) =>
      ++sent > 1
        ? Promise.resolve(rejected("storage-unavailable", "died"))
        : second.node.requests.sendTransaction(bytes);
    const dying = personAt(second, 6, { sendTransaction }, stores);
    const died = await dying.type("id rotate");
    expect(died.text).toMatch(/personal +did:key\S+ by did:key[\s\S]*work +did:key\S+ by did:key/);
    expect(died.text).toMatch(/public +did:key\S+: nothing is there/);
    expect(died.text).toMatch(new RegExp(`covers +in your space work replacing ${work} by did:key[\\s\\S]*died`));
    expect(sent).toBe(2);
    expect(await dying.json("id show")).toMatchObject({ did: before, space: "personal" });
    const newWords = dying.words();
    expect(newWords).not.toBe(oldWords);

    // Another tab goes on, from another space, and then it is done: with the words that were shown.
    const again = personAt(second, 6, {}, stores);
    await again.type("id unlock");
    await again.type("space work");
    await again.type("id lock");
    const done = await again.type("id rotate --json");
    const told = JSON.parse(done.text) as { did: string; spaces: { space: string; previous: string; did: string }[] };
    expect(told.spaces.map(({ space, previous }) => [space, previous])).toEqual([
      ["personal", before],
      ["work", work],
    ]);
    expect(await balanceOf(again)).toBeGreaterThan(1_900_000_000n);

    const fresh = personAt(miner, 7);
    await fresh.type("id restore", { "Your recovery words": newWords });
    expect(await fresh.json("id show")).toMatchObject({ did: told.did, earlier: [before] });
    await fresh.type("space work");
    expect(await fresh.json("id show")).toMatchObject({ did: told.spaces[1]?.did, earlier: [work] });
    expect((await fresh.type(`pay ${told.did} 0.5 --yes`)).text).toMatch(/In block \d+/);
    // The old words are worth nothing, in any of the two.
    const thief = personAt(miner, 8);
    await thief.type("id restore", { "Your recovery words": oldWords });
    expect(await balanceOf(thief)).toBe(0n);
    await thief.type("space work");
    expect(await balanceOf(thief)).toBe(0n);

    // Something comes to the space in which nothing was: a device that has both words takes it along.
    expect((await pay(shared, "1")).code).toBe(0);
    const late = await thief.type("id rotate", { "The new recovery words": newWords });
    expect(late.text).toMatch(new RegExp(`covers +in your space public replacing ${shared}[\\s\\S]*Replaced\\.`));
    await fresh.type("space public");
    expect(await fresh.json("id show")).toMatchObject({ earlier: [shared] });
    expect(await balanceOf(fresh)).toBeGreaterThan(900_000_000n);
  });

  it("costs a stamp for whoever owns nothing, and tells friends where somebody has gone", async () => {
    const [bob, carol] = [personAt(second, 4), personAt(second, 5)];
    await bob.type("id new");
    await carol.type("id new");
    const { did } = (await bob.json("id show")) as { did: string };
    await carol.type(`contact add bob ${did}`);
    const rotated = await bob.type("id rotate --all-spaces");
    expect(rotated.text).toMatch(/fee +none: a stamp/);
    // Nothing is in the others: they were replaced because it was asked for.
    expect(rotated.text).toMatch(/in work: did:key\S+\n.*in public: did:key/);
    const now = (await bob.json("id show")) as { did: string };
    expect((await carol.type("contact list")).text).toContain(`is ${now.did} now`);
    expect((await carol.type("contact show bob")).text).toContain(`is ${now.did} now`);
  });
});
