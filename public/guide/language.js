// The page in the reader's language. English stands in the program; another language is one table (`words.zh-Hans.json`) from the
// English words to its own, fetched when it is wanted, and put in where the page shows them. What the table does not have yet
// stays English, so that it grows view by view. Names out of files are never looked up.

import { english } from "./explain.js";

const KEY = "poolscope-language";
const LANGUAGES = { en: "English", "zh-Hans": "简体中文" };
/** Names, code and what was typed. */
const NAMES = "option, code, pre, .cmd, .name, .sym, .frames, textarea, [data-name], [translate=no], script, style, .token, #explains, .wordsrow, .rail .files";
const ATTRIBUTES = ["title", "aria-label", "placeholder"];

const kept = () => { try { return localStorage.getItem(KEY); } catch { return null; } };

/** The language: what was chosen, or the browser's first that is here. */
export function chosen() {
  const wish = [kept(), ...navigator.languages ?? []].filter(Boolean);
  for (const one of wish) {
    if (one === "zh-Hans" || /^zh\b(?!-(Hant|TW|HK|MO))/i.test(one)) return "zh-Hans";
    if (/^en\b/i.test(one)) return "en";
  }
  return "en";
}

/** A table of this folder. */
async function table(file) {
  const answer = await fetch(new URL(file, import.meta.url));
  return answer.ok ? answer.json() : {};
}

/** Texts by their name, in the language; in English where it has none. */
export async function texts(name) {
  const plain = await table(`./${name}.json`);
  return chosen() === "en" ? plain : { ...plain, ...await table(`./${name}.${chosen()}.json`) };
}

/** The English of what was put in: by node, and by attribute. */
const before = new Map();
let words = null;
let patterns = [];
let watching = null;

/** What a text says in the language; nothing where the table has it not. */
function said(text) {
  const plain = text.trim();
  if (!plain || !words) return null;
  let found = words[plain];
  for (let at = 0; found === undefined && at < patterns.length; at++) {
    const hit = patterns[at][0].exec(plain);
    if (hit) found = patterns[at][1].replace(/\{(\d)\}/g, (_, which) => { const part = hit[Number(which) + 1]; return words[part] ?? part; });
  }
  if (found === undefined) return null;
  english.set(found, plain);
  return text.replace(plain, () => found);
}

function put(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    const known = before.get(node);
    if (known && known.put === node.data) return;
    if (node.parentElement?.closest(NAMES)) return;
    const now = said(node.data);
    if (now === null) return void before.delete(node);
    before.set(node, { was: node.data, put: now });
    node.data = now;
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches("script, style")) return;
  for (const name of ATTRIBUTES) {
    const value = node.getAttribute(name);
    const mine = before.get(node)?.[name];
    if (value === null || mine?.put === value) continue;
    const now = said(value);
    if (now === null) continue;
    before.set(node, { ...before.get(node), [name]: { was: value, put: now } });
    node.setAttribute(name, now);
  }
  node.childNodes.forEach(put);
}

function back() {
  for (const [node, put] of before) {
    if (node.nodeType === Node.TEXT_NODE) { if (node.data === put.put) node.data = put.was; continue; }
    for (const name of ATTRIBUTES) if (put[name] && node.getAttribute(name) === put[name].put) node.setAttribute(name, put[name].was);
  }
  before.clear();
  english.clear();
}

function forget(node) {
  before.delete(node);
  node.childNodes?.forEach(forget);
}

/** Puts the page into the language. */
async function apply() {
  const language = chosen();
  watching?.disconnect();
  back();
  document.documentElement.lang = language;
  button();
  if (language === "en") return;
  words = await table(`./words.${language}.json`);
  if (chosen() !== language) return;
  // The longest first: the most is said of what they fit.
  patterns = Object.keys(words).filter((key) => /\{\d\}/.test(key)).sort((a, b) => b.length - a.length).map((key) => {
    const order = [...key.matchAll(/\{(\d)\}/g)].map((hit) => Number(hit[1]));
    if (order.some((which, at) => which !== at)) throw new Error(`“${key}” counts its parts in another order.`);
    return [new RegExp(`^${key.split(/\{\d\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+?)")}$`, "s"), words[key]];
  });
  put(document.body);
  watching = new MutationObserver((changes) => {
    for (const { type, target, addedNodes, removedNodes } of changes) {
      if (type === "childList") { removedNodes.forEach(forget); addedNodes.forEach(put); } else put(target);
    }
  });
  watching.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
}

/** Chooses a language, and keeps it in this browser. */
export function choose(language) {
  try { localStorage.setItem(KEY, language); } catch { /* A browser that keeps nothing has it until it is left. */ }
  dispatchEvent(new Event("poolscope:language"));
  return apply();
}

/** The button in the bar on top: to the other language, in its own words. */
function button() {
  const place = document.querySelector(".acts");
  if (!place) return;
  let made = place.querySelector("[data-testid=language]");
  const other = chosen() === "en" ? "zh-Hans" : "en";
  if (!made) {
    made = Object.assign(document.createElement("button"), { className: "btn quiet", type: "button" });
    made.dataset.testid = "language";
    made.setAttribute("translate", "no");
    place.insertBefore(made, place.querySelector("[data-testid=theme]"));
  }
  made.lang = other;
  made.textContent = other === "en" ? "EN" : "中文";
  made.setAttribute("aria-label", LANGUAGES[other]);
  made.title = LANGUAGES[other];
  made.onclick = () => choose(other);
}

/** Speaks the reader's language from the start. */
export const speak = () => apply().catch(console.warn);
