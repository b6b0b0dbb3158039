// A guided sample: how to read inuse and alloc, in seven steps over a real session. A card beside the page, which stays as it
// is; every step is an ordinary address of the page and can be left at any time.

import { button, el } from "../keep/parts.js";
import { texts } from "./language.js";

const SAMPLE = "leak-retained";
/** Where a step leads, and what it points at. */
const STEPS = [
  ["findings", "view=findings", "[data-testid=verdict]"],
  ["finding", "view=findings", "[data-testid=finding]"],
  ["inuse", "view=heap&sort=flat", "main th[aria-sort=descending]"],
  ["alloc", "view=heap&sort=type1", "main th[aria-sort=descending]"],
  ["survival", "view=heap&sort=survival", "main th[aria-sort=descending]"],
  ["growth", "view=heap&tab=growth&sel=main.initSession", "[data-testid=growth]"],
  ["share", "view=findings", "[data-testid=share]"],
];

let card = null;
let at = 0;
let words = {};

let marking = 0;

/** Marks what a step points at, for as long as it lasts: the page makes its parts anew. */
function mark(selector) {
  clearInterval(marking);
  const look = () => {
    const found = selector && document.querySelector(selector);
    document.querySelectorAll(".toured").forEach((element) => element === found || element.classList.remove("toured"));
    if (!found || found.classList.contains("toured")) return;
    found.classList.add("toured");
    found.scrollIntoView({ block: "nearest" });
  };
  look();
  if (selector) marking = setInterval(look, 250);
}

/** Waits until something is there; gives up after ten seconds, as the step can be read without it. */
const awaits = (selector) => new Promise((done) => {
  const until = Date.now() + 10_000;
  const look = () => document.querySelector(selector) || Date.now() > until ? done() : setTimeout(look, 50);
  look();
});

function end() {
  removeEventListener("keydown", keys);
  mark(null);
  card?.remove();
  card = null;
}

function keys(event) {
  // A dialog and a field have their keys to themselves.
  if (document.querySelector("dialog[open]") || event.target.closest?.("input, select, textarea")) return;
  if (event.key === "Escape" && card?.contains(event.target)) end();
}

function go(step) {
  at = step;
  const [name, address, selector] = STEPS[at];
  const { title, text } = words[name];
  location.hash = `#v=1&${address}`;
  const last = at === STEPS.length - 1;
  const next = button(last ? words.done : words.next, last ? end : () => go(at + 1), { class: "btn prime", "data-testid": "tour-next" });
  card.replaceChildren(
    el("h2", {}, title), el("p", {}, text),
    el("div", { class: "row" }, el("span", { class: "dim" }, `${at + 1} / ${STEPS.length}`),
      last ? null : button(words.skip, end, { class: "btn quiet", "data-testid": "tour-skip" }),
      at ? button(words.back, () => go(at - 1), { "data-testid": "tour-back" }) : null, next));
  next.focus();
  mark(selector);
}

/** Begins, with the sample if nothing is open. */
export async function start() {
  end();
  words = await texts("tour");
  document.querySelector(`[data-testid=sample][data-name=${SAMPLE}]`)?.click();
  card = el("section", { class: "tour", role: "region", "aria-label": words.title, "aria-live": "polite", "data-testid": "tour", translate: "no" });
  document.body.append(card);
  addEventListener("keydown", keys);
  await awaits("[data-testid=finding]");
  if (card) go(0);
}
