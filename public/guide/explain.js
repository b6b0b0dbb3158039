// Every number explains itself on hover and on focus: what it is, how it was computed, what its interval is. The texts stand
// in `numbers.json`, a language each, by the noun of the number: the head of its column, the label of its tile, its badge.

import { texts } from "./language.js";

/** What carries a noun. */
export const NOUNS = "th:not(.lane), .facts > div, .known, .sev";
/** After this long under the pointer; the focus does not wait. */
const REST_MS = 350;

let told = null;
const numbers = () => (told ??= texts("numbers"));

/** The noun of a head, a tile or a badge: its words without unit, arrow and counts, in English whatever is shown. */
export function noun(element) {
  const copy = element.cloneNode(true);
  if (element.matches(".facts > div")) return said(copy.querySelector("span"));
  if (element.matches(".sev")) return (element.dataset.said ?? element.getAttribute("aria-label") ?? "").trim();
  copy.querySelectorAll("small").forEach((unit) => unit.remove());
  return said(copy);
}

const said = (element) => {
  const text = (element?.textContent ?? "").replace(/[▲▼↑↓]/g, "").replace(/\s+/g, " ").trim();
  return (english.get(text) ?? text).replace(/^\d[\d,]*(?= )/, "n");
};

/** Shown words and the English ones they stand for; filled by the language. */
export const english = new Map();

/** The table that an element stands in, by the name its tests know it by. */
const place = (element) => element.closest("[data-testid]")?.dataset.testid ?? "";

/** The text of an element: its table's own, that of the noun alone, or what the head says itself. */
export async function explained(element) {
  const all = await numbers();
  const name = noun(element);
  const own = all[`${place(element)}|${name}`] ?? all[name];
  const title = element.querySelector("[title]")?.getAttribute("title") || element.getAttribute("title") || element.dataset.title;
  return { name, text: own ?? (title ? { what: title } : element.matches(".facts > div") ? all["a finding’s number"] : null) };
}

/** The head, tile or badge that explains what is pointed at: a cell is explained by its column. */
function of(target) {
  const near = target?.closest?.(`${NOUNS}, td`);
  if (near?.localName !== "td") return near ?? null;
  // Cells that say something themselves keep the word, and names are no numbers.
  if (near.title || near.matches(".l") || target.closest("a[title], button[title]")) return null;
  const head = near.closest("table")?.tHead?.rows;
  let column = 0;
  for (let before = near.previousElementSibling; before; before = before.previousElementSibling) column += before.colSpan;
  return head?.[head.length - 1]?.cells[column] ?? null;
}

const tip = Object.assign(document.createElement("div"), { id: "explains", className: "explains", role: "tooltip" });
tip.dataset.testid = "explains";
let wait = 0;
let shown = null;

function hide() {
  clearTimeout(wait);
  if (!shown) return;
  shown.removeAttribute("aria-describedby");
  const titled = shown.matches("[data-title]") ? shown : shown.querySelector("[data-title]");
  if (titled) { titled.title = titled.dataset.title; delete titled.dataset.title; }
  shown = null;
  tip.remove();
}

async function show(element, beside) {
  const { name, text } = await explained(element);
  if (!text || !element.isConnected) return;
  hide();
  shown = element;
  // The browser's own tip would lie over this one.
  const titled = element.title ? element : element.querySelector("[title]");
  if (titled) { titled.dataset.title = titled.title; titled.removeAttribute("title"); }
  element.setAttribute("aria-describedby", tip.id);
  const line = (words, kind) => words ? Object.assign(document.createElement("p"), { textContent: words, className: kind }) : "";
  const title = Object.assign(document.createElement("b"), { textContent: text.title ?? (name.startsWith("n ") ? name.slice(2) : name) });
  tip.replaceChildren(title, line(text.what, ""), line(text.how, "dim"), line(text.interval, "dim"));
  // A dialog lies over everything that is not in it.
  (element.closest("dialog") ?? document.body).append(tip);
  const at = beside.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  tip.style.top = `${at.bottom + height + 8 < innerHeight ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
}

/** Heads and tiles that nothing in them makes reachable by Tab. */
function reachable() {
  for (const element of document.querySelectorAll("main th:not([tabindex]), .facts > div:not([tabindex])")) {
    if (!element.textContent.trim() || element.querySelector("a, button, input")) continue;
    element.tabIndex = 0;
  }
}

/** Listens on the whole page. */
export function listen() {
  addEventListener("pointerover", ({ target, pointerType }) => {
    const element = of(target);
    if (element && element === shown) return;
    hide();
    if (element && pointerType !== "touch") wait = setTimeout(() => show(element, target.closest("td") ?? element), REST_MS);
  });
  addEventListener("focusin", ({ target }) => {
    const element = target.closest?.("th, .facts > div");
    if (element && target.matches(":focus-visible")) show(element, element); else hide();
  });
  addEventListener("keydown", ({ key }) => { if (key === "Escape") hide(); });
  addEventListener("pointerdown", hide);
  addEventListener("scroll", hide, true);
  addEventListener("poolscope:language", () => { told = null; hide(); });
  let soon = 0;
  new MutationObserver(() => { soon ||= requestAnimationFrame(() => { soon = 0; reachable(); }); }).observe(document.body, { childList: true, subtree: true });
  reachable();
}
