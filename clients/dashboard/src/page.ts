// The page's panels and its clock: what is in view, when it moves, and when it is drawn.
import type { Choice } from "./choice";
import { createPanel, type Panel } from "./panel";
import { timeOf } from "./ring";
import type { Store } from "./store";

export interface Page {
  panels(): readonly Panel[];
  show(choices: readonly Choice[], remove: (refId: string) => void): void;
  /** New rows, another window, another size: draw at the next animation frame. */
  invalidate(): void;
  restyle(): void;
  setWindow(ms: number): void;
  setPaused(isPaused: boolean): void;
  /** The server's clock against ours. */
  setClock(serverTime: number): void;
}

/** How far ahead of the server's clock a row may be and still move the right edge. */
const maxAheadMs = 5000;
const stillMotion = matchMedia("(prefers-reduced-motion: reduce)");

export function createPage(box: HTMLElement, store: Store): Page {
  let panels: Panel[] = [];
  let windowMs = 60_000;
  let clockAheadMs = 0;
  let frozenAt: number | undefined;
  let isScheduled = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const inView = new WeakSet<Element>();

  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries)
      isIntersecting ? inView.add(target) : inView.delete(target);
    invalidate();
  }, { rootMargin: "100px" });
  new ResizeObserver(() => restyle()).observe(box);
  document.addEventListener("visibilitychange", () => invalidate());

  function invalidate(): void {
    if (isScheduled || document.hidden)
      return;
    isScheduled = true;
    requestAnimationFrame(draw);
  }

  function draw(): void {
    isScheduled = false;
    clearTimeout(timer);
    const to = frozenAt ?? edge();
    for (const panel of panels)
      if (inView.has(panel.box))
        panel.draw(store.channelsOf(panel.choice.refId), to - windowMs, to);

    // Between rows the picture moves on by a pixel at a time, which is seldom for a long window.
    if (frozenAt === undefined && panels.length > 0 && !stillMotion.matches)
      timer = setTimeout(invalidate, windowMs / Math.max(200, panels[0]?.box.clientWidth ?? 0));
  }

  function edge(): number {
    const now = Date.now() + clockAheadMs;
    let newest = now;
    for (const { choice } of panels)
      for (const { ring } of store.channelsOf(choice.refId))
        if (ring.end > ring.start && timeOf(ring, ring.end - 1) < now + maxAheadMs)
          newest = Math.max(newest, timeOf(ring, ring.end - 1));
    return Math.ceil(newest);
  }

  function restyle(): void {
    panels.forEach((panel) => panel.restyle());
    invalidate();
  }

  return {
    panels: () => panels,
    show(choices, remove) {
      const before = new Map(panels.map((panel) => [panel.choice.refId, panel]));
      panels = choices.map((choice) => before.get(choice.refId) ?? createPanel(choice, {
        remove: () => remove(choice.refId),
        change: invalidate,
        cursor: (time) => panels.forEach((panel) => panel.showCursor(time)),
      }));
      for (const panel of before.values())
        if (!panels.includes(panel))
          panel.destroy();
      panels.forEach((panel, i) => {
        if (box.children[i] !== panel.box)
          box.insertBefore(panel.box, box.children[i] ?? null);
        observer.observe(panel.box);
      });
      invalidate();
    },
    invalidate,
    restyle,
    setWindow(ms) {
      windowMs = ms;
      invalidate();
    },
    setPaused(isPaused) {
      frozenAt = isPaused ? edge() : undefined;
      invalidate();
    },
    setClock: (serverTime) => clockAheadMs = serverTime - Date.now(),
  };
}
