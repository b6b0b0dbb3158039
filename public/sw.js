"use strict";
// Keeps the whole site in the browser after the first visit, so that it opens without a network. A copy is one build, whole
// or not at all, and the page is that of one build throughout: a newer copy waits until the reader takes it, or has closed
// every tab.

/** The files of this build, by their address, and what each is; the build writes them. */
const FILES = {};
/** What the copy is called; the build writes it. */
const BUILD = "";

const OURS = `poolscope ${registration.scope} `;
const COPY = OURS + BUILD;
/** Where files wait that the system's share sheet hands over; `host/handed.js` takes them. */
const HANDED = `handed ${registration.scope}`;
/** Names of these have a hash in them. Tabs of the build before may still ask for theirs. */
const HASHED = /^\.\/(?:boot|style|poolscope-app|parts)-/;

addEventListener("install", (event) => event.waitUntil(copy()));
addEventListener("activate", (event) => event.waitUntil(forget()));
addEventListener("message", (event) => { if (event.data === "take over") skipWaiting(); });
addEventListener("fetch", (event) => {
  const { request } = event;
  const file = named(request.url);
  if (request.method === "POST" && file === "./handed") event.respondWith(takeHanded(request));
  else if (request.method === "GET" && (file in FILES || HASHED.test(file))) event.respondWith(answer(file, request));
});

/** The site's name for an address: no page but its own is answered for. */
function named(address) {
  const { origin, pathname } = new URL(address);
  const whole = origin + pathname;
  if (!whole.startsWith(registration.scope)) return "";
  return `./${whole.slice(registration.scope.length)}`.replace(/^\.\/index\.html$/, "./");
}

async function copy() {
  const cache = await caches.open(COPY);
  try {
    // What is kept for ever by its name comes out of the browser's own cache if it is there; the rest is asked for.
    await cache.addAll(Object.entries(FILES).map(([file, integrity]) => new Request(file, { integrity, cache: HASHED.test(file) ? "default" : "no-cache" })));
  } catch (error) {
    await caches.delete(COPY);
    throw error;
  }
}

/** Lets copies go, except this one and the one before: a tab of that build may be open. */
async function forget() {
  const others = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== COPY);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

async function answer(file, request) {
  const own = await (await caches.open(COPY)).match(file);
  if (own) return own;
  for (const name of await caches.keys()) {
    const older = name.startsWith(OURS) && await (await caches.open(name)).match(file);
    if (older) return older;
  }
  return fetch(request);
}

/** Puts shared files where the page finds them, and opens it. */
async function takeHanded(request) {
  const files = (await request.formData()).getAll("files");
  const cache = await caches.open(HANDED);
  await Promise.all(files.map((file, at) => cache.put(`./handed/${at}/${encodeURIComponent(file.name)}`, new Response(file))));
  return Response.redirect("./?handed", 303);
}
