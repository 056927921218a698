/**
 * Whether a line matches: the automaton is made deterministic while it runs, state by state as they are met. A byte of
 * input costs one step whatever the pattern; what a pattern can cost more is bounded by the number of its states.
 */
import { allocate } from "../library/memory";
import {
  accepts,
  firstState,
  isNowhere,
  kindOf,
  lineEndState,
  lineStartState,
  matchState,
  nextOf,
  otherOf,
  setState,
  splitState,
  stateCount,
} from "./program";

/** Deterministic states kept; when there are more, all are forgotten. */
const mostKept: u32 = 1_024;
/** Numbers of pattern states kept for them all. */
const mostMembers: usize = 1 << 20;
const bucketCount: u32 = 4_096;

/** For each state and byte: the state after it plus one, zero if that is not known yet. */
let steps: usize = 0;
/** For each state: 1: it matches, 2: it does at the line's end; 4: this is known. */
let verdicts: usize = 0;
/** For each state: first member and how many there are. */
let memberPlaces: usize = 0;
let members: usize = 0;
let buckets: usize = 0;
let chains: usize = 0;
let kept: u32 = 0;
let memberTop: usize = 0;
let lineStart: u32 = 0;

/** Pattern states reached, in the order in which they were; those that wait for a byte or a line's end. */
let reached: usize = 0;
let reachedCount: u32 = 0;
let stack: usize = 0;
/** For each pattern state: the number of the search that met it last. */
let visits: usize = 0;
let search: u32 = 0;
let matched = false;

/** Follows all that needs no byte. `edge`: 1 at the beginning, 2 at the end of a line. */
function reach(state: u32, edge: u32): void {
  let top: usize = 0;
  store<u32>(stack, state);
  top = 4;
  while (top > 0) {
    top -= 4;
    const current = load<u32>(stack + top);
    if (isNowhere(current) || load<u32>(visits + (<usize>current << 2)) == search) continue;
    store<u32>(visits + (<usize>current << 2), search);
    const kind = kindOf(current);
    if (kind == matchState) matched = true;
    else if (kind == setState || kind == lineEndState) {
      store<u32>(reached + (<usize>reachedCount << 2), current);
      reachedCount++;
    }
    const goesOn = kind == splitState || (kind == lineStartState && (edge & 1) != 0) || (kind == lineEndState && (edge & 2) != 0);
    if (!goesOn) continue;
    store<u32>(stack + top, nextOf(current));
    top += 4;
    if (kind != splitState) continue;
    store<u32>(stack + top, otherOf(current));
    top += 4;
  }
}

function beginSearch(): void {
  search++;
  reachedCount = 0;
  matched = false;
}

function forget(): void {
  kept = 0;
  memberTop = 0;
  memory.fill(buckets, 0, bucketCount << 2);
  memory.fill(steps, 0, <usize>mostKept << 10);
}

/** The deterministic state for what was reached. */
function keep(): u32 {
  const bytes = <usize>reachedCount << 2;
  let hash: u32 = matched ? 1 : 0;
  for (let i: usize = 0; i < bytes; i += 4) hash = (hash ^ load<u32>(reached + i)) * 0x9e3779b1;
  const bucket = buckets + (<usize>((hash >> 8) % bucketCount) << 2);
  for (let i = load<u32>(bucket); i != 0; i = load<u32>(chains + (<usize>i << 2))) {
    const place = memberPlaces + (<usize>(i - 1) << 3);
    if (load<u32>(place, 4) != reachedCount || ((load<u8>(verdicts + i - 1) & 1) != 0) != matched) continue;
    if (memory.compare(members + load<u32>(place), reached, bytes) == 0) return i - 1;
  }
  const state = kept;
  kept++;
  store<u32>(memberPlaces + (<usize>state << 3), <u32>memberTop);
  store<u32>(memberPlaces + (<usize>state << 3), reachedCount, 4);
  memory.copy(members + memberTop, reached, bytes);
  memberTop += bytes;
  store<u8>(verdicts + state, matched ? 1 : 0);
  store<u32>(chains + (<usize>(state + 1) << 2), load<u32>(bucket));
  store<u32>(bucket, state + 1);
  return state;
}

function isFull(): bool {
  return kept == mostKept || memberTop > mostMembers;
}

/** The state at the beginning of a line. */
function startLine(): u32 {
  beginSearch();
  reach(firstState, 1);
  return keep();
}

/** Works out a step that is not known yet. A match may begin behind every byte. */
function step(state: u32, byte: u32): u32 {
  const place = memberPlaces + (<usize>state << 3);
  const from = members + load<u32>(place);
  const count = load<u32>(place, 4);
  beginSearch();
  for (let i: usize = 0; i < count; i++) {
    const member = load<u32>(from + (i << 2));
    if (kindOf(member) == setState && accepts(member, byte)) reach(nextOf(member), 0);
  }
  reach(firstState, 0);
  if (isFull()) {
    forget();
    const kept = keep();
    // The first state is among the forgotten; the line's own is known again at the next line.
    lineStart = 0xffff_ffff;
    return kept;
  }
  const next = keep();
  store<u32>(steps + (<usize>state << 10) + (byte << 2), next + 1);
  return next;
}

/** Whether a state matches at the end of a line. */
function matchesAtEnd(state: u32): bool {
  const verdict = load<u8>(verdicts + state);
  if ((verdict & 4) != 0) return (verdict & 2) != 0;
  const place = memberPlaces + (<usize>state << 3);
  const from = members + load<u32>(place);
  const count = load<u32>(place, 4);
  beginSearch();
  for (let i: usize = 0; i < count; i++) {
    const member = load<u32>(from + (i << 2));
    if (kindOf(member) == lineEndState) reach(nextOf(member), 2);
  }
  store<u8>(verdicts + state, verdict | 4 | (matched ? 2 : 0));
  return matched;
}

/** Makes room, once all patterns are there. */
export function prepareMatcher(): void {
  const patternStates = <usize>stateCount + 1;
  steps = allocate(<usize>mostKept << 10);
  verdicts = allocate(mostKept + 1);
  memberPlaces = allocate(<usize>(mostKept + 1) << 3);
  chains = allocate(<usize>(mostKept + 2) << 2);
  buckets = allocate(bucketCount << 2);
  members = allocate(mostMembers + (patternStates << 2));
  reached = allocate(patternStates << 2);
  stack = allocate(patternStates << 3);
  visits = allocate(patternStates << 2);
  memory.fill(visits, 0, patternStates << 2);
  forget();
  lineStart = startLine();
}

/** Whether a line matches. An empty line is at its beginning and its end at once. */
export function matchesLine(at: usize, end: usize): bool {
  if (at == end) {
    beginSearch();
    reach(firstState, 3);
    return matched;
  }
  if (lineStart == 0xffff_ffff) {
    if (isFull()) forget();
    lineStart = startLine();
  }
  let state = lineStart;
  for (; at < end; at++) {
    if ((load<u8>(verdicts + state) & 1) != 0) return true;
    const byte = <u32>load<u8>(at);
    const known = load<u32>(steps + (<usize>state << 10) + (byte << 2));
    state = known != 0 ? known - 1 : step(state, byte);
  }
  return (load<u8>(verdicts + state) & 1) != 0 || matchesAtEnd(state);
}
