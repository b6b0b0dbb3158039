// Files that the system hands to the installed page: opened with it, or shared to it.

import { hand } from "../keep/handles.js";

export async function takeHanded() {
  globalThis.launchQueue?.setConsumer(async ({ files }) => {
    if (files.length) hand(await Promise.all(files.map((handle) => handle.getFile())));
  });
  if (location.search !== "?handed") return;
  history.replaceState(history.state, "", `./${location.hash}`);
  const name = `handed ${new URL("./", location.href)}`;
  const cache = await caches.open(name);
  const requests = await cache.keys();
  const files = await Promise.all(requests.map(async (request) => {
    const blob = await (await cache.match(request)).blob();
    return new File([blob], decodeURIComponent(request.url.split("/").at(-1)));
  }));
  await caches.delete(name);
  if (files.length) hand(files);
}
