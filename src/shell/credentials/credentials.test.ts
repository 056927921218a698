/** `credential`, typed into shells of issuer, holder and verifier on two real nodes whose blocks come by a virtual clock. */
import { beforeAll, describe, expect, it } from "vitest";
import { issueCredential } from "#identity/credentials/issue.ts";
import { toBase64url } from "#identity/credentials/jws.ts";
import { type CredentialMark, markOfStatus, markOutput } from "#identity/credentials/mark.ts";
import { readCredential } from "#identity/credentials/read.ts";
import { didOf } from "#identity/did.ts";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { outputKey } from "#protocol/ledger/state.ts";
import { successorOf } from "#protocol/ledger/succession.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { ShellEnvironment } from "#shell/commands/command.ts";
import { payment, rotation, type TestKey, testKey } from "#testing/ledger-fixtures.ts";
import { memoryCredentials } from "#testing/memory-vault.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

let simulation: Simulation;
let seed: SimulatedNode;
let far: SimulatedNode;
/** Unix time of the devices' clocks. */
let nowMs = Date.UTC(2026, 10, 22);

/** A person: keys, files, and the node their tab runs. */
class Person {
  readonly files = new Map<string, Uint8Array>();
  readonly key: TestKey;
  node: SimulatedNode;
  private readonly environment: ShellEnvironment;
  private readonly held: ReturnType<typeof memoryCredentials>;

  constructor(key: TestKey, node: SimulatedNode) {
    this.key = key;
    this.node = node;
    this.environment = { ...entropy, nowMs: () => nowMs, files: filesIn(this.files) };
    this.held = memoryCredentials(key.publicKey[1] as number);
  }

  get client(): Client {
    return { ...clientOf(this.node, this.key), ...this.held };
  }

  get did(): string {
    return didOf(this.key.publicKey);
  }

  type(line: string, answer: string | null = "y", client: Client = this.client) {
    return typeLine(simulation, client, this.environment, line, answer);
  }

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path) ?? new Uint8Array()).trim();
  }

  take(path: string, text: string): void {
    this.files.set(path, utf8ToBytes(text));
  }
}

const entropy = testEnvironment();
let issuer: Person;
let holder: Person;
let verifier: Person;
let nonce = "";

const coinsOf = ({ node, key }: Person): bigint =>
  node.node.running.chain.coins.coinsOf(key.keyHash).reduce((sum, { output }) => sum + output.amount, 0n);
const settle = () =>
  simulation.run(3_600_000, () => far.node.running.chain.head.height === seed.node.running.chain.head.height);

beforeAll(async () => {
  simulation = new Simulation(71);
  seed = await simulation.add({ produce: true });
  far = await simulation.add();
  await simulation.run(12 * 3_600_000, () => seed.node.running.chain.coins.coinsOf(seed.key.keyHash).length >= 4);
  issuer = new Person(seed.key, seed);
  holder = new Person(testKey(31), far);
  verifier = new Person(testKey(32), far);
});

describe("issuing", () => {
  it("says what it says, until when and who sees it, before it asks; no is no", async () => {
    const refused = await issuer.type(`credential issue --to ${holder.did} --type member name=Ada level=3`, "n");
    expect(refused).toMatchObject({ code: 130 });
    expect(refused.text).toMatch(/says {5}name: Ada\n.*says {5}level: 3\n.*until {4}2027-11-22/);
    expect(refused.text).toMatch(/create {3}the mark of a credential, 0\.01 AETH/);
    expect(refused.text).toMatch(/covers {3}the credential above[\s\S]*nothing was changed/);
    const dry = await issuer.type(`credential issue --to ${holder.did} --type member name=Ada --dry-run`);
    expect(dry).toMatchObject({ code: 0, text: expect.stringMatching(/Dry run: nothing was signed/) });
  });

  it.each([
    ["credential issue --type member a=1", /Say whom it is about/],
    ["credential issue --to did:key:z6Mk --type member a=1", /Not a valid address/],
    ["credential issue --to DID --type 'two words' a=1", /A type is a word/],
    ["credential issue --to DID --type member", /at least one claim/],
    ["credential issue --to DID --type member name", /NAME=VALUE/],
    ["credential issue --to DID --type member iss=me", /No claim may be called iss/],
    ["credential issue --to DID --type member a.b=1", /A claim's name is a word/],
    ["credential issue --to DID --type member a=1 --days 1.5", /--days is a whole number/],
    ["echo '[1]' | credential issue --to DID --type member", /Claims are a JSON object/],
    ["echo '{' | credential issue --to DID --type member", /no JSON object/],
    ["credential isue", /Did you mean credential issue\?/],
    ["credential hold nothing.sdjwt", /There is no file/],
    ["credential present nothing", /--for AUDIENCE --nonce NONCE/],
  ])("answers bad input: %s", async (line, answer) => {
    const { code, text } = await issuer.type(line.replace("DID", holder.did));
    expect(code).not.toBe(0);
    expect(text).toMatch(answer);
  });

  it("takes a name for its holder and shows the whole address", async () => {
    const contacts = () => Promise.resolve(accepted([{ name: "ada", did: holder.did }]));
    const client = { ...issuer.client, contacts };
    const dry = await issuer.type("credential issue --to @ada --type member a=1 --dry-run", "y", client);
    expect(dry).toMatchObject({ code: 0, text: expect.stringContaining(`member for @ada, ${holder.did}`) });
    const nobody = await issuer.type("credential issue --to @bo --type member a=1", "y", client);
    expect(nobody).toMatchObject({ code: 126, text: expect.stringMatching(/You have no name @bo/) });
    const asked = await issuer.type("credential request --for @ada", "y", client);
    expect(asked.text).toContain(`--for ${holder.did}`);
  });

  it("makes a mark, then a credential that goes into a file while its words stay on the screen", async () => {
    const made = await issuer.type(
      `echo '{"name":"Ada","born":{"year":1815}}' | credential issue --to ${holder.did} --type member level=3 --yes > badge.sdjwt`,
    );
    expect(made).toMatchObject({
      code: 0,
      text: expect.stringMatching(/Issued\. To revoke it .*revoke [0-9a-f]{64}:0/),
    });
    expect(issuer.text("badge.sdjwt")).toMatch(/^ey[\w.-]+(~[\w-]+){3}~$/);
    // The mark is nothing to spend by mistake.
    expect(
      seed.node.running.chain.coins.coinsOf(issuer.key.keyHash).some(({ output }) => output.amount === 10_000_000n),
    ).toBe(false);
    await settle();
  });
});

describe("holding and presenting", () => {
  it("refuses to hold what is somebody else's, changed, or no credential", async () => {
    const badge = issuer.text("badge.sdjwt");
    verifier.take("badge.sdjwt", badge);
    expect((await verifier.type("credential hold badge.sdjwt")).text).toMatch(/somebody else's[\s\S]*Nothing was kept/);
    holder.take(
      "changed.sdjwt",
      badge.replace(/^(.{200})./, (_all, start: string) => `${start}${badge[200] === "A" ? "B" : "A"}`),
    );
    expect((await holder.type("credential hold changed.sdjwt")).text).toMatch(/was changed|no credential/);
    expect((await holder.type("echo hello | credential hold -")).text).toMatch(/This is no credential/);
    expect((await holder.type("credential list")).text).toMatch(/You hold no credentials yet/);
  });

  it("holds it in the vault under its type's name, lists it, gives it out again, and forgets it when told", async () => {
    holder.take("given.sdjwt", issuer.text("badge.sdjwt"));
    expect((await holder.type("credential hold given.sdjwt a:b")).text).toMatch(/A credential's name has/);
    expect((await holder.type("credential hold given.sdjwt")).text).toMatch(/You hold it: member\. .*`id backup`/);
    // The same again stays what it is.
    expect((await holder.type("credential hold given.sdjwt other")).text).toMatch(/You hold it: member\./);
    expect([...holder.files.keys()].some((path) => path.startsWith("credentials/"))).toBe(false);
    expect((await holder.type("credential export member > out.sdjwt")).code).toBe(0);
    expect(holder.text("out.sdjwt")).toBe(issuer.text("badge.sdjwt"));
    expect((await holder.type("credential export nothing > out.sdjwt")).code).toBe(126);
    expect(await holder.type("credential remove member", "n")).toMatchObject({ code: 130 });
    expect((await holder.type("credential remove member --dry-run")).text).not.toMatch(/Forgotten/);
    expect((await holder.type("credential remove member")).text).toMatch(/backup file[\s\S]*Forgotten: member/);
    expect((await holder.type("credential remove member")).text).toMatch(/You hold no credential of that name/);
    expect((await holder.type("credential list")).text).toMatch(/You hold no credentials yet/);
  });

  it("takes in what older versions kept as files, and leaves alone what is not the holder's, or no credential", async () => {
    const badge = issuer.text("badge.sdjwt");
    for (const [path, text] of [
      ["credentials/member.sdjwt", badge],
      ["credentials/my copy.sdjwt", badge],
      ["credentials/note.sdjwt", "hello"],
    ] as const)
      holder.take(path, text);
    issuer.take("credentials/member.sdjwt", badge);
    expect((await issuer.type("credential list")).text).toMatch(/You hold no credentials yet/);
    expect(issuer.text("credentials/member.sdjwt")).toBe(badge);
    // A vault that could not write has not got it: the file stays.
    const full: Client["holdCredential"] = () => Promise.resolve(rejected("too-large", "There is no room."));
    const refused = await holder.type("credential list", "y", { ...holder.client, holdCredential: full });
    expect(refused.text).toMatch(/member\.sdjwt stays a file: There is no room/);
    expect(holder.text("credentials/member.sdjwt")).toBe(badge);
    expect((await holder.type("credential list")).text).toMatch(
      /Now in your vault, encrypted: credentials\/member\.sdjwt, as member\.\n[\s\S]*^member {2}urn:aether:member/m,
    );
    const inFolder = [...holder.files.keys()].filter((path) => path.startsWith("credentials/"));
    expect(inFolder).toEqual(["credentials/note.sdjwt"]);
  });

  it("lists what it holds with its claims", async () => {
    expect((await holder.type("credential list")).text).toMatch(/^member {2}urn:aether:member.*(name|born|level)/);
    const [listed] = JSON.parse((await holder.type("credential list --json")).text);
    expect(listed).toMatchObject({
      issuer: issuer.did,
      problem: null,
      claims: expect.arrayContaining(["name", "born", "level"]),
    });
  });

  it("says what it shows and what it hides, and shows exactly that", async () => {
    const asked = JSON.parse((await verifier.type("credential request --json")).text);
    expect(asked).toMatchObject({ audience: verifier.did, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) });
    nonce = asked.nonce;
    const line = `credential present member --show level,born --for ${verifier.did} --nonce ${nonce}`;
    const refused = await holder.type(`${line} > shown.sdjwt`, "n");
    expect(refused.text).toMatch(
      /show {5}(born: \{"year":1815\}|level: 3)[\s\S]*hide {5}name\n[\s\S]*Nothing was shown/,
    );
    expect(refused.code).toBe(130);
    expect(holder.files.has("shown.sdjwt")).toBe(false);
    holder.take("earlier.sdjwt", "earlier");
    expect((await holder.type("credential present member --show shoe --for me --nonce 1 > earlier.sdjwt")).code).toBe(
      126,
    );
    expect(holder.text("earlier.sdjwt")).toBe("earlier");
    expect((await holder.type(line.replace("level", "shoe"))).text).toMatch(/has no claim shoe.*born, level, name/);
    expect((await holder.type(`${line} > shown.sdjwt`)).code).toBe(0);
    expect(holder.text("shown.sdjwt").split("~")).toHaveLength(4);
    expect(atob(holder.text("shown.sdjwt").split("~")[1] as string)).not.toContain("Ada");
  });

  it("is not for who does not have the key", async () => {
    const { text } = await verifier.type(`credential present badge.sdjwt --for me --nonce 1`);
    expect(text).toMatch(/somebody else's[\s\S]*Nothing was shown/);
  });
});

describe("verifying", () => {
  it("tells what was shown, by whom, to whom, and that it is not revoked at this block", async () => {
    verifier.take("shown.sdjwt", holder.text("shown.sdjwt"));
    const good = await verifier.type(`credential verify shown.sdjwt --nonce ${nonce} --issuer ${issuer.did}`);
    expect(good).toMatchObject({ code: 0 });
    expect(good.text).toMatch(/Holds: urn:aether:member[\s\S]*level: 3/);
    expect(good.text).not.toContain("Ada");
    expect(good.text).toMatch(/Presented by its holder, did:key:\w+, to you[\s\S]*Up to 6 more claims are hidden/);
    expect(good.text).toMatch(/Not revoked at block \d+, .* old; no final block shows it yet/);
    const json = JSON.parse(
      (await verifier.type(`cat shown.sdjwt | credential verify - --nonce ${nonce} --json`)).text,
    );
    expect(json).toMatchObject({
      holder: holder.did,
      claims: { level: 3 },
      revocation: { revoked: false, finalHeight: null },
    });
  });

  it("refuses another nonce, another audience, another issuer, a copy without proof in words", async () => {
    const verify = (rest: string) => verifier.type(`credential verify shown.sdjwt ${rest}`);
    expect((await verify("--nonce other")).text).toMatch(/for another occasion/);
    expect((await verify(`--nonce ${nonce} --for somebody`)).text).toMatch(/presented to somebody else, not to you/);
    expect((await verify(`--nonce ${nonce} --issuer ${verifier.did}`)).text).toMatch(/Somebody else issued this/);
    verifier.take("copy.sdjwt", `${holder.text("shown.sdjwt").split("~").slice(0, -1).join("~")}~`);
    expect((await verifier.type(`credential verify copy.sdjwt --nonce ${nonce}`)).text).toMatch(/may be a copy/);
    const unasked = await verifier.type("credential verify copy.sdjwt");
    expect(unasked).toMatchObject({ code: 0, text: expect.stringMatching(/Nothing shows that they gave it to you/) });
    // The proof is over what was shown: nothing can be left out afterwards.
    const parts = holder.text("shown.sdjwt").split("~");
    verifier.take("less.sdjwt", [parts[0], parts[1], parts[3]].join("~"));
    expect((await verifier.type(`credential verify less.sdjwt --nonce ${nonce}`)).text).toMatch(
      /changed after its holder/,
    );
  });

  it("refuses one that is presented by a thief with a key of their own", async () => {
    const shown = holder.text("shown.sdjwt").split("~");
    const token = (part: object): string => toBase64url(utf8ToBytes(JSON.stringify(part)));
    const [, proof] = (shown.at(-1) as string).split(".");
    const signed = `${token({ alg: "ES256K", typ: "kb+jwt" })}.${proof}`;
    const signature = await clientOf(far, verifier.key).signCredentialToken(signed);
    expect(signature.ok).toBe(true);
    const stolen = [
      ...shown.slice(0, -1),
      `${signed}.${toBase64url(signature.ok ? signature.value : new Uint8Array())}`,
    ];
    verifier.take("stolen.sdjwt", stolen.join("~"));
    const { text, code } = await verifier.type(`credential verify stolen.sdjwt --nonce ${nonce}`);
    expect(code).toBe(1);
    expect(text).toMatch(/does not have its holder's key/);
  });

  it("refuses one that has expired, and one from the future", async () => {
    nowMs += 366 * 24 * 3_600_000;
    expect((await verifier.type("credential verify copy.sdjwt")).text).toMatch(
      /expired on 2027-11-22.*can make a new one/,
    );
    nowMs -= 2 * 366 * 24 * 3_600_000;
    expect((await verifier.type("credential verify copy.sdjwt")).text).toMatch(/good from 2026-11-22.*clock is wrong/);
    nowMs += 366 * 24 * 3_600_000;
  });

  it("does not guess while the node is behind, or on another network", async () => {
    const { client } = verifier;
    const saying = (part: object): Client => ({
      ...client,
      status: async () => {
        const said = await client.status();
        return said.ok ? { ...said, value: { ...said.value, ...part } } : said;
      },
    });
    const verify = async (part: object) =>
      (await verifier.type("credential verify copy.sdjwt", "y", saying(part))).text;
    expect(await verify({ height: 1 })).toMatch(/cannot be said yet: this node is at block 1 .* needs block \d+/);
    expect(await verify({ syncing: { from: 0, current: 5, target: 9 } })).toMatch(/cannot be said yet/);
    expect(await verify({ networkId: new Uint8Array(32) })).toMatch(/on another network/);
    expect(await verify({ peers: 0 })).toMatch(/Nobody is connected: something newer would not be known/);
  });
});

describe("revoking", () => {
  it("is the issuer's alone", async () => {
    holder.take("badge.sdjwt", issuer.text("badge.sdjwt"));
    expect((await holder.type("credential revoke badge.sdjwt")).text).toMatch(/not a credential of yours/);
  });

  it("spends the mark and gives back what is left; then nobody believes it, at this block and on", async () => {
    const beforeNano = coinsOf(issuer);
    const revoked = await issuer.type("credential revoke badge.sdjwt");
    expect(revoked.text).toMatch(
      /consume {2}the mark of a credential[\s\S]*create {3}0\.00\d+ AETH from the mark for you/,
    );
    expect(revoked).toMatchObject({ code: 0, text: expect.stringMatching(/In block \d+/) });
    expect(coinsOf(issuer)).toBeGreaterThan(beforeNano);
    await settle();
    const { code, text } = await verifier.type(`credential verify shown.sdjwt --nonce ${nonce}`);
    expect(code).toBe(1);
    expect(text).toMatch(/was revoked by its issuer: at block \d+ its mark is gone\. That block is not final yet/);
    expect((await issuer.type("credential revoke badge.sdjwt")).text).toMatch(
      /revoked already[\s\S]*Nothing was changed/,
    );
  });

  it("works by the mark's name alone, and without coins for a fee", async () => {
    const made = await issuer.type(`credential issue --to ${holder.did} --type pass open=true --free --json`);
    const { mark, credential } = JSON.parse(made.text);
    verifier.take("pass.sdjwt", credential);
    await settle();
    expect((await verifier.type("credential verify pass.sdjwt")).code).toBe(0);
    expect((await issuer.type(`credential revoke ${mark} --free --json`)).code).toBe(0);
    await settle();
    expect((await verifier.type("credential verify pass.sdjwt")).text).toMatch(/was revoked/);
  });

  it("is not to be had for one that was made without a mark", async () => {
    const made = await issuer.type(
      `credential issue --to ${holder.did} --type note a=1 --without-revocation --days 0 > note.sdjwt`,
    );
    expect(made).toMatchObject({ code: 0, text: expect.stringMatching(/revoked {2}never[\s\S]*Issued\./) });
    verifier.take("note.sdjwt", issuer.text("note.sdjwt"));
    expect((await verifier.type("credential verify note.sdjwt")).text).toMatch(/Never expires[\s\S]*cannot be revoked/);
    expect((await issuer.type("credential revoke note.sdjwt")).text).toMatch(/made without a mark/);
  });
});

/** A credential that is signed with an issuer's key, and leans on a mark that was there, or on one that names none. */
async function backdated(
  { key, node }: Person,
  { context }: Pick<SimulatedNode["node"]["running"]["chain"], "context">,
  outPoint: OutPoint,
): Promise<string> {
  const made = await issueCredential(
    {
      type: "member",
      claims: { a: 1 },
      expiresAtMs: null,
      holderKey: holder.key.publicKey,
      issuerKey: key.publicKey,
      issuedAtMs: nowMs - 86_400_000,
      mark: { network: context.networkId, outPoint, height: 1 },
    },
    { random: entropy.randomBytes, sign: (token) => clientOf(node, key).signCredentialToken(token) },
  );
  if (!made.ok) throw new Error(made.message);
  return made.value;
}

/** A mark of an issuer's key as older versions made it, paid by anybody. */
async function unnamedMark({ key, node }: Person, { key: payer }: Person): Promise<OutPoint> {
  const { coins, context } = node.node.running.chain;
  const coin = coins.coinsOf(payer.keyHash).find(({ output }) => output.amount > 1_000_000_000n);
  if (coin === undefined) throw new Error("no coin to make a mark of");
  const { lock } = markOutput(key.keyHash, 0n);
  const paid = payment(payer, coin.outPoint, coin.output.amount, lock, 100_000n, 7n, context);
  expect(await node.node.requests.sendTransaction(paid.bytes)).toMatchObject({ ok: true });
  const outPoint = { txId: paid.id, index: 0 };
  const isMade = ({ node: { running } }: SimulatedNode) => running.chain.state.get(outputKey(outPoint)) !== undefined;
  await simulation.run(3_600_000, () => isMade(seed) && isMade(far));
  return outPoint;
}

it("is presented, verified and revoked by the keys that took over, and no longer by those they replaced", async () => {
  const rotate = async (person: Person, next: TestKey): Promise<Person> => {
    const { chain } = person.node.node.running;
    await person.node.node.requests.sendTransaction(rotation(person.key, next, {}, chain.context).bytes);
    const isDone = (node: SimulatedNode) => successorOf(node.node.running.chain.state, person.key.keyHash) !== null;
    await simulation.run(3_600_000, () => isDone(seed) && isDone(far));
    const renewed = new Person(next, person.node);
    for (const [path, bytes] of person.files) renewed.files.set(path, bytes);
    return renewed;
  };
  const made = await issuer.type(`credential issue --to ${holder.did} --type key a=1 --yes > key.sdjwt`);
  expect(made.code).toBe(0);
  await settle();
  holder.take("key.sdjwt", issuer.text("key.sdjwt"));
  const present = `credential present key.sdjwt --show a --for ${verifier.did} --nonce ${nonce} --yes > key-shown.sdjwt`;
  expect((await holder.type(present)).code).toBe(0);
  const renewed = await rotate(holder, testKey(41));
  verifier.take("old.sdjwt", holder.text("key-shown.sdjwt"));
  expect((await verifier.type(`credential verify old.sdjwt --nonce ${nonce}`)).text).toMatch(
    /not have its holder's key/,
  );
  expect((await holder.type(present)).text).toMatch(/somebody else's/);
  expect((await renewed.type(present)).code).toBe(0);
  verifier.take("new.sdjwt", renewed.text("key-shown.sdjwt"));
  expect(await verifier.type(`credential verify new.sdjwt --nonce ${nonce}`)).toMatchObject({ code: 0 });

  const unnamed = await backdated(issuer, seed.node.running.chain, await unnamedMark(issuer, issuer));
  verifier.take("unnamed.sdjwt", unnamed);
  expect(await verifier.type("credential verify unnamed.sdjwt")).toMatchObject({ code: 0 });

  const later = await rotate(issuer, testKey(42));
  // What it issued before stays good, and says so; the old key is believed about nothing that it says now.
  const kept = await verifier.type(`credential verify new.sdjwt --nonce ${nonce}`);
  expect(kept).toMatchObject({
    code: 0,
    text: expect.stringMatching(/replaced the key that signed this at block \d+\. Its mark is older and names these/),
  });
  // Marks of older versions name no credential: good still, with a warning.
  expect(await verifier.type("credential verify unnamed.sdjwt")).toMatchObject({
    code: 0,
    text: expect.stringMatching(/could still be of somebody who has the old key/),
  });
  // A thief with the old key leans on a mark of the issuer's that is older than the replacement, and unspent.
  const read = readCredential(issuer.text("key.sdjwt"));
  const mark = read.ok ? markOfStatus(read.value.token.payload["status"]) : null;
  verifier.take("leaning.sdjwt", await backdated(issuer, seed.node.running.chain, (mark as CredentialMark).outPoint));
  const leaning = await verifier.type("credential verify leaning.sdjwt");
  expect(leaning).toMatchObject({ code: 1, text: expect.stringMatching(/leans on the mark of another/) });
  const unmarked = await verifier.type("credential verify note.sdjwt");
  expect(unmarked).toMatchObject({ code: 1, text: expect.stringMatching(/nothing shows that it was issued before/) });
  const late = await unnamedMark(issuer, later);
  verifier.take("forged.sdjwt", await backdated(issuer, seed.node.running.chain, late));
  const thief = await verifier.type("credential verify forged.sdjwt");
  expect(thief).toMatchObject({ code: 1, text: expect.stringMatching(/nothing shows that it was issued before/) });
  expect((await issuer.type("credential revoke key.sdjwt --yes")).text).toMatch(/were replaced by/);
  expect((await later.type("credential revoke key.sdjwt --yes")).text).toMatch(/In block \d+/);
  await settle();
  expect((await verifier.type(`credential verify new.sdjwt --nonce ${nonce}`)).text).toMatch(/was revoked/);

  // Each key keeps the block in which it gave way itself, however often its identity goes on.
  const standingOf = async ({ key }: Person) => {
    const said = await far.node.requests.succession(key.keyHash);
    if (!said.ok) throw new Error(said.message);
    return said.value;
  };
  const { replacedHeight } = await standingOf(issuer);
  const last = await rotate(later, testKey(43));
  expect(replacedHeight).toBeGreaterThan(0);
  expect(await standingOf(issuer)).toMatchObject({ replacedHeight, successor: last.key.publicKey });
  const { sinceHeight } = await standingOf(last);
  expect(sinceHeight).toBeGreaterThan(replacedHeight as number);
  expect(await standingOf(later)).toMatchObject({ replacedHeight: sinceHeight });
  expect(await standingOf(last)).toMatchObject({ replacedHeight: null, successor: null });
});
