// The dashboard: one page, one connection, one query over all of its panels.
import type { QueryUpdate } from "@hubserver/client";
import "uplot/dist/uPlot.min.css";
import "./styles.css";
import { type Chosen, createChoice, readHash, type WindowName, windows, writeHash } from "./choice";
import { byId, setText } from "./dom";
import { openHub } from "./hub";
import { connectList } from "./list";
import { createPage } from "./page";
import { connectStatus } from "./status";
import { createStore } from "./store";
import { connectTheme } from "./theme";

let chosen: Chosen = readHash(location.hash);
let isPaused = false;

const store = createStore();
const page = createPage(byId("panels"), store);
const refusal = byId("refusal");
const status = connectStatus(byId("state"), byId("waiting"));

const hub = openHub(new URL("hub", document.baseURI).href, {
  request: () => ({
    targets: chosen.choices.map(({ refId, kind, text }) => ({ refId, [kind]: text })),
    resume: store.positions(),
  }),
  update: receive,
  errors(errors) {
    const ofAll = errors.find(({ refId }) => refId === undefined)?.message;
    setText(refusal, ofAll === undefined ? "" : `The server refuses what is chosen: ${ofAll}`);
    refusal.hidden = ofAll === undefined;
    for (const panel of page.panels())
      panel.say(errors.find(({ refId }) => refId === panel.choice.refId)?.message ?? "");
  },
  state(state, reason) {
    status.setLink(state, reason);
    if (state === "live" || state === "refused")
      refreshList();
  },
});

const refreshList = connectList(byId<HTMLInputElement>("search"), byId("channels"), byId("count"), {
  load: hub.listChannels,
  chosenAs(id) {
    if (chosen.choices.some(({ kind, text }) => kind === "id" && text === id))
      return "own";
    return chosen.choices.some(({ refId }) => store.channelsOf(refId).some(({ channel }) => channel === id)) ? "shared" : undefined;
  },
  toggle,
});

function receive(update: QueryUpdate): void {
  const rows = store.apply(update);
  if (update.server) {
    page.setClock(update.server.time);
    setText(byId("server"), `${update.server.node} · ${update.server.version}`);
  }
  if (update.state === "live" || update.state === "stale")
    status.setStale(update.state === "stale");
  if (isPaused)
    status.addWaiting(rows);
  else
    page.invalidate();
}

function toggle(id: string): void {
  const rest = chosen.choices.filter(({ kind, text }) => kind !== "id" || text !== id);
  const isNew = rest.length === chosen.choices.length;
  // What was just asked for comes first, where it is seen.
  choose({ ...chosen, choices: isNew ? [createChoice("id", id), ...rest] : rest });
}

/** Takes over what is to be shown; where that has other targets, the query is asked anew. */
function choose(next: Chosen): void {
  chosen = next;
  history.replaceState(null, "", writeHash(chosen));
  show();
  hub.requery();
}

function show(): void {
  store.keepOnly(new Set(chosen.choices.map(({ refId }) => refId)));
  page.setWindow(windows[chosen.window]);
  page.show(chosen.choices, (refId) => choose({ ...chosen, choices: chosen.choices.filter((one) => one.refId !== refId) }));
  byId("nothing").hidden = chosen.choices.length > 0;
  for (const button of byId("windows").querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.value === chosen.window));
  refreshList();
}

function setPaused(next: boolean): void {
  isPaused = next;
  page.setPaused(next);
  status.setPaused(next);
  const button = byId("pause");
  button.setAttribute("aria-pressed", String(next));
  setText(button.querySelector(".text") as Element, next ? "Resume" : "Pause");
}

for (const button of byId("windows").querySelectorAll("button"))
  button.addEventListener("click", () => {
    chosen = { ...chosen, window: button.value as WindowName };
    history.replaceState(null, "", writeHash(chosen));
    show();
  });
byId("pause").addEventListener("click", () => setPaused(!isPaused));
byId("menu").addEventListener("click", ({ currentTarget }) => {
  const isOpen = document.body.classList.toggle("shows-list");
  (currentTarget as HTMLElement).setAttribute("aria-expanded", String(isOpen));
});
addEventListener("keydown", (event) => {
  if (event.key === " " && (event.target === document.body || event.target === null)) {
    event.preventDefault();
    setPaused(!isPaused);
  }
});
addEventListener("hashchange", () => choose(readHash(location.hash)));
connectTheme(byId<HTMLButtonElement>("theme"), page.restyle);
show();
hub.requery();
