// A panel: what is chosen, its chart, and a legend that says the values and takes lines away.
import { type Chart, createChart, type LineStyle, styleOf } from "./chart";
import type { Choice } from "./choice";
import { isNull, labelsOf, nameOf } from "@hubserver/client";
import { element, setText } from "./dom";
import { formatTime, formatValue, unitName } from "./format";
import type { Line } from "./lines";
import { numbersOf } from "./lines";
import { lastAt, offsetOf, timeOf } from "./ring";
import { fieldNameOf, linesOf, textsOf, unitsOf } from "./series";
import type { Held } from "./store";
import { currentTheme } from "./theme";

export interface Panel {
  readonly choice: Choice;
  readonly box: HTMLElement;
  /** Draws, unless nothing has changed and the picture would not move by a pixel. */
  draw(channels: readonly Held[], from: number, to: number): void;
  /** Says why there is nothing to draw, if the server said so; empty where it did not. */
  say(text: string): void;
  /** Makes the chart anew, for another theme. */
  restyle(): void;
  showCursor(time: number | undefined): void;
  destroy(): void;
}

export interface PanelEvents {
  remove(): void;
  /** The panel has to be drawn again. */
  change(): void;
  cursor(time: number | undefined): void;
}

export function createPanel(choice: Choice, events: PanelEvents): Panel {
  const heading = element("h2", { title: choice.text }, nameOf(choice.text) || choice.text);
  const detail = element("span", { class: "detail" }, Object.values(labelsOf(choice.text)).join(" · "));
  const now = element("output", { class: "now", "aria-live": "off" });
  const unitSwitch = element("select", { class: "units", "aria-label": `Unit of ${choice.text}` });
  const remove = element("button", { type: "button", class: "ghost", "aria-label": `Remove the panel ${choice.text}`, title: "Remove" }, element("span", { class: "icon icon-close", "aria-hidden": "true" }));
  const plot = element("div", { class: "plot", role: "img" });
  const message = element("p", { class: "message" });
  const legend = element("ul", { class: "legend", "aria-label": "Lines" });
  const box = element("section", { class: "panel", "aria-label": choice.text, "data-channel": choice.text },
    element("header", {}, element("div", { class: "title" }, heading, detail), unitSwitch, now, remove), element("div", { class: "stage" }, plot, message), legend);
  unitSwitch.hidden = true;
  let chart: Chart | undefined;
  let signature = "";
  let all: Line[] = [];
  let shown: Line[] = [];
  let unit: string | undefined;
  let cursor: number | undefined;
  let drawn = { from: 0, to: 0, changes: 0 };
  let problem = "";
  let rows: { line: Line; value: HTMLElement }[] = [];
  const toggled = new Map<string, boolean>();

  remove.addEventListener("click", events.remove);
  unitSwitch.addEventListener("change", () => {
    unit = unitSwitch.value;
    rebuild();
  });

  const isListed = (line: Line): boolean => choice.fields.includes(fieldNameOf(line));
  const startsShown = (line: Line): boolean => isListed(line) || !all.some((one) => one.unit === line.unit && isListed(one));
  const isShown = (line: Line): boolean => toggled.get(line.key) ?? startsShown(line);

  function build(channels: readonly Held[]): void {
    all = linesOf(channels);
    const units = unitsOf(all);
    if (unit === undefined || !units.includes(unit))
      unit = all.find((line) => choice.fields.includes(fieldNameOf(line)))?.unit ?? units[0];
    const theme = currentTheme();
    const ofUnit = all.filter((line) => line.unit === unit);
    // A line keeps its colour while others are taken away, and those that start hidden have the last ones.
    const ordered = [...ofUnit.filter(startsShown), ...ofUnit.filter((line) => !startsShown(line))];
    const styles = new Map(ordered.map((line, i) => [line, styleOf(theme, i)]));
    shown = ordered.filter(isShown);

    chart?.destroy();
    plot.replaceChildren();
    chart = shown.length === 0 ? undefined : createChart({
      box: plot, lines: shown, channels, unit: unit ?? "", theme, onCursor: events.cursor,
      styles: shown.map((line) => styles.get(line) as LineStyle),
    });
    unitSwitch.replaceChildren(...units.map((name) => element("option", { value: name, selected: name === unit }, unitName(name))));
    unitSwitch.hidden = units.length < 2;
    rows = [];
    legend.replaceChildren(...ordered.map((line) => legendRow(line, styles.get(line) as LineStyle)), ...textsOf(channels).map(({ name, text }) =>
      element("li", { class: "text" }, element("span", { class: "name" }, name), element("span", { class: "value" }, text))));
  }

  function messageOf(channels: readonly Held[], from: number, to: number): string {
    if (!channels.some(({ ring }) => ring.end > ring.start))
      return problem || "Waiting for rows";
    if (all.length === 0)
      return "No number fields to draw";
    const isInView = channels.some(({ ring }) => timeOf(ring, lastAt(ring, to)) >= from);
    return isInView ? "" : problem || "No rows in this window";
  }

  function rebuild(): void {
    signature = "";
    events.change();
  }

  function legendRow(line: Line, { color }: LineStyle): HTMLElement {
    const value = element("span", { class: "value" });
    const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.backgroundColor = color;
    const button = element("button", { type: "button", "aria-pressed": String(isShown(line)) }, swatch, element("span", { class: "name" }, line.name), value);
    button.addEventListener("click", () => {
      toggled.set(line.key, !isShown(line));
      rebuild();
    });
    rows.push({ line, value });
    return element("li", {}, button);
  }

  function sayGaps(count: number): void {
    if (box.dataset["gaps"] === String(count))
      return;
    box.dataset["gaps"] = String(count);
    const gaps = count === 0 ? "" : ` with ${count} ${count === 1 ? "gap" : "gaps"}`;
    plot.setAttribute("aria-label", `Chart of ${choice.text}${gaps}; its values are in the legend`);
  }

  function sayValues(): void {
    for (const { line, value } of rows)
      setText(value, valueAt(line, cursor ?? drawn.to));
    const first = shown[0];
    setText(now, cursor === undefined ? (first ? valueAt(first, drawn.to) : "") : formatTime(cursor));
  }

  return {
    choice,
    box,
    draw(channels, from, to) {
      const seen = channels.map(({ shape, ring }) => `${shape} ${ring.end > ring.start}`).join("\n") || "-";
      const changes = channels.reduce((sum, held) => sum + held.changes, 0);
      const isStill = Math.abs(to - drawn.to) * plot.clientWidth < to - from && from - to === drawn.from - drawn.to;
      if (seen === signature && changes === drawn.changes && isStill)
        return;
      if (seen !== signature)
        build(channels);
      signature = seen;
      drawn = { from, to, changes };
      chart?.draw(from, to);
      setText(message, messageOf(channels, from, to));
      message.hidden = message.textContent === "";
      sayValues();
      sayGaps(chart?.gapCount() ?? 0);
      sayNewest(box, channels, to);
    },
    say(text) {
      if (text === problem)
        return;
      problem = text;
      rebuild();
    },
    restyle: () => signature = "",
    showCursor(time) {
      cursor = time;
      sayValues();
    },
    destroy() {
      chart?.destroy();
      box.remove();
    },
  };
}

function valueAt(line: Line, time: number): string {
  const { ring } = line.held;
  const row = lastAt(ring, time);
  const values = numbersOf(line);
  if (row < 0 || !values)
    return "–";
  const place = row & ring.mask;
  return isNull(values, place) ? "–" : formatValue(values[place] as number, line.unit);
}

/** Says which row was drawn last, for tests and for whoever wonders how far behind the picture is. */
function sayNewest(box: HTMLElement, channels: readonly Held[], to: number): void {
  let newest = -Infinity;
  for (const { ring } of channels) {
    const row = lastAt(ring, to);
    if (row < 0 || timeOf(ring, row) < newest)
      continue;
    newest = timeOf(ring, row);
    box.dataset["offset"] = String(offsetOf(ring, row));
  }
}
