/** The labels of a channel's id: those of `cpu{core="0",host="a"}`. */
export function labelsOf(id: string): Record<string, string> {
  const braces = id.indexOf("{");
  if (braces < 0)
    return {};
  const terms = id.slice(braces + 1, -1).matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries([...terms].map(([, name, value]) => [name, unescape(value ?? "")]));
}

/** The name of a channel's id: what stands before its labels. */
export function nameOf(id: string): string {
  const braces = id.indexOf("{");
  return braces < 0 ? id : id.slice(0, braces);
}

/** The labels in which channels differ, by which a legend tells them apart. */
export function differingLabels(ids: readonly string[]): string[] {
  const channels = ids.map(labelsOf);
  const names = new Set(channels.flatMap((labels) => Object.keys(labels)));
  return [...names].filter((name) => new Set(channels.map((labels) => labels[name])).size > 1);
}

function unescape(value: string): string {
  return value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
}
