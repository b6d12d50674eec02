import { expect, test } from "vitest";
import { formatValue } from "./format";

test.each([
  [12.345, "percent", "12.3 %"],
  [0.125, "percentunit", "12.5 %"],
  [0, "bytes", "0 B"],
  [1536, "bytes", "1.5 KiB"],
  [1023.9, "bytes", "1 KiB"],
  [-5 * 1024 ** 3, "bytes", "−5 GiB"],
  [1_500_000, "binBps", "1.43 MiB/s"],
  [1_500_000, "bps", "1.5 Mb/s"],
  [999.7, "iops", "1 kio/s"],
  [250, "pps", "250 p/s"],
  [3, "cps", "3 /s"],
  [0.25, "ms", "250 µs"],
  [1500, "ms", "1.5 s"],
  [90, "s", "1.5 min"],
  [0, "s", "0 ms"],
  [1_234_567, "", "1.23 M"],
  [0.00001234, "", "1.2e−5"],
  [21.456, "celsius", "21.5 °C"],
  [7, "furlong", "7 furlong"],
  [NaN, "bytes", "NaN"],
  [-Infinity, "", "−∞"],
])("%s in '%s' is %s", (value, unit, text) => expect(formatValue(value, unit)).toBe(text));
