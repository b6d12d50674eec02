// One uPlot: it owns the axes, the cursor and the canvas; the lines come straight from the rings (lines.ts).
import uPlot from "uplot";
import { formatTime, formatValue, isBinaryUnit } from "./format";
import { drawLine, extent, gapsInView, type Line, type LinePaths } from "./lines";
import type { Held } from "./store";
import type { Theme } from "./theme";

export interface ChartOptions {
  box: HTMLElement;
  lines: readonly Line[];
  channels: readonly Held[];
  unit: string;
  theme: Theme;
  /** Of each line, by its index. */
  styles: readonly LineStyle[];
  /** The time under the pointer, of any panel; undefined where there is none. */
  onCursor(time: number | undefined): void;
}

export interface Chart {
  draw(from: number, to: number): void;
  destroy(): void;
  /** How many gaps the last drawing showed. */
  gapCount(): number;
}

const width = 1.5;
// Without a GPU, the outline of anything wider than a pixel takes ten times as long to fill. Where the line is a band of
// strokes from pixel to pixel, a wider one looks the same.
const denseWidth = 1;
const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const font = "11px system-ui, sans-serif";
const binarySteps = Array.from({ length: 60 }, (_, i) => 2 ** (i - 6));
const nothing: uPlot.AlignedData = [[0, 1]];

export interface LineStyle {
  color: string;
  dash: number[];
}

/** A colour for each line, and once they are used up, a dash pattern too. */
export function styleOf(theme: Theme, index: number): LineStyle {
  const round = Math.floor(index / theme.lines.length);
  return { color: theme.lines[index % theme.lines.length] as string, dash: dashes[round % dashes.length] as number[] };
}

export function createChart({ box, lines, channels, unit, theme, styles, onCursor }: ChartOptions): Chart {
  let gaps = 0;
  const pathsOf = (line: Line): uPlot.Series.PathBuilder => (u, index) => {
    const { x, y } = u.scales;
    const paths: LinePaths = drawLine(line, { ...u.bbox, from: x?.min ?? 0, to: x?.max ?? 1, min: y?.min ?? 0, max: y?.max ?? 1 });
    const series = u.series[index];
    if (series)
      series.width = paths.isDense ? denseWidth : width;
    return { stroke: paths.stroke, fill: paths.fill, flags: 1 };
  };
  const axis: uPlot.Axis = { stroke: theme.text, font, grid: { stroke: theme.grid, width: 1 }, ticks: { show: false } };

  const plot = new uPlot({
    ...sizeOf(box),
    padding: [8, 24, 0, 0],
    legend: { show: false },
    // Times are milliseconds, as the wire has them.
    ms: 1,
    cursor: {
      drag: { x: false, y: false },
      points: { show: false },
      y: false,
      sync: { key: "page", scales: ["x", null] },
    },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      { ...axis, size: 22, gap: 6, space: 80, splits: (_u, _i, min, max, step) => timesBetween(min, max, step), values: (_, times) => times.map(formatTime) },
      { ...axis, size: 68, gap: 6, space: 34, values: (_, values) => values.map((value) => formatValue(value, unit)), ...(isBinaryUnit(unit) ? { incrs: binarySteps } : {}) },
    ],
    series: [
      {},
      ...lines.map((line, i) => ({
        label: line.name,
        stroke: styles[i]?.color ?? theme.text,
        fill: i === 0 ? `${styles[i]?.color}20` : "transparent",
        width,
        // The paths say themselves where a pixel is.
        pxAlign: false,
        dash: styles[i]?.dash ?? [],
        points: { show: false },
        paths: pathsOf(line),
      })),
    ],
    hooks: {
      drawClear: [(u) => gaps = drawGaps(u, channels, theme)],
      setCursor: [(u) => onCursor(u.cursor.left === undefined || u.cursor.left < 0 ? undefined : u.posToVal(u.cursor.left, "x"))],
    },
  }, [...nothing, ...lines.map(() => [0, 0])] as unknown as uPlot.AlignedData, box);

  return {
    draw(from, to) {
      const [min, max] = rangeOf(extent(lines, from, to), unit);
      // Setting the x scale, even to what it was, also draws all lines anew.
      plot.batch(() => {
        plot.setScale("x", { min: from, max: to });
        plot.setScale("y", { min, max });
      });
    },
    destroy: () => plot.destroy(),
    gapCount: () => gaps,
  };
}

function sizeOf(box: HTMLElement): { width: number; height: number } {
  return { width: Math.max(100, box.clientWidth), height: Math.max(100, box.clientHeight) };
}

/** Whole steps of the clock; the steps divide every time zone's offset. */
function timesBetween(min: number, max: number, step: number): number[] {
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.max(0, Math.floor(max / step) - first + 1) }, (_, i) => (first + i) * step);
}

/** Shares stand in 0 to 100; what starts near zero, at zero; the rest has some room around it. */
function rangeOf(seen: [number, number] | undefined, unit: string): [number, number] {
  const [min, max] = seen ?? [0, 1];
  if (unit === "percent" && min >= 0 && max <= 100)
    return [0, 100];
  const top = min === max ? max + (Math.abs(max) || 1) * 0.5 : max + (max - min) * 0.1;
  if (min >= 0 && min <= max * 0.7)
    return [0, Math.max(top, Number.MIN_VALUE)];
  const [low, high] = uPlot.rangeNum(min, top, 0.1, false);
  return [low ?? min, high ?? top];
}

function drawGaps(u: uPlot, channels: readonly Held[], theme: Theme): number {
  const { ctx, bbox } = u;
  const { min = 0, max = 1 } = u.scales["x"] ?? {};
  const spans = gapsInView(channels, min, max);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [from, to] of spans) {
    const left = u.valToPos(from, "x", true);
    const right = Math.max(left + 3 * devicePixelRatio, to === Infinity ? bbox.left + bbox.width : u.valToPos(to, "x", true));
    ctx.fillStyle = theme.gap;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = theme.gapEdge;
    ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
    ctx.fillRect(right - devicePixelRatio, bbox.top, devicePixelRatio, bbox.height);
    if (right - left > 40 * devicePixelRatio) {
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textAlign = "center";
      ctx.fillText("gap", (left + right) / 2, bbox.top + 16 * devicePixelRatio);
    }
  }
  ctx.restore();
  return spans.length;
}
