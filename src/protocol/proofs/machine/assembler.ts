/**
 * The assembler of the Veil machine: text with labels to words, with the line of every mistake. It writes no word that the
 * language does not spell out; the instruction `jmp` is `beq r0, r0`, `mov` is `addi …, 0`.
 * @module
 */
import { accepted, type Result, rejected } from "../../result.ts";
import { encodeInstruction, machineLimits, type Operation } from "./instruction.ts";
import { type Program, programFromWords } from "./program.ts";

/** Longest source that is read. */
const maximumSourceCharacters = 16_384;

/** An assembled program: its words filled up to 64, and how many the source has. */
export interface AssembledProgram {
  readonly program: Program;
  readonly length: number;
}

/** Shapes of operands, by mnemonic. `d`, `s`, `t` are registers, `i` an immediate, `m` is `offset(register)`, `l` a label. */
const shapes: Readonly<Record<string, string>> = {
  halt: "",
  add: "dst",
  sub: "dst",
  mul: "dst",
  and: "dst",
  or: "dst",
  xor: "dst",
  sltu: "dst",
  shl: "dst",
  shr: "dst",
  addi: "dsi",
  li: "di",
  lw: "dm",
  sw: "tm",
  beq: "stl",
  bne: "stl",
  jmp: "l",
  mov: "ds",
};

interface Line {
  readonly number: number;
  readonly mnemonic: string;
  readonly operands: readonly string[];
}

/** Carries the first mistake out of the helpers; never leaves this file. */
class SourceMistake extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

function readNumber(text: string): number | null {
  return /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : null;
}

function readRegister(text: string, line: number): number {
  const found = /^r([0-7])$/i.exec(text);
  if (found === null) throw new SourceMistake(line, `"${text}" is not a register; there are r0 to r7.`);
  return Number(found[1]);
}

function readImmediate(text: string, line: number): number {
  const value = readNumber(text);
  if (value === null || value >= 2 ** machineLimits.immediateBits) {
    throw new SourceMistake(
      line,
      `"${text}" is not a whole number from 0 to 65535 (decimal, or hexadecimal after 0x).`,
    );
  }
  return value;
}

function readTarget(text: string, line: number, labels: ReadonlyMap<string, number>): number {
  const place = labels.get(text);
  if (place === undefined) throw new SourceMistake(line, `There is no label "${text}:".`);
  return place;
}

/** First pass: lines with an instruction, and where labels point. */
function readLines(source: string): { lines: Line[]; labels: Map<string, number> } {
  const lines: Line[] = [];
  const labels = new Map<string, number>();
  for (const [index, raw] of source.split(/\r?\n/).entries()) {
    const number = index + 1;
    let rest = raw.replace(/[;#].*$/, "").trim();
    for (let found = /^([a-z_]\w*):/i.exec(rest); found !== null; found = /^([a-z_]\w*):/i.exec(rest)) {
      const label = found[1] as string;
      if (labels.has(label)) throw new SourceMistake(number, `The label "${label}:" is there twice.`);
      labels.set(label, lines.length);
      rest = rest.slice(found[0].length).trim();
    }
    if (rest === "") continue;
    const [mnemonic = "", operandText = ""] = rest.split(/\s+(.*)/);
    const operands = operandText === "" ? [] : operandText.split(",").map((operand) => operand.trim());
    lines.push({ number, mnemonic: mnemonic.toLowerCase(), operands });
  }
  return { lines, labels };
}

/** Second pass: the word of one line. */
function wordOf(line: Line, labels: ReadonlyMap<string, number>): number {
  const shape = Object.hasOwn(shapes, line.mnemonic) ? shapes[line.mnemonic] : undefined;
  if (shape === undefined) {
    throw new SourceMistake(
      line.number,
      `"${line.mnemonic}" is not an instruction: ${Object.keys(shapes).join(", ")}.`,
    );
  }
  if (line.operands.length !== shape.length) {
    throw new SourceMistake(
      line.number,
      `${line.mnemonic} takes ${shape.length} operand${shape.length === 1 ? "" : "s"}, not ${line.operands.length}.`,
    );
  }
  const parts = { rd: 0, rs: 0, rt: 0, immediate: 0 };
  for (const [place, kind] of [...shape].entries()) {
    const text = line.operands[place] as string;
    if (kind === "d") parts.rd = readRegister(text, line.number);
    else if (kind === "s") parts.rs = readRegister(text, line.number);
    else if (kind === "t") parts.rt = readRegister(text, line.number);
    else if (kind === "i") parts.immediate = readImmediate(text, line.number);
    else if (kind === "l") parts.immediate = readTarget(text, line.number, labels);
    else {
      const found = /^(\w+)\s*\(\s*(\w+)\s*\)$/.exec(text);
      if (found === null) throw new SourceMistake(line.number, `"${text}" is not an address; write 3(r1) for r1 + 3.`);
      parts.immediate = readImmediate(found[1] as string, line.number);
      parts.rs = readRegister(found[2] as string, line.number);
    }
  }
  const operation = line.mnemonic === "jmp" ? "beq" : line.mnemonic === "mov" ? "addi" : line.mnemonic;
  return encodeInstruction({ operation: operation as Operation, ...parts });
}

/** Assembles a source of any origin. */
export function assemble(source: string): Result<AssembledProgram> {
  if (source.length > maximumSourceCharacters) {
    return rejected("too-large", `The source has ${source.length} characters; at most ${maximumSourceCharacters}.`);
  }
  try {
    const { lines, labels } = readLines(source);
    const words = lines.map((line) => wordOf(line, labels));
    for (const [label, place] of labels) {
      if (place >= machineLimits.programWords) {
        return rejected("bad-program", `The label "${label}:" lies beyond instruction ${machineLimits.programWords}.`);
      }
    }
    const program = programFromWords(words);
    return program.ok ? accepted({ program: program.value, length: words.length }) : program;
  } catch (error) {
    if (!(error instanceof SourceMistake)) throw error;
    return rejected("bad-program", `Line ${error.line}: ${error.message}`, { line: error.line });
  }
}
