// Numbers and times as people read them. Units are Grafana's ids, as the wire carries them.

interface Unit {
  /** How a unit switch names it. */
  name: string;
  suffix: string;
  /** Steps of 1024 (bytes) or 1000 with their prefixes, or none. */
  base?: 1000 | 1024;
}

const binaryPrefixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimalPrefixes = ["", "k", "M", "G", "T", "P", "E"];

const units: Record<string, Unit> = {
  "": { name: "value", suffix: "", base: 1000 },
  short: { name: "value", suffix: "", base: 1000 },
  percent: { name: "percent", suffix: "%" },
  bytes: { name: "bytes", suffix: "B", base: 1024 },
  decbytes: { name: "bytes", suffix: "B", base: 1000 },
  binBps: { name: "bytes/s", suffix: "B/s", base: 1024 },
  Bps: { name: "bytes/s", suffix: "B/s", base: 1000 },
  bps: { name: "bits/s", suffix: "b/s", base: 1000 },
  iops: { name: "I/O per s", suffix: "io/s", base: 1000 },
  pps: { name: "packets/s", suffix: "p/s", base: 1000 },
  cps: { name: "per second", suffix: "/s", base: 1000 },
  rowsps: { name: "rows/s", suffix: "rows/s", base: 1000 },
  reqps: { name: "requests/s", suffix: "req/s", base: 1000 },
  hertz: { name: "hertz", suffix: "Hz", base: 1000 },
  watt: { name: "watt", suffix: "W", base: 1000 },
  volt: { name: "volt", suffix: "V" },
  celsius: { name: "°C", suffix: "°C" },
};

const durations: Record<string, number> = { ns: 1e-6, "µs": 1e-3, us: 1e-3, ms: 1, s: 1000 };
const durationSteps: [ms: number, suffix: string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"], [1, "ms"], [1e-3, "µs"], [1e-6, "ns"]];

// `toLocaleTimeString` makes one of these for each call, which takes forty times as long as to use it.
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" });

export function unitName(unit: string): string {
  return units[unit]?.name ?? unit;
}

export function isBinaryUnit(unit: string): boolean {
  return units[unit]?.base === 1024;
}

/** A number with its unit, to about three digits: `1.5 KiB/s`, `12.3 %`, `250 ms`. */
export function formatValue(value: number, unit = ""): string {
  if (Number.isNaN(value))
    return "NaN";
  if (!Number.isFinite(value))
    return value > 0 ? "∞" : "−∞";
  if (unit === "percentunit")
    return formatValue(value * 100, "percent");
  const inMs = durations[unit];
  if (inMs !== undefined)
    return formatDuration(value * inMs);
  const { suffix, base } = units[unit] ?? { suffix: unit };
  const [scaled, prefix] = base ? scale(value, base) : [value, ""];
  return join(digits(scaled), prefix + suffix);
}

function scale(value: number, base: 1000 | 1024): [number, string] {
  const prefixes = base === 1024 ? binaryPrefixes : decimalPrefixes;
  let step = 0;
  // 999.6 would be printed as 1000, so the limit is where rounding reaches the next step.
  for (let size = Math.abs(value); size >= base * 0.9995 && step < prefixes.length - 1; step++)
    size /= base;
  return [value / base ** step, prefixes[step] ?? ""];
}

function formatDuration(ms: number): string {
  if (ms === 0)
    return "0 ms";
  const [size, suffix] = durationSteps.find(([step]) => Math.abs(ms) >= step * 0.9995) ?? [1e-6, "ns"];
  return join(digits(ms / size), suffix);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3)
    return sign(value.toExponential(1));
  const places = [100, 10, 1].findIndex((limit) => size >= limit * 0.9995);
  return sign(String(Number(value.toFixed(places < 0 ? 3 : places))));
}

/** A real minus sign, as wide as the digits around it. */
function sign(text: string): string {
  return text.replace("-", "−");
}

function join(number: string, suffix: string): string {
  return suffix === "" ? number : `${number} ${suffix}`;
}

export function formatTime(ms: number): string {
  return clock.format(ms);
}

export function formatCount(count: number): string {
  return count.toLocaleString("en").replaceAll(",", " ");
}
