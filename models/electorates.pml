/*
 * Finality while the voters change, as blocks record it (src/protocol/consensus/finality.ts), checked exhaustively by
 * `npm run check:model` beside finality.pml, whose rules 1 to 6 hold here too (voters obey them by the journal's two numbers).
 *
 * WHAT A BLOCK RECORDS, from its parent's record and the one certificate that it may show:
 *   a. justified: the newest shown, the source of every vote for the block; final: the newest shown to be so;
 *      earlier: justified blocks before the newest that are not older than the final one.
 *   b. A certificate is a first round to a newer ancestor than the justified one, or a second round of a block newer than
 *      the final one, or both of one block. It starts at the justified block or an earlier one.
 *   c. The electorate: `active` and `previous`. Two thirds of BOTH must sign (stitching). When a block shows one final that
 *      is not older than where the next electorate was drawn, previous becomes active, active the next, and it is drawn anew.
 *   d. What is said of a block is judged by the electorate after that block, by whom and whenever it is shown.
 *
 * WHO VOTES: four of equal weight; voter 0 leaves, voter 4 joins. Stage 0: {0,1,2,3} alone; 1: {1,2,3,4}, before it
 * {0,1,2,3}; 2: {1,2,3,4} alone. The change can come with any block of either branch, or with none.
 *
 * WHAT IS CHECKED: every order of votes and blocks, whatever proposers show or hide; BYZANTINE is a set of voters as bits.
 *   agreement: no two conflicting blocks are final. The Byzantine are taken to have signed everything.
 *   -DLIVENESS: and on every head that rule 6 allows something can be shown from which all honest voters may still vote.
 *   -DEVIDENCE: accountable safety. Every double finalisation convicts all of BYZANTINE, and never an honest voter; they
 *      sign only what completes two thirds of somebody: more votes would only be more evidence.
 *
 *   root --- X1 --- X2 --- A3 --- A4         heights 0 to 4; A and B are alike, so A3 is the one that comes first
 *                      \
 *                        B3 --- B4
 *
 * To begin with all of the first four have voted for X1 and X2, and X2 shows nothing of X1, or one round or both of it
 * being final; with EVIDENCE one round. (-DSETTLED: they have sealed X2 as well; fewer states.)
 *
 * MUTANTS, each of which the checker must refute: NO_STITCHING (two thirds of `active` are enough), NO_DRAWN_RULE (any
 * final block that is shown changes the electorate), NO_EARLIER (certificates start at the newest justified block alone),
 * JUDGED_LATER (against d: by the electorate of the block that shows it; so it was until this model found that an honest
 * voter can then be bound to a justified block that no block can show).
 * CANARY asserts what must be reachable for the rest to mean anything.
 */
#ifndef BYZANTINE
#define BYZANTINE 8
#endif
#define VOTERS 5
#define FIRST 15
#ifdef NO_CHANGE
#define NEXT FIRST
#else
#define NEXT 30
#endif

#define ROOT 0
#define X1 1
#define X2 2
#define A3 3
#define A4 4
#define B3 5
#define B4 6
#define LAST 6
#define ON_A 24
#define ON_B 96

#define has(set, bit) (((set) >> (bit)) & 1)

/* Who has signed the first and the second round of each block; as sets of voters. */
byte prepared[7];
byte committed[7];
/* The journal of each voter: epochs of its newest vote. */
byte lastTarget[VOTERS];
byte lastSource[VOTERS];
/* Blocks that are there, and what votes or blocks show to be justified and final; as sets of blocks. */
byte created = 1;
byte justified = 1;
byte final = 1;
/* Records of blocks: newest justified and newest final block, earlier ones (a set), stage and height of the draw. */
byte newest[7];
byte newestFinal[7];
byte earlier[7];
byte stage[7];
byte drawn[7];
/* Two conflicting blocks are final: judged, and nothing more is to be seen there. */
bit split;

/* Worked out once, never changed, so not part of the state. */
hidden byte parent[7];
hidden byte height[7];
hidden byte ancestors[7];
hidden byte enough[32];
hidden byte i, j, v, sources, reach, best, highest, swap, guilty, first, second;

/* Two thirds of which electorates a set of voters is, as bits (1: the first, 2: the next), and of which it must be. */
#define members(set) (has(set, 0) + has(set, 1) + has(set, 2) + has(set, 3) + has(set, 4))
#ifdef NO_STITCHING
#define needed(s) ((s) == 0 -> 1 : 2)
#else
#define needed(s) ((s) == 0 -> 1 : ((s) == 1 -> 3 : 2))
#endif
#define decides(set, s) ((enough[(set) | GRANTED] & needed(s)) == needed(s))
#ifdef EVIDENCE
#define GRANTED 0
#else
#define GRANTED BYZANTINE
#endif

/* Which electorate judges a certificate about block t on block p. */
#ifdef JUDGED_LATER
#define stageFor(p, t) stage[p]
#else
#define stageFor(p, t) stage[t]
#endif
/* Where a certificate on a block may start. */
#ifdef NO_EARLIER
#define startsOf(b) (1 << newest[b])
#else
#define startsOf(b) (earlier[b] | (1 << newest[b]))
#endif

inline makeTables() {
  parent[X1] = ROOT; parent[X2] = X1; parent[A3] = X2; parent[A4] = A3; parent[B3] = X2; parent[B4] = B3;
  for (i : 1 .. LAST) {
    height[i] = height[parent[i]] + 1;
    ancestors[i] = ancestors[parent[i]] | (1 << parent[i])
  }
  created = 7; justified = 7;
  prepared[X1] = FIRST; prepared[X2] = FIRST;
#ifdef SETTLED
  committed[X2] = FIRST; final = 5;
#endif
  for (i : 0 .. 31) {
    enough[i] = (members(i & FIRST) >= 3 -> 1 : 0) + (members(i & NEXT) >= 3 -> 2 : 0)
  }
}

/* What follows from the votes. Blocks are numbered along their branches, so one pass finds it. */
inline deduce() {
  for (i : 1 .. LAST) {
    if
    :: has(created, i) ->
       if
       :: decides(prepared[i], stage[i]) -> justified = justified | (1 << i)
       :: else
       fi;
       if
       :: has(justified, i) && decides(committed[i], stage[i]) -> final = final | (1 << i)
       :: else
       fi
    :: else
    fi
  }
}

/* Rules 4 and 5 as evidence: whether voter v is convicted. */
inline judge() {
  guilty = 0;
  for (i : 1 .. LAST) {
    for (j : 1 .. LAST) {
      if
      :: i != j && height[i] == height[j] &&
         ((has(prepared[i], v) && has(prepared[j], v)) || (has(committed[i], v) && has(committed[j], v))) -> guilty = 1
      :: has(prepared[i], v) && has(prepared[j], v) && height[newest[i]] < height[newest[j]] && height[j] < height[i] ->
         guilty = 1
      :: has(prepared[i], v) && has(committed[j], v) && height[newest[i]] < height[j] && height[j] < height[i] ->
         guilty = 1
      :: else
      fi
    }
  }
}

inline checkAgreement() {
#ifdef EVIDENCE
  if
  :: (final & ON_A) != 0 && (final & ON_B) != 0 ->
#ifdef CANARY
     assert(false);
#endif
     split = 1;
     for (v : 0 .. VOTERS - 1) { judge(); assert(guilty == has(BYZANTINE, v)) }
  :: else
  fi
#else
  assert((final & ON_A) == 0 || (final & ON_B) == 0);
#ifdef CANARY
  assert(!(has(final, A4) && stage[A4] == 1 && stage[B3] == 0 && has(created, B3)));
#endif
#endif
}

/* Rule 6: on each head that may be chosen, no honest voter is bound to a source that cannot be shown there. */
inline checkLiveness() {
  highest = ROOT;
  for (i : 1 .. LAST) {
    if
    :: has(justified, i) && height[i] > height[highest] -> highest = i
    :: else
    fi
  }
  for (i : 1 .. LAST) {
    if
    :: has(created, i) && (i == highest || has(ancestors[i], highest)) ->
       reach = startsOf(i);
       best = newest[i];
       for (j : 1 .. i) {
         if
         :: (j == i || has(ancestors[i], j)) && height[j] > height[newest[i]] && has(reach, newest[j]) &&
            decides(prepared[j], stageFor(i, j)) -> reach = reach | (1 << j); best = j
         :: else
         fi
       }
       for (v : 0 .. VOTERS - 1) { assert(has(BYZANTINE, v) || lastSource[v] <= 2 * height[best]) }
    :: else
    fi
  }
}

/* Honest voters that stay are interchangeable: one order stands for all. */
#define word(v) (has(prepared[X1], v) | (has(prepared[X2], v) << 1) | (has(prepared[A3], v) << 2) | \
  (has(prepared[A4], v) << 3) | (has(prepared[B3], v) << 4) | (has(prepared[B4], v) << 5))
#define word2(v) (has(committed[X1], v) | (has(committed[X2], v) << 1) | (has(committed[A3], v) << 2) | \
  (has(committed[A4], v) << 3) | (has(committed[B3], v) << 4) | (has(committed[B4], v) << 5))
#define flipped(set, a, b) ((set) ^ (has(set, a) != has(set, b) -> (1 << (a)) | (1 << (b)) : 0))
inline order(a, b) {
  if
  :: word(a) > word(b) || (word(a) == word(b) && word2(a) > word2(b)) ->
     for (i : 1 .. LAST) {
       prepared[i] = flipped(prepared[i], a, b);
       committed[i] = flipped(committed[i], a, b)
     }
     swap = lastTarget[a]; lastTarget[a] = lastTarget[b]; lastTarget[b] = swap;
     swap = lastSource[a]; lastSource[a] = lastSource[b]; lastSource[b] = swap
  :: else
  fi
}

inline settle() {
#if (BYZANTINE & 6) == 0
  order(1, 2);
#if (BYZANTINE & 8) == 0
  order(2, 3);
  order(1, 2);
#endif
#endif
#if (BYZANTINE & 12) == 12
  order(2, 3);
#endif
  deduce();
  checkAgreement();
#ifdef LIVENESS
  checkLiveness();
#endif
  skip
}

/* The record of block b once it shows a first round (1), a second round (2) or both (3) of block t. */
inline make(b, t, rounds) {
  created = created | (1 << b);
  newest[b] = newest[parent[b]];
  newestFinal[b] = newestFinal[parent[b]];
  earlier[b] = earlier[parent[b]];
  stage[b] = stage[parent[b]];
  drawn[b] = drawn[parent[b]];
  if
  :: ((rounds) & 1) != 0 -> earlier[b] = earlier[b] | (1 << newest[b]); newest[b] = t
  :: else
  fi;
  if
  :: ((rounds) & 2) != 0 ->
     newestFinal[b] = t;
     for (i : 0 .. LAST) {
       if
       :: height[i] < height[t] -> earlier[b] = earlier[b] & (127 - (1 << i))
       :: else
       fi
     };
#ifndef NO_DRAWN_RULE
     if
     :: height[t] >= drawn[b] ->
#endif
        stage[b] = (stage[b] == 2 -> 2 : stage[b] + 1);
        drawn[b] = height[b]
#ifndef NO_DRAWN_RULE
     :: else
     fi
#endif
  :: else
  fi;
  justified = justified | (1 << newest[b]);
  final = final | (1 << newestFinal[b]);
  settle()
}

#define mayCome(b, p) (!split && !has(created, b) && has(created, p) && ((b) != B3 || has(created, A3)))
#define showsFirst(p, t) \
  (height[t] > height[newest[p]] && has(startsOf(p), newest[t]) && decides(prepared[t], stageFor(p, t)))
#define showsSecond(p, t) (height[t] > height[newestFinal[p]] && decides(committed[t], stageFor(p, t)))
#define PLAIN(b, p) :: d_step { mayCome(b, p) -> make(b, ROOT, 0) }
#define SHOW(b, p, t) \
  :: d_step { mayCome(b, p) && showsFirst(p, t) -> make(b, t, 1) } \
  :: d_step { mayCome(b, p) && showsFirst(p, t) && showsSecond(p, t) -> make(b, t, 3) } \
  :: d_step { mayCome(b, p) && has(startsOf(p), t) && showsSecond(p, t) -> make(b, t, 2) }

proctype proposers() {
end:
  do
  PLAIN(A3, X2) SHOW(A3, X2, X1) SHOW(A3, X2, X2)
  PLAIN(A4, A3) SHOW(A4, A3, X1) SHOW(A4, A3, X2) SHOW(A4, A3, A3)
  PLAIN(B3, X2) SHOW(B3, X2, X1) SHOW(B3, X2, X2)
  PLAIN(B4, B3) SHOW(B4, B3, X1) SHOW(B4, B3, X2) SHOW(B4, B3, B3)
  od
}

/* A voter with a weight after the block signs if its journal allows it. */
#define votes(v, b) ((stage[b] < 2 && has(FIRST, v)) || (stage[b] > 0 && has(NEXT, v)))
#define PREPARE(b) \
  :: d_step { !split && has(created, b) && votes(self, b) && 2 * height[b] > lastTarget[self] && \
       2 * height[newest[b]] >= lastSource[self] -> \
       prepared[b] = prepared[b] | (1 << self); \
       lastTarget[self] = 2 * height[b]; lastSource[self] = 2 * height[newest[b]]; settle() }
#define COMMIT(b) \
  :: d_step { !split && has(justified, b) && has(created, b) && votes(self, b) && 2 * height[b] >= lastTarget[self] && \
       2 * height[b] >= lastSource[self] -> \
       committed[b] = committed[b] | (1 << self); \
       lastTarget[self] = 2 * height[b] + 1; lastSource[self] = 2 * height[b]; settle() }

proctype honest(byte self) {
end:
  do
  PREPARE(A3) PREPARE(A4) PREPARE(B3) PREPARE(B4)
  COMMIT(X2) COMMIT(A3) COMMIT(A4) COMMIT(B3) COMMIT(B4)
  od
}

#ifdef EVIDENCE
/* One of them, or all together, where that completes two thirds of an electorate. */
#define LOWER (BYZANTINE & (32 - BYZANTINE))
#define gains(set, more) ((enough[(set) | (more)] & (3 - enough[set])) != 0)
#define SIGN(votes, b, condition, more) \
  :: d_step { !split && has(created, b) && (condition) && (votes[b] & (more)) == 0 && gains(votes[b], more) && \
       ((more) != BYZANTINE || (!gains(votes[b], LOWER) && !gains(votes[b], BYZANTINE - LOWER))) -> \
       votes[b] = votes[b] | (more); settle() }
#define FORGE(b) \
  SIGN(prepared, b, true, LOWER) SIGN(prepared, b, true, BYZANTINE - LOWER) SIGN(prepared, b, true, BYZANTINE) \
  SIGN(committed, b, has(justified, b), LOWER) SIGN(committed, b, has(justified, b), BYZANTINE - LOWER) \
  SIGN(committed, b, has(justified, b), BYZANTINE)

proctype byzantine() {
end:
  do
  FORGE(X2) FORGE(A3) FORGE(A4) FORGE(B3) FORGE(B4)
  od
}
#endif

#define RUN(v) \
  if \
  :: !has(BYZANTINE, v) && has(FIRST | NEXT, v) -> run honest(v) \
  :: else \
  fi

init {
  d_step { makeTables() }
  /* What X2 shows of X1: nothing (and then it is not final: who has sealed it votes from there on), one round, both. */
  if
#ifndef EVIDENCE
  :: skip
#endif
  :: d_step { committed[X1] = FIRST; final = final | 2; newest[X2] = X1; earlier[X2] = 1 }
#ifndef EVIDENCE
  :: d_step {
       committed[X1] = FIRST; final = final | 2; newest[X2] = X1; newestFinal[X2] = X1; stage[X2] = 1; drawn[X2] = 2
     }
#endif
  fi;
  d_step {
    for (v : 0 .. 3) {
#ifdef SETTLED
      lastTarget[v] = 5; lastSource[v] = 4
#else
      lastTarget[v] = 4; lastSource[v] = 2 * height[newest[X2]]
#endif
    }
  }
  atomic {
    RUN(0); RUN(1); RUN(2); RUN(3); RUN(4);
    run proposers();
#ifdef EVIDENCE
    run byzantine()
#else
    skip
#endif
  }
}
