// The browser's own copy of the site (`sw.js`): made at the first visit, and a newer one offered, never forced.

import { button, card, el } from "../keep/parts.js";

const HOUR = 3_600_000;
/** What the page itself needs is fetched first. */
const AFTER_MS = 3000;

export async function keepCopy() {
  const { serviceWorker, connection } = navigator;
  // A report has no host, a frame is its host's, and who saves data is not made to fetch what may never be looked at.
  if (!serviceWorker || parent !== self || connection?.saveData) return;
  await new Promise((wait) => setTimeout(wait, AFTER_MS));
  const registration = await serviceWorker.register("./sw.js", { updateViaCache: "none" }).catch(() => null);
  // A private window, plain http to another machine, or a host that leaves the file out: the page needs its network then.
  if (!registration) return;
  const look = () => { if (registration.waiting && serviceWorker.controller) offer(registration); };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  look();
  let asked = Date.now();
  addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - asked < HOUR) return;
    asked = Date.now();
    // Without a network there is nothing newer.
    registration.update().catch(() => {});
  });
}

function offer(registration) {
  const take = () => {
    const { waiting } = registration;
    // Another tab took it already.
    if (!waiting) return location.reload();
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    waiting.postMessage("take over");
  };
  const made = card("update", "A newer Poolscope is here",
    el("p", {}, "This tab goes on with the one it began with. The newer one starts when you reload; the view stays as it is in the address, and open files are opened again by you, or by themselves if this browser keeps them."),
    el("div", { class: "row" }, button("Reload with the newer one", take, { class: "btn prime", "data-testid": "update-take" }), button("Later", () => made.remove(), { "data-testid": "update-later" })));
}
