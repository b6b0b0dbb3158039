// Files of `poolscope serve`, for who has its token (`app/src/watch.rs`): opened by themselves, and while the command watches a
// program, each new snapshot as it comes. What the reader looks at stays as it is.

import { hand } from "./handles.js";
import { bytes, el } from "./parts.js";
import { get } from "./remote.js";

/** How often the command is asked while it watches. It is on this machine, and answers from memory. */
const EVERY_MS = 1000;
/** After that long without an answer the command has most likely been stopped; it is asked less often then. */
const GONE_MS = 5000;

/** Only a page of this machine's own has such a command behind it: elsewhere the token is of a link that was passed on. */
const isHere = () => ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

/** The token that is followed. */
let followed = "";

export function openServed(token) {
  if (!token || !isHere() || token === followed) return;
  followed = token;
  follow(token);
}

async function follow(token) {
  const place = new URL(`./session/${encodeURIComponent(token)}`, location.href);
  /** Names of what was opened, by number. */
  const opened = new Map();
  const turn = (to) => fetch(`${place}/${to}`, { method: "POST" }).then(look, () => {});
  const look = async () => {
    const list = await ask(place);
    if (followed !== token) return null;
    if (list.words) {
      say(list.words, "bad");
      return list.isFinal ? null : GONE_MS;
    }
    const troubles = await openNew(place, list.files, opened);
    closeGone(list.files, opened);
    if (!list.watch) {
      say(troubles, "bad");
      return null;
    }
    const { trouble, is_paused } = list.watch;
    say([troubles, words(list.watch)].filter(Boolean).join(" "), trouble || troubles ? "bad" : "", is_paused ? ["Go on", () => turn("resume")] : ["Pause", () => turn("pause")]);
    return EVERY_MS;
  };
  for (let wait = await look(); wait !== null; wait = await look()) await new Promise((done) => setTimeout(done, wait));
}

/** What the command has, or words. */
async function ask(place) {
  let answer;
  try {
    answer = await fetch(place, { cache: "no-store" });
  } catch {
    return { words: "poolscope serve does not answer: it was stopped. What is open stays open." };
  }
  if (answer.ok) return answer.json().catch(() => ({ words: "poolscope serve answers what this page does not understand.", isFinal: true }));
  return { words: "This address is of an earlier poolscope serve: open the one that it printed last.", isFinal: true };
}

/** Opens what was not opened yet, all of it at once; words about what could not be. */
async function openNew(place, files, opened) {
  const fresh = files.filter(({ number }) => !opened.has(number));
  const got = [];
  const troubles = [];
  for (const { number, name } of fresh) {
    opened.set(number, name);
    const url = new URL(`${place}/files/${number}`);
    try {
      got.push(await get({ url, name, isOwn: true }, new AbortController().signal, (far) => fresh.length < 2 && say(`Fetching ${name}: ${far}`)));
    } catch (error) {
      troubles.push(`${name}: ${error.words ?? error}`);
    }
  }
  if (got.length) hand(got);
  return troubles.join(" ");
}

/** Takes out snapshots that were thinned out, unless the reader chose to look at one. */
function closeGone(files, opened) {
  const kept = new Set(files.map(({ number }) => number));
  const chosen = location.hash.split("&").filter((pair) => /^(cur|base)=/.test(pair)).map((pair) => decodeURIComponent(pair.split("=")[1]));
  const gone = [...opened].filter(([number, name]) => !kept.has(number) && !chosen.includes(name));
  if (gone.length === 0) return;
  gone.forEach(([number]) => opened.delete(number));
  dispatchEvent(new CustomEvent("poolscope:close", { detail: gone.map(([, name]) => name) }));
}

function words({ of, snapshots, kept, kept_at_most, next_in_seconds, is_paused, trouble, bytes: size }) {
  const taken = snapshots === 1 ? "1 snapshot" : `${snapshots} snapshots`;
  const held = snapshots > kept ? `, ${kept} kept (${bytes(size)}): the first, the latest, and fewer in between than the ${kept_at_most} that fit` : "";
  const next = is_paused ? "paused" : next_in_seconds > 0 ? `next in ${next_in_seconds} s` : "asking now";
  return trouble ? `${trouble} ${taken} so far, ${is_paused ? "paused" : `trying again in ${next_in_seconds} s`}.` : `Watching ${of}: ${taken}${held}, ${next}`;
}

/** In the line at the bottom, with a button; made anew only where it changed, so that the button keeps the focus. */
function say(text, state = "", act) {
  const place = document.getElementById("served");
  if (!place) return;
  if (!place.firstChild) place.append(el("span", { class: "words", "data-testid": "served" }), el("button", { class: "link", "data-testid": "served-pause", hidden: true }));
  const [said, button] = place.children;
  place.dataset.state = state;
  said.textContent = text;
  said.title = text;
  button.hidden = !act;
  if (!act) return;
  button.textContent = act[0];
  button.onclick = act[1];
}
