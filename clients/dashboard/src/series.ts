// Which lines a panel has: every number field of its channels, named by what tells them apart.
import { differingLabels, type Field, labelsOf, nameOf } from "@hubserver/client";
import type { Line } from "./lines";
import type { Held } from "./store";

/** More lines than anyone tells apart; the rest is left out of the panel. */
const maxLines = 60;

export function linesOf(channels: readonly Held[]): Line[] {
  const differing = differingLabels(channels.map(({ channel }) => channel));
  const hasNames = new Set(channels.map(({ channel }) => nameOf(channel))).size > 1;
  const hasFields = new Set(channels.flatMap(({ fields }) => fields.filter(isDrawn).map(fieldName))).size > 1;
  const lines = channels.flatMap((held) =>
    held.fields.flatMap((field, column) => {
      if (!isDrawn(field))
        return [];
      const place = [hasNames ? nameOf(held.channel) : "", ...differing.map((name) => labelsOf(held.channel)[name] ?? "")].filter((text) => text !== "");
      const name = hasFields || place.length === 0 ? [...place, fieldName(field)].join(" ") : place.join(" ");
      return [{ key: `${held.channel} ${fieldKey(field)}`, name, held, column, unit: field.config?.unit ?? "" }];
    }));
  return lines.slice(0, maxLines);
}

function isDrawn({ type }: Field): boolean {
  return type === "number" || type === "boolean";
}

/** The lines' units, in the order in which they come. */
export function unitsOf(lines: readonly Line[]): string[] {
  return [...new Set(lines.map(({ unit }) => unit))];
}

/** The newest texts of a channel, for which there is no line. */
export function textsOf(channels: readonly Held[]): { name: string; text: string }[] {
  return channels.flatMap(({ fields, ring }) =>
    fields.flatMap(({ name, type }, column) => {
      const text = ring.end > ring.start ? ring.columns[column]?.[(ring.end - 1) & ring.mask] : undefined;
      return type === "string" && typeof text === "string" ? [{ name, text }] : [];
    }));
}

export function fieldNameOf({ held, column }: Line): string {
  return held.fields[column]?.name ?? "";
}

function fieldName({ name, labels }: Field): string {
  return [name, ...Object.values(labels ?? {})].join(" ");
}

function fieldKey({ name, labels }: Field): string {
  return `${name} ${JSON.stringify(labels ?? {})}`;
}
