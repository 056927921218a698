/**
 * Every consensus constant of every network, each with its unit and why. Nothing here is read from the environment:
 * two nodes that disagree on a line of this file are on different networks.
 * @module
 */

/** nano-AETH in one AETH. */
export const nanoPerAeth = 1_000_000_000n;

/** Sizes and counts that bound every consensus object. They are the same on all networks. */
export const limits = {
  /** 1 MiB: a block crosses a 10 Mbit/s uplink in under a second. */
  blockBytes: 1_048_576,
  /** A transaction must fit into many blocks' spare room; big payloads travel as files. */
  transactionBytes: 131_072,
  /** A header is about 400 bytes; room for nullable fields. */
  headerBytes: 1_024,
  /** More than fit into a block of the smallest transactions. */
  blockTransactions: 8_192,
  inputs: 64,
  reads: 64,
  outputs: 64,
  /** Data an output carries in the state of every node. */
  outputDataBytes: 1_024,
  /** m-of-n locks: 16 witnesses stay below 2 KiB. */
  thresholdKeys: 16,
  preimageBytes: 64,
  programNameBytes: 32,
  memoBytes: 256,
  /** A transaction may ask to be mined at most this many blocks ahead. */
  expiryBlocks: 20_000,
  /**
   * And one whose id stays in the state that long at most this many: a free lane that is always full then leaves a million
   * ids there, not ten. Twice what wallets ask for, so that nodes some blocks behind take it as well.
   */
  rememberedBlocks: 2_000,
  /** Of ids, and of leases and processes, a block clears away so many that are due: more than its free lane can make. */
  blockClearances: 1_024,
  /** A Groth16 proof: three compressed points. */
  proofBytes: 128,
  /** A thermodynamic sample: 256 spins and their heads. */
  sampleBytes: 48,
  /** Memory is counted in WebAssembly's pages of 64 KiB: a lease is the cap of a linear memory. */
  memoryPageBytes: 65_536,
  /** 4 GiB: the most a 32-bit linear memory can have. */
  leaseBytes: 4_294_967_296,
  /** 1 TiB: more than any one machine lends. */
  memoryOfferBytes: 1_099_511_627_776,
  /** Offers that may stand at once: their list stays a value of 3 KiB. */
  memoryOffers: 64,
  /** An offer stands at most this long, so that no place in the list is taken for good. */
  memoryOfferBlocks: 20_000,
  /** 16 GiB, so that the smallest deal of an offer (a 64th) is never more than a list of blocks names; who has more offers more. */
  storageOfferBytes: 17_179_869_184,
  /** Offers of storage that may stand at once: their list stays a value of 3 KiB. */
  storageOffers: 64,
  /** Two years of blocks on main: what is left with a keeper is to outlast a tab, not a generation. */
  storageOfferBlocks: 1_051_200,
  /** Letters of a peer's name, as in requests about blocks. */
  peerIdBytes: 128,
  /** Audits of one deal. */
  dealPeriods: 10_000,
  /** Of deals that nobody accepted in time, a block gives so many back, */
  blockReturnedDeals: 256,
  /** and of those whose period is over it looks after so many: more than 64 full offers have in a block on average. */
  blockAudits: 128,
  /** 2^30 leaves: the path through an offer's whole capacity. */
  auditPathHashes: 30,
  /** Leaves shown at once; a network asks for fewer. */
  auditLeaves: 16,
  /** A process whose lease is over can be stopped with its receipt for so many blocks more: longer than runs are. */
  processGraceBlocks: 1_000,
  /** A name somebody types. */
  leaseNameBytes: 32,
  /** Input of a process that everybody may repeat; longer ones are named by their digest and travel as files. */
  publicInputBytes: 8_192,
  /** Voters at once: a certificate of all of them is checked in milliseconds, their list stays a value of 64 KiB. */
  voters: 512,
  /** Gossip messages above 4 MiB vanish in libp2p without an error; ours stay far below. */
  gossipBytes: 65_536,
} as const;

/** A voter that a network begins with. */
export interface GenesisVoter {
  /** BLS12-381 public key, 48 bytes; whoever names it here has checked that its secret is known. */
  readonly key: Uint8Array;
  /** Ed25519 key of the beacon proofs in blocks that its owner makes, 32 bytes. */
  readonly beaconKey: Uint8Array;
  /** Key hash of whose stake it is, 32 bytes. */
  readonly owner: Uint8Array;
  readonly stakeNano: bigint;
}

/** What one network fixes. */
export interface NetworkParameters {
  readonly name: "dev" | "main";
  /** Target time between blocks. */
  readonly blockIntervalMs: number;
  /** Easiest target; on `dev` it never changes. */
  readonly initialTarget: Uint8Array;
  /** Null: the target is fixed. */
  readonly retarget: {
    /** Retarget at heights divisible by this. */
    readonly everyBlocks: number;
    /** Intervals looked at: the newest `windowIntervals + 1` blocks. */
    readonly windowIntervals: number;
    /** A step is clamped to ×1/maximumStep … ×maximumStep. */
    readonly maximumStep: number;
  } | null;
  /** A block's time must exceed the median of this many ancestors. */
  readonly medianTimeBlocks: number;
  /** And be at most this far ahead of network time. */
  readonly maximumFutureMs: number;
  /** Gas a block may hold. */
  readonly blockGas: number;
  readonly gas: {
    readonly perTransaction: number;
    readonly perByte: number;
    readonly perSignature: number;
    readonly perSegment: number;
    /** A BLS signature that a rule asks for: two pairings and a hash to the curve. */
    readonly perVoteSignature: number;
  };
  /** Least fee per unit of gas, in nano-AETH. */
  readonly gasPriceNano: bigint;
  /** Free lane: share of a block's bytes in per cent, and least leading zero bits of a stamp. */
  readonly freeLane: { readonly maximumPercent: number; readonly stampBits: number };
  readonly subsidy: {
    readonly initialNano: bigint;
    readonly floorNano: bigint;
    /** The subsidy falls by `decayPercent` each `yearBlocks` blocks. */
    readonly decayPercent: number;
    readonly yearBlocks: number;
  };
  /**
   * Of subsidy and unburnt fees, in per cent. Without a certificate the voters' share goes to the treasury, and so does what
   * a proposer does not get of its own.
   */
  readonly revenue: {
    readonly proposerPercent: number;
    readonly votersPercent: number;
    readonly treasuryPercent: number;
    /** Of its part, what a proposer gets that has bonded nothing; one that has never gets less. */
    readonly unbondedPercent: number;
    /** Above this share of the recent blocks the rest of a bonded proposer's part falls as the share rises. */
    readonly fullSharePercent: number;
  };
  /** So many of the newest blocks are recent: for a proposer's share of them, and for what it has proved in them. */
  readonly recentBlocks: number;
  /** How contributions ease the search for a nonce. */
  readonly weight: {
    /** Contribution that gives half of what can be gained, in least stakes. */
    readonly halfStakes: bigint;
    /** So many proved segments of users' jobs count as much as a least stake, */
    readonly segmentsPerStake: bigint;
    /** and only so many count. */
    readonly countedSegments: number;
  };
  /** Provable jobs: what each segment must pay its prover at least in an empty queue, and how many jobs double that. */
  readonly proofs: { readonly leastSegmentFeeNano: bigint; readonly jobsPerDoubling: number };
  /**
   * Offers of memory: what is burnt for each block the first one stands at least, how many offers double that, and into
   * how many leases an offer can be divided: a lease takes at least that share of it.
   */
  readonly memory: {
    readonly leastBlockNano: bigint;
    readonly offersPerDoubling: number;
    readonly leasesPerOffer: number;
  };
  /** Storage deals: how often they are audited, what keepers bond, and what a miss costs. */
  readonly storage: {
    /** Blocks from one draw to the next, and for showing what it asks for. */
    readonly auditBlocks: number;
    /** Leaves that a draw asks for. */
    readonly leavesPerAudit: number;
    /**
     * Only blocks of bonded proposers draw, whose beacon key is known; if none comes within so many blocks, any does. Who
     * has bonded nothing could try keys until its draw suits it.
     */
    readonly bondedDrawBlocks: number;
    /** A keeper has so many blocks to accept a deal, and so many of its deals may wait for that. */
    readonly acceptBlocks: number;
    readonly waitingPerOffer: number;
    /** What the first offer bonds at least, and how many offers double that. */
    readonly leastBondNano: bigint;
    readonly offersPerDoubling: number;
    /** Into how many deals an offer can be divided: a deal takes at least that share of it. */
    readonly dealsPerOffer: number;
    /** A deal binds so many times its whole price, and so much for each MiB begun. */
    readonly bondMultiple: bigint;
    readonly bondPerMebibyteNano: bigint;
    /** Of a deal's bond, what each miss burns; the second in a row ends it, and the client gets what is left of the bond. */
    readonly missPercent: number;
  };
  /** The thermodynamic sample: spins must reach `bar` on one of the seed's `draws` instances. */
  readonly energy: { readonly bar: number; readonly draws: number };
  /** Voting: who may, what it costs to break the rules or to be away, and when weight of the absent begins to go. */
  readonly finality: {
    readonly minimumStakeNano: bigint;
    /** Blocks between leaving and having the coins back: so long an offence can be brought to the chain. */
    readonly unbondingBlocks: number;
    readonly slashPercent: number;
    /** A voter loses one part in so many for each finalised block that it did not sign. */
    readonly silentParts: bigint;
    /** Blocks without finality after which the absent lose weight; as many blocks somebody may be silent meanwhile. */
    readonly stallBlocks: number;
    /** Then the absent lose one part in so many with each block: half is gone after 0.69 × this. */
    readonly leakQuotient: bigint;
  };
  /** The message names the rules: with the first voters it is hashed into the network's id, so that nodes of other rules never meet. */
  readonly genesis: { readonly timeMs: number; readonly message: string; readonly voters: readonly GenesisVoter[] };
  /** `dev` only: how a producer paces itself and how the faucet pays. Null on `main`: mine always, no faucet. */
  readonly development: {
    /** A producer waits this long after its parent when transactions are pending. */
    readonly pendingBlockMs: number;
    /** And this long when none are. */
    readonly idleBlockMs: number;
    readonly faucet: {
      readonly maximumNano: bigint;
      /** One payment a key within this many blocks. */
      readonly everyBlocks: number;
      /** A seed that has less mines without pause until it has this. */
      readonly reserveNano: bigint;
    };
  } | null;
}

/** A target with `zeroBits` leading zero bits and ones after them: about 2^zeroBits hashes per block. */
function targetOfBits(zeroBits: number): Uint8Array {
  const target = new Uint8Array(32).fill(0xff);
  target.fill(0, 0, zeroBits >> 3);
  target[zeroBits >> 3] = 0xff >> (zeroBits & 7);
  return target;
}

/**
 * −332 is −1.30 per spin, at an energy that instances have. Over 20 000 instances the lowest energies found had mean −355 and
 * standard deviation 7.4 (−1.39 ± 0.03 per spin); 9 of them stayed above −332 in 16 runs each, one annealing run of 128
 * steps (0.3 ms on one thread) reaches it in 98.5% of cases. A bar of −340 would shut out 1.35% of instances and prove no more:
 * the sample shows that an instance was sampled, it is not meant to burn energy. With 16 instances to a seed a proposer
 * practically never stands without one that is met (0.00045^16).
 */
const energy = { bar: -332, draws: 16 } as const;

const voting = { slashPercent: 5, silentParts: 100_000n, stallBlocks: 16 } as const;

const shared = {
  medianTimeBlocks: 11,
  maximumFutureMs: 15_000,
  blockGas: 4_000_000,
  gas: { perTransaction: 100, perByte: 1, perSignature: 200, perSegment: 100, perVoteSignature: 20_000 },
  gasPriceNano: 10n,
  // Halves of a bonded proposer's part: one is paid always, the other in full up to 5 % of the blocks and as 5 %/share above.
  // With 10 % of them it gets three quarters, with all 52.5 %: more blocks always earn more, and to bond always pays.
  revenue: {
    proposerPercent: 70,
    votersPercent: 20,
    treasuryPercent: 10,
    unbondedPercent: 50,
    fullSharePercent: 5,
  },
  // As long as the window of difficulty: whose share is 5 % has 10 of them, give or take 3.
  recentBlocks: 200,
  // The least stake doubles what a hash is worth, two of them give 2.5, ten 3.5, nothing 4. Nobody chooses what it proves: the
  // seed does, so proofs follow blocks, and would let the large grow larger. They stop at 1.6, which 4 % of the blocks reach.
  weight: { halfStakes: 2n, segmentsPerStake: 16n, countedSegments: 8 },
  energy,
  // Filling all 64 places with the longest jobs costs 131 AETH instead of 4, and the last places 0.128 a block to keep.
  proofs: { leastSegmentFeeNano: 1_000_000n, jobsPerDoubling: 8 },
  // A day's offer (8 640 blocks on dev) costs 0.009 AETH; keeping all 64 places full costs 0.002 AETH a block, 41 for the longest time.
  // With 64 offers at most 262 144 leases stand: an eighth of what a tab takes over with a state. Of 4 GiB one takes 1 MiB or more.
  memory: { leastBlockNano: 1_000n, offersPerDoubling: 8, leasesPerOffer: 4_096 },
} as const;

/**
 * Four leaves find a keeper that has lost a tenth in one draw of three, half in 94 of 100. An audit of a GiB takes some 7.5 KiB
 * of a block. 64 offers of 64 deals are 4 096 audits a period: 68 a block on dev, 3 on main, so blocks always keep up; an offer
 * has its place until its last deal is over, so there are no others. Filling the list of offers locks 2 040 times the least bond.
 */
const storage = {
  leavesPerAudit: 4,
  bondedDrawBlocks: 20,
  acceptBlocks: 50,
  waitingPerOffer: 16,
  offersPerDoubling: 8,
  dealsPerOffer: 64,
  bondMultiple: 2n,
  bondPerMebibyteNano: 100_000n,
  missPercent: 25,
} as const;

/** The development network: fixed easy target, a seed that produces and a faucet. Its coins are worth nothing. */
export const dev: NetworkParameters = {
  ...shared,
  name: "dev",
  blockIntervalMs: 10_000,
  initialTarget: targetOfBits(18),
  retarget: null,
  freeLane: { maximumPercent: 10, stampBits: 14 },
  // Twice main's: the seed that begins a network has bonded nothing and gets half, and shall have its stake after eleven blocks.
  subsidy: {
    initialNano: 8n * nanoPerAeth,
    floorNano: 400_000_000n,
    decayPercent: 15,
    yearBlocks: 3_153_600,
  },
  // A keeper may be away for ten minutes of a busy network, an hour of an idle one, and loses a quarter of the bond.
  storage: { ...storage, auditBlocks: 60, leastBondNano: nanoPerAeth / 10n },
  // A newcomer can vote with what the faucet gives; a seed that is gone for half an hour of blocks stops holding up finality.
  finality: { ...voting, minimumStakeNano: 5n * nanoPerAeth, unbondingBlocks: 100, leakQuotient: 46n },
  genesis: {
    timeMs: Date.UTC(2026, 10, 21),
    message: "AetherChain dev, rules 9: no coin here is worth anything",
    voters: [],
  },
  development: {
    pendingBlockMs: 1_000,
    idleBlockMs: 60_000,
    faucet: { maximumNano: 10n * nanoPerAeth, everyBlocks: 20, reserveNano: 40n * nanoPerAeth },
  },
};

/** The main network. */
export const main: NetworkParameters = {
  ...shared,
  name: "main",
  blockIntervalMs: 60_000,
  initialTarget: targetOfBits(28),
  retarget: { everyBlocks: 10, windowIntervals: 200, maximumStep: 4 },
  freeLane: { maximumPercent: 10, stampBits: 20 },
  subsidy: {
    initialNano: 4n * nanoPerAeth,
    floorNano: 400_000_000n,
    decayPercent: 15,
    yearBlocks: 525_600,
  },
  // An audit a day: a keeper that is gone for good is known after two.
  storage: { ...storage, auditBlocks: 1_440, leastBondNano: 10n * nanoPerAeth },
  // Seven days to leave; half the weight of the absent is gone after a day.
  finality: { ...voting, minimumStakeNano: 1_000n * nanoPerAeth, unbondingBlocks: 10_080, leakQuotient: 2_078n },
  genesis: {
    timeMs: Date.UTC(2026, 10, 21),
    message: "AetherChain, rules 9: a command is a signed transaction",
    voters: [],
  },
  development: null,
};

/** Parameters by name. */
export const networks = { dev, main } as const;
