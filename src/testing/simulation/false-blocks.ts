/**
 * Blocks with real work that break a rule: made on somebody's head, sent whole or announced by their headers, and served to
 * whoever asks.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { type Certificate, certificateHash, signersOf, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { type Header, workHash } from "#protocol/consensus/header.ts";
import { mayHaveWork } from "#protocol/consensus/validate-header.ts";
import { type Link, secondRoundOf, voteDigest } from "#protocol/consensus/votes.ts";
import { meetsTarget, workOfTarget } from "#protocol/consensus/work.ts";
import { type Block, encodeBlock } from "#protocol/ledger/block.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { decodeSyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "../../node/chain.ts";
import { workBytes } from "../../node/chain-records.ts";
import type { HeaderEntry } from "../../node/header-index.ts";
import { firstRoundFor } from "../../node/voting/certificates.ts";
import { BlockMaker, type MadeBlock, type NonceFinder } from "../block-maker.ts";
import { payment, testContext, testKey, unprovedWork } from "../ledger-fixtures.ts";
import type { ByzantineParts } from "./byzantine.ts";
import { type ActiveVillain, idle, type VillainParts } from "./villains.ts";

/** The head of a chain as a maker of blocks knows it. */
function madeHead({ head, state }: Chain): MadeBlock {
  const { header, hash, height, beaconValue } = head;
  return { block: { header, transactions: [], work: null, certificate: null }, hash, height, state, beaconValue };
}

/** Finds blocks that miss the target, but not by more than the greatest weight would make good. */
const lightNonce: NonceFinder = (preimage, target) => {
  for (let nonce = 0n; ; nonce++) {
    const hash = workHash(preimage, nonce);
    if (!meetsTarget(hash, target) && mayHaveWork(hash, target)) return nonce;
  }
};

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte));

/** Joins the web and serves the newest false block together with the honest headers below it; gives how to announce one. */
function serveBlocks({
  network,
  chain,
  clock,
  random,
  rules,
}: VillainParts): (made: MadeBlock, served?: Block) => void {
  let newest: { readonly made: MadeBlock; readonly served: Block } | null = null;
  void network.start({
    ...idle,
    onGossip: () => Promise.resolve("ignore"),
    onRequest: (_peer, _protocol, request) => Promise.resolve(answer(request)),
  });

  function answer(request: Uint8Array): Result<Uint8Array> {
    const decoded = decodeSyncRequest(request);
    const known = chain();
    if (!decoded.ok || newest === null || known === null) return rejected("not-found", "Nothing.");
    const { header } = newest.made.block;
    const asked = decoded.value;
    switch (asked.type) {
      case "status": {
        const totalWork = workBytes((known.index.get(header.parent)?.totalWork ?? 0n) + workOfTarget(header.target));
        const status = {
          networkId: rules.networkId,
          head: newest.made.hash,
          height: header.height,
          totalWork,
          bodiesFrom: 0,
          justifiedEpoch: 0,
          finalisedHeight: 0,
        };
        const nowMs = clock.nowMs();
        return accepted(syncAnswers.status.encode({ status, receivedAtMs: nowMs, sentAtMs: nowMs }));
      }
      case "headers": {
        const shared = asked.locator
          .map((hash) => known.index.get(hash))
          .find((one) => one && known.index.isCanonical(one));
        const headers: Header[] = [];
        for (let height = (shared?.height ?? 0) + 1; height < header.height && headers.length < asked.count; height++) {
          headers.push((known.index.at(height) as HeaderEntry).header);
        }
        return accepted(syncAnswers.headers.encode([...headers, header]));
      }
      case "bodies":
        return accepted(syncAnswers.bodies.encode([encodeBlock(newest.served)]));
      case "pool":
        return accepted(syncAnswers.pool.encode([]));
      case "transactions":
        return accepted(syncAnswers.transactions.encode([]));
      default:
        return rejected("not-found", "Nothing.");
    }
  }

  return (made, served = made.block) => {
    newest = { made, served };
    const { header } = made.block;
    const whole = random.fraction() < 0.5;
    network.inject("block", encodeGossip(whole ? { type: "block", block: served } : { type: "header", header }));
  };
}

/** What may be wrong with a block. */
const falsehoods = [
  "state-root",
  "transaction-root",
  "beacon",
  "future",
  "signature",
  "body",
  "proof",
  "noise-proof",
  "copied-proof",
  "work",
] as const;

/** Breaks one rule a block, any but those about votes. No block of it has a proof that holds. */
export function invalidBlockVillain(parts: VillainParts): ActiveVillain {
  const { random, chain, clock, owner, rules } = parts;
  const maker = new BlockMaker(testContext(rules));
  const lightMaker = new BlockMaker(testContext(rules), lightNonce);
  const announce = serveBlocks(parts);

  return {
    act: () => {
      const known = chain();
      if (known === null || known.head.height === 0) return "waiting";
      const parent = madeHead(known);
      const timeMs = Math.max(clock.nowMs(), known.head.header.timeMs + 1);
      const good = maker.make(parent, [], testKey(9), { timeMs });
      const forge = (forged: Parameters<BlockMaker["make"]>[3]): MadeBlock =>
        maker.make(parent, [], testKey(9), { timeMs, ...forged });
      const name = falsehoods[random.between(0, falsehoods.length - 1)];
      const provedBy = (proof: Uint8Array): MadeBlock =>
        maker.make(parent, [], testKey(9), { timeMs }, { ...unprovedWork, proof });
      let made = good;
      let served = good.block;
      if (name === "state-root") made = forge({ stateRoot: flipped(good.block.header.stateRoot) });
      if (name === "transaction-root") made = forge({ txRoot: flipped(good.block.header.txRoot) });
      if (name === "beacon") made = forge({ beacon: flipped(good.block.header.beacon) });
      if (name === "future") made = forge({ timeMs: timeMs + 600_000 });
      if (name === "noise-proof") made = provedBy(random.bytes(limits.proofBytes));
      if (name === "copied-proof") {
        // What its maker proved for the block below.
        void known.bodies.of(known.head).then((body) => {
          const proof = body.ok ? body.value.work?.proof : undefined;
          if (proof !== undefined) announce(provedBy(proof));
        });
        return "invalid-copied-proof";
      }
      if (name === "work") made = lightMaker.make(parent, [], testKey(9), { timeMs });
      const coin = known.coins.coinsOf(owner.keyHash).find(({ output }) => output.amount >= 20_000n);
      if (name === "signature" && coin !== undefined) {
        const { transaction } = payment(owner, coin.outPoint, coin.output.amount, testKey(9).lock, 10_000n, 1n, rules);
        const witnesses = transaction.witnesses.map((witness) => ({
          ...witness,
          signatures: witness.signatures.map((one) => ({ ...one, signature: flipped(one.signature) })),
        }));
        made = maker.make(parent, [prepareTransaction({ ...transaction, witnesses })], testKey(9), { timeMs });
      }
      served = made.block;
      if (name === "body")
        served = {
          header: made.block.header,
          transactions: [
            payment(owner, { txId: parent.hash, index: 0 }, 20_000n, owner.lock, 10_000n, 1n, rules).transaction,
          ],
          work: made.block.work,
          certificate: null,
        };
      announce(made, served);
      return `invalid-${name}`;
    },
  };
}

/** Puts into its blocks certificates that prove nothing. */
export function forgedCertificateVillain(parts: ByzantineParts): ActiveVillain {
  const { random, chain, clock, rules, votes, secrets } = parts;
  const maker = new BlockMaker(testContext(rules));
  const announce = serveBlocks(parts);
  const kinds = ["forged", "old", "too-few", "unsigned-second-round", "foreign"] as const;

  /** What the kind of certificate would be; null if there is nothing to make it of. */
  async function certificateOf(kind: (typeof kinds)[number], known: Chain): Promise<Certificate | null> {
    const { head, finality } = known;
    const electorate = finality.electorateAt(head);
    if (electorate === undefined) return null;
    const link = firstRoundFor(head, electorate);
    const all = signersOf(electorate.voters.map(({ slot }) => slot));
    const forged = (of: Link): VoteAggregate => ({ link: of, signers: all, signature: random.bytes(96) });
    if (kind === "forged") return [forged(link)];
    if (kind === "unsigned-second-round") return [forged(link), forged(secondRoundOf(link.target))];
    if (kind === "foreign") return [forged({ ...link, target: { ...link.target, hash: random.bytes(32) } })];
    if (kind === "old") return finality.mark.finalisedBy === null ? null : [finality.mark.finalisedBy];
    const own = electorate.voters.filter(({ key }) => secrets.some((secret) => equalBytes(votes.keyOf(secret), key)));
    const message = voteDigest(rules.networkId, link);
    const signatures = await Promise.all(secrets.slice(0, own.length).map((secret) => votes.sign(secret, message)));
    if (own.length === 0) return null;
    const few = { link, signers: signersOf(own.map(({ slot }) => slot)), signature: await votes.aggregate(signatures) };
    return [few, { ...few, link: secondRoundOf(link.target) }];
  }

  return {
    act: () => {
      const known = chain();
      if (known === null || known.head.height === 0) return "waiting";
      const kind = kinds[random.between(0, kinds.length - 1)] as (typeof kinds)[number];
      const parent = madeHead(known);
      const timeMs = Math.max(clock.nowMs(), known.head.header.timeMs + 1);
      void certificateOf(kind, known).then((certificate) => {
        if (certificate === null) return;
        const finality = certificateHash(certificate);
        // Where the rules refuse the votes at once, the block is made as if they had let them pass.
        const proper = maker.make(parent, [], testKey(9), { timeMs }, unprovedWork, certificate);
        const made =
          proper.block.certificate === null ? maker.make(parent, [], testKey(9), { timeMs, finality }) : proper;
        announce(made, { ...made.block, certificate });
      });
      return `certificate-${kind}`;
    },
  };
}
