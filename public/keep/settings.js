// The dialog: what is kept in this browser, how much of it, and the button that forgets everything.

import * as handles from "./handles.js";
import { button, bytes, el } from "./parts.js";
import * as store from "./store.js";

const LIMITS = [64, 256, 512, 1024, 4096, 16384].map((mb) => mb * 1024 * 1024);

/** Shows it; `page` knows the open files and what to do when a choice changes. */
export async function show(page) {
  document.querySelector("dialog.keepbox")?.remove();
  const body = el("div", { class: "paper" });
  const dialog = el("dialog", { class: "sheet keepbox", "aria-label": "Files kept in this browser", "data-testid": "keep-dialog", onclose: () => dialog.remove() }, body);
  document.body.append(dialog);
  dialog.showModal();
  const draw = async (words = "") => {
    let kept = [];
    let places = 0;
    try {
      kept = await store.list();
      places = await handles.count();
    } catch (error) {
      words = page.reason(error);
    }
    body.replaceChildren(...parts(kept, places, words));
  };
  const choose = async (change) => {
    try {
      change();
      await page.keepOpen();
      await draw();
    } catch (error) {
      await draw(page.reason(error));
    }
  };
  const forget = async () => {
    try {
      const [before, places] = [await store.list(), await handles.count()];
      await store.forget();
      page.forgotten();
      const sum = before.reduce((sum, file) => sum + file.size, 0);
      body.replaceChildren(...parts([], 0, `Forgotten: ${before.length} files (${bytes(sum)}) and ${places} remembered places. Nothing is kept in this browser now; what is open stays open.`));
    } catch (error) {
      await draw(`Not everything could be forgotten (${error.message}). Clear this site's data in the browser's settings.`);
    }
  };

  function parts(kept, places, words) {
    const sum = kept.reduce((sum, file) => sum + file.size, 0);
    const tick = (name, is, set, label, why) => el("label", { class: "tick" },
      el("input", { type: "checkbox", "data-testid": name, checked: is, onchange: (event) => choose(() => set(event.target.checked)) }), el("b", {}, label), el("span", {}, why));
    const limit = el("select", { "aria-label": "Room for kept files", "data-testid": "keep-limit", onchange: (event) => choose(() => { store.choices.limit = Number(event.target.value); store.trim(store.choices.limit).then(() => draw()); }) },
      ...[...new Set([...LIMITS, store.choices.limit])].sort((a, b) => a - b).map((size) => el("option", { value: size, selected: size === store.choices.limit }, bytes(size))));
    return [
      el("div", { class: "hd" }, el("h2", {}, "Files kept in this browser"), button("Close ", () => dialog.close(), { class: "btn quiet end", autofocus: true })),
      el("div", { class: "pad" },
        el("p", { class: "prose" }, "A link names its files and does not hold them. Files that are kept here are opened by themselves when a link names them. They stay on this machine, and only this page can read them."),
        tick("keep-files", store.choices.files, (on) => { store.choices.files = on; }, "Keep files in this browser", "Whole files, those of this session too. What was used longest ago makes room."),
        globalThis.showOpenFilePicker
          ? tick("keep-handles", store.choices.handles, (on) => { store.choices.handles = on; }, "Remember where files lie", "No bytes, only the place of what is dropped or chosen from now on. The browser asks before each is read again.")
          : el("p", { class: "dim xs" }, "This browser cannot remember where files lie."),
        el("div", { class: "room" }, el("span", {}, "Room"), limit, el("span", { "data-testid": "keep-sum" }, `${kept.length === 1 ? "1 file" : `${kept.length} files`}, ${bytes(sum)} kept${places ? `; ${places} places remembered` : ""}`)),
        kept.length ? el("div", { class: "keptlist" }, el("table", { class: "pgtable", "data-testid": "keep-list" },
          el("thead", {}, el("tr", {}, ...["File", "Size", "Last used", "SHA-256"].map((head, at) => el("th", { class: at === 1 ? "" : "l" }, head)))),
          el("tbody", {}, ...kept.map((file) => el("tr", {}, el("td", { class: "l nm" }, file.name), el("td", {}, bytes(file.size)), el("td", { class: "l" }, new Date(file.used).toLocaleString()), el("td", { class: "l" }, el("code", {}, file.identity.slice(0, 12)))))))) : null,
        words ? el("p", { class: "said", role: "status", "data-testid": "keep-words" }, words) : null,
        el("div", { class: "row" }, button("Forget everything", forget, { "data-testid": "keep-forget" }))),
    ].filter(Boolean);
  }
  // What is being kept just now is in the list.
  await page.keepOpen();
  await draw();
}
