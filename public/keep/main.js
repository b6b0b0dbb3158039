// What the page keeps and fetches: loaded when a link asks for files, when the reader asked to keep some, and when the
// dialog for that is opened. The page tells which files are open (`poolscopeFiles`: identity, name, file) and hears of files
// as if they had been dropped (`poolscope:open`).

import * as handles from "./handles.js";
import { bytes, button, card, el } from "./parts.js";
import { fetchLinked } from "./remote.js";
import { openServed } from "./served.js";
import { show } from "./settings.js";
import * as store from "./store.js";

/** Pairs of the address that are called `key`, in order. */
function values(key) {
  const pairs = location.hash.slice(1).split("&").map((pair) => pair.split("="));
  return pairs.filter(([name]) => name === key).map(([, value]) => decode(value ?? ""));
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

/** Files that the link names: name, size, and the beginning of the identity. */
const named = () => values("files").flatMap((list) => list.split(";")).flatMap((entry) => {
  const [name, size, identity] = entry.split(":").map(decode).flatMap((part, at) => at === 0 ? [part] : part.split("."));
  return identity ? [{ name, size: Number(size), identity }] : [];
});

const open = () => globalThis.poolscopeFiles ?? [];
const isOpen = (identity) => open().some(([known]) => known.startsWith(identity));

/** What was looked for already: what is not kept is not asked for again. */
const sought = new Set();
/** What was kept already, lest every change writes all again. */
const kept = new Set();
/** One after the other, in the order files came. */
let turn = Promise.resolve();
/** Why something was not kept. */
let trouble = "";

/** Opens what the link names and this browser keeps; asks for access to the rest of what is known. */
async function findMissing() {
  const missing = named().filter(({ identity }) => !isOpen(identity) && !sought.has(identity));
  missing.forEach(({ identity }) => sought.add(identity));
  const found = [];
  const asked = [];
  for (const { identity, name } of missing) {
    try {
      const file = await store.find(identity, name);
      if (file) { found.push(file); continue; }
      const place = await handles.find(identity);
      if (place && await handles.isGranted(place)) found.push(await handles.reopen(place));
      else if (place) asked.push(place);
    } catch {
      // Nothing can be kept here: the files are asked for, as on any other machine.
      break;
    }
  }
  const files = found.filter((file) => file instanceof File);
  if (files.length) handles.hand(files);
  if (asked.length) askAgain(asked);
}

function askAgain(places) {
  const names = el("ul", {}, ...places.map(({ name }) => el("li", {}, name)));
  const words = el("p", { role: "status" });
  const grant = async () => {
    const roots = new Map();
    const got = [];
    for (const place of places) {
      const archive = place.handle.kind === "file" && place.name.includes("/") ? place.handle.name : place.name;
      if (!roots.has(archive)) roots.set(archive, await handles.reopen({ ...place, name: archive }));
    }
    for (const result of roots.values()) if (result instanceof File) got.push(result);
    if (got.length) handles.hand(got);
    const refused = [...roots.values()].filter((result) => typeof result === "string");
    if (refused.length === 0) made.remove();
    else words.textContent = refused.join(" ");
  };
  const made = card("grant", "These files were opened here before",
    el("p", {}, "The browser asks you before this page may read them again. Nothing is uploaded."), names, words,
    el("div", { class: "row" }, button("Grant access again", grant, { class: "btn prime", "data-testid": "grant-again" }), button("Not now", () => made.remove())));
}

/** Keeps what is open, as far as that was asked for. */
function keepOpen() {
  turn = turn.then(keepNow);
  return turn;
}

async function keepNow() {
  const files = open().filter(([identity]) => !kept.has(identity));
  const words = [];
  try {
    for (const [identity, name, file] of store.choices.files ? files : []) {
      const said = await store.keep(identity, name, file);
      if (said) words.push(`${said}.`);
      kept.add(identity);
    }
    if (store.choices.handles) await handles.remember(open());
  } catch (error) {
    words.push(reason(error));
  }
  say(words.join(" "));
}

/** Why the browser keeps nothing, in words. */
export function reason(error) {
  if (store.isFull(error)) return "This browser has no room left to keep files. What is open stays open; forget some, or make room on the disk.";
  return `This browser lets the page keep nothing (${error?.message || error}): a private window, or storage is blocked for this site. What is open stays open.`;
}

function say(words) {
  if (words === trouble) return;
  trouble = words;
  if (!words) return;
  const made = card("keep-trouble", "Not kept", el("p", {}, words), el("div", { class: "row" }, button("Close", () => made.remove())));
}

const dialog = () => show({ open, keepOpen, reason, forgotten: () => { kept.clear(); sought.clear(); } });

handles.listen();
addEventListener("poolscope:files", () => { keepOpen(); findMissing(); });
addEventListener("hashchange", () => { sought.clear(); findMissing(); fetchLinked(values); openServed(globalThis.poolscopeServe); });
addEventListener("poolscope:keep", dialog);
if (document.getElementById("keep")?.dataset.opens) dialog();
keepOpen();
findMissing();
fetchLinked(values);
openServed(globalThis.poolscopeServe);
