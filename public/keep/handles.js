// Where opened files lie on this machine, as the browser's own handles: no bytes are kept, and the browser asks the reader
// again before this page may read one.

import { choices, on } from "./store.js";

/** Handles of what was dropped or chosen since the page was opened; whose they are is known once the files are read. */
const fresh = [];

/** Listens to drops and to the file field, if the reader wants places to be remembered. */
export function listen() {
  addEventListener("drop", (event) => {
    if (!choices.handles) return;
    for (const item of event.dataTransfer?.items ?? []) {
      // Asked for while the drop is told: later the list is empty.
      item.getAsFileSystemHandle?.().then((handle) => handle && fresh.push(handle), () => {});
    }
  }, true);
  addEventListener("click", async (event) => {
    if (!choices.handles || !globalThis.showOpenFilePicker || !event.target.matches?.("[data-testid=file-input]")) return;
    event.preventDefault();
    const chosen = await showOpenFilePicker({ multiple: true }).catch(() => []);
    fresh.push(...chosen);
    hand(await Promise.all(chosen.map((handle) => handle.getFile())));
  }, true);
}

/** Gives files to the page, as if they had been dropped. */
export function hand(files) {
  dispatchEvent(new CustomEvent("poolscope:open", { detail: files }));
}

/** Remembers where these files lie: `[identity, name]` each. A member of a folder or of an archive lies in that. */
export async function remember(files) {
  for (const [identity, name] of files) {
    const root = name.split("/")[0];
    const handle = fresh.findLast((handle) => handle.name === root);
    if (handle) await on("handles", "readwrite", (table) => table.put({ identity, name, handle }));
  }
}

/** The remembered place of a file, or null. */
export async function find(prefix) {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  return (await on("handles", "readonly", (table) => table.getAll(range, 1)))[0] ?? null;
}

export const count = () => on("handles", "readonly", (table) => table.count());

/** Whether the page may read it now. */
export const isGranted = async ({ handle }) => await handle.queryPermission?.({ mode: "read" }) === "granted";

/** Asks the browser, which asks the reader; only after a click. Gives the file, or words. */
export async function reopen({ handle, name }) {
  try {
    const state = await handle.requestPermission?.({ mode: "read" });
    if (state !== "granted") return `${name}: the browser was told not to let this page read it.`;
    if (handle.kind !== "directory") return await handle.getFile();
    let place = handle;
    const path = name.split("/").slice(1);
    for (const part of path.slice(0, -1)) place = await place.getDirectoryHandle(part);
    const file = await (await place.getFileHandle(path.at(-1))).getFile();
    return new File([file], name);
  } catch (error) {
    return error.name === "NotFoundError" ? `${name} is no longer where it was.` : `${name} could not be read (${error.message}).`;
  }
}
