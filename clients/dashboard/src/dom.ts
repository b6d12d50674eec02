// Elements, with every text set as text: names and labels come from whoever pushes rows, and may hold markup.

type Attributes = Record<string, string | boolean>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false)
      made.setAttribute(name, value === true ? "" : value);
  made.append(...children);
  return made;
}

/** An element of the page as it was served. */
export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found)
    throw new Error(`the page has no #${id}`);
  return found as T;
}

/** Sets a text only if it changed, so that nothing is laid out anew for nothing. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text)
    node.textContent = text;
}
