// Dark or light: as the system says, until the switch says otherwise.
import { element } from "./dom";

const key = "hubserver.theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

export interface Theme {
  isDark: boolean;
  lines: readonly string[];
  text: string;
  grid: string;
  gap: string;
  gapEdge: string;
}

// Okabe and Ito's order of hues, which colour-blind people tell apart, with the lightness that each background needs.
const darkLines = ["#4cc9f0", "#f9a03f", "#3ddc97", "#c792ff", "#ff6f91", "#ffe066", "#7aa2ff", "#d9a679"];
const lightLines = ["#0072b2", "#c75300", "#00835c", "#8a3fc7", "#c2255c", "#8a6d00", "#3157c9", "#8a5a2b"];

export function currentTheme(): Theme {
  const isDark = (document.documentElement.dataset["theme"] ?? (systemIsDark.matches ? "dark" : "light")) === "dark";
  return isDark
    ? { isDark, lines: darkLines, text: "#8b98ad", grid: "rgba(148, 163, 190, 0.10)", gap: "rgba(255, 111, 145, 0.13)", gapEdge: "rgba(255, 111, 145, 0.55)" }
    : { isDark, lines: lightLines, text: "#556176", grid: "rgba(40, 55, 90, 0.09)", gap: "rgba(194, 37, 92, 0.09)", gapEdge: "rgba(194, 37, 92, 0.5)" };
}

/** Connects the switch; `onChange` is also called when the system changes. */
export function connectTheme(button: HTMLButtonElement, onChange: () => void): void {
  const apply = (): void => {
    const stored = readStored();
    if (stored)
      document.documentElement.dataset["theme"] = stored;
    const next = currentTheme().isDark ? "light" : "dark";
    button.setAttribute("aria-label", `Switch to the ${next} theme`);
    button.title = `Switch to the ${next} theme`;
    button.replaceChildren(element("span", { class: `icon icon-${next}`, "aria-hidden": "true" }));
    onChange();
  };
  button.addEventListener("click", () => {
    const next = currentTheme().isDark ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    try {
      localStorage.setItem(key, next);
    } catch {
      // Storage may be closed to the page; the choice then lasts as long as the page.
    }
    apply();
  });
  systemIsDark.addEventListener("change", apply);
  apply();
}

function readStored(): string | undefined {
  try {
    const stored = localStorage.getItem(key);
    return stored === "dark" || stored === "light" ? stored : undefined;
  } catch {
    return undefined;
  }
}
