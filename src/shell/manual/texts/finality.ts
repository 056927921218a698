/**
 * What `man` says of the commands in commands/finality.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  finality:
    "Voters have bonded coins behind a key and vote for each block twice: more than two thirds of all stake in the first round justify it, in the second they make it final. No node ever chooses a branch without a final block; for two final blocks of different branches, voters with at least a third of all stake must have signed votes that contradict each other, and those votes show who they are. Mostly that takes a second or two after a block has come. If more than a third is not heard, finality stands still; after 16 blocks the weight of who is away begins to go. From then on it warns you: a network that is cut in two for long could finalise on both sides. `checkpoint` says which block, and on whose word, this device took for the network's when it was new: a link that ended in #checkpoint=HEIGHT:HASH, a block pinned in the app, three independent peers that agreed, or nobody's but that of whom it met first. What is final here it keeps to, whatever it is told later. If this device has a stake and casts no votes it says why: the stake does not count yet, it has just started, its clock is wrong, its journal binds it, or its store failed.",
  validators:
    "Each line is a voter: its place, the front of its voting key, its share of the stake that votes now, how many times easier its blocks are found (its weight, 1 to 4), what it would get back, the newest block that a certificate in the chain shows its vote for, and where it stands. A new voter counts once blocks after its bond are final. `here` is the key of this node, `yours` a stake of your identity.",
};
