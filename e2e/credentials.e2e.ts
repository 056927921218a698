/**
 * A credential's life over three browsers: issued on one, held and presented on a second, verified on a third, revoked on
 * the first. Keys, library, chain and files as they ship.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { endAll, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, takeIn, until } from "./steps.ts";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

async function person(): Promise<{ tab: Tab; did: string }> {
  const tab = await (await openProfile()).open(seed.url);
  const { did } = await makeIdentity(tab);
  return { tab, did };
}

/** What is in a text file of a tab. */
async function textOf(tab: Tab, path: string): Promise<string> {
  const shown = await tab.command(`cat ${path}`, /^ey[\w.~-]+$/m);
  return (/^ey[\w.~-]+$/m.exec(shown) as RegExpExecArray)[0];
}

const give = (tab: Tab, text: string, path: string) => takeIn(tab, new TextEncoder().encode(`${text}\n`), path);

it("is issued, held, presented in part, verified, and revoked for everybody", async () => {
  const issuer = await person();
  const holder = await person();
  const verifier = await person();
  await issuer.tab.command("faucet 5", /Paid\. You have 5 AETH/);

  await issuer.tab.command(
    `credential issue --to ${holder.did} --type member name=Ada level=3 > badge.sdjwt`,
    /covers {3}the credential above[\s\S]*Sign and send\? \[y\/N\]/,
  );
  await issuer.tab.command("y", /Issued\. To revoke it/);
  const badge = await textOf(issuer.tab, "badge.sdjwt");

  await give(holder.tab, badge, "badge.sdjwt");
  await holder.tab.command("credential hold badge.sdjwt", /You hold it: member\./);
  await give(verifier.tab, badge, "badge.sdjwt");
  await verifier.tab.command("credential hold badge.sdjwt", /somebody else's[\s\S]*Nothing was kept/);

  const { nonce } = await verifier.tab.json<{ nonce: string }>("credential request");
  await holder.tab.command(
    `credential present member --show level --for ${verifier.did} --nonce ${nonce} > shown.sdjwt`,
    /show {5}level: 3[\s\S]*hide {5}name[\s\S]*Show this\? \[y\/N\]/,
  );
  await holder.tab.type("y");
  const shown = await textOf(holder.tab, "shown.sdjwt");

  await give(verifier.tab, shown, "shown.sdjwt");
  const { height } = await issuer.tab.json<{ height: number }>("status");
  await until<{ height: number }>(verifier.tab, "status", (status) => status.height >= height);
  const good = await verifier.tab.command(
    `credential verify shown.sdjwt --nonce ${nonce} --issuer ${issuer.did}`,
    /Not revoked at block \d+/,
  );
  expect(good).toMatch(
    new RegExp(`level: 3[\\s\\S]*Issued by ${issuer.did}[\\s\\S]*Presented by its holder, ${holder.did}`),
  );
  expect(good).not.toContain("Ada");
  await verifier.tab.command("credential verify shown.sdjwt --nonce 1234", /for another occasion/);
  const at = badge.length >> 1;
  const changed = badge.slice(0, at) + (badge[at] === "A" ? "B" : "A") + badge.slice(at + 1);
  await give(verifier.tab, changed, "changed.sdjwt");
  await verifier.tab.command("credential verify changed.sdjwt", /changed|no credential/);

  await issuer.tab.command("credential revoke badge.sdjwt", /from the mark for you[\s\S]*Sign and send\? \[y\/N\]/);
  const revoked = await issuer.tab.command("y", /In block \d+/);
  const inBlock = Number(/In block (\d+)/.exec(revoked)?.[1]);
  await until<{ height: number }>(verifier.tab, "status", (status) => status.height >= inBlock);
  await verifier.tab.command(
    `credential verify shown.sdjwt --nonce ${nonce}`,
    /was revoked by its issuer: at block \d+/,
  );
  // Also who holds it is told when they look.
  await until<{ height: number }>(holder.tab, "status", (status) => status.height >= inBlock);
  await holder.tab.command("credential verify member", /was revoked by its issuer/);
  for (const { tab } of [issuer, holder, verifier]) expect(tab.errors).toEqual([]);
});
