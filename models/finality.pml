/*
 * The two-epoch vote rule of finality (Casper FFG on our blocks), checked exhaustively by `npm run check:model`.
 *
 * THE RULES. A checkpoint is (epoch, block); block T of height h owns the epochs 2h and 2h + 1. The root is (0, genesis):
 * justified and final by definition. What a voter may sign, and what anybody counts:
 *
 *   1. Form, first round ("prepare"):  <2k, S, 2h, T>  with S the ancestor of T at height k < h. Sources are even epochs.
 *   2. Form, second round ("commit"):  <2h, T, 2h + 1, T>: the source is the epoch just before, on the same block.
 *   3. The source is justified. A vote whose source is not (yet) justified is not counted (yet).
 *   4. No two votes with one target epoch.
 *   5. No vote surrounds another: never s1 < s2 and t2 < t1.
 *   Justified: T for whose epoch 2h more than 2/3 of the stake voted, each with a justified source; the sources may differ.
 *   Final:     a justified T for whose epoch 2h + 1 more than 2/3 of the stake voted by rule 2.
 *   6. Fork choice: the head descends from the highest justified block (and so from all final ones); work decides above it.
 *
 * A voter's journal needs two numbers to obey 4 and 5 for ever (-DJOURNAL): sign only if the target epoch is above the
 * last one and the source epoch not below the last one.
 *
 * WHAT IS CHECKED, for 4 voters of equal stake over the tree below; honest voters sign in any order whatever the rules
 * allow, with any justified source (so every delay and loss of messages is covered):
 *   BYZANTINE=1  agreement: no two conflicting blocks are final. A Byzantine voter is taken to have signed everything.
 *                liveness: on every head that rule 6 allows, all honest voters may still vote for a new block.
 *   BYZANTINE=2  accountable safety: every double finalisation convicts both of them (1/2 of the stake; 1/4 would be
 *                below 1/3) by rules 4 and 5, and never an honest voter. The two sign only what completes a quorum:
 *                more votes would only be more evidence. -DHEIGHTS=2 leaves out A3 and B3, to stay within minutes.
 *
 *             A1 --- A2 --- A3
 *           /    \
 *   genesis        C2                    heights 0 to 3, epochs 0 to 7
 *           \
 *             B1 --- B2 --- B3
 *
 * MUTANTS, each of which the checker must refute: NO_DOUBLE_RULE (4), NO_SURROUND_RULE (5), NO_SOURCE_RULE (3),
 * ANY_COMMIT_SOURCE (2), QUORUM=2, WORK_ONLY (6). CANARY asserts what must be reachable for the rest to mean anything.
 */
#ifndef BYZANTINE
#define BYZANTINE 1
#endif
#ifndef HEIGHTS
#define HEIGHTS 3
#endif
#ifndef QUORUM
#define QUORUM 3
#endif
#define VOTERS 4
#define HONEST (VOTERS - BYZANTINE)

#define GENESIS 0
#define A1 1
#define B1 2
#define A2 3
#define C2 4
#define B2 5
#define A3 6
#define B3 7
#define LAST 7

/* A vote for block T with its source at height k, as a bit of one of a voter's two sets. */
#define vote(T, k) (4 * ((T) - 1) + (k))
#define SLOTS 28
#define target(x) ((x) / 4 + 1)
#define has(set, bit) (((set) >> (bit)) & 1)

/* What each voter has signed: first rounds and second rounds. Honest voters come first; equal ones are kept in order. */
int prepared[VOTERS];
int committed[VOTERS];
/* What follows from all votes, as sets of blocks. */
byte justified = 1;
byte final = 1;
/* Two conflicting blocks are final: judged, and nothing more is to be seen there (evidence does not go away). */
bit split;

/* The tree and what excludes what: worked out once, never changed, so not part of the state. */
hidden byte parent[8];
hidden byte height[8];
hidden byte ancestor[SLOTS];
hidden int conflicting[8];
hidden int sourceAbove[4];
/* Old votes (first word: kind of the new vote, second: of the old) that make a new one slashable, or bar a voter from it. */
hidden int preparePrepare[SLOTS];
hidden int prepareCommit[SLOTS];
hidden int commitPrepare[SLOTS];
hidden int commitCommit[SLOTS];
hidden int barPreparePrepare[SLOTS];
hidden int barPrepareCommit[SLOTS];
hidden int barCommitPrepare[SLOTS];
hidden int barCommitCommit[SLOTS];
hidden int i, j, k, v, count, usable, swap, guilty, best, highest;

/* Rules 4 and 5 as evidence: two different votes, source to target. */
#ifdef NO_DOUBLE_RULE
#define doubled(t1, t2) false
#else
#define doubled(t1, t2) ((t1) == (t2))
#endif
#ifdef NO_SURROUND_RULE
#define surrounds(s1, t1, s2, t2) false
#else
#define surrounds(s1, t1, s2, t2) (((s1) < (s2) && (t2) < (t1)) || ((s2) < (s1) && (t1) < (t2)))
#endif
#define clash(s1, t1, s2, t2) (doubled(t1, t2) || surrounds(s1, t1, s2, t2))
/* What a voter itself goes by: s1, t1 is the new vote. */
#ifdef JOURNAL
#define barred(s1, t1, s2, t2) ((t1) <= (t2) || (s1) < (s2))
#else
#define barred(s1, t1, s2, t2) clash(s1, t1, s2, t2)
#endif

#define prepareEpoch(x) (2 * height[target(x)])
#define commitEpoch(x) (2 * height[target(x)] + 1)
#define sourceEpoch(x) (2 * ((x) % 4))

#define ENTER(table, x, y, condition) \
  if \
  :: (condition) -> table[x] = table[x] | (1 << (y)) \
  :: else \
  fi

inline makeTables() {
  parent[A1] = GENESIS; parent[B1] = GENESIS; parent[A2] = A1; parent[C2] = A1; parent[B2] = B1;
  parent[A3] = A2; parent[B3] = B2;
  for (i : 1 .. LAST) { height[i] = height[parent[i]] + 1 }
  for (i : 1 .. LAST) {
    j = i;
    do
    :: ancestor[vote(i, height[j])] = j;
       if
       :: j == GENESIS -> break
       :: else -> j = parent[j]
       fi
    od
  }
  for (i : 1 .. LAST) {
    for (j : 1 .. LAST) {
      if
      :: height[i] >= height[j] -> ENTER(conflicting, i, j, ancestor[vote(i, height[j])] != j)
      :: else -> ENTER(conflicting, i, j, ancestor[vote(j, height[i])] != i)
      fi
    }
  }
  for (i : 0 .. 3) { for (j : 0 .. SLOTS - 1) { ENTER(sourceAbove, i, j, j % 4 > i) } }
  for (i : 0 .. SLOTS - 1) {
    for (j : 0 .. SLOTS - 1) {
      if
      :: i != j ->
         ENTER(preparePrepare, i, j, clash(sourceEpoch(i), prepareEpoch(i), sourceEpoch(j), prepareEpoch(j)));
         ENTER(commitCommit, i, j, clash(sourceEpoch(i), commitEpoch(i), sourceEpoch(j), commitEpoch(j)))
      :: else
      fi;
      ENTER(prepareCommit, i, j, clash(sourceEpoch(i), prepareEpoch(i), sourceEpoch(j), commitEpoch(j)));
      ENTER(commitPrepare, i, j, clash(sourceEpoch(i), commitEpoch(i), sourceEpoch(j), prepareEpoch(j)));
      ENTER(barPreparePrepare, i, j, barred(sourceEpoch(i), prepareEpoch(i), sourceEpoch(j), prepareEpoch(j)));
      ENTER(barPrepareCommit, i, j, barred(sourceEpoch(i), prepareEpoch(i), sourceEpoch(j), commitEpoch(j)));
      ENTER(barCommitPrepare, i, j, barred(sourceEpoch(i), commitEpoch(i), sourceEpoch(j), prepareEpoch(j)));
      ENTER(barCommitCommit, i, j, barred(sourceEpoch(i), commitEpoch(i), sourceEpoch(j), commitEpoch(j)))
    }
  }
}

/* Rule 3. */
#ifdef NO_SOURCE_RULE
#define sourceCounts(x) true
#else
#define sourceCounts(x) has(justified, ancestor[x])
#endif

/* What an honest voter may sign. (A bar against the vote itself stands in the tables only without mutants.) */
#define mayPrepare(v, x) \
  (!split && !has(prepared[v], x) && sourceCounts(x) && \
   (prepared[v] & barPreparePrepare[x]) == 0 && (committed[v] & barPrepareCommit[x]) == 0)
#define mayCommit(v, x) \
  (!split && !has(committed[v], x) && sourceCounts(x) && \
   (prepared[v] & barCommitPrepare[x]) == 0 && (committed[v] & barCommitCommit[x]) == 0)

/* Votes of the Byzantine that are taken for granted. */
#if BYZANTINE == 2
#define SIGNATORIES VOTERS
#define GRANTED 0
#else
#define SIGNATORIES HONEST
#define GRANTED BYZANTINE
#endif

/* How many voters have a usable vote in one of their sets. */
#define COUNT(votes) \
  count = GRANTED; \
  for (v : 0 .. SIGNATORIES - 1) { \
    if \
    :: (votes[v] & usable) != 0 -> count++ \
    :: else \
    fi \
  }

/* Second-round votes that count for block i. */
inline usableCommits() {
#ifdef ANY_COMMIT_SOURCE
  usable = 0;
  for (k : 0 .. height[i]) {
    if
    :: sourceCounts(vote(i, k)) -> usable = usable | (1 << vote(i, k))
    :: else
    fi
  }
#else
  usable = 1 << vote(i, height[i])
#endif
}

/* Blocks are numbered by height, so one pass finds what is justified. */
inline deduce() {
  justified = 1;
  final = 1;
  for (i : 1 .. LAST) {
    usable = 0;
    for (k : 0 .. height[i] - 1) {
      if
      :: sourceCounts(vote(i, k)) -> usable = usable | (1 << vote(i, k))
      :: else
      fi
    }
    COUNT(prepared);
    if
    :: count >= QUORUM -> justified = justified | (1 << i)
    :: else
    fi;
    usableCommits();
    COUNT(committed);
    if
#if defined(ANY_COMMIT_SOURCE) || defined(NO_SOURCE_RULE)
    :: count >= QUORUM -> final = final | (1 << i); justified = justified | (1 << i)
#else
    :: count >= QUORUM && has(justified, i) -> final = final | (1 << i)
#endif
    :: else
    fi
  }
}

/* Whether voter v is convicted by its own votes. */
inline judge() {
  guilty = 0;
  for (i : 0 .. SLOTS - 1) {
    if
    :: has(prepared[v], i) && ((prepared[v] & preparePrepare[i]) != 0 || (committed[v] & prepareCommit[i]) != 0) ->
       guilty = 1
    :: has(committed[v], i) && (committed[v] & commitCommit[i]) != 0 -> guilty = 1
    :: else
    fi
  }
}

inline checkAgreement() {
  usable = 0;
  for (i : 1 .. LAST) {
    if
    :: has(final, i) -> usable = usable | (final & conflicting[i])
    :: else
    fi
  }
#if BYZANTINE == 2
  if
  :: usable != 0 ->
#ifdef CANARY
     assert(false);
#endif
     split = 1;
     for (v : 0 .. VOTERS - 1) { judge(); assert(guilty == (v >= HONEST -> 1 : 0)) }
  :: else
  fi
#else
  assert(usable == 0);
#ifdef CANARY
  assert(!has(final, A3));
#endif
#endif
}

/* Rule 6: on each head that may be chosen, whose newest justified ancestor has height k, no honest voter is locked higher. */
inline checkTip(tip) {
  best = 0;
  for (k : 0 .. height[tip]) {
    if
    :: has(justified, ancestor[vote(tip, k)]) -> best = k
    :: else
    fi
  }
  if
#ifdef WORK_ONLY
  :: (final & conflicting[tip]) == 0 ->
#else
  :: best == highest ->
#endif
     for (v : 0 .. HONEST - 1) {
       assert((prepared[v] & sourceAbove[best]) == 0 && (committed[v] & sourceAbove[best]) == 0)
     }
  :: else
  fi
}

inline checkLiveness() {
  highest = 0;
  for (i : 1 .. LAST) {
    if
    :: has(justified, i) -> highest = height[i]
    :: else
    fi
  }
  checkTip(A3);
  checkTip(C2);
  checkTip(B3)
}

inline checkJournal() {
#ifdef JOURNAL
  for (v : 0 .. HONEST - 1) { judge(); assert(guilty == 0) };
#endif
  skip
}

/* Voters of one kind are interchangeable: one order stands for all. */
inline order(a, b) {
  if
  :: prepared[a] > prepared[b] || (prepared[a] == prepared[b] && committed[a] > committed[b]) ->
     swap = prepared[a]; prepared[a] = prepared[b]; prepared[b] = swap;
     swap = committed[a]; committed[a] = committed[b]; committed[b] = swap
  :: else
  fi
}

inline settle() {
  order(0, 1);
#if BYZANTINE == 2
  order(2, 3);
#else
  order(1, 2);
  order(0, 1);
#endif
  deduce();
  checkAgreement();
#if BYZANTINE == 1 && !defined(NO_SOURCE_RULE) && !defined(ANY_COMMIT_SOURCE)
  checkLiveness();
#endif
  checkJournal()
}

#define PREPARE(T, k) \
  :: d_step { mayPrepare(self, vote(T, k)) -> prepared[self] = prepared[self] | (1 << vote(T, k)); settle() }
#define COMMIT(T, k) \
  :: d_step { mayCommit(self, vote(T, k)) -> committed[self] = committed[self] | (1 << vote(T, k)); settle() }

proctype honest(byte self) {
end:
  do
  PREPARE(A1, 0) PREPARE(B1, 0)
  PREPARE(A2, 0) PREPARE(A2, 1) PREPARE(C2, 0) PREPARE(C2, 1) PREPARE(B2, 0) PREPARE(B2, 1)
  COMMIT(A1, 1) COMMIT(B1, 1) COMMIT(A2, 2) COMMIT(C2, 2) COMMIT(B2, 2)
#if HEIGHTS == 3
  PREPARE(A3, 0) PREPARE(A3, 1) PREPARE(A3, 2) PREPARE(B3, 0) PREPARE(B3, 1) PREPARE(B3, 2)
  COMMIT(A3, 3) COMMIT(B3, 3)
#endif
#ifdef ANY_COMMIT_SOURCE
  COMMIT(A1, 0) COMMIT(B1, 0) COMMIT(A2, 0) COMMIT(A2, 1) COMMIT(C2, 0) COMMIT(C2, 1) COMMIT(B2, 0) COMMIT(B2, 1)
#endif
  od
}

#define signs(set, mask) ((set & (mask)) != 0 -> 1 : 0)
#define anySource(T) (15 << vote(T, 0))
/* How many honest voters signed it: of three signatures, what they lack is forged. */
#define honestFor(T) (signs(prepared[0], anySource(T)) + signs(prepared[1], anySource(T)))
#define honestSeal(T, k) (signs(committed[0], 1 << vote(T, k)) + signs(committed[1], 1 << vote(T, k)))
#define open(T, k) (!split && !has(justified, T) && has(justified, ancestor[vote(T, k)]))
#define FORGE(T, k) \
  :: d_step { open(T, k) && honestFor(T) == 2 -> prepared[2] = prepared[2] | (1 << vote(T, k)); settle() } \
  :: d_step { open(T, k) && honestFor(T) == 2 -> prepared[3] = prepared[3] | (1 << vote(T, k)); settle() } \
  FORGE_BOTH(T, k, k)
#define FORGE_BOTH(T, k, l) \
  :: d_step { open(T, k) && has(justified, ancestor[vote(T, l)]) && honestFor(T) == 1 -> \
       prepared[2] = prepared[2] | (1 << vote(T, k)); prepared[3] = prepared[3] | (1 << vote(T, l)); settle() }
#define sealable(T) (!split && has(justified, T) && !has(final, T))
#define SEAL(T, k) \
  :: d_step { sealable(T) && honestSeal(T, k) == 2 -> committed[2] = committed[2] | (1 << vote(T, k)); settle() } \
  :: d_step { sealable(T) && honestSeal(T, k) == 2 -> committed[3] = committed[3] | (1 << vote(T, k)); settle() } \
  :: d_step { sealable(T) && honestSeal(T, k) == 1 -> \
       committed[2] = committed[2] | (1 << vote(T, k)); committed[3] = committed[3] | (1 << vote(T, k)); settle() }

#if BYZANTINE == 2
proctype byzantine() {
end:
  do
  FORGE(A1, 0) FORGE(B1, 0)
  FORGE(A2, 0) FORGE(A2, 1) FORGE(C2, 0) FORGE(C2, 1) FORGE(B2, 0) FORGE(B2, 1)
  FORGE_BOTH(A2, 0, 1) FORGE_BOTH(A2, 1, 0) FORGE_BOTH(C2, 0, 1) FORGE_BOTH(C2, 1, 0)
  FORGE_BOTH(B2, 0, 1) FORGE_BOTH(B2, 1, 0)
  SEAL(A1, 1) SEAL(B1, 1) SEAL(A2, 2) SEAL(C2, 2) SEAL(B2, 2)
#if HEIGHTS == 3
  FORGE(A3, 0) FORGE(A3, 1) FORGE(A3, 2) FORGE(B3, 0) FORGE(B3, 1) FORGE(B3, 2)
  FORGE_BOTH(A3, 0, 1) FORGE_BOTH(A3, 0, 2) FORGE_BOTH(A3, 1, 2)
  FORGE_BOTH(B3, 0, 1) FORGE_BOTH(B3, 0, 2) FORGE_BOTH(B3, 1, 2)
  SEAL(A3, 3) SEAL(B3, 3)
#endif
  od
}
#endif

init {
  d_step { makeTables() }
  atomic {
    run honest(0); run honest(1);
#if BYZANTINE == 2
    run byzantine()
#else
    run honest(2)
#endif
  }
}
