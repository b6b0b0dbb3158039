// What leaves the page as a file: the dialog, and drawings, which are taken from the page itself. The engine makes the rest,
// and is asked through the page (`poolscope:make`). Loaded when it is wanted.

const LARGE = 50 * 1024 * 1024;

/** Has the engine make a file. */
const make = (what, given = null) => new Promise((done, failed) => {
  const told = (words, file) => words || !file ? failed(new Error(words || "Nothing came of it.")) : done(file);
  dispatchEvent(new CustomEvent("poolscope:make", { detail: { what, given, done: told } }));
});

/** An element; what its children say is text. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made[key] = value;
    else if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

const size = (bytes) => bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1048576).toFixed(1)} MB`;

function save(file) {
  const address = URL.createObjectURL(file);
  const link = el("a", { href: address, download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after this function has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The dialog. */
async function show() {
  document.querySelector("dialog.exports")?.remove();
  const words = el("p", { class: "made-words", role: "status", "data-testid": "export-words" });
  const run = async (act, button) => {
    words.textContent = "Being made…";
    button.disabled = true;
    try {
      const file = await act();
      words.textContent = `${file.name}, ${size(file.size)}.${file.size > LARGE ? " That is large: few mail programs take it." : ""}`;
      save(file);
    } catch (error) {
      words.textContent = error.message;
    }
    button.disabled = false;
  };
  const button = (label, id, act, title = "") => {
    const made = el("button", { class: "btn", "data-testid": `export-${id}`, title, onclick: () => run(act, made) }, label);
    return made;
  };
  const row = (title, note, ...buttons) => el("li", {}, el("span", {}, title, note ? el("small", {}, note) : null), ...buttons);
  const part = (title, rows) => rows.length ? el("section", {}, el("h3", {}, title), el("ul", {}, ...rows)) : null;
  // Taken before the dialog lies over the page.
  const [shapes, tables] = [drawings(), rows()];
  const body = el("div", { class: "paper" }, el("p", { class: "pad dim" }, "Looking what there is."));
  const dialog = el("dialog", { class: "sheet exports", "aria-label": "Export", "data-testid": "export-dialog" }, body);
  dialog.onclose = () => dialog.remove();
  dialog.onmousedown = (event) => { if (event.target === dialog) dialog.close(); };
  document.body.append(dialog);
  dialog.showModal();
  let menu = { tables: [] };
  try {
    menu = JSON.parse(await (await make("menu")).text());
  } catch (error) {
    words.textContent = error.message;
  }
  const { profile, base } = menu;
  const files = globalThis.poolscopeFiles ?? [];
  const given = { files };
  const sum = files.reduce((sum, [, , file]) => sum + file.size, 0);
  const whole = files.length ? `${files.length === 1 ? "1 file" : `${files.length} files`}, ${size(sum)}` : "";
  const report = async (which) => make(`report:${which}`, { files, salt: salt(), site: await site() });
  body.replaceChildren(...[
    el("div", { class: "hd" }, el("h2", {}, "Export"), el("span", { class: "dim" }, "Files are made in this tab and saved on this machine."),
      el("button", { class: "btn quiet end", autofocus: true, onclick: () => dialog.close() }, "Close")),
    part("Tables", [
      ...menu.tables.map(({ key, title, rows }) => row(title, rows == null ? "all rows" : `${rows} rows`,
        button("CSV", `${key}-csv`, () => make(`${key}:csv`)), button("JSON", `${key}-json`, () => make(`${key}:json`)))),
      ...tables.map(({ title, whole }, at) => row(title, "as the view shows it",
        button("CSV", `given-${at}-csv`, async () => make("given:csv", JSON.stringify(await whole()))),
        button("JSON", `given-${at}-json`, async () => make("given:json", JSON.stringify(await whole()))))),
    ]),
    part("Profile", profile == null ? [] : [
      row(profile || "The profile", "what the filters leave", button("pb.gz", "profile", () => make("profile:"), "For go tool pprof and all that reads its format"),
        button("Folded", "folded", () => make("folded:"), "A stack a line, for flame graph tools")),
      base ? row(`… minus ${base}`, "what changed", button("pb.gz", "profile-diff", () => make("profile:diff")), button("Folded", "folded-diff", () => make("folded:diff"), "Both values a line, as difffolded.pl writes them")) : null,
    ].filter(Boolean)),
    part("Drawings", shapes.map(({ title, element }, at) => row(title, null,
      button("SVG", `drawing-${at}-svg`, () => svgFile(title, element)), button("PNG", `drawing-${at}-png`, () => pngFile(title, element))))),
    part("Findings", [row("What is wrong, with evidence", null, button("Markdown", "findings-md", () => make("findings:md"), "For an issue tracker"), button("JSON", "findings-json", () => make("findings:json")))]),
    part("All of it", [
      row("Bundle", "one file to drop on this page, with view and notes", ...[
        whole ? button(`With the files (${whole})`, "bundle", () => make("bundle:", given)) : null,
        button("Analysis only", "bundle-analysis", () => make("bundle:analysis", given)),
        button("Names hidden", "bundle-redacted", () => make("bundle:redacted", { ...given, salt: salt() }), "Only the analysis; names of packages, functions and files become hashes")].filter(Boolean)),
      row("Report", "one HTML file that opens from a disk, without a network", ...[
        whole ? button(`With the files${sum * 4 / 3 > LARGE ? `: ${size(sum * 4 / 3)}, too large for mail` : ""}`, "report", () => report("")) : null,
        button("Analysis only", "report-analysis", () => report("analysis")),
        button("Names hidden", "report-redacted", () => report("redacted"), "Only the analysis; names of packages, functions and files become hashes")].filter(Boolean)),
    ]),
    words,
  ].filter(Boolean));
}

/** Letters that nobody can guess. */
const salt = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The parts of the site that a report runs by. */
async function site() {
  if (globalThis.poolscopeReport) return { ...globalThis.poolscopeReport, "style.css": await styles() };
  const bytes = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${new URL(address, location.href).pathname} could not be had from this page's own host (${answer.status}). Is it still there?`);
    return answer.arrayBuffer();
  };
  const parts = globalThis.partsAt ?? "./";
  const found = (selector) => document.querySelector(selector)?.href ?? failed("The page's own program was not found.");
  const wanted = {
    "app.js": found("link[rel=modulepreload]"), "app.wasm": found("link[rel=preload][as=fetch]"),
    "heap-worker.js": `${parts}heap-worker.js`, "heap-worker.wasm": `${parts}heap-worker_bg.wasm`,
    "trace-worker.js": `${parts}trace-worker.js`, "trace-worker.wasm": `${parts}trace-worker_bg.wasm`, "export.js": `${parts}export/main.js`,
  };
  const made = await Promise.all(Object.entries(wanted).map(async ([name, address]) => [name, await bytes(address)]));
  return Object.fromEntries([...made, ["style.css", await styles()]]);
}

const failed = (words) => { throw new Error(words); };

/** The page's styles, as bytes. */
async function styles() {
  const texts = [...document.querySelectorAll("style, link[rel=stylesheet]")].map((element) =>
    element.localName === "style" ? element.textContent : fetch(element.href).then((answer) => answer.text()));
  return new TextEncoder().encode((await Promise.all(texts)).join("\n")).buffer;
}

// Tables that the page alone has: those of traces.

function rows() {
  const found = [...document.querySelectorAll("main .rows table")];
  return found.filter(isSeen).map((table) => {
    const title = table.getAttribute("aria-label") || document.querySelector("main [role=tab][aria-selected=true]")?.textContent || "table";
    return { title, whole: () => wholeTable(title, table) };
  });
}

/** Rows shown at most: a table of more is for a program, and the profile or the trace has it. */
const MOST_ROWS = 100_000;

async function wholeTable(title, table) {
  const place = table.parentElement;
  const now = () => place.querySelector("table") ?? table;
  for (let more = place.querySelector("[data-more]"); more && now().rows.length < MOST_ROWS; more = place.querySelector("[data-more]")) {
    const before = now().rows.length;
    more.click();
    for (let at = 0; at < 100 && now().rows.length === before; at++) await new Promise((wait) => setTimeout(wait, 50));
    if (now().rows.length === before) break;
  }
  const text = (cell) => cell.innerText.trim().replace(/\s*\n\s*/g, " ");
  const [head, ...body] = [...now().rows];
  const columns = [...head.cells].map((cell) => ({ title: text(cell).replace(/[▲▼]/g, "").trim(), unit: "" }));
  return { title, columns, rows: body.map((row) => [...row.cells].map((cell) => text(cell) || null)) };
}

// Drawings.

const isSeen = (element) => { const { width, height } = element.getBoundingClientRect(); return width > 0 && height > 0; };

/** What is drawn in the view: canvases, and boxes with a vector drawing in them and the words around it. */
function drawings() {
  const boxes = new Set();
  for (const element of document.querySelectorAll("main canvas, main svg, aside canvas, aside svg")) {
    const { width, height } = element.getBoundingClientRect();
    if (width < 120 || height < 40 || element.closest("button, td, th")) continue;
    boxes.add(element.localName === "canvas" ? element : element.closest(".plot, .areas, figure") ?? element);
  }
  const titles = new Map();
  return [...boxes].map((element) => {
    const label = element.getAttribute("aria-label") ?? element.querySelector("[aria-label]")?.getAttribute("aria-label") ?? element.querySelector("figcaption b, b, h3")?.textContent;
    const title = (label ?? "Drawing").split(/[;:.](?:\s|$)/)[0].slice(0, 80);
    const count = (titles.get(title) ?? 0) + 1;
    titles.set(title, count);
    return { title: count > 1 ? `${title} ${count}` : title, element };
  });
}

const background = () => getComputedStyle(document.documentElement).getPropertyValue("--bg").trim() || "#fff";
const fileName = (title, ending) => `${title.replace(/[^\p{L}\p{N} ,()+_-]/gu, "_").trim() || "drawing"}${ending}`;

/** Text and attributes as XML takes them: names in dumps may hold anything, also what XML has no word for. */
const xml = (text) => String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
  .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const number = (value) => String(Math.round(value * 100) / 100);
const tag = (name, attributes, content = "") => {
  const said = Object.entries(attributes).filter(([, value]) => value != null && value !== "").map(([key, value]) => ` ${key}="${xml(typeof value === "number" ? number(value) : value)}"`).join("");
  return content ? `<${name}${said}>${content}</${name}>` : `<${name}${said}/>`;
};

async function svgText(title, element) {
  const { width, height } = element.getBoundingClientRect();
  const content = element.localName === "canvas" ? await canvasContent(element, width, height) : boxContent(element);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${number(width)} ${number(height)}` },
    `<title>${xml(title)}</title>${tag("rect", { width, height, fill: background() })}${content}`)}\n`;
}

const svgFile = async (title, element) => new File([await svgText(title, element)], fileName(title, ".svg"), { type: "image/svg+xml" });

async function pngFile(title, element) {
  const { width, height } = element.getBoundingClientRect();
  const ratio = Math.max(2, devicePixelRatio);
  const canvas = el("canvas", { width: Math.ceil(width * ratio), height: Math.ceil(height * ratio) });
  const context = canvas.getContext("2d");
  context.fillStyle = background();
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (element.localName === "canvas") {
    context.drawImage(element, 0, 0, canvas.width, canvas.height);
  } else {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([await svgText(title, element)], { type: "image/svg+xml" }));
    await image.decode().catch(() => failed("The browser could not draw this again. The SVG holds the same."));
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
  }
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new File([blob ?? failed("The drawing is too large for one picture. The SVG holds the same.")], fileName(title, ".png"), { type: "image/png" });
}

/** A canvas as vectors: the page draws it once more, and every stroke is written down. What a worker draws is a picture. */
async function canvasContent(canvas, width, height) {
  let recorder = null;
  canvas.getContext = (...kind) => {
    const context = HTMLCanvasElement.prototype.getContext.apply(canvas, kind);
    return context && (recorder = new Recorder(context, canvas.width / width)).proxy;
  };
  try {
    dispatchEvent(new Event("poolscope:redraw"));
    for (let at = 0; at < 4; at++) await new Promise((frame) => requestAnimationFrame(frame));
  } catch {
    // A canvas that was given to a worker draws nothing here.
  } finally {
    delete canvas.getContext;
  }
  if (recorder?.out.length) return recorder.out.join("");
  const copy = el("canvas", { width: Math.ceil(width * devicePixelRatio), height: Math.ceil(height * devicePixelRatio) });
  copy.getContext("2d").drawImage(canvas, 0, 0, copy.width, copy.height);
  return tag("image", { width, height, href: copy.toDataURL("image/png") });
}

/** Stands before a canvas's context and writes what is drawn. */
class Recorder {
  constructor(context, ratio) {
    this.context = context;
    this.ratio = ratio;
    this.out = [];
    this.path = "";
    const own = this;
    this.proxy = new Proxy(context, {
      get(target, key) {
        const value = target[key];
        if (typeof value !== "function") return value;
        return (...given) => {
          own[`_${String(key)}`]?.(...given);
          return value.apply(target, given);
        };
      },
      set(target, key, value) { target[key] = value; return true; },
    });
  }

  /** Where points are now, in CSS pixels. */
  at(x, y) {
    const { a, b, c, d, e, f } = this.context.getTransform();
    return [(a * x + c * y + e) / this.ratio, (b * x + d * y + f) / this.ratio];
  }
  get scale() { const { a, b } = this.context.getTransform(); return Math.hypot(a, b) / this.ratio; }
  point(x, y) { return this.at(x, y).map(number).join(" "); }
  get stroking() {
    const { strokeStyle, lineWidth, globalAlpha } = this.context;
    const dash = this.context.getLineDash().map((length) => length * this.scale);
    return { fill: "none", stroke: strokeStyle, "stroke-width": lineWidth * this.scale, "stroke-dasharray": dash.map(number).join(" "), opacity: globalAlpha < 1 ? globalAlpha : null };
  }
  get filling() { const { fillStyle, globalAlpha } = this.context; return { fill: fillStyle, opacity: globalAlpha < 1 ? globalAlpha : null }; }
  box(x, y, w, h) { return `M${this.point(x, y)}L${this.point(x + w, y)}L${this.point(x + w, y + h)}L${this.point(x, y + h)}Z`; }

  _clearRect() { this.out = []; }
  _fillRect(x, y, w, h) { this.out.push(tag("path", { d: this.box(x, y, w, h), ...this.filling })); }
  _strokeRect(x, y, w, h) { this.out.push(tag("path", { d: this.box(x, y, w, h), ...this.stroking })); }
  _beginPath() { this.path = ""; }
  _closePath() { this.path += "Z"; }
  _moveTo(x, y) { this.path += `M${this.point(x, y)}`; }
  _lineTo(x, y) { this.path += `${this.path ? "L" : "M"}${this.point(x, y)}`; }
  _bezierCurveTo(...p) { this.path += `C${this.point(p[0], p[1])} ${this.point(p[2], p[3])} ${this.point(p[4], p[5])}`; }
  _quadraticCurveTo(...p) { this.path += `Q${this.point(p[0], p[1])} ${this.point(p[2], p[3])}`; }
  _rect(x, y, w, h) { this.path += this.box(x, y, w, h); }
  _arc(x, y, r, from, to) {
    const on = (angle) => this.point(x + r * Math.cos(angle), y + r * Math.sin(angle));
    const middle = (from + to) / 2;
    const radius = number(r * this.scale);
    this.path += `${this.path ? "L" : "M"}${on(from)}A${radius} ${radius} 0 0 1 ${on(middle)}A${radius} ${radius} 0 0 1 ${on(to)}`;
  }
  _fill() { if (this.path) this.out.push(tag("path", { d: this.path, ...this.filling })); }
  _stroke() { if (this.path) this.out.push(tag("path", { d: this.path, ...this.stroking })); }
  _fillText(text, x, y) {
    const { font, textAlign, textBaseline } = this.context;
    const [left, top] = this.at(x, y);
    const { a, b } = this.context.getTransform();
    const turned = Math.atan2(b, a) * 180 / Math.PI;
    const { style } = document.createElement("span");
    style.font = font;
    const anchor = { center: "middle", right: "end", end: "end" }[textAlign] ?? null;
    const baseline = { middle: "central", top: "text-before-edge", hanging: "hanging", bottom: "text-after-edge" }[textBaseline] ?? null;
    this.out.push(tag("text", {
      x: left, y: top, fill: this.context.fillStyle, "text-anchor": anchor, "dominant-baseline": baseline, "font-family": style.fontFamily,
      "font-size": parseFloat(style.fontSize) * this.scale, "font-weight": style.fontWeight === "normal" ? null : style.fontWeight,
      transform: turned ? `rotate(${number(turned)} ${number(left)} ${number(top)})` : null, "xml:space": "preserve",
    }, xml(text)));
  }
}

/** Properties of vector drawings that styles set. */
const PROPERTIES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline", "letter-spacing", "vector-effect", "paint-order", "visibility", "display"];
const PLAIN = { "fill-opacity": "1", "stroke-dasharray": "none", "stroke-opacity": "1", "stroke-linecap": "butt", "stroke-linejoin": "miter", opacity: "1", "font-weight": "400", "font-style": "normal", "text-anchor": "start", "dominant-baseline": "auto", "letter-spacing": "normal", "vector-effect": "none", "paint-order": "normal", visibility: "visible" };
const ATTRIBUTES = ["d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "points", "transform", "viewBox", "preserveAspectRatio", "dx", "dy", "refX", "refY", "markerWidth", "markerHeight", "orient", "id", "markerUnits", "marker-end", "marker-start", "clip-path", "href", "gradientUnits", "offset", "patternUnits", "patternTransform", "textLength"];
const SHAPES = ["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "marker", "clipPath", "pattern", "linearGradient", "stop", "use", "title", "a"];

/** A vector drawing that stands alone: styles as attributes, and nothing but shapes and words. */
function alone(element, place = null) {
  if (!SHAPES.includes(element.localName)) return "";
  const style = getComputedStyle(element);
  if (style.display === "none" && element.localName !== "defs") return "";
  const attributes = {};
  for (const key of ATTRIBUTES) {
    const value = element.getAttribute(key);
    // Only what is in the drawing itself is referred to.
    if (value != null && !(key === "href" && !value.startsWith("#"))) attributes[key] = value;
  }
  for (const key of PROPERTIES) {
    const value = style.getPropertyValue(key);
    if (value && value !== PLAIN[key] && key !== "display") attributes[key] = value;
  }
  if (style.clipPath?.startsWith("url(")) attributes["clip-path"] = style.clipPath.replace(/^url\("?[^#]*#/, "url(#").replaceAll('"', "");
  Object.assign(attributes, place);
  const content = [...element.childNodes].map((child) => child.nodeType === 3 ? xml(child.data) : child.nodeType === 1 ? alone(child) : "").join("");
  return tag(element.localName === "a" ? "g" : element.localName, attributes, content);
}

/** A box with its words, as they stand on the screen. */
function boxContent(root) {
  const origin = root.getBoundingClientRect();
  const out = [];
  const place = ({ left, top, width, height }) => ({ x: left - origin.left, y: top - origin.top, width, height });
  const walk = (element) => {
    const style = getComputedStyle(element);
    if (style.display === "none" || style.visibility === "hidden" || element.classList.contains("sr")) return;
    if (element.localName === "svg") return void out.push(alone(element, { ...place(element.getBoundingClientRect()), overflow: style.overflow === "visible" ? "visible" : null }));
    const box = element.getBoundingClientRect();
    if (style.backgroundColor !== "rgba(0, 0, 0, 0)") out.push(tag("rect", { ...place(box), fill: style.backgroundColor, opacity: style.opacity === "1" ? null : style.opacity }));
    for (const [side, x1, y1, x2, y2] of [["Top", 0, 0, 1, 0], ["Bottom", 0, 1, 1, 1], ["Left", 0, 0, 0, 1], ["Right", 1, 0, 1, 1]]) {
      const width = parseFloat(style[`border${side}Width`]);
      if (width > 0 && style[`border${side}Style`] !== "none") {
        const { x, y, width: w, height: h } = place(box);
        out.push(tag("line", { x1: x + x1 * w, y1: y + y1 * h, x2: x + x2 * w, y2: y + y2 * h, stroke: style[`border${side}Color`], "stroke-width": width }));
      }
    }
    for (const child of element.childNodes) {
      if (child.nodeType === 1) walk(child);
      else if (child.nodeType === 3 && child.data.trim()) {
        const range = document.createRange();
        range.selectNodeContents(child);
        const line = range.getClientRects()[0];
        if (!line) continue;
        const { x, y, height } = place(line);
        out.push(tag("text", { x, y: y + height / 2, fill: style.color, "dominant-baseline": "central", "font-family": style.fontFamily, "font-size": parseFloat(style.fontSize), "font-weight": style.fontWeight === "400" ? null : style.fontWeight }, xml(child.data.trim().replace(/\s+/g, " "))));
      }
    }
  };
  walk(root);
  return out.join("");
}

addEventListener("poolscope:export", show);
show();
