"use strict";
// Starts the page out of this one file. Everything it needs stands in it as text; nothing is fetched.
var droppedEarly = [];
// The page asks its host for samples while nothing is open; a report has no host.
globalThis.fetch = () => Promise.reject(new TypeError("A report fetches nothing."));
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
(async () => {
  const words = document.getElementById("words");
  /** The bytes of a part; its text is let go. */
  const bytes = (name) => {
    const element = document.getElementById(`part:${name}`);
    if (!element) return null;
    const text = element.textContent;
    element.remove();
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const raw = atob(text);
    const out = new Uint8Array(raw.length);
    for (let at = 0; at < raw.length; at++) out[at] = raw.charCodeAt(at);
    return out;
  };
  const inflated = (packed) => new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const program = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    const parts = {};
    const part = async (name) => {
      const packed = bytes(name);
      if (packed) parts[name] = await inflated(packed);
    };
    await Promise.all(["app.js", "app.wasm", "heap-worker.js", "heap-worker.wasm", "trace-worker.js", "trace-worker.wasm", "export.js"].map(part));
    // What the page loads when it wants it lies here, not beside the page.
    globalThis.poolscopeParts = { "export/main.js": parts["export.js"] && program(parts["export.js"]) };
    globalThis.poolscopeReport = parts;
    // From a disk, browsers start no module workers and let workers load nothing: each is one plain script, its glue in it.
    const start = `self.onunhandledrejection = ({ reason }) => setTimeout(() => { throw reason; });
self.onmessage = async ({ data }) => { await __wbg_init({ module_or_path: data }); };`;
    const plain = (text) => text.replace(/^export \{[^}]*\};?$/m, "").replaceAll("import.meta.url", '""');
    const worker = (name) => program(`${plain(new TextDecoder().decode(parts[`${name}.js`]))}\n${start}`);
    const Native = Worker;
    // Which program it is to run, a worker is told by its first message.
    globalThis.Worker = class {
      postMessage(message, transfer) {
        if (this.own) return this.own.postMessage(message, transfer);
        const name = message[0].replace(/^.*\//, "").replace(/\.js.*$/, "");
        this.own = new Native(worker(name));
        this.own.onmessage = (event) => this.onmessage?.(event);
        this.own.onerror = (event) => this.onerror?.(event);
        this.own.postMessage(parts[`${name}.wasm`]);
      }
      terminate() { this.own?.terminate(); }
    };
    const session = bytes("session.poolscope");
    droppedEarly.push(new File([session], "session.poolscope"));
    // The sign leads to where the page lies, which here is a folder of this machine.
    addEventListener("click", (event) => {
      if (event.target.closest?.("a.brand")) { event.preventDefault(); location.hash = ""; location.reload(); }
    }, true);
    const { default: init } = await import(program(parts["app.js"]));
    words?.remove();
    await init({ module_or_path: parts["app.wasm"] });
  } catch (error) {
    if (words) words.textContent = `This report could not be opened in this browser (${error?.message ?? error}). It needs WebAssembly and DecompressionStream: Chrome 80, Firefox 113 or Safari 16.4, or newer. If the file was cut on its way, ask for it again.`;
  }
})();
