/**
 * The rows that stay of the first `end` when their detail goes, about `points` of them, in their order: the first, the
 * last, those of `always`, and of runs of rows that share a span of time the row with the lowest and the one with the
 * highest value of each line. Spans of time, and not of rows, because what was thinned before is to stay as it is.
 */
export function withoutDetail(times: readonly number[], lines: readonly (readonly (number | null)[])[], end: number, points: number, always: readonly number[]): number[] {
  const first = times[0] as number;
  const spans = Math.max(1, Math.floor(points / (2 * lines.length + 1)));
  const span = ((times[end - 1] as number) - first) / spans || 1;
  const kept = new Set([0, end - 1, ...always.filter((row) => row < end)]);
  for (let from = 0, to = 0; from < end; from = to) {
    const last = first + (Math.floor(((times[from] as number) - first) / span) + 1) * span;
    while (to < end && (to === from || ((times[to] as number) < last && (times[to] as number) >= last - span)))
      to++;
    kept.add(from);
    for (const line of lines)
      for (const row of extremes(line, from, to))
        kept.add(row);
  }
  return [...kept].sort((a, b) => a - b);
}

function extremes(line: readonly (number | null)[], from: number, to: number): number[] {
  let low = -1;
  let high = -1;
  for (let row = from; row < to; row++) {
    const value = line[row];
    if (value == null)
      continue;
    if (low < 0 || value < (line[low] as number))
      low = row;
    if (high < 0 || value > (line[high] as number))
      high = row;
  }
  return low < 0 ? [] : [low, high];
}
