/**
 * From regular expressions to the states of an automaton: POSIX basic and extended syntax, bytes as characters. States
 * stand in one array; a fragment under construction is its first state and the list of ends that lead nowhere yet.
 */
import { allocate } from "../library/memory";
import { misused } from "../library/system";

/** What a state does. */
export const matchState: u32 = 0;
/** Goes on at `next` with one byte of a set. */
export const setState: u32 = 1;
/** Goes on at `next` and at `other`. */
export const splitState: u32 = 2;
/** Goes on at `next` at the beginning of a line. */
export const lineStartState: u32 = 3;
/** Goes on at `next` at the end of a line. */
export const lineEndState: u32 = 4;

/** A state: kind, next, other, address of a set. */
const stateBytes: usize = 16;
/** Counted repetitions copy what they repeat. */
export const mostStates: u32 = 20_000;
const states = allocate(stateBytes * mostStates);

/** How many there are. */
export let stateCount: u32 = 0;

const nowhere: u32 = 0xffff_ffff;
/** Counted repetition is at most this, as in POSIX. */
const mostRepetitions: i32 = 255;
const mostNesting: i32 = 200;

/** How patterns are read. */
export let isExtended = false;
let ignoresCase = false;

/** Sets how patterns are read. */
export function setSyntax(extended: bool, anyCase: bool): void {
  isExtended = extended;
  ignoresCase = anyCase;
}

/** Kind of a state. */
export function kindOf(state: u32): u32 {
  return load<u32>(states + <usize>state * stateBytes);
}

/** Where it goes on. */
export function nextOf(state: u32): u32 {
  return load<u32>(states + <usize>state * stateBytes, 4);
}

/** Where else. */
export function otherOf(state: u32): u32 {
  return load<u32>(states + <usize>state * stateBytes, 8);
}

/** Whether a byte is in its set. */
export function accepts(state: u32, byte: u32): bool {
  const set = load<u32>(states + <usize>state * stateBytes, 12);
  return ((load<u8>(set + (byte >> 3)) >> (byte & 7)) & 1) != 0;
}

function addState(kind: u32, next: u32, other: u32 = nowhere, set: usize = 0): u32 {
  if (stateCount == mostStates) misused("grep", "the pattern is too large");
  const at = states + <usize>stateCount * stateBytes;
  store<u32>(at, kind);
  store<u32>(at, next, 4);
  store<u32>(at, other, 8);
  store<u32>(at, <u32>set, 12);
  return stateCount++;
}

function setNext(state: u32, next: u32): void {
  store<u32>(states + <usize>state * stateBytes, next, 4);
}

function setOther(state: u32, other: u32): void {
  store<u32>(states + <usize>state * stateBytes, other, 8);
}

function newSet(): usize {
  const set = allocate(32);
  memory.fill(set, 0, 32);
  return set;
}

function addByte(set: usize, byte: u32): void {
  store<u8>(set + (byte >> 3), <u8>(<u32>load<u8>(set + (byte >> 3)) | (1 << (byte & 7))));
}

function hasByte(set: usize, byte: u32): bool {
  return ((load<u8>(set + (byte >> 3)) >> (byte & 7)) & 1) != 0;
}

/** With `-i` a letter stands for both of its cases. */
function foldSet(set: usize): void {
  if (!ignoresCase) return;
  for (let letter: u32 = 65; letter < 91; letter++) {
    if (hasByte(set, letter)) addByte(set, letter + 32);
    else if (hasByte(set, letter + 32)) addByte(set, letter);
  }
}

/** The pattern that is read, and where. */
let at: usize = 0;
let end: usize = 0;
let patternStart: usize = 0;
let nesting: i32 = 0;

/**
 * Reading builds the automaton from the end of the pattern backwards in effect: every part is told where to go on, by a
 * joint that is filled in later. A joint is a split with one way.
 */
function newJoint(): u32 {
  return addState(splitState, nowhere);
}

function malformed(what: string): void {
  misused("grep", what, patternStart, end - patternStart);
}

function peek(offset: i32 = 0): i32 {
  return at + offset < end ? <i32>load<u8>(at + offset) : -1;
}

/** Whether an operator stands here; in basic syntax it has a backslash before it. */
function isOperator(byte: i32): bool {
  return isExtended ? peek() == byte : peek() == 92 && peek(1) == byte;
}

function takeOperator(): void {
  at += isExtended ? 1 : 2;
}

/** Two states: first and, not yet leading on, last. */
let partStart: u32 = 0;
let partEnd: u32 = 0;

function setPart(first: u32, last: u32): void {
  partStart = first;
  partEnd = last;
}

/** A state that needs a byte of a set. */
function setPartOf(set: usize): void {
  foldSet(set);
  const joint = newJoint();
  setPart(addState(setState, joint, nowhere, set), joint);
}

function literal(byte: u32): void {
  const set = newSet();
  addByte(set, byte);
  setPartOf(set);
}

function addRange(set: usize, first: u32, last: u32): void {
  for (let byte = first; byte <= last; byte++) addByte(set, byte);
}

function nameIs(from: usize, length: usize, name: string): bool {
  if (<i32>length != name.length) return false;
  for (let i = 0; i < name.length; i++) if (load<u8>(from + i) != name.charCodeAt(i)) return false;
  return true;
}

/** A class like `[:alpha:]`, of which the first two bytes are taken. */
function readClass(set: usize): void {
  const from = at;
  while (at < end && !(peek() == 58 && peek(1) == 93)) at++;
  const length = at - from;
  const upper = nameIs(from, length, "upper");
  const lower = nameIs(from, length, "lower");
  const letters = nameIs(from, length, "alpha") || nameIs(from, length, "alnum");
  if (upper || letters) addRange(set, 65, 90);
  if (lower || letters) addRange(set, 97, 122);
  if (nameIs(from, length, "alnum") || nameIs(from, length, "digit")) addRange(set, 48, 57);
  else if (nameIs(from, length, "space")) {
    addRange(set, 9, 13);
    addByte(set, 32);
  } else if (nameIs(from, length, "blank")) {
    addByte(set, 9);
    addByte(set, 32);
  } else if (nameIs(from, length, "xdigit")) {
    addRange(set, 48, 57);
    addRange(set, 65, 70);
    addRange(set, 97, 102);
  } else if (nameIs(from, length, "punct")) {
    addRange(set, 33, 47);
    addRange(set, 58, 64);
    addRange(set, 91, 96);
    addRange(set, 123, 126);
  } else if (nameIs(from, length, "print")) addRange(set, 32, 126);
  else if (nameIs(from, length, "graph")) addRange(set, 33, 126);
  else if (nameIs(from, length, "cntrl")) {
    addRange(set, 0, 31);
    addByte(set, 127);
  } else if (!upper && !lower && !letters) malformed("there is no such class of characters");
  at += 2;
}

/** `[…]`, of which the first byte is taken. */
function readBrackets(): void {
  const set = newSet();
  const negated = peek() == 94;
  if (negated) at++;
  const first = at;
  while (at == first || peek() != 93) {
    if (at >= end) malformed("a [ has no ]");
    if (peek() == 91 && peek(1) == 58) {
      at += 2;
      readClass(set);
      continue;
    }
    if (peek() == 91 && (peek(1) == 46 || peek(1) == 61)) malformed("[. and [= are not supported");
    const low = <u32>peek();
    at++;
    let high = low;
    if (peek() == 45 && peek(1) != 93 && peek(1) >= 0) {
      high = peek(1);
      at += 2;
      if (high < low) malformed("a range ends before it begins");
    }
    addRange(set, low, high);
  }
  at++;
  foldSet(set);
  if (negated) for (let i: usize = 0; i < 32; i++) store<u8>(set + i, ~load<u8>(set + i));
  const joint = newJoint();
  setPart(addState(setState, joint, nowhere, set), joint);
}

function wordSet(negated: bool): void {
  const set = newSet();
  addRange(set, 48, 57);
  addRange(set, 65, 90);
  addRange(set, 97, 122);
  addByte(set, 95);
  if (negated) for (let i: usize = 0; i < 32; i++) store<u8>(set + i, ~load<u8>(set + i));
  setPartOf(set);
}

function spaceSet(negated: bool): void {
  const set = newSet();
  addRange(set, 9, 13);
  addByte(set, 32);
  if (negated) for (let i: usize = 0; i < 32; i++) store<u8>(set + i, ~load<u8>(set + i));
  setPartOf(set);
}

function anchor(kind: u32): void {
  const joint = newJoint();
  setPart(addState(kind, joint), joint);
  at++;
}

/** Behind a backslash that began no operator. */
function readEscape(): void {
  const byte = peek();
  at++;
  if (byte < 0) malformed("a backslash ends the pattern");
  if (byte == 119 || byte == 87) wordSet(byte == 87);
  else if (byte == 115 || byte == 83) spaceSet(byte == 83);
  else if (byte >= 49 && byte <= 57) malformed("references to groups are not supported");
  else if (byte == 60 || byte == 62 || byte == 98 || byte == 66) malformed("edges of words are not supported");
  else literal(byte);
}

/** One thing that can be repeated. `isFirst`: nothing of its branch stands before it. */
function readAtom(isFirst: bool): void {
  if (isOperator(40)) {
    takeOperator();
    if (++nesting > mostNesting) malformed("groups are nested too deep");
    readBranches();
    if (!isOperator(41)) malformed("a ( has no )");
    takeOperator();
    nesting--;
    return;
  }
  const byte = peek();
  if (byte == 94 && (isExtended || isFirst)) anchor(lineStartState);
  else if (byte == 36 && (isExtended || endsBranch(1))) anchor(lineEndState);
  else {
    at++;
    if (byte == 91) readBrackets();
    else if (byte == 46) {
      const set = newSet();
      memory.fill(set, 0xff, 32);
      setPartOf(set);
    } else if (byte == 92) readEscape();
    else literal(byte);
  }
}

/** Whether a branch of basic syntax ends at an offset. */
function endsBranch(offset: i32): bool {
  if (peek(offset) < 0) return true;
  return peek(offset) == 92 && (peek(offset + 1) == 41 || peek(offset + 1) == 124);
}

/** `first` and whatever follows it, any number of times or at least once, or not at all. */
function repeat(mayBeNone: bool, mayBeMore: bool): void {
  const first = partStart;
  const last = partEnd;
  const joint = newJoint();
  const enter = mayBeNone ? addState(splitState, first, joint) : first;
  setNext(last, joint);
  if (mayBeMore) setOther(last, first);
  setPart(enter, joint);
}

function readNumber(): i32 {
  let value = -1;
  while (peek() >= 48 && peek() <= 57) {
    value = (value < 0 ? 0 : value) * 10 + peek() - 48;
    if (value > mostRepetitions) malformed("more than 255 repetitions");
    at++;
  }
  return value;
}

/** `{least,most}` behind an atom that stands from `atom` on: it is read again for each repetition. */
function readCounts(atom: usize, isFirst: bool): void {
  takeOperator();
  const least = readNumber();
  let most = least;
  let isOpen = false;
  if (peek() == 44) {
    at++;
    most = readNumber();
    isOpen = most < 0;
  }
  if ((least < 0 && isOpen) || !isOperator(125)) malformed("a { needs numbers and }");
  takeOperator();
  const low = max(0, least);
  if (!isOpen && most < low) malformed("a { has a range that ends before it begins");
  const behind = at;
  const entry = newJoint();
  let last = entry;
  const copies = isOpen ? max(1, low) : most;
  const exitJoint = newJoint();
  for (let i = 0; i < copies; i++) {
    at = atom;
    readAtom(isFirst);
    if (isOpen && i == copies - 1) repeat(low == 0, true);
    if (!isOpen && i >= low) setOther(last, exitJoint);
    setNext(last, partStart);
    last = partEnd;
  }
  setNext(last, exitJoint);
  at = behind;
  setPart(entry, exitJoint);
}

/** An atom and what says how often. */
function readRepeated(isFirst: bool): void {
  const atom = at;
  const basicStar = !isExtended && isFirst && peek() == 42;
  if (basicStar) {
    literal(42);
    at++;
  } else readAtom(isFirst);
  for (let isRepeated = basicStar; ; isRepeated = true) {
    if (peek() == 42) {
      at++;
      repeat(true, true);
    } else if (isOperator(43)) {
      takeOperator();
      repeat(false, true);
    } else if (isOperator(63)) {
      takeOperator();
      repeat(true, false);
    } else if (!isOperator(123)) return;
    else if (isRepeated) malformed("a { stands behind another repetition");
    else readCounts(atom, isFirst);
  }
}

/** Things one after the other. */
function readBranch(): void {
  const first = newJoint();
  let last = first;
  let isFirst = true;
  while (at < end && !isOperator(124) && !(nesting > 0 && isOperator(41))) {
    const isAnchor = isFirst && !isExtended && peek() == 94;
    if (isExtended && isFirst && (peek() == 42 || peek() == 43 || peek() == 63 || peek() == 123)) {
      malformed("nothing stands before what says how often");
    }
    if (!isExtended && peek() == 92 && peek(1) == 41) malformed("a ) has no (");
    readRepeated(isFirst);
    setNext(last, partStart);
    last = partEnd;
    // Behind the ^ of basic syntax a * is still an ordinary character.
    isFirst = isAnchor;
  }
  setPart(first, last);
}

/** Branches of which any may match. */
function readBranches(): void {
  readBranch();
  while (isOperator(124)) {
    takeOperator();
    const first = partStart;
    const last = partEnd;
    readBranch();
    const joint = newJoint();
    setNext(last, joint);
    setNext(partEnd, joint);
    setPart(addState(splitState, first, partStart), joint);
  }
}

/** First state of all patterns; there is none yet. */
export let firstState: u32 = nowhere;

/** Adds a pattern: of fixed text or an expression; `whole`: the line must be nothing else. */
export function addPattern(from: usize, to: usize, isFixed: bool, whole: bool): void {
  patternStart = from;
  at = from;
  end = to;
  nesting = 0;
  const start = addState(whole ? lineStartState : splitState, nowhere);
  if (isFixed) {
    const first = newJoint();
    let last = first;
    while (at < end) {
      literal(peek());
      at++;
      setNext(last, partStart);
      last = partEnd;
    }
    setPart(first, last);
  } else {
    readBranches();
    if (at < end) malformed("a ) has no (");
  }
  setNext(start, partStart);
  const match = addState(matchState, nowhere);
  if (whole) setNext(partEnd, addState(lineEndState, match));
  else setNext(partEnd, match);
  firstState = firstState == nowhere ? start : addState(splitState, firstState, start);
}

/** What leads nowhere. */
export function isNowhere(state: u32): bool {
  return state == nowhere;
}
