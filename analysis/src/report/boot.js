"use strict";
// Starts the page out of this one file. Everything it needs stands in it as text; nothing is fetched.
var droppedEarly = [];
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => { event.preventDefault(); droppedEarly?.push(...event.dataTransfer.files); });
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
    const glue = {};
    for (const name in parts) if (name.endsWith(".js")) glue[name] = program(parts[name]);
    // What the page loads when it wants it lies here, not beside the page.
    globalThis.poolscopeParts = { "export/main.js": glue["export.js"] };
    globalThis.poolscopeReport = parts;
    const starter = program(`self.onunhandledrejection = ({ reason }) => setTimeout(() => { throw reason; });
self.onmessage = async ({ data: [glue, module] }) => { const { default: init } = await import(glue); await init({ module_or_path: module }); };`);
    const Native = Worker;
    globalThis.Worker = class extends Native {
      constructor() { super(starter, { type: "module" }); }
      postMessage(message, transfer) {
        if (typeof message?.[0] === "string") {
          const name = message[0].replace(/^.*\//, "").replace(/\.js.*$/, "");
          return super.postMessage([glue[`${name}.js`], parts[`${name}.wasm`]]);
        }
        super.postMessage(message, transfer);
      }
    };
    const session = bytes("session.poolscope");
    droppedEarly.push(new File([session], "session.poolscope"));
    // The sign leads to where the page lies, which here is a folder of this machine.
    addEventListener("click", (event) => {
      if (event.target.closest?.("a.brand")) { event.preventDefault(); location.hash = ""; location.reload(); }
    }, true);
    const { default: init } = await import(glue["app.js"]);
    words?.remove();
    await init({ module_or_path: parts["app.wasm"] });
  } catch (error) {
    if (words) words.textContent = `This report could not be opened in this browser (${error?.message ?? error}). It needs WebAssembly, module workers and DecompressionStream: Chrome 80, Firefox 114 or Safari 16.4, or newer. If the file was cut on its way, ask for it again.`;
  }
})();
