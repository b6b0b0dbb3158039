"use strict";
// Starts the page. What is dropped before the page listens waits here, files and folders; without this the browser would leave
// the page for the file.
var droppedEarly = [];
addEventListener("dragover", (event) => event.preventDefault());
// What changes under the hand in mid-drag is entered anew, and would refuse the drop until the hand moves.
addEventListener("dragenter", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  for (const item of droppedEarly ? event.dataTransfer.items : []) {
    const entry = item.webkitGetAsEntry?.();
    const found = entry?.isDirectory ? entry : item.getAsFile();
    if (found) droppedEarly.push(found);
  }
});
/** Where the parts are that the page loads later. */
var partsAt = document.currentScript.dataset.parts;
/** The engine, where the address holds an analysis, which waits for it: it comes up beside the page, which takes it over. */
var earlyEngine = null;
if (location.hash.includes("&a=")) {
  const worker = new Worker(`${partsAt}worker.js`, { type: "module" });
  earlyEngine = { worker, said: [] };
  worker.onmessage = worker.onerror = (event) => earlyEngine?.said.push(event);
  worker.postMessage(["./heap-worker.js", "./heap-worker_bg.wasm"]);
}
{
  const { integrity } = document.currentScript.dataset;
  const [glue, module] = ["modulepreload", "preload"].map((rel) => document.querySelector(`link[rel=${rel}]`).href);
  // A host that does not know the type of a module makes this slower, not impossible: the glue then compiles it from memory.
  const parsed = new Promise((done) => addEventListener("DOMContentLoaded", done));
  Promise.all([import(glue), fetch(module, { integrity }), parsed]).then(([{ default: init }, answer]) => init({ module_or_path: answer })).then(() => {
    // What is around the page comes once it stands; without it all else works.
    setTimeout(() => import(`${partsAt}host/main.js`).catch(console.warn));
  }, (error) => {
    document.body.textContent = `Poolscope could not be started in this browser (${error?.message ?? error}). It needs WebAssembly and modules: Chrome 80, Firefox 113 or Safari 16.4, or newer. If a copy of it was being replaced just now, reload the page.`;
  });
}
