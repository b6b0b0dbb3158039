// Hosts as they are found: in a sub-folder, without types or headers, gone, or with a newer build than yesterday.
import { createReadStream, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

const TYPES: Record<string, string> = {
  html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml", json: "application/json",
  wasm: "application/wasm", webmanifest: "application/manifest+json", png: "image/png",
};

export interface Host {
  /** Where the site is. */
  address: string;
  /** Every path that was asked for. */
  asked: string[];
  /** Files that are other than in the built site. */
  changed: Map<string, Buffer>;
  /** From here on nobody answers. */
  stop(): Promise<void>;
}

/** Serves the built site, without `_headers`, in a folder. `wasm` is the type that modules are said to be of. */
export async function host({ folder = "/", wasm = TYPES.wasm } = {}): Promise<Host> {
  const asked: string[] = [];
  const changed = new Map<string, Buffer>();
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    asked.push(pathname);
    const name = pathname.startsWith(folder) ? decodeURIComponent(pathname.slice(folder.length)) || "index.html" : "";
    const file = path.join(dist, name);
    const known = name && !name.includes("..") && (changed.has(name) || statSync(file, { throwIfNoEntry: false })?.isFile());
    if (!known) return void response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    const end = name.split(".").at(-1)!;
    response.writeHead(200, { "content-type": end === "wasm" ? wasm : TYPES[end] ?? "application/octet-stream" });
    if (changed.has(name)) response.end(changed.get(name));
    else createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  return {
    address: `http://localhost:${port}${folder}`, asked, changed,
    stop: () => new Promise((done) => { server.closeAllConnections(); server.close(() => done()); }),
  };
}

/** The paths of all files of the site that a page may ask for. */
export const files = () => readdirSync(dist, { recursive: true, encoding: "utf8" })
  .filter((name) => statSync(path.join(dist, name)).isFile()).map((name) => name.replaceAll("\\", "/"));

/** The service worker of a build after this one: it differs in its name. */
export const newerWorker = () => Buffer.from(readFileSync(path.join(dist, "sw.js"), "utf8").replace(/const BUILD = "[^"]+"/, 'const BUILD = "of tomorrow"'));
