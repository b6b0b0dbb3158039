// A page that has this one in a frame, or has opened it, may hand files over by messages (docs/hosting.md). It is told what
// became of those files, and nothing of what else is open here.

import { hand } from "../keep/handles.js";

/** The version of these messages, and what marks them as ours. */
const VERSION = 1;
/** As the engine's own limit: as much as a tab can hold. */
const MOST_BYTES = 1.5 * 1024 ** 3;
const MOST_FILES = 10_000;

export function listen() {
  const partner = parent !== self ? parent : opener;
  if (!partner) return;
  addEventListener("message", async ({ data, origin, source }) => {
    if (source !== partner || !data || data.poolscope === undefined) return;
    // A page without an origin, as in a sandbox, can only be answered so; it hears of its own files alone.
    const answer = (message) => partner.postMessage({ poolscope: VERSION, id: data.id, ...message }, origin === "null" ? "*" : origin);
    if (data.type === "hello") return answer({ type: "ready" });
    try {
      answer(await open(data));
    } catch (error) {
      answer({ type: "refused", words: error.message });
    }
  });
  // Says nothing but that it is there, so it may be heard by whoever holds the frame.
  partner.postMessage({ poolscope: VERSION, type: "ready" }, "*");
}

/** Opens the files of a message; gives the answer, or throws why there is none. */
async function open({ poolscope, type, files, view }) {
  if (poolscope !== VERSION) throw new Error(`This page speaks version ${VERSION} of these messages, not ${String(poolscope).slice(0, 20)}.`);
  if (type !== "open") throw new Error(`There are messages "hello" and "open", and not "${String(type).slice(0, 40)}".`);
  if (!Array.isArray(files) || files.length === 0) throw new Error("A message \"open\" has a list of files, each a File or { name, bytes }.");
  if (files.length > MOST_FILES) throw new Error(`These are ${files.length} files, and at most ${MOST_FILES} are taken at once.`);
  const taken = files.map(file);
  if (taken.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES) throw new Error("These files are more than 1.5 GB, which is as much as a tab can hold.");
  const before = new Set(states().map(([key]) => key));
  if (view !== undefined) look(view);
  hand(taken);
  const own = await read(before);
  const told = ([, name, state, words]) => ({ name, state, words });
  return own.every(([, , state]) => state === "refused")
    ? { type: "refused", words: "None of these files could be read.", files: own.map(told) }
    : { type: "opened", files: own.map(told) };
}

/** What was handed over, as a file. */
function file(given, at) {
  if (given instanceof File) return given;
  const { name, bytes } = given ?? {};
  if (typeof name !== "string" || !name) throw new Error(`File ${at + 1} of the message has no name.`);
  if (!(bytes instanceof Blob || bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes))) throw new Error(`File ${at + 1} of the message has no bytes: a Blob, an ArrayBuffer or a view of one.`);
  return new File([bytes], name);
}

/** Goes where the fragment leads: the view alone, no addresses that would be fetched. */
function look(view) {
  if (typeof view !== "string" || !/^#?v=\d/.test(view) || /[#&]url=/.test(view)) throw new Error("The view is the part of this page's address behind the #, beginning with v=, and names no url=.");
  location.hash = view;
}

/** Of every open file: number, name, state, words. */
function states() {
  const detail = { files: [] };
  dispatchEvent(new CustomEvent("poolscope:state", { detail }));
  return detail.files;
}

/** Those that came since, once all are read; an archive's members stand for it. */
async function read(before) {
  for (;;) {
    const own = states().filter(([key]) => !before.has(key));
    if (own.every(([, , state]) => state !== "parsing")) return own;
    await new Promise((wait) => setTimeout(wait, 100));
  }
}
