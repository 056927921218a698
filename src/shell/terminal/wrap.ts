/**
 * Breaks our own lines between words, as a narrow terminal would break them inside words. What holds no spaces (hashes,
 * addresses) and JSON stays whole, so that copying it gives what was printed.
 * @module
 */

/** Where the text of a line begins: after its indent, or after its last column that ends in the left half. */
function textColumn(line: string, columns: number): number {
  let start = 0;
  for (const gap of line.matchAll(/^ +| {2,}/g)) {
    const end = gap.index + gap[0].length;
    if (end <= columns / 2) start = end;
  }
  return start;
}

/**
 * Breaks one line into rows of at most `columns` characters where spaces allow; later rows begin under the first row's
 * text.
 */
export function wrapWords(line: string, columns: number): readonly string[] {
  if (line.length <= columns || /^\s*[[{]/.test(line)) return [line];
  const indent = " ".repeat(textColumn(line, columns));
  const rows: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const least = rows.length === 0 ? textColumn(line, columns) : indent.length;
    let at = rest.lastIndexOf(" ", columns);
    // A word that is wider than the row runs on; the terminal breaks it.
    if (at <= least) at = rest.indexOf(" ", columns);
    if (at < 0) break;
    rows.push(rest.slice(0, at).trimEnd());
    rest = indent + rest.slice(at).trimStart();
  }
  return [...rows, rest];
}
