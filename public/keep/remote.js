// Files that a link says where to fetch (`url=`, each with the `hash=` that follows it). Nothing is fetched from another host
// before the reader says so; every way it can fail has words of its own.

import { bytes, button, card, el } from "./parts.js";
import { hand } from "./handles.js";

/** As much as a tab can hold; the engine's own limit. */
const MOST_BYTES = 1.5 * 1024 ** 3;

/** Addresses of the link that have been dealt with. */
let done = "";

/** Reads the address, fetches from the page's own host at once, and asks for the others. */
export function fetchLinked(values) {
  const urls = values("url");
  if (urls.length === 0 || urls.join(" ") === done) return;
  done = urls.join(" ");
  const wanted = urls.map((url, at) => look(url, hashes(at)));
  const own = wanted.filter((file) => file.isOwn && !file.words);
  const others = wanted.filter((file) => !file.isOwn && !file.words);
  const rows = new Map(wanted.map((file) => [file, row(file)]));
  const hosts = [...new Set(others.map((file) => file.url.host))];
  const stop = new AbortController();
  const words = el("p", { class: "prose" }, others.length
    ? `The sender's link names ${count(others.length)} at ${hosts.join(", ")}. Nothing is fetched from there unless you say so; the host will see your address, and no cookies are sent.`
    : "Fetched from this page's own host.");
  const acts = el("div", { class: "row" });
  const made = card("remote", "This link fetches files", words,
    el("div", { class: "keptlist" }, el("table", { class: "pgtable" }, el("tbody", {}, ...rows.values()))), acts);
  const finish = () => acts.replaceChildren(button("Close", () => made.remove()));
  const cancel = () => acts.replaceChildren(button("Cancel", () => stop.abort(), { "data-testid": "remote-cancel" }));
  const run = async (files) => {
    const results = await Promise.all(files.map(async (file) => {
      try {
        const got = await get(file, stop.signal, (text) => say(rows.get(file), text));
        say(rows.get(file), `✓ ${bytes(got.size)}`, "ok");
        return got;
      } catch (error) {
        say(rows.get(file), error.words ?? String(error), "bad");
        return null;
      }
    }));
    const got = results.filter(Boolean);
    if (got.length) {
      check(files.filter((_, at) => results[at]), rows);
      hand(got);
    }
    return got.length === files.length;
  };
  const start = async () => {
    cancel();
    const isWhole = await run(others);
    finish();
    if (isWhole && others.every((file) => !file.hash) && !wanted.some((file) => file.words)) made.remove();
  };
  if (others.length) {
    acts.append(button(`Fetch ${count(others.length)}`, start, { class: "btn prime", "data-testid": "remote-fetch" }), button("Not now", () => made.remove()));
    if (own.length) run(own);
  } else if (own.length) {
    cancel();
    run(own).then((isWhole) => {
      finish();
      if (isWhole && own.length === wanted.length && own.every((file) => !file.hash)) made.remove();
    });
  } else finish();
}

const count = (n) => n === 1 ? "1 file" : `${n} files`;

/** The hash that follows the url at that place. */
function hashes(at) {
  let seen = -1;
  for (const pair of location.hash.slice(1).split("&")) {
    if (pair.startsWith("url=")) seen += 1;
    if (seen === at && pair.startsWith("hash=")) return pair.slice(5).toLowerCase();
  }
  return "";
}

/** What an address is, and why it cannot be fetched. */
function look(text, hash) {
  let url;
  try {
    url = new URL(text, location.href);
  } catch {
    return { url: null, text, hash, words: "This is no address." };
  }
  const name = decodeName(url.pathname.split("/").pop()) || url.host;
  const isOwn = url.origin === location.origin && url.origin !== "null";
  const file = { url, text, name, hash, isOwn };
  if (isOwn || url.protocol === "https:") return file;
  if (url.protocol !== "http:") return { ...file, words: `Files are fetched by https, not by ${url.protocol}` };
  return { ...file, words: location.protocol === "https:"
    ? "It is plain http, and this page came by https: browsers forbid that mix. Ask for an https address, or fetch it yourself and drop it here."
    : "It is plain http to another host: what comes could be read and changed on the way. Ask for an https address, or fetch it yourself and drop it here." };
}

function decodeName(text) {
  try { return decodeURIComponent(text).replaceAll("/", "_"); } catch { return text; }
}

function row({ url, text, name, hash, words }) {
  return el("tr", { "data-testid": "remote-file", "data-state": words ? "bad" : "" },
    el("td", { class: "l nm", title: url?.href ?? text }, el("b", {}, name ?? text), el("small", {}, url ? `${url.host}${hash ? `, SHA-256 ${hash.slice(0, 12)}` : ""}` : "")),
    el("td", { class: "l words" }, words ?? ""));
}

function say(row, words, state = "") {
  row.dataset.state = state;
  row.lastElementChild.textContent = words;
}

const failure = (words) => Object.assign(new Error(words), { words });

/** The file; throws what went wrong, in words. */
export async function get({ url, name, isOwn }, signal, progress) {
  progress("Asking");
  const response = await ask(url, isOwn, signal);
  if (!response.ok) throw failure(status(response.status, url.host));
  const announced = Number(response.headers.get("content-length")) || 0;
  const tooLarge = (size) => failure(`It has ${size}, more than a tab can hold. Fetch it yourself and use the command: poolscope check ${name}`);
  if (announced > MOST_BYTES) {
    response.body?.cancel().catch(() => {});
    throw tooLarge(bytes(announced));
  }
  const parts = [];
  let have = 0;
  try {
    const reader = response.body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parts.push(next.value);
      have += next.value.length;
      if (have > MOST_BYTES) {
        reader.cancel().catch(() => {});
        throw tooLarge(`more than ${bytes(MOST_BYTES)}`);
      }
      progress(announced >= have ? `${bytes(have)} of ${bytes(announced)}` : bytes(have));
    }
  } catch (error) {
    if (error.words) throw error;
    throw failure(signal.aborted ? "Cancelled." : `The connection to ${url.host} broke after ${bytes(have)}. Try again.`);
  }
  return new File(parts, name);
}

/** Asks; tells a host that forbids this page from one that does not answer. */
async function ask(url, isOwn, signal) {
  const plain = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", signal };
  let forbidden = false;
  const heard = (event) => { forbidden ||= event.effectiveDirective === "connect-src"; };
  addEventListener("securitypolicyviolation", heard);
  try {
    // From the page's own host no redirect leads elsewhere: nobody was asked for that.
    return await fetch(url, { ...plain, mode: isOwn ? "same-origin" : "cors" });
  } catch {
    if (signal.aborted) throw failure("Cancelled.");
    await new Promise((wait) => setTimeout(wait));
    if (forbidden) throw failure(`Whoever serves this page forbids it to fetch from ${url.host} (Content-Security-Policy). Fetch it yourself and drop it here.`);
    if (isOwn) throw failure("This page's host did not answer, or sends the request on to another one.");
    if (!navigator.onLine) throw failure("This machine is offline.");
    const answers = await fetch(url, { ...plain, mode: "no-cors", method: "HEAD" }).then(() => true, () => false);
    if (signal.aborted) throw failure("Cancelled.");
    throw failure(answers
      ? `${url.host} answers, and does not let other sites read it (CORS: it sends no Access-Control-Allow-Origin for ${location.origin}). Fetch it yourself and drop it here.`
      : `${url.host} does not answer: the name may be wrong, the host down, or the network in between closed to it.`);
  } finally {
    removeEventListener("securitypolicyviolation", heard);
  }
}

function status(code, host) {
  if (code === 404 || code === 410) return `${host} has no such file (${code}): it was removed, or the link is wrong.`;
  if (code === 401 || code === 403) return `${host} gives it only to those it knows (${code}), and this page sends no cookies. Fetch it yourself and drop it here.`;
  if (code >= 500) return `${host} failed (${code}). Try again later.`;
  return `${host} answers ${code} and no file.`;
}

/** Once the engine has read them: whether they are what the link says. */
function check(files, rows) {
  const waiting = new Set(files.filter((file) => file.hash));
  const look = () => {
    for (const file of waiting) {
      const found = (globalThis.poolscopeFiles ?? []).filter(([, name]) => name === file.name || name.startsWith(`${file.name}/`));
      if (found.length === 0) continue;
      waiting.delete(file);
      const identity = found.find(([, name]) => name === file.name)?.[0];
      if (!identity) continue;
      if (identity.startsWith(file.hash)) say(rows.get(file), "✓ the bytes that the link names", "ok");
      else say(rows.get(file), `Not the bytes that the link names: their SHA-256 begins with ${identity.slice(0, 12)}, expected was ${file.hash.slice(0, 12)}. The file was changed after the link was made; what you see is of the changed one.`, "bad");
    }
    if (waiting.size === 0) removeEventListener("poolscope:files", look);
  };
  addEventListener("poolscope:files", look);
}
