/**
 * Line charts as SVG text: panels side by side, a logarithmic axis, a legend; readable on light and dark ground. Writes no
 * files and takes only numbers and plain text.
 * @module
 */

/** One curve; points are (x, y) with y > 0. */
export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
}

/** One chart. */
export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

/** What all panels share. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xRange: readonly [number, number];
  readonly xTicks: readonly number[];
  /** Logarithmic. */
  readonly yRange: readonly [number, number];
  readonly yTicks: readonly number[];
  /** A band of y values drawn behind the curves. */
  readonly band: { readonly label: string; readonly from: number; readonly to: number };
  readonly panels: readonly Panel[];
  /** What a reader has to know besides, under the title. */
  readonly note: string;
}

const size = { panelWidth: 460, panelHeight: 300, left: 70, right: 20, top: 76, bottom: 96 } as const;
/** Curves beyond these two would look alike. */
const colours = ["ours", "theirs"] as const;

const style = `svg{font:13px system-ui,sans-serif;background:#fff;color:#1b1f24}
.ours{stroke:#0b6bcb}.theirs{stroke:#c2410c;stroke-dasharray:6 3}.band{fill:#1a7f37;fill-opacity:.16}
.curve{fill:none;stroke-width:2}.frame{fill:none;stroke:currentColor;stroke-opacity:.5}.grid{stroke:currentColor;stroke-opacity:.14}
text{fill:currentColor}.title{font-size:16px;font-weight:600}
@media (prefers-color-scheme:dark){svg{background:#0d1117;color:#e6edf3}.ours{stroke:#58a6ff}.theirs{stroke:#ff9b5e}.band{fill:#3fb950}}`;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one] as string);
const at = (value: number): string => value.toFixed(1);
const text = (x: number, y: number, words: string, more = ""): string =>
  `<text x="${at(x)}" y="${at(y)}" ${more}>${escaped(words)}</text>`;

function panelSvg(chart: Chart, { title, curves }: Panel, left: number): string {
  const { panelWidth: width, panelHeight: height, top } = size;
  const [x0, x1] = chart.xRange;
  const [y0, y1] = [Math.log(chart.yRange[0]), Math.log(chart.yRange[1])];
  const x = (value: number): number => left + ((value - x0) / (x1 - x0)) * width;
  const y = (value: number): number =>
    top + height - ((Math.log(Math.min(Math.max(value, chart.yRange[0]), chart.yRange[1])) - y0) / (y1 - y0)) * height;
  const parts = [text(left + width / 2, top - 12, title, 'text-anchor="middle"')];
  const { from, to } = chart.band;
  parts.push(`<rect class="band" x="${at(left)}" y="${at(y(to))}" width="${width}" height="${at(y(from) - y(to))}"/>`);
  for (const tick of chart.yTicks) {
    parts.push(
      `<line class="grid" x1="${at(left)}" x2="${at(left + width)}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>`,
    );
    parts.push(text(left - 8, y(tick) + 4, String(tick), 'text-anchor="end"'));
  }
  for (const tick of chart.xTicks) {
    parts.push(`<line class="grid" x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${at(top)}" y2="${at(top + height)}"/>`);
    parts.push(text(x(tick), top + height + 18, String(tick), 'text-anchor="middle"'));
  }
  for (const [index, curve] of curves.entries()) {
    const points = curve.points.map(([px, py]) => `${at(x(px))},${at(y(py))}`).join(" ");
    parts.push(`<polyline class="curve ${colours[index % colours.length]}" points="${points}"/>`);
  }
  parts.push(`<rect class="frame" x="${at(left)}" y="${at(top)}" width="${width}" height="${height}"/>`);
  parts.push(text(left + width / 2, top + height + 40, chart.xLabel, 'text-anchor="middle"'));
  return parts.join("\n");
}

function legendSvg(chart: Chart, y: number): string {
  const parts: string[] = [];
  let x = size.left;
  for (const [index, { label }] of (chart.panels[0]?.curves ?? []).entries()) {
    parts.push(
      `<line class="curve ${colours[index % colours.length]}" x1="${x}" x2="${x + 32}" y1="${y - 4}" y2="${y - 4}"/>`,
    );
    parts.push(text(x + 40, y, label));
    x += 70 + label.length * 7;
  }
  parts.push(`<rect class="band" x="${x}" y="${y - 11}" width="32" height="13"/>`, text(x + 40, y, chart.band.label));
  return parts.join("\n");
}

/** The chart as a whole SVG document. */
export function chartSvg(chart: Chart): string {
  const step = size.left + size.panelWidth + size.right;
  const width = step * chart.panels.length;
  const height = size.top + size.panelHeight + size.bottom;
  const middle = size.top + size.panelHeight / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(chart.title)}">`,
    `<title>${escaped(chart.title)}</title>`,
    `<style>${style}</style>`,
    text(size.left, 26, chart.title, 'class="title"'),
    text(size.left, 44, chart.note),
    ...chart.panels.map((panel, index) => panelSvg(chart, panel, size.left + index * step)),
    text(18, middle, chart.yLabel, `text-anchor="middle" transform="rotate(-90 18 ${middle})"`),
    legendSvg(chart, height - 14),
    "</svg>",
    "",
  ].join("\n");
}
