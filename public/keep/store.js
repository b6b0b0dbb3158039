// Files kept in this browser, by identity: the bytes in the origin's private file system (in IndexedDB where there is
// none), and beside them a list that says whose they are and when they were last used. Kept only if the reader asked for it.

const FOLDER = "poolscope-files";
const DATABASE = "poolscope-keep";
const DEFAULT_LIMIT = 512 * 1024 * 1024;

/** What the reader chose. Where the browser keeps nothing, everything is off. */
export const choices = {
  get files() { return read("poolscope-keep") === "1"; },
  set files(on) { write("poolscope-keep", on ? "1" : ""); },
  get handles() { return read("poolscope-handles") === "1"; },
  set handles(on) { write("poolscope-handles", on ? "1" : ""); },
  get limit() { return Number(read("poolscope-keep-limit")) || DEFAULT_LIMIT; },
  set limit(bytes) { write("poolscope-keep-limit", String(bytes)); },
};

function read(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

function write(key, value) {
  if (value) localStorage.setItem(key, value);
  else localStorage.removeItem(key);
}

let opened = null;

/** The list. Throws where the browser gives no database. */
function database() {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("files", { keyPath: "identity" });
      request.result.createObjectStore("handles", { keyPath: "identity" });
    };
    request.onsuccess = () => {
      // Another tab forgets everything: this one must not stand in its way.
      request.result.onversionchange = () => { request.result.close(); opened = null; };
      done(request.result);
    };
    request.onerror = () => failed(request.error);
  }).catch((error) => { opened = null; throw error; });
  return opened;
}

/** Does one thing with one table of the list, and waits until it is on disk. */
export async function on(table, mode, what) {
  const transaction = (await database()).transaction(table, mode);
  const request = what(transaction.objectStore(table));
  return new Promise((done, failed) => {
    transaction.oncomplete = () => done(request?.result);
    transaction.onerror = transaction.onabort = () => failed(transaction.error ?? request?.error);
  });
}

/** One tab at a time changes what is kept. */
const alone = (run) => navigator.locks ? navigator.locks.request(DATABASE, run) : run();

/** The folder, or null where the browser has no private file system that can be written. */
async function folder() {
  try {
    if (!globalThis.FileSystemFileHandle?.prototype.createWritable) return null;
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  } catch {
    return null;
  }
}

/** All that is kept, what was used last first: `{ identity, name, size, used }`. */
export async function list() {
  const all = await on("files", "readonly", (files) => files.getAll());
  return all.sort((a, b) => b.used - a.used);
}

/** Those of which the identity begins so, as files; what another tab forgot meanwhile is not among them. */
export async function find(prefix, name) {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const [found] = await on("files", "readonly", (files) => files.getAll(range, 1));
  if (!found) return null;
  const bytes = found.bytes ?? await bytesOf(found.identity);
  if (!bytes) {
    await on("files", "readwrite", (files) => files.delete(found.identity));
    return null;
  }
  await on("files", "readwrite", (files) => files.put({ ...found, used: Date.now() }));
  return new File([bytes], name || found.name);
}

async function bytesOf(identity) {
  try { return await (await (await folder())?.getFileHandle(identity))?.getFile(); } catch { return null; }
}

/**
 * Keeps a file; the least recently used make room. Gives words where it could not, and "" where it is kept.
 */
export function keep(identity, name, file) {
  const limit = choices.limit;
  if (file.size > limit) return Promise.resolve(`${name} is larger than all that may be kept`);
  return alone(async () => {
    const all = await list();
    const known = all.find((kept) => kept.identity === identity);
    if (known && (known.bytes || await bytesOf(identity))) {
      await on("files", "readwrite", (files) => files.put({ ...known, name, used: Date.now() }));
      return "";
    }
    const others = all.filter((kept) => kept.identity !== identity);
    let room = limit - others.reduce((sum, kept) => sum + kept.size, 0);
    while (room < file.size) room += await drop(others.pop());
    for (;;) {
      try {
        await put(identity, name, file);
        return "";
      } catch (error) {
        // The browser has less room than the limit says.
        if (!isFull(error) || others.length === 0) throw error;
        await drop(others.pop());
      }
    }
  });
}

export const isFull = (error) => error?.name === "QuotaExceededError" || error?.inner?.name === "QuotaExceededError";

async function put(identity, name, file) {
  const entry = { identity, name, size: file.size, used: Date.now() };
  const place = await folder();
  if (!place) return on("files", "readwrite", (files) => files.put({ ...entry, bytes: file }));
  try {
    const writable = await (await place.getFileHandle(identity, { create: true })).createWritable();
    // What is written is there only once it is closed, and all of it.
    await file.stream().pipeTo(writable);
  } catch (error) {
    await place.removeEntry(identity).catch(() => {});
    throw error;
  }
  await on("files", "readwrite", (files) => files.put(entry));
}

/** Takes one out; gives the bytes that are free again. */
async function drop(kept) {
  await on("files", "readwrite", (files) => files.delete(kept.identity));
  await (await folder())?.removeEntry(kept.identity).catch(() => {});
  return kept.size;
}

/** Brings what is kept below a new limit. */
export function trim(limit) {
  return alone(async () => {
    const all = await list();
    let sum = all.reduce((sum, kept) => sum + kept.size, 0);
    while (sum > limit) sum -= await drop(all.pop());
  });
}

/** Forgets everything: bytes, the list, remembered places, and that anything was to be kept. */
export function forget() {
  return alone(async () => {
    for (const key of ["poolscope-keep", "poolscope-handles", "poolscope-keep-limit"]) write(key, "");
    const root = await navigator.storage?.getDirectory?.().catch(() => null);
    await root?.removeEntry(FOLDER, { recursive: true }).catch((error) => {
      if (error.name !== "NotFoundError") throw error;
    });
    (await opened?.catch(() => null))?.close();
    opened = null;
    await new Promise((done, failed) => {
      const request = indexedDB.deleteDatabase(DATABASE);
      request.onsuccess = done;
      request.onerror = () => failed(request.error);
    });
  });
}
