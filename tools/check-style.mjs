/**
 * House style as a test: file and function lengths, a module comment on every file, a doc comment on every export,
 * thin workers, an import table in src/README.md that is the one enforced.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { importTable } from "./import-table.mjs";
import { root } from "./install.mjs";

const limits = { fileLines: 500, functionLines: 70, workerLines: 60, testFunctionLines: 200 };

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "assembly") yield* sources(path);
    } else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") && !entry.name.includes(".generated.")) {
      yield path;
    }
  }
}

function isExported(node) {
  return (
    ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) === true
  );
}

function checkFile(path, complain) {
  const text = readFileSync(path, "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const name = relative(root, path);
  const isTest = /\.(test|bench|e2e)\.tsx?$/.test(path) || name.startsWith("e2e") || name.startsWith("src/testing");
  const lines = text.split("\n").length;
  const lineOf = (position) => file.getLineAndCharacterOfPosition(position).line + 1;
  const most = name.startsWith("workers") ? limits.workerLines : limits.fileLines;
  if (lines > most) complain(`${name}: ${lines} lines; at most ${most}. Split it by concern.`);
  const lead = text.replace(/^#!.*\n/, "").trimStart();
  if (!isTest && !lead.startsWith("/**"))
    complain(`${name}: open with a /** … @module */ comment: what it is and what it refuses to do.`);
  for (const statement of file.statements) {
    if (isTest || !isExported(statement)) continue;
    if (ts.getJSDocCommentsAndTags(statement).length === 0) {
      complain(`${name}:${lineOf(statement.getStart())}: an export without a doc comment.`);
    }
  }
  const longest = isTest ? limits.testFunctionLines : limits.functionLines;
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const length = lineOf(node.body.end) - lineOf(node.body.getStart()) + 1;
      if (length > longest)
        complain(`${name}:${lineOf(node.getStart())}: a function of ${length} lines; at most ${longest}.`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function checkImportTable(complain) {
  // The formatter pads table cells; padding does not count.
  const readme = readFileSync(join(root, "src", "README.md"), "utf8").replace(/ +/g, " ");
  for (const [name, allowed] of Object.entries(importTable)) {
    const row = `| \`${name}\` | ${allowed.length === 0 ? "nothing of ours" : allowed.map((a) => `\`${a}\``).join(", ")} |`;
    if (!readme.includes(row)) complain(`src/README.md: the import table lacks the row: ${row}`);
  }
}

/** All complaints, one line each; empty when the house is in order. */
export function checkStyle() {
  const complaints = [];
  const complain = (line) => complaints.push(line);
  for (const folder of ["src", "workers", "e2e"]) {
    for (const path of sources(join(root, folder))) checkFile(path, complain);
  }
  checkImportTable(complain);
  return complaints;
}
